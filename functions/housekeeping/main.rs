//! See [`shared::functions::housekeeping`].
use shared::{entry, functions};

fn main() -> entry::Exit {
    entry::lambda::run(functions::housekeeping())
}
