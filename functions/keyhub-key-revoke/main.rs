//! See [`shared::functions::keyhub_key_revoke`].
use shared::{entry, functions};

fn main() -> entry::Exit {
    entry::lambda::run(functions::keyhub_key_revoke())
}
