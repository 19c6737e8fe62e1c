//! See [`shared::functions::docs`].
use shared::{entry, functions};

fn main() -> entry::Exit {
    entry::lambda::run(functions::docs())
}
