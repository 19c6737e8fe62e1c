//! See [`shared::functions::keyhub_stats`].
use shared::{entry, functions};

fn main() -> entry::Exit {
    entry::lambda::run(functions::keyhub_stats())
}
