//! See [`shared::functions::subscriptions_expire`].
use shared::{entry, functions};

fn main() -> entry::Exit {
    entry::lambda::run(functions::subscriptions_expire())
}
