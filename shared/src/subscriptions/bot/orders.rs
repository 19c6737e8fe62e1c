//! Plans, orders, and what is done to pay them.

use super::{Reply, Scene};
use crate::base::Fault;
use crate::base::crypto::random_number;
use crate::base::tron::TxHash;
use crate::clients::telegram::InlineButton;
use crate::db::outbox::Outgoing;
use crate::subscriptions::dialog::Button;
use crate::subscriptions::messages::{amount, number, safe};
use crate::subscriptions::model::{Alarm, ClaimState, Order, OrderId, OrderState, PlanId};
use crate::subscriptions::orders::Placed;
use crate::subscriptions::{Error, alarms, claims, orders, plans, store};

/// The text of an open order's state.
pub fn state_of(order: &Order) -> &'static str {
    match order.state {
        OrderState::Confirming => "order-confirming",
        OrderState::PartiallyPaid => "order-partially-paid",
        _ => "order-waiting",
    }
}

impl Scene<'_, '_> {
    /// The plans sold to the member, under the text `id`.
    pub async fn plans(&self, id: &str) -> Result<Reply, Fault> {
        let offers = plans::offers(self.tx, &self.settings.rules, self.member.chat_id, self.now).await?;
        if offers.is_empty() {
            return Ok(Reply::say(self.voice.say("no-plans", &[("support", self.voice.support())])));
        }
        let button = |offer: &plans::Offer| {
            let args = [("plan", offer.plan.period.as_str().into()), ("price", amount(offer.price))];
            vec![InlineButton::press(self.voice.text("button-plan", &args), Button::Plan(offer.plan.id).data())]
        };
        Ok(Reply::say(self.voice.ask(id, &[], offers.iter().map(button).collect())))
    }

    /// An order for a plan, or the open one for it.
    pub async fn order(&self, plan: PlanId) -> Result<Reply, Fault> {
        if self.member.blocked {
            // What a blocked member pays only waits for an admin.
            return Ok(Reply::say(self.voice.say("status-blocked", &[("support", self.voice.support())])));
        }
        let placed = orders::place(self.tx, &self.settings.rules, self.member, plan, random_number(), self.now).await;
        let alarm = match placed {
            Ok((placed, notes)) => return Ok(Reply::say(self.asked(&placed)).with(notes)),
            Err(Error::NoSuchPlan) => return Ok(self.not_available()),
            Err(Error::NoWallet) => Alarm::NoWallet,
            Err(Error::NoDueFree) => Alarm::NoDueFree,
            Err(error) => return Err(error.fault()),
        };
        let notes = alarms::raise(self.tx, alarm, self.now).await?;
        Ok(Reply::say(self.voice.say("try-later", &[("support", self.voice.support())])).with(notes))
    }

    /// What is to be sent where, and until when.
    fn asked(&self, placed: &Placed) -> Outgoing {
        let voice = &self.voice;
        let order = &placed.order;
        let cancel = voice.button("button-cancel", &Button::Cancel(order.id.clone()));
        let from_balance = vec![voice.button("button-balance", &Button::FromBalance(order.id.clone()))];
        let names = [("plan", safe(&order.period)), ("days", number(order.days)), ("price", amount(order.price))];
        let balance = ("balance", amount(placed.balance));
        let Some(due) = order.due.filter(|_| !placed.covered) else {
            let args = [names.as_slice(), &[balance]].concat();
            return voice.ask("order-covered", &args, vec![from_balance, vec![cancel]]);
        };
        let pay =
            [("due", amount(due)), ("wallet", order.wallet.as_str().into()), ("until", voice.time(order.expires_at))];
        let mut text = voice.text("order", &[names.as_slice(), &pay].concat());
        if order.state != OrderState::Waiting {
            text = format!("{text}\n\n{}", voice.text(state_of(order), &[]));
        }
        if placed.balance >= self.settings.rules.min_credit {
            text = format!("{text}\n\n{}", voice.text("order-balance", &[balance]));
        }
        let mut rows = voice.copies(order, due);
        rows.push(vec![voice.button("button-paid", &Button::Paid(Some(order.id.clone()))), cancel]);
        voice.send(text, rows)
    }

    /// Asks for the hash, of this order's payment if one is named, else of the open one's.
    pub async fn ask_hash(&self, order: Option<&OrderId>) -> Result<Reply, Fault> {
        if let Some(id) = order
            && self.own(id).await?.is_none()
        {
            return Ok(self.not_available());
        }
        Ok(Reply::say(self.voice.say("ask-hash", &[])))
    }

    /// The member's own order of this number.
    async fn own(&self, id: &OrderId) -> Result<Option<Order>, Fault> {
        let order = store::orders::find(self.tx, id).await?;
        Ok(order.filter(|order| order.member == self.member.chat_id))
    }

    /// Claims a transaction. What comes of it is said when it is known.
    pub async fn claim(&self, order: Option<&OrderId>, hash: &TxHash) -> Result<Reply, Fault> {
        let voice = &self.voice;
        let claimed = claims::by_bot(self.tx, self.member, order, hash, self.now).await;
        Ok(match claimed {
            Ok((claim, notes)) if claim.state == ClaimState::Held => {
                Reply::say(voice.say("claim-waits", &[])).with(notes)
            }
            Ok((claim, notes)) if claim.state == ClaimState::Partial => {
                Reply::say(voice.say("claim-counted", &[])).with(notes)
            }
            Ok((_, notes)) => Reply::say(voice.say("checking", &[])).with(notes),
            Err(Error::TooManyClaims) => Reply::say(voice.say("claim-too-many", &[])),
            Err(Error::HashUsed) => Reply::say(voice.say("claim-used", &[("support", voice.support())])),
            Err(Error::HashFailed(reason)) => {
                let reason = voice.text(&format!("reason-{}", reason.replace('_', "-")), &[]);
                Reply::say(voice.say("claim-failed", &[("reason", reason.into()), ("support", voice.support())]))
            }
            Err(Error::NoSuchOrder) => Reply::say(voice.say("order-gone", &[])),
            Err(error) => return Err(error.fault()),
        })
    }

    /// Pays an order from the balance.
    pub async fn pay_from_balance(&self, order: &OrderId) -> Result<Reply, Fault> {
        if self.member.blocked {
            return Ok(Reply::say(self.voice.say("status-blocked", &[("support", self.voice.support())])));
        }
        let paid = orders::pay_from_balance(self.tx, &self.settings.rules, self.member, order, self.now).await;
        Ok(match paid {
            Ok(notes) => Reply::say(self.voice.say("paid-from-balance", &[])).with(notes),
            Err(Error::BalanceTooLow) => Reply::popup(self.voice.text("popup-balance-low", &[])),
            Err(Error::OrderClosed) => Reply::popup(self.voice.text("popup-order-closed", &[])),
            Err(Error::NoSuchOrder) => self.not_available(),
            Err(error) => return Err(error.fault()),
        })
    }

    /// Takes an order back.
    pub async fn cancel(&self, order: &OrderId) -> Result<Reply, Fault> {
        match orders::cancel(self.tx, self.member.chat_id, order).await {
            Ok(_) => {
                let plans = vec![vec![self.voice.button("button-plans", &Button::Plans)]];
                Ok(Reply::say(self.voice.ask("order-cancelled", &[], plans)))
            }
            Err(Error::OrderClosed) => Ok(Reply::popup(self.voice.text("popup-order-closed", &[]))),
            Err(Error::NoSuchOrder) => Ok(self.not_available()),
            Err(error) => Err(error.fault()),
        }
    }
}
