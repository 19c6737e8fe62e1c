//! See [`shared::functions::health`].
use shared::{entry, functions};

fn main() -> entry::Exit {
    entry::lambda::run(functions::health())
}
