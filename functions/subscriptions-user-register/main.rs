//! See [`shared::functions::subscriptions_user_register`].
use shared::{entry, functions};

fn main() -> entry::Exit {
    entry::lambda::run(functions::subscriptions_user_register())
}
