//! See [`shared::functions::subscriptions_operator`].
use shared::{entry, functions};

fn main() -> entry::Exit {
    entry::lambda::run(functions::subscriptions_operator())
}
