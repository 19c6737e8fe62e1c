//! See [`shared::functions::subscriptions_extend`].
use shared::{entry, functions};

fn main() -> entry::Exit {
    entry::lambda::run(functions::subscriptions_extend())
}
