//! See [`shared::functions::api_keys`].
use shared::{entry, functions};

fn main() -> entry::Exit {
    entry::lambda::run(functions::api_keys())
}
