//! See [`shared::functions::subscriptions_verify`].
use shared::{entry, functions};

fn main() -> entry::Exit {
    entry::lambda::run(functions::subscriptions_verify())
}
