//! See [`shared::functions::keyhub_key_replace`].
use shared::{entry, functions};

fn main() -> entry::Exit {
    entry::lambda::run(functions::keyhub_key_replace())
}
