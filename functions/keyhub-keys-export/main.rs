//! See [`shared::functions::keyhub_keys_export`].
use shared::{entry, functions};

fn main() -> entry::Exit {
    entry::lambda::run(functions::keyhub_keys_export())
}
