//! See [`shared::functions::bank_statement_make`].
use shared::{entry, functions};

fn main() -> entry::Exit {
    entry::lambda::run(functions::bank_statement_make())
}
