//! See [`shared::functions::subscriptions_get`].
use shared::{entry, functions};

fn main() -> entry::Exit {
    entry::lambda::run(functions::subscriptions_get())
}
