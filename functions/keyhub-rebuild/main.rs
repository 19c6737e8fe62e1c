//! See [`shared::functions::keyhub_rebuild`].
use shared::{entry, functions};

fn main() -> entry::Exit {
    entry::lambda::run(functions::keyhub_rebuild())
}
