//! See [`shared::functions::subscriptions_import`].
use shared::{entry, functions};

fn main() -> entry::Exit {
    entry::lambda::run(functions::subscriptions_import())
}
