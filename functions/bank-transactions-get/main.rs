//! See [`shared::functions::bank_transactions_get`].
use shared::{entry, functions};

fn main() -> entry::Exit {
    entry::lambda::run(functions::bank_transactions_get())
}
