//! See [`shared::functions::bank_transaction_reverse`].
use shared::{entry, functions};

fn main() -> entry::Exit {
    entry::lambda::run(functions::bank_transaction_reverse())
}
