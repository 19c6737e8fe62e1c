//! See [`shared::functions::subscriptions_check`].
use shared::{entry, functions};

fn main() -> entry::Exit {
    entry::lambda::run(functions::subscriptions_check())
}
