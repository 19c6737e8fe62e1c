//! Updates for which someone else has to be asked first: asks, then does all there is to do in one transaction.

use jiff::Timestamp;

use super::chain::{Asker, Found, Glance, Ready, glance};
use super::heard::{Heard, Said};
use super::{Stage, outcome};
use crate::base::geo::{Country, Place};
use crate::base::{Fault, chain, crypto};
use crate::db::Connection;
use crate::db::outbox::Outgoing;
use crate::keyhub::claim;
use crate::keyhub::dialog::{Act, Button};
use crate::keyhub::limits::{self, Slot};
use crate::keyhub::messages::{Voice, safe};
use crate::keyhub::model::{Code, Known, Pending, Person, Shared};
use crate::keyhub::rules::{self, PENDING_LIFE, Stop};
use crate::keyhub::store::people;

/// Times an update starts anew because something changed between asking and doing.
const ROUNDS_MAX: usize = 5;

/// What the update itself changes, whatever comes of the rest.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Nothing.
    None,
    /// The phone number is known.
    Phone(String),
    /// The place is known.
    Location(Shared),
}

/// What is wanted.
#[derive(Clone, Debug, PartialEq)]
pub enum Goal {
    /// One key.
    Key {
        /// Of this product.
        code: Code,
        /// The dialogue of its messages.
        dialogue: String,
    },
    /// A place in the waiting line.
    Notify {
        /// Of this product.
        code: Code,
        /// The dialogue of its messages.
        dialogue: String,
    },
    /// The product list.
    List,
    /// The contact keyboard.
    SharePhone,
    /// The location keyboard.
    ShareLocation,
    /// Nothing more.
    Nothing,
}

/// What the asking led to.
#[derive(Debug)]
pub enum Asked {
    /// A place is reserved.
    Ready(Box<Ready>),
    /// The waiting line may be joined, from this country.
    MayWait(Country),
    /// What was wanted needs nothing more.
    Passed,
    /// The chain stopped.
    Stopped(Stop),
}

/// All that the transaction needs.
#[derive(Debug)]
pub struct Plan {
    /// What changes anyway.
    pub change: Change,
    /// What is wanted.
    pub goal: Goal,
    /// What is said first.
    pub preface: Vec<Outgoing>,
    /// Said in the alert that answers a pressed button.
    pub popup: Option<String>,
    /// What the asking led to.
    pub result: Asked,
    /// What it brought to light.
    pub found: Found,
}

/// What came of the transaction.
#[derive(Debug)]
pub enum Committed {
    /// It is done.
    Done,
    /// Something had changed; start anew.
    Again,
    /// The sweep had voided the token; start anew with another.
    Void,
}

/// Serves an update that wants `act`, or brings a contact or a place.
pub async fn serve(stage: &Stage<'_>, db: &mut Connection, act: &Act) -> Result<(), Fault> {
    let dialogue = match act {
        Act::Attempt { dialogue, .. } => dialogue.as_deref(),
        _ => None,
    };
    let mut generation = 0;
    for _ in 0..ROUNDS_MAX {
        let now = stage.cx.now();
        let glance = Box::pin(glance(db, stage.vault, stage.heard, dialogue, now)).await?;
        if glance.seen {
            return Ok(());
        }
        if glance.too_fast {
            return super::plain::serve(stage, db, Act::Nothing).await;
        }
        let token = match generation {
            0 => format!("keyhub:{}", stage.heard.who.update),
            more => format!("keyhub:{}:{more}", stage.heard.who.update),
        };
        let mut plan = plan(stage, db, &glance, act, now).await?;
        ask(stage, &glance, &mut plan, &token, now).await;
        match outcome::commit(stage, db, &glance, plan, now).await? {
            Committed::Done => return Ok(()),
            Committed::Again => {}
            Committed::Void => generation += 1,
        }
    }
    Err(Fault::GaveUp("an update kept changing under its transaction"))
}

