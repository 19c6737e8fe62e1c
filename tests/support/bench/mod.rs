//! What the benches have in common: samples and tables, the machine, work done at once, and a Lambda
//! Runtime API.

mod drive;
mod lambda;
mod machine;
mod report;

pub use drive::{Driven, cpu_time, drive};
pub use lambda::{Lambda, RuntimeApi};
pub use machine::{describe, release, resident};
pub use report::{Samples, Table, millis, ratio, take_stdout};
