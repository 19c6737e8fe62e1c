//! See [`shared::functions::subscriptions_remind`].
use shared::{entry, functions};

fn main() -> entry::Exit {
    entry::lambda::run(functions::subscriptions_remind())
}
