//! See [`shared::functions::subscriptions_detect`].
use shared::{entry, functions};

fn main() -> entry::Exit {
    entry::lambda::run(functions::subscriptions_detect())
}
