//! See [`shared::functions::subscriptions_user_update`].
use shared::{entry, functions};

fn main() -> entry::Exit {
    entry::lambda::run(functions::subscriptions_user_update())
}
