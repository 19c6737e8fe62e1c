//! See [`shared::functions::keyhub_setup`].
use shared::{entry, functions};

fn main() -> entry::Exit {
    entry::lambda::run(functions::keyhub_setup())
}
