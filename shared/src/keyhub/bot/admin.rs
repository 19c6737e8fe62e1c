//! Admins in chat.

use super::Stage;
use super::plain::{After, Reply, Scene};
use crate::base::Fault;
use crate::keyhub::dialog::{Act, Command};
use crate::keyhub::model::Code;

/// What had to be fetched before the transaction.
#[derive(Debug, Default)]
pub struct Prepared;

/// Fetches what an act needs from outside: the document of a restock.
pub async fn prepare(_stage: &Stage<'_>, _act: &Act) -> Result<Prepared, Fault> {
    Ok(Prepared)
}

/// Serves a command.
pub async fn command(_scene: &Scene<'_, '_>, _command: &Command, _after: &mut Option<After>) -> Result<Reply, Fault> {
    Ok(Reply::default())
}

/// Reports what the document would add, and keeps it.
pub async fn restock(_scene: &Scene<'_, '_>, _product: &Code, _prepared: Prepared) -> Result<Reply, Fault> {
    Ok(Reply::default())
}

/// Applies or drops a kept document.
pub async fn decide(_scene: &Scene<'_, '_>, _id: &str, _apply: bool) -> Result<Reply, Fault> {
    Ok(Reply::default())
}
