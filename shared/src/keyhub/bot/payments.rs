//! Premium paid in Telegram Stars: checked, recorded once per charge, taken back once.

use super::Stage;
use crate::base::Fault;
use crate::clients::telegram::{
    AnswerPreCheckoutQuery, PreCheckoutQuery, RefundedPayment, Reply, Request, SuccessfulPayment,
};
use crate::db::outbox::{self, Outgoing};
use crate::db::{Connection, Transaction, audit, inbox};
use crate::entry::deliver;
use crate::keyhub::messages::{BOT, Voice, number, safe, to_admins};
use crate::keyhub::rules::{PREMIUM_TIME, premium_after, told};
use crate::keyhub::store::payments::{self, Payment};
use crate::keyhub::store::people;

/// Currency of Telegram Stars.
const STARS: &str = "XTR";
/// What Telegram says of a payment that was given back before.
const ALREADY: &str = "CHARGE_ALREADY_REFUNDED";

/// Lets a payment pass if the invoice is the payer's, for this amount, and they are not blocked.
pub async fn check(stage: &Stage<'_>, db: &mut Connection, query: &PreCheckoutQuery) -> Result<(), Fault> {
    let (heard, now) = (stage.heard, stage.cx.now());
    let tx = db.begin();
    let owner_hash = people::owner_hash(stage.vault, query.from.id);
    let (first, invoice, person, erased) = tokio::try_join!(
        inbox::first_time(&tx, BOT.0, heard.who.update.0, now),
        payments::find_invoice(&tx, &query.invoice_payload),
        people::find(&tx, stage.vault, query.from.id),
        people::erased(&tx, &owner_hash),
    )?;
    if !first {
        return tx.rollback().await;
    }
    let is_blocked =
        person.is_some_and(|person| person.blocked.is_some()) || erased.is_some_and(|erased| erased.blocked.is_some());
    let refusal = match invoice {
        _ if is_blocked => Some("checkout-blocked"),
        Some((user, _)) if user != query.from.id => Some("checkout-foreign"),
        None => Some("checkout-foreign"),
        Some((_, stars)) if stars != query.total_amount || query.currency != STARS => Some("checkout-amount"),
        Some(_) => None,
    };
    let answer = AnswerPreCheckoutQuery {
        pre_checkout_query_id: query.id.clone(),
        ok: refusal.is_none(),
        error_message: refusal.map(|id| stage.voice(None).text(id, &[])),
    };
    // Telegram waits ten seconds, so this waits for nothing that is still to be said.
    let answer = deliver::answer(BOT, &Request::AnswerPreCheckoutQuery(answer));
    let pushed = tx.commit_with(outbox::push(&tx, &[answer], now)).await?;
    drop(tx);
    deliver::at_once(stage.cx, db, pushed).await;
    Ok(())
}

/// Records a payment and gives what it buys; a repeated charge changes nothing.
pub async fn paid(stage: &Stage<'_>, db: &mut Connection, payment: &SuccessfulPayment) -> Result<(), Fault> {
    let (heard, now) = (stage.heard, stage.cx.now());
    let user = heard.who.user;
    let tx = db.begin();
    let greeting = (user, heard.username.as_str(), heard.lang);
    // Payments may arrive at once, and each adds to what the one before gave.
    let (first, invoice, _, person) = tokio::try_join!(
        inbox::first_time(&tx, BOT.0, heard.who.update.0, now),
        payments::find_invoice(&tx, &payment.invoice_payload),
        people::greet(&tx, stage.vault, greeting, now),
        people::lock(&tx, stage.vault, user),
    )?;
    if !first {
        return tx.rollback().await;
    }
    let matched = payment.currency == STARS && invoice == Some((user, payment.total_amount));
    let charge = payment.telegram_payment_charge_id.as_str();
    let whose = (user, payment.total_amount);
    let mut messages = Vec::new();
    if payments::record(&tx, charge, whose, &payment.invoice_payload, matched, now).await? {
        let until = premium_after(person.and_then(|person| person.premium_until), now);
        people::set_premium(&tx, user, Some(until)).await?;
        let voice = stage.voice(None);
        messages.push(voice.say("premium-thanks", &[("until", told(until, &stage.settings.zone).into())]));
        if !matched {
            let args =
                [("charge", safe(charge)), ("stars", number(payment.total_amount)), ("user", user.to_string().into())];
            messages.extend(to_admins(stage.settings, "alert-unmatched-payment", &args));
        }
        tracing::info!(payment.stars = payment.total_amount, payment.matched = matched, "premium paid");
    }
    let pushed = tx.commit_with(outbox::push(&tx, &messages, now)).await?;
    drop(tx);
    deliver::at_once(stage.cx, db, pushed).await;
    Ok(())
}

