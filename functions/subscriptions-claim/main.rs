//! See [`shared::functions::subscriptions_claim`].
use shared::{entry, functions};

fn main() -> entry::Exit {
    entry::lambda::run(functions::subscriptions_claim())
}
