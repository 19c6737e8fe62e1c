//! See [`shared::functions::bank_site`].
use shared::{entry, functions};

fn main() -> entry::Exit {
    entry::lambda::run(functions::bank_site())
}
