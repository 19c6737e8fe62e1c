//! `PAY` and `YES`: a payment is quoted, and made once its code comes back.

use jiff::SignedDuration;

use super::command::{Amount, Last4};
use super::model::{CODE_LIFE, PaymentState, SmsPayment, TRIES_MAX};
use super::rules::{Verdict, confirm};
use super::{Answer, Talk, replies};
use crate::bank::model::{Kind, Product, ProductId, Purpose, SmsPaymentId};
use crate::bank::notify::{self, Note};
use crate::bank::payment::{self, Order};
use crate::bank::{Error, codes, products, rules, store};
use crate::base::{Fault, Money, crypto};

/// The purpose of hashes of codes.
const CODE: &str = "payment_code";
/// How far back a code is recognised, so that it can be said what became of its payment.
const RECOGNISED: SignedDuration = SignedDuration::from_hours(24);
/// How many payments are looked through for it; more than can be asked for within the limit of replies.
const RECOGNISED_MAX: i64 = 500;

/// Quotes a payment and sends the code that confirms it; nothing moves. One that still waited is replaced.
pub(super) async fn quote(
    talk: &Talk<'_>,
    amount: Amount,
    card: Option<&Last4>,
    from: Option<&Last4>,
) -> Result<Answer, Fault> {
    if !talk.may_reply {
        return Ok(Answer::Nothing);
    }
    let currency = &talk.bank.currency;
    if amount == Amount::Invalid {
        return Ok(Answer::Reply(replies::BAD_AMOUNT.to_owned()));
    }
    let products = products::list(talk.tx, talk.customer.id).await?;
    let sides = side(&products, Kind::Card, card).and_then(|to| Ok((side(&products, Kind::Savings, from)?, to)));
    let (from, to) = match sides {
        Ok(sides) => sides,
        Err(why) => return Ok(Answer::Reply(why)),
    };
    let amount = match amount {
        Amount::Given(amount) => amount,
        Amount::Due | Amount::Invalid => to.due(),
    };
    if amount == Money::ZERO {
        return Ok(Answer::Reply(replies::nothing_due(to.id)));
    }
    if let Err(error) = rules::check_payment(from, to, amount) {
        return Ok(Answer::Reply(refusal(currency, amount, (from.id, to.id), error)?));
    }
    store::phone::cancel_pending(talk.tx, talk.customer.id).await?;
    let code = codes::random();
    let payment = SmsPayment {
        id: SmsPaymentId::random(),
        amount,
        from: from.id,
        to: to.id,
        code_hash: codes::hash(talk.vault, CODE, talk.customer.id, &code),
        tries: 0,
        state: PaymentState::Pending,
        expires_at: talk.now + CODE_LIFE,
    };
    store::phone::insert_payment(talk.tx, talk.customer.id, &payment, talk.now).await?;
    let vars = [
        ("currency", currency.as_str()),
        ("amount", &amount.to_string()),
        ("card", &to.id.masked()),
        ("account", &from.id.masked()),
        ("code", &code),
    ];
    let text = notify::text(talk.bank, Purpose::PaymentCode, replies::PAYMENT_CODE, &vars);
    Ok(Answer::Note(Note::new(talk.customer, Purpose::PaymentCode, text).hiding(&code)))
}

/// The product of `kind` that is meant, or why none is; it may be left unsaid by who has just one.
fn side<'a>(products: &'a [Product], kind: Kind, wanted: Option<&Last4>) -> Result<&'a Product, String> {
    let mut fitting = products
        .iter()
        .filter(|product| product.kind == kind && wanted.is_none_or(|wanted| product.id.last4() == wanted.as_str()));
    match (fitting.next(), fitting.next(), wanted) {
        (Some(product), None, _) => Ok(product),
        (Some(_), Some(_), _) => Err(replies::several_of(kind)),
        (None, _, Some(wanted)) => Err(replies::unknown_of(kind, wanted)),
        (None, _, None) => Err(replies::none_of(kind)),
    }
}

/// Why a payment is refused, in words.
fn refusal(currency: &str, amount: Money, (from, to): (ProductId, ProductId), error: Error) -> Result<String, Fault> {
    match error {
        Error::InsufficientFunds { available } => Ok(replies::insufficient(currency, amount, from, available)),
        Error::Overpayment { due } => Ok(replies::overpaid(currency, amount, to, due)),
        other => Err(other.fault()),
    }
}

/// Makes the payment that waits for `code`, by the same rules once more, or says what became of it.
pub(super) async fn confirmed(talk: &Talk<'_>, code: &str) -> Result<Answer, Fault> {
    let since = talk.now - RECOGNISED;
    let payments = store::phone::lock_payments(talk.tx, talk.customer.id, since, RECOGNISED_MAX).await?;
    let hash = codes::hash(talk.vault, CODE, talk.customer.id, code);
    let is_right = |payment: &SmsPayment| crypto::same_secret(&payment.code_hash, &hash);
    let set =
        async |payment: &SmsPayment, state, tries| store::phone::set_payment(talk.tx, payment.id, state, tries).await;
    let said = match confirm(&payments, is_right, talk.now) {
        Verdict::Pay(payment) => return pay(talk, payment).await,
        Verdict::AlreadyDone => replies::ALREADY_DONE.to_owned(),
        Verdict::Cancelled => replies::CANCELLED.to_owned(),
        Verdict::Expired(payment) => {
            set(payment, PaymentState::Cancelled, payment.tries).await?;
            replies::EXPIRED.to_owned()
        }
        Verdict::Wrong { payment, left } => {
            set(payment, PaymentState::Pending, payment.tries + 1).await?;
            replies::wrong(left)
        }
        Verdict::LastWrong(payment) => {
            set(payment, PaymentState::Cancelled, TRIES_MAX).await?;
            replies::LAST_WRONG.to_owned()
        }
        Verdict::Nothing => replies::NO_PAYMENT.to_owned(),
    };
    Ok(Answer::Reply(said))
}

/// The messages of the two entries say that it was paid. A payment that is refused now is over.
async fn pay(talk: &Talk<'_>, asked: &SmsPayment) -> Result<Answer, Fault> {
    let Talk { tx, bank, customer, now, .. } = *talk;
    let order = Order { amount: asked.amount, from: Some(asked.from), to: Some(asked.to) };
    let actor = format!("sms:{}", customer.id);
    let paid = payment::pay(tx, bank, customer, &order, &actor, now).await;
    let (state, answer) = match paid {
        Ok((_, messages)) => (PaymentState::Done, Answer::Done(messages)),
        Err(error) => {
            let why = refusal(&bank.currency, asked.amount, (asked.from, asked.to), error)?;
            (PaymentState::Cancelled, Answer::Reply(replies::cancelled(&why)))
        }
    };
    store::phone::set_payment(tx, asked.id, state, asked.tries).await?;
    Ok(answer)
}
