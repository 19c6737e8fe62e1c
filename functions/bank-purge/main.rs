//! See [`shared::functions::bank_purge`].
use shared::{entry, functions};

fn main() -> entry::Exit {
    entry::lambda::run(functions::bank_purge())
}
