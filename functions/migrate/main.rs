//! See [`shared::functions::migrate`].
use shared::{entry, functions};

fn main() -> entry::Exit {
    entry::lambda::run(functions::migrate())
}
