//! See [`shared::functions::subscriptions_history`].
use shared::{entry, functions};

fn main() -> entry::Exit {
    entry::lambda::run(functions::subscriptions_history())
}
