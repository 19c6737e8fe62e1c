//! See [`shared::functions::subscriptions_payments`].
use shared::{entry, functions};

fn main() -> entry::Exit {
    entry::lambda::run(functions::subscriptions_payments())
}
