//! See [`shared::functions::subscriptions_access`].
use shared::{entry, functions};

fn main() -> entry::Exit {
    entry::lambda::run(functions::subscriptions_access())
}
