//! The scenarios of the specification's section 9.

mod buying;
mod crashes;
mod leaving;
mod proof;
mod reminders;
mod thousand;
