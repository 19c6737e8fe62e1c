//! Answers to what people pressed, and payments in Stars.

use jiff::SignedDuration;
use serde_json::{Map, Value, json};

use super::messages::{draft, writable_room};
use crate::telegram::params::Params;
use crate::telegram::queries::Answer;
use crate::telegram::refusal::Refusal;
use crate::telegram::rooms::Draft;
use crate::telegram::world::{Room, State};

/// Characters in the answer to a callback query.
const ANSWER_MAX: usize = 200;
/// How long a callback query may be answered.
const CALLBACK_LIFE: SignedDuration = SignedDuration::from_secs(150);
/// How long a pre-checkout query may be answered.
const CHECKOUT_LIFE: SignedDuration = SignedDuration::from_secs(10);

fn too_old() -> Refusal {
    Refusal::bad("query is too old and response timeout expired or query ID is invalid")
}

pub(super) fn callback_query(state: &mut State, bot: i64, params: &Params) -> Result<Value, Refusal> {
    let id = params.text("callback_query_id");
    let text = params.text("text");
    if text.encode_utf16().count() > ANSWER_MAX {
        return Err(Refusal::bad("MESSAGE_TOO_LONG"));
    }
    let now = state.now();
    let callback = state.queries.callback(&id).filter(|callback| callback.bot == bot).ok_or_else(too_old)?;
    if !callback.answers.is_empty() || now.duration_since(callback.at) > CALLBACK_LIFE {
        return Err(too_old());
    }
    let url = Some(params.text("url")).filter(|url| !url.is_empty());
    let answer = Answer { text, show_alert: params.flag("show_alert"), url };
    callback.answers.push(answer.clone());
    let room = Room::Private { bot, user: callback.user };
    state.tell(room, json!({ "type": "answer", "query": id, "text": answer.text, "show_alert": answer.show_alert }));
    Ok(true.into())
}

pub(super) fn send_invoice(state: &mut State, bot: i64, params: &Params) -> Result<Value, Refusal> {
    let room = writable_room(state, bot, params)?;
    let (title, description, payload) = (params.text("title"), params.text("description"), params.text("payload"));
    let within = |text: &str, max: usize| (1..=max).contains(&text.chars().count());
    if !within(&title, 32) {
        return Err(Refusal::bad("INVOICE_TITLE_INVALID"));
    }
    if !within(&description, 255) {
        return Err(Refusal::bad("INVOICE_DESCRIPTION_INVALID"));
    }
    if !(1..=128).contains(&payload.len()) {
        return Err(Refusal::bad("INVOICE_PAYLOAD_INVALID"));
    }
    if params.text("currency") != "XTR" {
        return Err(Refusal::bad("PAYMENT_PROVIDER_INVALID"));
    }
    if !params.text("provider_token").is_empty() {
        return Err(Refusal::bad("STARS_INVOICE_INVALID"));
    }
    let prices = params.structure("prices")?;
    let prices = prices.as_array().filter(|prices| !prices.is_empty());
    let [price] = prices.ok_or_else(|| Refusal::bad("prices must be non-empty"))?.as_slice() else {
        return Err(Refusal::bad("STARS_INVOICE_INVALID"));
    };
    let amount = price["amount"].as_i64().filter(|amount| (1..=25_000).contains(amount));
    let amount = amount.ok_or_else(|| Refusal::bad("CURRENCY_TOTAL_AMOUNT_INVALID"))?;
    let mut draft = draft(state, bot, room, params)?;
    if draft.reply_markup.is_none() {
        draft.reply_markup = Some(json!({ "inline_keyboard": [[{ "text": format!("Pay ⭐{amount}"), "pay": true }]] }));
    }
    let invoice = json!({
        "title": title, "description": description, "start_parameter": params.text("start_parameter"),
        "currency": "XTR", "total_amount": amount,
    });
    draft.content.insert("invoice".to_owned(), invoice);
    let message = state.add_message(room, draft);
    let log = state.log(room);
    log.invoices.insert(message.message_id, payload);
    Ok(state.message_json(room, &message))
}

pub(super) fn pre_checkout_query(state: &mut State, bot: i64, params: &Params) -> Result<Value, Refusal> {
    let id = params.text("pre_checkout_query_id");
    let ok = params.flag("ok");
    let reason = params.text("error_message");
    if !ok && reason.is_empty() {
        return Err(Refusal::bad("error message is empty"));
    }
    let now = state.now();
    let checkout = state.queries.checkout(&id).filter(|checkout| checkout.bot == bot).ok_or_else(too_old)?;
    if checkout.answered || now.duration_since(checkout.at) > CHECKOUT_LIFE {
        return Err(too_old());
    }
    checkout.answered = true;
    let (user, message_id) = (checkout.user, checkout.message_id);
    let (amount, payload) = (checkout.amount, checkout.payload.clone());
    let room = Room::Private { bot, user };
    state.tell(room, json!({ "type": "checkout", "query": id, "ok": ok, "text": reason, "message_id": message_id }));
    if ok {
        let update = state.take_payment(bot, user, amount, &payload);
        state.post_update(bot, update);
    }
    Ok(true.into())
}

pub(super) fn refund_star_payment(state: &mut State, bot: i64, params: &Params) -> Result<Value, Refusal> {
    let (user, charge) = (params.int("user_id"), params.text("telegram_payment_charge_id"));
    let user = user.ok_or_else(|| Refusal::bad("invalid user_id specified"))?;
    let unknown = || Refusal::bad("CHARGE_ID_INVALID");
    let payment = state.queries.payments.get(&charge).ok_or_else(unknown)?;
    if payment.bot != bot || payment.user != user {
        return Err(unknown());
    }
    if payment.refunded {
        return Err(Refusal::bad("CHARGE_ALREADY_REFUNDED"));
    }
    let update = state.give_back(&charge).expect("the charge was found just now");
    state.post_update(bot, update);
    Ok(true.into())
}

impl State {
    /// Books a payment and gives the update that tells the bot of it.
    pub fn take_payment(&mut self, bot: i64, user: i64, amount: i64, payload: &str) -> Value {
        let charge = format!("stx{}", crate::telegram::world::random_hex(24));
        let payment =
            crate::telegram::queries::Payment { bot, user, amount, payload: payload.to_owned(), refunded: false };
        let body = payment.json(&charge);
        self.queries.add_payment(charge, payment);
        self.service_message(bot, user, "successful_payment", body)
    }

    /// Books a payment back and gives the update that tells the bot of it; `None` if there is nothing to give back.
    pub fn give_back(&mut self, charge: &str) -> Option<Value> {
        let payment = self.queries.payments.get_mut(charge).filter(|payment| !payment.refunded)?;
        payment.refunded = true;
        let (bot, user, body) = (payment.bot, payment.user, payment.json(charge));
        Some(self.service_message(bot, user, "refunded_payment", body))
    }

    fn service_message(&mut self, bot: i64, user: i64, field: &str, body: Value) -> Value {
        let room = Room::Private { bot, user };
        let content = Map::from_iter([(field.to_owned(), body)]);
        let message = self.add_message(room, Draft { from: user, content, ..Draft::default() });
        let body = self.message_json(room, &message);
        self.update(bot, "message", body)
    }
}
