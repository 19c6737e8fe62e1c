//! See [`shared::functions::subscriptions_plans`].
use shared::{entry, functions};

fn main() -> entry::Exit {
    entry::lambda::run(functions::subscriptions_plans())
}
