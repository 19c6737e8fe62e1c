//! See [`shared::functions::subscriptions_elsewhere`].
use shared::{entry, functions};

fn main() -> entry::Exit {
    entry::lambda::run(functions::subscriptions_elsewhere())
}
