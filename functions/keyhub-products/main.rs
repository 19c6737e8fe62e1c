//! See [`shared::functions::keyhub_products`].
use shared::{entry, functions};

fn main() -> entry::Exit {
    entry::lambda::run(functions::keyhub_products())
}
