//! See [`shared::functions::openapi`].
use shared::{entry, functions};

fn main() -> entry::Exit {
    entry::lambda::run(functions::openapi())
}
