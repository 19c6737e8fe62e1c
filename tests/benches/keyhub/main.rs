//! What keyhub costs.

fn main() {}
