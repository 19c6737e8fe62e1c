//! See [`shared::functions::subscriptions_webhook`].
use shared::{entry, functions};

fn main() -> entry::Exit {
    entry::lambda::run(functions::subscriptions_webhook())
}
