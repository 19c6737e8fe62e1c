//! See [`shared::functions::bank_sms_log`].
use shared::{entry, functions};

fn main() -> entry::Exit {
    entry::lambda::run(functions::bank_sms_log())
}
