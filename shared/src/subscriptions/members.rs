//! People: met in chat, registered by a front end, found by number or name, made admins, kept out, forgotten.

use jiff::Timestamp;
use serde_json::json;

use super::model::{Member, MemberId, Note};
use super::store::members as store;
use super::{DOMAIN, Error, access};
use crate::base::Fault;
use crate::base::i18n::Lang;
use crate::db::{GenericClient, Transaction, audit};

/// Characters of a name at most.
pub const NAME_CHARS_MAX: usize = 256;

/// A person as an update shows them.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// Number of the account.
    pub id: MemberId,
    /// User name without `@`.
    pub username: Option<&'a str>,
    /// First name.
    pub first_name: Option<&'a str>,
    /// Last name.
    pub last_name: Option<&'a str>,
    /// The language to speak to them in.
    pub lang: Lang,
}

/// As much of a name as is kept.
pub fn cut(name: &str) -> String {
    name.chars().take(NAME_CHARS_MAX).collect()
}

/// Adds a person, or refreshes what is known of them. Their row is locked until the transaction ends.
pub async fn greet(tx: &Transaction<'_>, seen: &Seen<'_>, now: Timestamp) -> Result<Member, Fault> {
    let names = [seen.username, seen.first_name, seen.last_name].map(|name| name.map(cut));
    let [username, first_name, last_name] = names.each_ref().map(Option::as_deref);
    store::greet(tx, seen.id, (username, first_name, last_name), seen.lang, now).await
}

/// Names that a front end gives; what is left out stays as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// User name without `@`.
    pub username: String,
    /// First name, or that there is none.
    pub first_name: Option<Option<String>>,
    /// Last name, or that there is none.
    pub last_name: Option<Option<String>>,
}

/// Adds a person of these names, or changes the names; says whether the person is new.
pub async fn register(
    tx: &Transaction<'_>,
    id: MemberId,
    names: &Names,
    now: Timestamp,
) -> Result<(Member, bool), Fault> {
    let others = (names.first_name.as_ref().map(Option::as_deref), names.last_name.as_ref().map(Option::as_deref));
    store::register(tx, id, &names.username, others, now).await
}

/// A name as people write it: without blanks around, one pair of quotes, one `@`.
pub fn bare(name: &str) -> &str {
    let name = name.trim();
    let name = name.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(name);
    name.strip_prefix('@').unwrap_or(name)
}

/// The member of this number, else the one who bore this name last.
pub async fn find(db: &impl GenericClient, chat_id: Option<&str>, name: Option<&str>) -> Result<Member, Error> {
    let found = match (chat_id, name) {
        (Some(id), _) => match id.trim().parse() {
            Ok(id) => store::find(db, MemberId(id)).await?,
            Err(_) => None,
        },
        (None, Some(name)) if !bare(name).is_empty() && !name.contains('\0') => store::by_name(db, bare(name)).await?,
        (None, _) => None,
    };
    found.ok_or(Error::NoSuchMember)
}

/// The member an admin means by a number or `@name`.
pub async fn resolve(db: &impl GenericClient, who: &str) -> Result<Member, Error> {
    let is_number = !who.is_empty() && who.bytes().all(|byte| byte.is_ascii_digit());
    match find(db, Some(who).filter(|_| is_number), Some(who)).await {
        Err(Error::NoSuchMember) if is_number => find(db, None, Some(who)).await,
        found => found,
    }
}

/// The member, locked until the transaction ends.
pub async fn lock(tx: &Transaction<'_>, id: MemberId) -> Result<Member, Error> {
    store::lock(tx, id).await?.ok_or(Error::NoSuchMember)
}

/// Makes someone an admin, or not. Admins are left alone in the group.
pub async fn set_staff(
    tx: &Transaction<'_>,
    id: MemberId,
    is_staff: bool,
    actor: &str,
    now: Timestamp,
) -> Result<Vec<Note>, Error> {
    let member = lock(tx, id).await?;
    if member.is_staff == is_staff {
        return Ok(Vec::new());
    }
    store::set_staff(tx, id, is_staff).await?;
    let (old, new) = (json!({ "is_staff": member.is_staff }), json!({ "is_staff": is_staff }));
    note(tx, (actor, "set_staff"), id, (old, new), now).await?;
    Ok(vec![access::ask(tx, id, false, now).await?])
}

/// Keeps someone out of the group, or lets them in again if their time is not over.
pub async fn set_blocked(
    tx: &Transaction<'_>,
    id: MemberId,
    blocked: bool,
    reason: Option<&str>,
    actor: &str,
    now: Timestamp,
) -> Result<Vec<Note>, Error> {
    let member = lock(tx, id).await?;
    if member.blocked == blocked {
        return Ok(Vec::new());
    }
    store::set_blocked(tx, id, blocked, reason.filter(|_| blocked)).await?;
    let (old, new) = (json!({ "blocked": member.blocked }), json!({ "blocked": blocked, "reason": reason }));
    note(tx, (actor, "set_blocked"), id, (old, new), now).await?;
    Ok(vec![access::ask(tx, id, !blocked, now).await?])
}

/// Forgets someone's names; number and ledger stay.
pub async fn anonymise(tx: &Transaction<'_>, id: MemberId, actor: &str, now: Timestamp) -> Result<(), Error> {
    if !store::anonymise(tx, id, now).await? {
        return Err(Error::NoSuchMember);
    }
    note(tx, (actor, "anonymise"), id, (json!(null), json!(null)), now).await?;
    Ok(())
}

async fn note(
    tx: &Transaction<'_>,
    (actor, action): (&str, &'static str),
    id: MemberId,
    (old, new): (serde_json::Value, serde_json::Value),
    now: Timestamp,
) -> Result<(), Fault> {
    let subject = format!("member:{id}");
    let (old, new) = (Some(old), Some(new));
    audit::note(tx, audit::Entry { domain: DOMAIN, actor, action, subject: &subject, old, new }, now).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_in_many_ways() {
        for (written, expected) in [
            ("alice", "alice"),
            (" @alice ", "alice"),
            ("\"@alice\"", "alice"),
            ("\"alice\"", "alice"),
            ("@@alice", "@alice"),
            ("\"alice", "\"alice"),
            ("\"", "\""),
            ("", ""),
        ] {
            assert_eq!(bare(written), expected, "{written}");
        }
    }
}
