//! Access to the group: what asks for a member's access to be seen to. The worker is in `jobs::access`.

use jiff::Timestamp;

use super::model::{MemberId, Note};
use super::store::access as store;
use crate::base::Fault;
use crate::db::Transaction;

/// Has a member's access seen to after this transaction. With `invite` they are told their end, and given a link if they
/// are outside.
pub async fn ask(tx: &Transaction<'_>, member: MemberId, invite: bool, now: Timestamp) -> Result<Note, Fault> {
    store::ask(tx, member, invite, now).await?;
    Ok(Note::Access { member, at: None })
}
