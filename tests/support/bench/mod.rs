//! What the benches have in common: samples and tables, the machine, and a Lambda Runtime API.

mod lambda;
mod machine;
mod report;

pub use lambda::{Lambda, RuntimeApi};
pub use machine::{describe, release, resident};
pub use report::{Samples, Table, millis, ratio};
