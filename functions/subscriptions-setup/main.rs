//! See [`shared::functions::subscriptions_setup`].
use shared::{entry, functions};

fn main() -> entry::Exit {
    entry::lambda::run(functions::subscriptions_setup())
}
