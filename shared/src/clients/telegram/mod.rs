//! The Telegram Bot API: typed requests out, typed updates in.
//!
//! Only the types in use are written out, after <https://core.telegram.org/bots/api>: that builds in a tenth of the time of
//! a crate with all of them and leaves 2 MB less in every binary.

mod client;
mod command;
mod fitted;
mod group;
mod requests;
mod update;

pub use client::{Reply, Telegram};
pub use command::{Command, command};
pub use fitted::fitted;
pub use group::Removal;
pub use requests::*;
pub use update::*;

/// Length of a message's text, in UTF-16 code units after entities are parsed.
pub const TEXT_UNITS_MAX: usize = 4096;
/// Length of the text below a picture, counted alike.
pub const CAPTION_UNITS_MAX: usize = 1024;
/// Messages one `deleteMessages` takes.
pub const DELETE_MESSAGES_MAX: usize = 100;
