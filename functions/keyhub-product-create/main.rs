//! See [`shared::functions::keyhub_product_create`].
use shared::{entry, functions};

fn main() -> entry::Exit {
    entry::lambda::run(functions::keyhub_product_create())
}