/// Telegram says a payment was given back.
pub async fn refunded(stage: &Stage<'_>, db: &mut Connection, payment: &RefundedPayment) -> Result<(), Fault> {
    let (heard, now) = (stage.heard, stage.cx.now());
    let tx = db.begin();
    if !inbox::first_time(&tx, BOT.0, heard.who.update.0, now).await? {
        return tx.rollback().await;
    }
    let taken = take_back(stage, &tx, &payment.telegram_payment_charge_id).await?;
    let messages = taken.map(|(_, message)| message).unwrap_or_default();
    let pushed = tx.commit_with(outbox::push(&tx, &messages, now)).await?;
    drop(tx);
    deliver::at_once(stage.cx, db, pushed).await;
    Ok(())
}

/// `/refund <charge id>` of an admin: Telegram is asked first; if it gives the Stars back, or did before, so do we.
pub async fn refund(stage: &Stage<'_>, db: &mut Connection, charge: &str) -> Result<(), Fault> {
    let (heard, now) = (stage.heard, stage.cx.now());
    let voice = stage.voice(None);
    if inbox::seen(&*db, BOT.0, heard.who.update.0).await? {
        return Ok(());
    }
    let payment = payments::find(&*db, charge).await?;
    let mut refused = None;
    let args = |payment: &Payment| {
        [("charge", safe(charge)), ("stars", number(payment.stars)), ("user", payment.user.to_string().into())]
    };
    match &payment {
        None if charge.is_empty() => {
            let usage = voice.text("usage-refund", &[]);
            refused = Some(voice.say("usage", &[("usage", usage.into())]));
        }
        None => refused = Some(voice.say("refund-unknown", &[("charge", safe(charge))])),
        Some(payment) if payment.refunded => refused = Some(voice.say("refund-already", &[("charge", safe(charge))])),
        Some(payment) => {
            let telegram = stage.cx.telegram(stage.settings.token()?);
            match telegram.refund(payment.user, charge).await? {
                Reply::Done(_) => {}
                Reply::Refused(why) if why.contains(ALREADY) => {}
                Reply::Refused(why) => {
                    refused = Some(voice.say("refund-failed", &[("charge", safe(charge)), ("reason", safe(&why))]));
                }
                Reply::Forbidden | Reply::TooMany(_) => refused = Some(voice.say("try-later", &[])),
            }
        }
    }
    let tx = db.begin();
    if !inbox::first_time(&tx, BOT.0, heard.who.update.0, now).await? {
        return tx.rollback().await;
    }
    let mut messages = Vec::new();
    match (refused, payment) {
        (Some(refusal), _) => messages.push(refusal),
        (None, Some(payment)) => {
            let actor = format!("telegram:{}", heard.who.user);
            let subject = format!("user:{}", payment.user);
            let new = Some(serde_json::json!({ "stars": payment.stars }));
            let entry =
                audit::Entry { domain: "keyhub", actor: &actor, action: "refund", subject: &subject, old: None, new };
            audit::note(&tx, entry, now).await?;
            if let Some((_, said)) = take_back(stage, &tx, charge).await? {
                messages.extend(said);
            }
            messages.push(voice.say("refunded", &args(&payment)));
        }
        (None, None) => {}
    }
    let pushed = tx.commit_with(outbox::push(&tx, &messages, now)).await?;
    drop(tx);
    deliver::at_once(stage.cx, db, pushed).await;
    Ok(())
}

/// Takes back what the payment bought, once, and tells its payer.
async fn take_back(
    stage: &Stage<'_>,
    tx: &Transaction<'_>,
    charge: &str,
) -> Result<Option<(Payment, Vec<Outgoing>)>, Fault> {
    let now = stage.cx.now();
    let Some(payment) = payments::refund(tx, charge, now).await? else { return Ok(None) };
    let Some(person) = people::lock(tx, stage.vault, payment.user).await? else {
        return Ok(Some((payment, Vec::new())));
    };
    let until = person.premium_until.map(|until| until - PREMIUM_TIME);
    people::set_premium(tx, payment.user, until).await?;
    let voice = Voice { settings: stage.settings, lang: person.language, chat: payment.user.into(), thread: None };
    let stars = ("stars", number(payment.stars));
    let message = match until.filter(|until| now < *until) {
        Some(until) => {
            let until = ("until", told(until, &stage.settings.zone).into());
            voice.say("premium-refunded-until", &[stars, until])
        }
        None => voice.say("premium-refunded", &[stars]),
    };
    Ok(Some((payment, vec![message])))
}
