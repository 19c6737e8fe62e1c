//! See [`shared::functions::keyhub_user`].
use shared::{entry, functions};

fn main() -> entry::Exit {
    entry::lambda::run(functions::keyhub_user())
}
