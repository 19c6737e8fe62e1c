//! See [`shared::functions::keyhub_restocked`].
use shared::{entry, functions};

fn main() -> entry::Exit {
    entry::lambda::run(functions::keyhub_restocked())
}
