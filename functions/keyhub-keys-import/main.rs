//! See [`shared::functions::keyhub_keys_import`].
use shared::{entry, functions};

fn main() -> entry::Exit {
    entry::lambda::run(functions::keyhub_keys_import())
}
