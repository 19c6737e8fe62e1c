//! What the clock sets off in the bank, and the tool that fills it.

mod due;
mod purge;
mod seed;
