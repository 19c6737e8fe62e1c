//! See [`shared::functions::outbox_relay`].
use shared::{entry, functions};

fn main() -> entry::Exit {
    entry::lambda::run(functions::outbox_relay())
}
