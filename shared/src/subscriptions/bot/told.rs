//! What the bot tells a member about itself and about them.

use jiff::Timestamp;

use super::orders::state_of;
use super::{Reply, Scene};
use crate::base::Fault;
use crate::subscriptions::dialog::{Button, Talk};
use crate::subscriptions::messages::{Args, amount, number, safe};
use crate::subscriptions::model::{Order, OrderState, Status, Subscription, SubscriptionEvent};
use crate::subscriptions::{access, orders, plans, rules, store};

/// Events of the history.
const EVENTS_MAX: i64 = 10;

impl Scene<'_, '_> {
    /// The menu.
    pub fn menu(&self) -> Reply {
        let id = if self.member.is_staff { "menu-admin" } else { "menu" };
        Reply::say(self.voice.ask(id, &[], self.voice.menu()))
    }

    /// Who helps.
    pub fn help(&self) -> Reply {
        Reply::say(self.voice.ask("help", &[("support", self.voice.support())], self.voice.menu()))
    }

    /// How things stand.
    pub async fn status(&self) -> Result<Reply, Fault> {
        let (voice, id) = (&self.voice, self.member.chat_id);
        let (subscription, order, balance) = tokio::try_join!(
            store::subscriptions::find(self.tx, id),
            orders::open(self.tx, id),
            store::ledger::balance(self.tx, id),
        )?;
        let mut lines = vec![match &subscription {
            Some(subscription) => self.standing(subscription).await?,
            None => voice.text("status-none", &[]),
        }];
        lines.push(voice.text(if self.member.at_private_group { "status-inside" } else { "status-outside" }, &[]));
        if self.member.blocked {
            lines.push(voice.text("status-blocked", &[("support", voice.support())]));
        }
        let mut rows = Vec::new();
        if let Some(order) = order.filter(|order| order.expires_at > self.now) {
            lines.push(self.open_order(&order).await?);
            rows.push(vec![
                voice.button("button-show-order", &Button::Plan(order.plan)),
                voice.button("button-cancel", &Button::Cancel(order.id.clone())),
            ]);
        }
        if balance >= self.settings.rules.min_credit {
            lines.push(voice.text("status-balance", &[("balance", amount(balance))]));
        }
        rows.push(vec![voice.button("button-renew", &Button::Plans), voice.button("button-link", &Button::Link)]);
        Ok(Reply::say(voice.send(lines.join("\n"), rows)))
    }

    /// Plan, end and days left.
    async fn standing(&self, subscription: &Subscription) -> Result<String, Fault> {
        let voice = &self.voice;
        let plan = match subscription.plan {
            Some(plan) => plans::find(self.tx, plan).await?,
            None => None,
        };
        let plan = match plan {
            Some(plan) => voice.text("status-plan", &[("plan", safe(&plan.period))]),
            None => voice.text("status-no-plan", &[]),
        };
        let end = [("end", voice.time(subscription.ends_at)), ("zone", self.zone().into())];
        let end = match rules::status(subscription.ends_at, self.settings.rules.grace, self.now) {
            Status::Active => {
                let days = ("days", number(rules::days_left(subscription.ends_at, self.now)));
                voice.text("status-active", &[end.as_slice(), &[days]].concat())
            }
            Status::Grace => voice.text("status-grace", &end),
            Status::Expired => voice.text("status-expired", &end),
        };
        Ok(format!("{plan}\n{end}"))
    }

    fn zone(&self) -> String {
        let zone = self.settings.rules.zone.iana_name();
        zone.unwrap_or("UTC").to_owned()
    }

    async fn open_order(&self, order: &Order) -> Result<String, Fault> {
        let voice = &self.voice;
        let state = match order.state {
            OrderState::Confirming => {
                let n = orders::confirmations(self.tx, &order.id).await?.unwrap_or_default();
                let required = self.settings.rules.required_confirmations;
                let n = n.clamp(0, required);
                voice.text("confirming", &[("n", number(n)), ("required", number(required))])
            }
            _ => voice.text(state_of(order), &[]),
        };
        let args = [
            ("plan", safe(&order.period)),
            ("state", state.into()),
            ("until", voice.time(order.expires_at)),
            ("due", amount(order.due.unwrap_or(order.price))),
        ];
        Ok(voice.text("status-order", &args))
    }

    /// A new link for who may be inside and is not; the worker sends it.
    pub async fn link(&self, link_at: &mut Option<Timestamp>) -> Result<Reply, Fault> {
        let (voice, member) = (&self.voice, self.member);
        let subscription = store::subscriptions::find(self.tx, member.chat_id).await?;
        let live =
            subscription.filter(|last| rules::is_live(Some(last), member.blocked, self.settings.rules.grace, self.now));
        if member.blocked {
            return Ok(Reply::say(voice.say("status-blocked", &[("support", voice.support())])));
        }
        let Some(live) = live else { return self.plans("link-needs-plan").await };
        if member.at_private_group {
            return Ok(Reply::say(voice.say("link-inside", &[("end", voice.time(live.ends_at))])));
        }
        let talk = Talk { link_at: *link_at, ..Talk::default() };
        if let Some(seconds) = talk.link_wait(self.now) {
            return Ok(Reply::say(voice.say("link-wait", &[("seconds", number(seconds))])));
        }
        *link_at = Some(self.now);
        let asked = access::ask(self.tx, member.chat_id, true, self.now).await?;
        Ok(Reply::say(voice.say("link-coming", &[])).with(vec![asked]))
    }

    /// The last events.
    pub async fn history(&self) -> Result<Reply, Fault> {
        let events = store::subscriptions::events(self.tx, self.member.chat_id, EVENTS_MAX).await?;
        if events.is_empty() {
            return Ok(Reply::say(self.voice.ask("history-empty", &[], self.voice.renew())));
        }
        let lines: Vec<String> = events.iter().map(|event| self.event(event)).collect();
        Ok(Reply::say(self.voice.say("history", &[("events", lines.join("\n").into())])))
    }

    fn event(&self, event: &SubscriptionEvent) -> String {
        let voice = &self.voice;
        let what =
            voice.text(&format!("event-{}", event.kind.word()), &[("days", number(event.days.unwrap_or(0).abs()))]);
        let common: Args<'_> = &[("at", voice.time(event.at)), ("what", what.into())];
        match event.new_end {
            Some(end) => voice.text("history-line", &[common, &[("end", voice.time(end))]].concat()),
            None => voice.text("history-line-without-end", common),
        }
    }
}