/// What the update changes and wants, from what is known.
async fn plan(stage: &Stage<'_>, db: &Connection, glance: &Glance, act: &Act, now: Timestamp) -> Result<Plan, Fault> {
    let mut plan = Plan {
        change: Change::None,
        goal: Goal::Nothing,
        preface: Vec::new(),
        popup: None,
        result: Asked::Passed,
        found: Found::default(),
    };
    match &stage.heard.said {
        Said::Contact(contact, message) => {
            let voice = stage.voice(None);
            let digits = rules::phone_digits(&contact.phone_number);
            match digits {
                _ if contact.user_id != Some(stage.heard.who.user) => plan.refuse(&voice, "contact-foreign"),
                None => plan.refuse(&voice, "contact-invalid"),
                Some(digits) if is_taken(stage, db, &digits).await? => {
                    plan.preface.push(voice.say("contact-taken", &[("owner", voice.owner())]));
                }
                Some(digits) => {
                    plan.goal = pending_or_list(glance, now);
                    let voice = stage.voice(plan.goal.dialogue());
                    plan.preface.push(voice.noted("contact-noted", &[("digits", safe(&digits))], *message));
                    plan.change = Change::Phone(digits);
                }
            }
        }
        Said::Place { location, at, second_hand, message } => {
            let voice = stage.voice(None);
            let place = Place::new(location.latitude, location.longitude);
            match place {
                _ if glance.person.phone.is_none() => plan.result = Asked::Stopped(Stop::NoPhone),
                _ if *second_hand => plan.refuse(&voice, "location-refused"),
                None => plan.refuse(&voice, "location-invalid"),
                Some(place) => {
                    plan.change = Change::Location(Shared { at: *at, place: Known::Place(place) });
                    plan.goal = pending(glance, now).unwrap_or(Goal::Nothing);
                    let voice = stage.voice(plan.goal.dialogue());
                    let id = if plan.goal == Goal::Nothing { "location-noted-request" } else { "location-noted" };
                    plan.preface.push(voice.noted(id, &[], *message));
                }
            }
        }
        _ => want(stage, glance, act, &mut plan, now),
    }
    Ok(plan)
}

fn want(stage: &Stage<'_>, glance: &Glance, act: &Act, plan: &mut Plan, now: Timestamp) {
    let popup = |id: &str| Some(stage.voice(None).text(id, &[]));
    match act {
        Act::Attempt { code, dialogue: Some(dialogue) } => match &glance.dialogue {
            None => plan.popup = popup("popup-invalid"),
            // Products are never removed, so no list had this button.
            Some(_) if !is_known(glance, code) => plan.popup = popup("popup-invalid"),
            Some(list) if list.used => plan.popup = popup("popup-list-used"),
            Some(_) => {
                plan.goal = Goal::Key { code: code.clone(), dialogue: dialogue.clone() };
            }
        },
        Act::Attempt { code, dialogue: None } => {
            plan.goal = Goal::Key { code: code.clone(), dialogue: new_dialogue() };
        }
        Act::Notify(code) if !is_known(glance, code) => plan.popup = popup("popup-invalid"),
        Act::Notify(code) if glance.in_stock.contains(code) => plan.popup = popup("popup-in-stock"),
        Act::Notify(code) => plan.goal = Goal::Notify { code: code.clone(), dialogue: new_dialogue() },
        Act::GoOn => plan.goal = pending_or_list(glance, now),
        Act::List => plan.goal = Goal::List,
        Act::SharePhone => plan.goal = Goal::SharePhone,
        Act::ShareLocation => plan.goal = Goal::ShareLocation,
        _ => {}
    }
}

fn is_known(glance: &Glance, code: &Code) -> bool {
    glance.products.iter().any(|product| product.code == *code)
}

/// At least 96 random bits.
fn new_dialogue() -> String {
    crypto::random_name::<12>()
}

