//! See [`shared::functions::keyhub_waitlist`].
use shared::{entry, functions};

fn main() -> entry::Exit {
    entry::lambda::run(functions::keyhub_waitlist())
}
