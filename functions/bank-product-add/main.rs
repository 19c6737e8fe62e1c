//! See [`shared::functions::bank_product_add`].
use shared::{entry, functions};

fn main() -> entry::Exit {
    entry::lambda::run(functions::bank_product_add())
}
