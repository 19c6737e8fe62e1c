//! See [`shared::functions::bank_invariants`].
use shared::{entry, functions};

fn main() -> entry::Exit {
    entry::lambda::run(functions::bank_invariants())
}