fn pending(glance: &Glance, now: Timestamp) -> Option<Goal> {
    let Pending { product: code, dialogue, notify, at } = glance.person.pending.clone()?;
    if now.duration_since(at) >= PENDING_LIFE {
        return None;
    }
    let dialogue = dialogue.unwrap_or_else(new_dialogue);
    Some(if notify && !glance.in_stock.contains(&code) {
        Goal::Notify { code, dialogue }
    } else {
        Goal::Key { code, dialogue }
    })
}

fn pending_or_list(glance: &Glance, now: Timestamp) -> Goal {
    pending(glance, now).unwrap_or(Goal::List)
}

async fn is_taken(stage: &Stage<'_>, db: &Connection, digits: &str) -> Result<bool, Fault> {
    let user = stage.heard.who.user;
    let phone = people::phone_hash(stage.vault, digits);
    people::phone_is_taken(db, &phone, user, &people::owner_hash(stage.vault, user)).await
}

/// Asks whoever has to be asked for the goal.
async fn ask(stage: &Stage<'_>, glance: &Glance, plan: &mut Plan, token: &str, now: Timestamp) {
    if matches!(plan.result, Asked::Stopped(_)) {
        return;
    }
    let person = changed(&glance.person, &plan.change);
    let asker = Asker { cx: stage.cx, settings: stage.settings, glance, now };
    let result = match &plan.goal {
        Goal::Nothing => Ok(Asked::Passed),
        Goal::SharePhone => asker.member(&person).await.map(|()| Asked::Passed),
        Goal::List | Goal::ShareLocation => asker.known(&person).await.map(|()| Asked::Passed),
        Goal::Notify { code, .. } => asker.notify(&person, code, &mut plan.found).await.map(Asked::MayWait),
        Goal::Key { code, .. } => {
            let ready = asker.attempt(&person, code, token, &mut plan.found).await;
            ready.map(|ready| Asked::Ready(Box::new(ready)))
        }
    };
    plan.result = result.unwrap_or_else(Asked::Stopped);
    // "I have joined" was pressed, and Telegram says otherwise.
    let pressed_joined = matches!(stage.heard.said, Said::Pressed { button: Button::Joined, .. });
    if pressed_joined && matches!(plan.result, Asked::Stopped(Stop::NotJoined(_))) {
        plan.popup = Some(stage.voice(None).text("popup-not-joined", &[]));
    }
}

/// The person with the change made.
pub fn changed(person: &Person, change: &Change) -> Person {
    let mut person = person.clone();
    match change {
        Change::None => {}
        Change::Phone(digits) => person.phone = Some(digits.clone()),
        Change::Location(shared) => person.location = Some(shared.clone()),
    }
    person
}

/// Gives a slot back after a sure rollback. What fails here the sweep does.
pub async fn release(stage: &Stage<'_>, slot: Slot) {
    let limits = limits::of(stage.cx, stage.settings).await;
    if let Err(fault) = limits.release(slot, stage.cx.now()).await {
        tracing::warn!(error = chain(&fault), "slot left to the sweep");
    }
}

/// Makes a slot what another delivery of the update made of it. What fails here the sweep does.
pub async fn settle(stage: &Stage<'_>, db: &Connection, slot: Slot) {
    let limits = limits::of(stage.cx, stage.settings).await;
    if let Err(fault) = claim::settle(db, &limits, slot, stage.cx.now()).await {
        tracing::warn!(error = chain(&fault), "slot left to the sweep");
    }
}

impl Goal {
    /// The dialogue its messages belong to.
    pub fn dialogue(&self) -> Option<&str> {
        match self {
            Self::Key { dialogue, .. } | Self::Notify { dialogue, .. } => Some(dialogue),
            _ => None,
        }
    }
}

impl Plan {
    fn refuse(&mut self, voice: &Voice<'_>, id: &str) {
        self.preface.push(voice.say(id, &[]));
    }
}

impl Heard {
    /// By which a pressed button is answered.
    pub fn query(&self) -> Option<&str> {
        match &self.said {
            Said::Pressed { query, .. } => Some(query),
            _ => None,
        }
    }
}
