//! See [`shared::functions::bank_link`].
use shared::{entry, functions};

fn main() -> entry::Exit {
    entry::lambda::run(functions::bank_link())
}
