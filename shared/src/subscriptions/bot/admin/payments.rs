//! Payments that wait for an admin.

use super::super::{Reply, Scene};
use super::{Answer, Stop, split, who_is};
use crate::base::tron::TxHash;
use crate::db::chain;
use crate::subscriptions::dialog::Deed;
use crate::subscriptions::messages::{amount, person, safe, tronscan};
use crate::subscriptions::model::{Payment, TransferState};
use crate::subscriptions::{DOMAIN, plans};

/// Payments of each state in one answer.
const PAYMENTS_MAX: i64 = 50;

/// `/unassigned`
pub async fn open(scene: &Scene<'_, '_>) -> Answer {
    let (unassigned, held) = tokio::try_join!(
        chain::open(scene.tx, TransferState::Unassigned, None, PAYMENTS_MAX),
        chain::open(scene.tx, TransferState::Held, None, PAYMENTS_MAX),
    )?;
    let lines: Vec<String> =
        unassigned.iter().chain(&held).filter(|payment| is_ours(payment)).map(|payment| line(scene, payment)).collect();
    if lines.is_empty() {
        return Ok(scene.say("unassigned-none", &[]));
    }
    let text = format!("{}\n\n{}", scene.voice.text("unassigned", &[]), lines.join("\n\n"));
    Ok(Reply::say(scene.voice.send(text, Vec::new())))
}

/// Nobody's, or held for a member of ours.
fn is_ours(payment: &Payment) -> bool {
    payment.product.as_deref().is_none_or(|product| product == DOMAIN)
}

fn line(scene: &Scene<'_, '_>, payment: &Payment) -> String {
    let voice = &scene.voice;
    let why = match &payment.reason {
        Some(reason) => voice.text(&format!("reason-{}", reason.replace('_', "-")), &[]),
        None => voice.text("payment-unassigned", &[]),
    };
    let args = [
        ("amount", amount(payment.amount)),
        ("at", voice.time(payment.block_at)),
        ("why", why.into()),
        ("hash", named(&payment.hash, payment.log_index).into()),
        ("url", tronscan(&payment.hash).into()),
    ];
    voice.text("payment-line", &args)
}

/// A transfer as commands name it.
fn named(hash: &TxHash, log_index: i32) -> String {
    format!("{hash}:{log_index}")
}

/// `/assign HASH WHO [plan]`; `HASH:INDEX` where a transaction has several transfers.
pub async fn assign(scene: &Scene<'_, '_>, rest: &str) -> Answer {
    let (which, rest) = split(rest);
    let (who, period) = split(rest);
    if who.is_empty() {
        return Err(Stop::Usage);
    }
    let Some((hash, index)) = payment(which) else { return Ok(scene.say("hash-invalid", &[])) };
    let transfers = chain::transfers(scene.tx, &hash).await?;
    let is_open = |payment: &&Payment| matches!(payment.state, TransferState::Unassigned | TransferState::Held);
    let found = match index {
        Some(index) => transfers.iter().find(|payment| payment.log_index == index),
        None => transfers.iter().find(is_open).or_else(|| transfers.first()),
    };
    let Some(found) = found else { return Ok(scene.say("refused-no-payment", &[])) };
    if !is_open(&found) || !is_ours(found) {
        return Ok(scene.say("refused-settled", &[]));
    }
    let member = who_is(scene, who).await?;
    let plan = match period {
        "" => None,
        period => match plans::by_period(scene.tx, period).await? {
            Some(plan) => Some(plan),
            None => return Ok(scene.say("plan-unknown", &[("plan", safe(period))])),
        },
    };
    let use_as = match &plan {
        Some(plan) => scene.voice.text("assign-plan", &[("plan", safe(&plan.period))]),
        None => scene.voice.text("assign-balance", &[]),
    };
    let args = [
        ("amount", amount(found.amount)),
        ("person", person(&scene.voice, &member).into()),
        ("use", use_as.into()),
        ("url", tronscan(&hash).into()),
    ];
    let question = scene.voice.text("confirm-assign", &args);
    let log_index = found.log_index;
    Ok(scene
        .question(question, Deed::Assign { hash, log_index, member: member.chat_id, plan: plan.map(|plan| plan.id) }))
}

/// `HASH` or `HASH:INDEX`; the hash may stand in a link.
fn payment(text: &str) -> Option<(TxHash, Option<i32>)> {
    if let Some((hash, index)) = text.rsplit_once(':')
        && let (Ok(hash), Ok(index)) = (hash.parse(), index.parse())
    {
        return Some((hash, Some(index)));
    }
    TxHash::only_one_in(text).map(|hash| (hash, None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transfer_is_named_by_hash_and_place() {
        let hash: TxHash = "a1".repeat(32).parse().unwrap();
        assert_eq!(payment(&named(&hash, 2)), Some((hash.clone(), Some(2))));
        assert_eq!(payment(hash.as_str()), Some((hash.clone(), None)));
        assert_eq!(payment(&tronscan(&hash)), Some((hash, None)));
        assert_eq!(payment("a1:2"), None);
    }
}
