//! See [`shared::functions::bank_due_reminder`].
use shared::{entry, functions};

fn main() -> entry::Exit {
    entry::lambda::run(functions::bank_due_reminder())
}
