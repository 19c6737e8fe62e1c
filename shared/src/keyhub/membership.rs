//! Membership in the required channels, asked from Telegram each time.

use futures_util::future::join_all;

use super::model::Person;
use super::rules::Stop;
use crate::base::chain;
use crate::base::config::Keyhub;
use crate::clients::telegram::{Reply, Telegram};

/// Whether the person is in every required channel. Telegram is asked each time.
pub async fn check(telegram: &Telegram, settings: &Keyhub, person: &Person) -> Result<(), Stop> {
    let asked = settings.channels.iter().map(|channel| telegram.chat_member(&channel.id, person.id));
    let mut missing = Vec::new();
    for (channel, answer) in settings.channels.iter().zip(join_all(asked).await) {
        match answer {
            Ok(Reply::Done(member)) if member.is_in() => {}
            Ok(Reply::Done(_)) => missing.push(channel.clone()),
            Ok(refused) => {
                tracing::warn!(channel = channel.id, telegram.answer = ?refused, "membership unknown");
                return Err(Stop::MembershipUnknown);
            }
            Err(fault) => {
                tracing::warn!(channel = channel.id, error = chain(&fault), "membership unknown");
                return Err(Stop::MembershipUnknown);
            }
        }
    }
    if missing.is_empty() { Ok(()) } else { Err(Stop::NotJoined(missing)) }
}
