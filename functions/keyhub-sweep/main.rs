//! See [`shared::functions::keyhub_sweep`].
use shared::{entry, functions};

fn main() -> entry::Exit {
    entry::lambda::run(functions::keyhub_sweep())
}
