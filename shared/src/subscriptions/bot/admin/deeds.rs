//! What an admin has confirmed, done.

use super::super::{Reply, Scene};
use crate::base::Fault;
use crate::base::crypto::random_number;
use crate::db::chain;
use crate::subscriptions::dialog::Deed;
use crate::subscriptions::messages::person;
use crate::subscriptions::model::{Member, MemberId, Note};
use crate::subscriptions::{Error, assignment, extension, members};

/// Does it and says what came of it.
pub async fn deed(scene: &Scene<'_, '_>, deed: Deed) -> Result<Reply, Fault> {
    Ok(match done(scene, deed).await {
        Ok((member, notes)) => {
            let who = person(&scene.voice, &member);
            scene.say("done", &[("person", who.into())]).with(notes)
        }
        Err(Error::Fault(fault)) => return Err(fault),
        Err(refusal) => scene.say(refused(&refusal), &[]),
    })
}

async fn done(scene: &Scene<'_, '_>, deed: Deed) -> Result<(Member, Vec<Note>), Error> {
    let (tx, rules, now, actor) = (scene.tx, &scene.settings.rules, scene.now, scene.actor());
    match deed {
        Deed::Extend { member, days, reason } => {
            let member = members::lock(tx, member).await?;
            let (_, notes) = extension::extend(tx, rules, &member, days, &reason, &actor, now).await?;
            Ok((member, notes))
        }
        Deed::Kick { member } => {
            let member = members::lock(tx, member).await?;
            let reason = scene.voice.text("reason-by-admin", &[]);
            let notes = extension::end_now(tx, rules, &member, &actor, &reason, now).await?;
            Ok((member, notes))
        }
        Deed::Ban { member } => block(scene, member, true).await,
        Deed::Unban { member } => block(scene, member, false).await,
        Deed::Assign { hash, log_index, member, plan } => {
            // The transaction's row before the member's, as everywhere.
            chain::lock(tx, &hash).await?;
            let member = members::lock(tx, member).await?;
            let payment = (&hash, log_index);
            let notes = assignment::assign(tx, rules, payment, &member, (plan, random_number()), &actor, now).await?;
            Ok((member, notes))
        }
    }
}

async fn block(scene: &Scene<'_, '_>, member: MemberId, blocked: bool) -> Result<(Member, Vec<Note>), Error> {
    let reason = scene.voice.text("reason-by-admin", &[]);
    let reason = blocked.then_some(reason.as_str());
    let notes = members::set_blocked(scene.tx, member, blocked, reason, &scene.actor(), scene.now).await?;
    Ok((members::lock(scene.tx, member).await?, notes))
}

/// The text of a refusal.
fn refused(error: &Error) -> &'static str {
    match error {
        Error::NoSuchMember => "refused-no-member",
        Error::NotActive => "refused-not-active",
        Error::NoSuchPlan => "refused-no-plan",
        Error::NoSuchPayment => "refused-no-payment",
        Error::PaymentSettled => "refused-settled",
        Error::NoWallet => "refused-no-wallet",
        _ => "refused",
    }
}
