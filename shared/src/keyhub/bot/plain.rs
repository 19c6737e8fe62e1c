//! Updates for which nobody else has to be asked: one transaction, answered from what is stored.

use futures_util::future::BoxFuture;

use super::heard::{Said, Written};
use super::{Stage, admin, awake, told};
use crate::base::Fault;
use crate::base::crypto;
use crate::clients::telegram::{InlineButton, LabeledPrice, Request, SendInvoice, fitted};
use crate::db::conversation::Pace;
use crate::db::outbox::Outgoing;
use crate::db::{Connection, Transaction};
use crate::entry::{converse, deliver};
use crate::keyhub::dialog::{self, Act, Button, Dialog, Input};
use crate::keyhub::messages::{BOT, Voice, answer, inline, number, safe};
use crate::keyhub::model::{Person, Product};
use crate::keyhub::rules::{PREMIUM_TIME, told as told_time};
use crate::keyhub::store::{payments, people, products, waiting};

/// What is said about an act.
#[derive(Default)]
pub struct Reply {
    /// Messages.
    pub messages: Vec<Outgoing>,
    /// Said in the alert that answers a pressed button.
    pub popup: Option<String>,
}

impl Reply {
    /// One message.
    pub fn say(message: Outgoing) -> Self {
        Self { messages: vec![message], popup: None }
    }

    /// An alert and no message.
    pub fn popup(text: String) -> Self {
        Self { messages: Vec::new(), popup: Some(text) }
    }
}

/// Work that can only be done after the commit, such as taking a returned key out of the counters.
pub type After = BoxFuture<'static, ()>;

/// Serves an update that needs nobody else. `guess` is what it seems to be before the conversation is locked.
pub async fn serve(stage: &Stage<'_>, db: &mut Connection, guess: Act) -> Result<(), Fault> {
    let heard = stage.heard;
    let now = stage.cx.now();
    let prepared = admin::prepare(stage).await?;
    // An admin may restock or export, which takes its time.
    let tx = if heard.is_admin { db.begin().patient() } else { db.begin() };
    let greeting = (heard.who.user, heard.username.as_str(), heard.lang);
    let (turn, person, all) = tokio::try_join!(
        converse::open(&tx, heard.who, now),
        people::greet(&tx, stage.vault, greeting, now),
        products::all(&tx),
    )?;
    let Some(turn) = turn else { return tx.rollback().await };
    let query = heard.query();
    let mut messages = awake(stage, &tx, &person).await?;
    if turn.pace != Pace::Calm {
        messages.extend(query.map(|query| answer(query, None)));
        if turn.pace == Pace::JustTooFast {
            messages.push(stage.voice(None).say("too-many-updates", &[]));
        }
        let pushed = converse::close(&tx, heard.who, &turn.dialog, &messages, now).await?;
        drop(tx);
        deliver::at_once(stage.cx, db, pushed).await;
        return Ok(());
    }
    let (next, act) = decide(stage, turn.dialog, guess);
    let mut after: Option<After> = None;
    let reply = {
        let scene = Scene { stage, tx: &tx, person: &person, products: &all };
        match act {
            Act::Admin(command) => admin::command(&scene, &command, &mut after).await?,
            Act::Restock(product) => admin::restock(&scene, &product, prepared).await?,
            Act::DecideRestock { id, apply } => admin::decide(&scene, &id, apply).await?,
            act => scene.reply(act).await?,
        }
    };
    messages.extend(query.map(|query| answer(query, reply.popup)));
    messages.extend(fitted(reply.messages));
    let pushed = converse::close(&tx, heard.who, &next, &messages, now).await?;
    drop(tx);
    if let Some(after) = after {
        after.await;
    }
    deliver::at_once(stage.cx, db, pushed).await;
    Ok(())
}

/// The act under the locked conversation. What was settled before, such as silence, stays.
fn decide(stage: &Stage<'_>, dialog: Dialog, guess: Act) -> (Dialog, Act) {
    let input = match &stage.heard.said {
        Said::Words { input, .. } => input.clone(),
        Said::Pressed { button, .. } => Input::Press(button.clone()),
        _ => return (dialog, guess),
    };
    let is_forget = matches!(input, Input::Press(Button::Forget(_)));
    let (next, act) = dialog::turn(dialog, input, stage.heard.is_admin);
    match (&guess, &act) {
        (Act::Nothing, _) => (next, Act::Nothing),
        // The command of a product that is not there.
        (Act::Unknown(_), Act::ShareInfo(..)) => (next, guess),
        // Confirmed twice at once: the second finds no question.
        (_, Act::Forget(true)) if is_forget => (next, Act::Invalid),
        _ => (next, act),
    }
}

