//! See [`shared::functions::subscriptions_rights`].
use shared::{entry, functions};

fn main() -> entry::Exit {
    entry::lambda::run(functions::subscriptions_rights())
}
