//! See [`shared::functions::subscriptions_payment`].
use shared::{entry, functions};

fn main() -> entry::Exit {
    entry::lambda::run(functions::subscriptions_payment())
}
