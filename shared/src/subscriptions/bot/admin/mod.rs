//! Admins in chat: looking around, and changes that need a second word.

use super::{Reply, Scene};
use crate::base::Fault;
use crate::clients::telegram::InlineButton;
use crate::subscriptions::dialog::{Button, Command, Deed, Dialog, WAIT};
use crate::subscriptions::messages::{number, person, safe};
use crate::subscriptions::model::Member;
use crate::subscriptions::{Error, members};

mod deeds;
mod payments;
mod reports;

pub use deeds::deed;

/// Days an admin may add or take away at once.
const DAYS_MAX: i32 = crate::subscriptions::extension::DAYS_MAX;
/// Characters of a reason.
const REASON_CHARS_MAX: usize = 200;

/// Why a command is not served: what is said instead.
type Answer = Result<Reply, Stop>;

/// Instead of an answer.
enum Stop {
    /// Something is missing in the command.
    Usage,
    /// This is said instead.
    Said(Box<Reply>),
    /// The machinery broke.
    Fault(Fault),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Serves a command.
pub async fn command(scene: &Scene<'_, '_>, command: &Command) -> Result<Reply, Fault> {
    let rest = command.rest.as_str();
    let answer = match command.name.as_str() {
        "admin" => reports::counts(scene).await,
        "find" => reports::find(scene, rest).await,
        "stats" => reports::stats(scene).await,
        "unassigned" => payments::open(scene).await,
        "assign" => payments::assign(scene, rest).await,
        "extend" => extend(scene, rest).await,
        "kick" => about(scene, rest, "confirm-kick", |member| Deed::Kick { member: member.chat_id }).await,
        "ban" => about(scene, rest, "confirm-ban", |member| Deed::Ban { member: member.chat_id }).await,
        "unban" => about(scene, rest, "confirm-unban", |member| Deed::Unban { member: member.chat_id }).await,
        _ => Err(Stop::Usage),
    };
    match answer {
        Ok(reply) => Ok(reply),
        Err(Stop::Usage) => {
            let usage = scene.voice.text(&format!("usage-{}", command.name), &[]);
            Ok(Reply::say(scene.voice.say("usage", &[("usage", usage.into())])))
        }
        Err(Stop::Said(reply)) => Ok(*reply),
        Err(Stop::Fault(fault)) => Err(fault),
    }
}

/// `/extend WHO DAYS [reason]`
async fn extend(scene: &Scene<'_, '_>, rest: &str) -> Answer {
    let (who, rest) = split(rest);
    let (days, reason) = split(rest);
    if days.is_empty() {
        return Err(Stop::Usage);
    }
    let days = days.parse::<i32>().ok().filter(|days| *days != 0 && (-DAYS_MAX..=DAYS_MAX).contains(days));
    let Some(days) = days else { return Ok(scene.say("days-invalid", &[("max", number(DAYS_MAX))])) };
    let member = who_is(scene, who).await?;
    let reason: String = match reason {
        "" => scene.voice.text("reason-by-admin", &[]),
        reason => reason.chars().take(REASON_CHARS_MAX).collect(),
    };
    let id = if days > 0 { "confirm-extend" } else { "confirm-shorten" };
    let args =
        [("person", person(&scene.voice, &member).into()), ("days", number(days.abs())), ("reason", safe(&reason))];
    let question = scene.voice.text(id, &args);
    Ok(scene.question(question, Deed::Extend { member: member.chat_id, days, reason }))
}

/// A command that is only about somebody.
async fn about(scene: &Scene<'_, '_>, rest: &str, id: &str, deed: fn(&Member) -> Deed) -> Answer {
    let member = who_is(scene, rest).await?;
    let question = scene.voice.text(id, &[("person", person(&scene.voice, &member).into())]);
    Ok(scene.question(question, deed(&member)))
}

/// The member an admin means: a number or a name.
async fn who_is(scene: &Scene<'_, '_>, who: &str) -> Result<Member, Stop> {
    if who.is_empty() {
        return Err(Stop::Usage);
    }
    match members::resolve(scene.tx, who).await {
        Ok(member) => Ok(member),
        Err(Error::NoSuchMember) => Err(Stop::Said(Box::new(scene.say("who-unknown", &[("who", safe(who))])))),
        Err(error) => Err(Stop::Fault(error.fault())),
    }
}

impl Scene<'_, '_> {
    /// The admin as the audit names them.
    fn actor(&self) -> String {
        format!("telegram:{}", self.member.chat_id)
    }

    /// Says the text `id`.
    fn say(&self, id: &str, args: crate::subscriptions::messages::Args<'_>) -> Reply {
        Reply::say(self.voice.say(id, args))
    }

    /// Asks whether they mean it. The question has the number of the update, so that older buttons do nothing.
    fn question(&self, text: String, deed: Deed) -> Reply {
        let question = self.update;
        let button =
            |id: &str, yes| InlineButton::press(self.voice.text(id, &[]), Button::Answer { question, yes }.data());
        let rows = vec![vec![button("button-yes", true), button("button-no", false)]];
        let next = Dialog::Confirming { question, deed, until: self.now + WAIT };
        Reply { next: Some(next), ..Reply::say(self.voice.send(text, rows)) }
    }
}

/// The first word of a line, and the rest of it.
fn split(line: &str) -> (&str, &str) {
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    (word, rest.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_word_and_the_rest() {
        assert_eq!(split("@bob  10 for waiting"), ("@bob", "10 for waiting"));
        assert_eq!(split("@bob"), ("@bob", ""));
        assert_eq!(split(""), ("", ""));
    }
}
