//! See [`shared::functions::keyhub_webhook`].
use shared::{entry, functions};

fn main() -> entry::Exit {
    entry::lambda::run(functions::keyhub_webhook())
}
