//! See [`shared::functions::keyhub_privacy`].
use shared::{entry, functions};

fn main() -> entry::Exit {
    entry::lambda::run(functions::keyhub_privacy())
}