/// A transaction with what is known in it.
pub struct Scene<'a, 't> {
    /// What serves the update.
    pub stage: &'a Stage<'a>,
    /// The transaction.
    pub tx: &'a Transaction<'t>,
    /// The person.
    pub person: &'a Person,
    /// All products.
    pub products: &'a [Product],
}

impl Scene<'_, '_> {
    /// Speaks to the person.
    pub fn voice(&self) -> Voice<'_> {
        self.stage.voice(None)
    }

    async fn reply(&self, act: Act) -> Result<Reply, Fault> {
        let voice = self.voice();
        Ok(match act {
            Act::Greet => {
                let about = told::about(&voice, self.products, self.person.is_premium(self.stage.cx.now()));
                Reply::say(voice.say("start", &[("about", about.into())]))
            }
            Act::Help(entry) => Reply::say(told::help(self, entry.as_deref())),
            Act::MyKeys(page) => told::my_keys(self, page).await?,
            Act::Waitlist(page) => told::waitlist(self, page).await?,
            Act::Leave(entry) => self.leave(entry).await?,
            Act::Premium => Reply::say(self.premium()),
            Act::Invoice => Reply::say(self.invoice().await?),
            Act::PaySupport => Reply::say(voice.say("paysupport", &[("owner", voice.owner())])),
            Act::RemoveKeyboard => match &self.stage.heard.said {
                Said::Words { message: Written { id, .. }, .. } => {
                    Reply::say(voice.noted("keyboards-removed", &[], *id))
                }
                _ => Reply::default(),
            },
            Act::AskForget => {
                let yes = InlineButton::press(voice.text("button-forget", &[]), "forget:yes");
                let no = InlineButton::press(voice.text("button-keep", &[]), "forget:no");
                Reply::say(voice.ask("forgetme", &[], inline(vec![vec![yes, no]])))
            }
            Act::Forget(_) => Reply::say(voice.say("forgetme-cancelled", &[])),
            Act::Unknown(command) => Reply::say(voice.unknown(&command)),
            Act::Hint => Reply::say(voice.say("hint", &[])),
            Act::Invalid => Reply::popup(voice.text("popup-invalid", &[])),
            _ => Reply::default(),
        })
    }

    async fn leave(&self, entry: i64) -> Result<Reply, Fault> {
        let voice = self.voice();
        let Some(code) = waiting::end(self.tx, entry, self.person.id, "left").await? else {
            return Ok(Reply::popup(voice.text("popup-not-waiting", &[])));
        };
        let label = self.products.iter().find(|product| product.code == code).map(|product| product.label.clone());
        let args = [("code", code.as_str().into()), ("label", safe(&label.unwrap_or_default()))];
        Ok(Reply::say(voice.say("waitlist-left", &args)))
    }

    fn premium(&self) -> Outgoing {
        let voice = self.voice();
        let now = self.stage.cx.now();
        let stars = self.stage.settings.premium_stars;
        let buy = InlineButton::press(voice.text("button-premium", &[("stars", number(stars))]), "buy");
        let limits = told::limits(&voice, self.products, true);
        let args = [("days", number(premium_days())), ("limits", limits.into()), ("stars", number(stars))];
        let markup = inline(vec![vec![buy]]);
        match self.person.premium_until.filter(|until| now < *until) {
            Some(until) => {
                let until = ("until", told_time(until, &self.stage.settings.zone).into());
                let [days, limits, stars] = args;
                voice.ask("premium-active", &[days, limits, stars, until], markup)
            }
            None => voice.ask("premium-none", &args, markup),
        }
    }

    async fn invoice(&self) -> Result<Outgoing, Fault> {
        let voice = self.voice();
        let stars = self.stage.settings.premium_stars;
        let payload = crypto::random_name::<16>();
        payments::invoice(self.tx, &payload, self.person.id, stars, self.stage.cx.now()).await?;
        let days = [("days", number(premium_days()))];
        let invoice = SendInvoice {
            chat_id: voice.chat,
            title: voice.text("invoice-title", &days),
            description: voice.text("invoice-description", &days),
            payload,
            provider_token: String::new(),
            currency: "XTR".to_owned(),
            prices: vec![LabeledPrice { label: voice.text("invoice-label", &days), amount: stars }],
        };
        Ok(deliver::request(BOT, voice.chat, &Request::SendInvoice(invoice)))
    }
}

fn premium_days() -> i64 {
    PREMIUM_TIME.as_hours() / 24
}
