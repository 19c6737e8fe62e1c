//! `subscriptions-access`: brings where members are in line with where they are to be.
//!
//! One worker at a time has a member's task, by lease. It reads what is wanted, takes one step outside, and reads again;
//! no transaction is open meanwhile. It ends when nothing is left to be done and nobody has asked anew. Whoever is cut off
//! leaves the task to its lease; whoever takes it up then asks Telegram first where the member is.

use std::time::Duration;

use futures_util::future::{try_join, try_join4};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::finish;
use crate::base::ids::{ChatId, UserId};
use crate::base::{Fault, chain};
use crate::clients::http::TOTAL_TIMEOUT;
use crate::clients::telegram::{OfMember, Reply, Request, Telegram};
use crate::db::outbox::{self, Lane, Outgoing, Pushed};
use crate::db::{Connection, GenericClient, Transaction};
use crate::entry::{Cx, Message, deliver};
use crate::subscriptions::messages::{ABOUT_JOIN, BOT, outgoing};
use crate::subscriptions::model::{Alarm, Member, MemberId, Note, Subscription};
use crate::subscriptions::rules::access::{self as rules, Facts, Real, Run, Step, Traces, Wanted};
use crate::subscriptions::rules::is_live;
use crate::subscriptions::settings::{self, Settings};
use crate::subscriptions::store::access::{self as store, Lease, Standing, Task};
use crate::subscriptions::store::{members, subscriptions};
use crate::subscriptions::{access, alarms};

mod acts;
mod notes;

/// How long a worker may keep a task without a sign of life.
const LEASE: SignedDuration = SignedDuration::from_secs(30);
/// How much earlier than it was put off to a task may be taken: queues count in whole seconds.
const EARLY: SignedDuration = SignedDuration::from_secs(2);
/// Steps of one run.
const STEPS_MAX: usize = 16;
/// Pause before a call: one worker makes at most 20 a second.
pub(super) const PACE: Duration = Duration::from_millis(50);
/// Time that is needed beside a call.
pub(super) const NOTING_TIME: Duration = Duration::from_secs(5);
/// Pauses that Telegram may have asked for: this worker's, and that of the messages.
const PAUSES: [&str; 2] = [CHANNEL, "telegram"];
/// Ends the `about` of an approval that was refused before.
const AGAIN: &str = ":again";
/// The name under which Telegram's wish to be left alone by this worker is noted.
const CHANNEL: &str = "access";

const _: () = assert!(LEASE.as_secs() > 2 * TOTAL_TIMEOUT.as_secs().cast_signed(), "a lease outlives its calls");

#[derive(Deserialize)]
#[serde(untagged)]
enum Body {
    One { chat_id: MemberId },
    Verify { verify: Vec<i64> },
    Unanswered { unanswered: MemberId, is_again: bool },
}

/// Sees to one member's access, looks where a portion of the members are, or takes up a request to join that could not be
/// answered.
pub async fn run(cx: Cx, message: Message) -> Result<(), Fault> {
    let body = serde_json::from_str(&message.body).map_err(|error| Fault::Event("a message about access", error))?;
    let mut db = cx.db().await?;
    match body {
        Body::One { chat_id } => see_to(&cx, &mut db, chat_id).await,
        Body::Verify { verify } => super::verify::look_at(&cx, &mut db, &verify).await,
        Body::Unanswered { unanswered, is_again } => take_up(&cx, &mut db, unanswered, is_again).await,
    }
}

/// Sees to a member's access now, unless somebody does or there is nothing to do.
pub async fn see_to(cx: &Cx, db: &mut Connection, member: MemberId) -> Result<(), Fault> {
    let now = cx.now();
    let Some(lease) = store::take(&*db, member, (now, now + EARLY, now + LEASE)).await? else { return Ok(()) };
    let config = cx.config().subscriptions()?;
    let settings = settings::load(&*db, config).await?;
    let telegram = cx.telegram(config.token()?);
    let run = Run::new(lease.is_resumed);
    let mut worker = Worker { cx, settings, telegram, lease, run, is_heard: false, pushed: Vec::new() };
    let done = worker.work(db).await;
    deliver::at_once(cx, db, std::mem::take(&mut worker.pushed)).await;
    done
}

/// Telegram has refused to let somebody in who asked to join. The first time the admins hear of it and they get another
/// link, for their request may be gone; and while they may be inside it is tried again and again.
async fn take_up(cx: &Cx, db: &mut Connection, id: MemberId, is_again: bool) -> Result<(), Fault> {
    let now = cx.now();
    let settings = settings::load(&*db, cx.config().subscriptions()?).await?;
    let tx = db.begin();
    let (member, subscription) = try_join(members::lock(&tx, id), subscriptions::find(&tx, id)).await?;
    let may_join = member.is_some_and(|member| {
        !member.at_private_group && is_live(subscription.as_ref(), member.blocked, settings.rules.grace, now)
    });
    let mut notes = Vec::new();
    if may_join && !is_again {
        notes = alarms::raise(&tx, Alarm::AccessFails(id), now).await?;
    }
    // Where the admins know of it, it is being tried already.
    if !may_join || !is_again && notes.is_empty() {
        return tx.rollback().await;
    }
    if !is_again {
        notes.push(access::ask(&tx, id, true, now).await?);
    }
    let mut messages = vec![approval(settings.rules.group, id).about(format!("{ABOUT_JOIN}{id}{AGAIN}"))];
    messages.extend(outgoing(&tx, &settings, notes).await?);
    let pushed = tx.commit_with(outbox::push(&tx, &messages, now)).await?;
    drop(tx);
    deliver::at_once(cx, db, pushed).await;
    Ok(())
}

/// Lets somebody in who asks to join. What becomes of it is heard.
pub fn approval(group: ChatId, member: MemberId) -> Outgoing {
    let of = OfMember { chat_id: group, user_id: UserId(member.0) };
    deliver::answer(BOT, &Request::ApproveChatJoinRequest(of)).about(format!("{ABOUT_JOIN}{member}"))
}

/// What the access queue is told of an approval that Telegram refused, by what it was about.
pub fn unanswered(about: &str) -> Option<(MemberId, Json)> {
    let first = about.strip_suffix(AGAIN);
    let member = first.unwrap_or(about).parse().ok()?;
    Some((member, json!({ "unanswered": member, "is_again": first.is_some() })))
}

/// Tells the admins once for all if Telegram has taken no answers to requests to join for long.
pub async fn tell_of_unanswered(cx: &Cx, db: &mut Connection, settings: &Settings) -> Result<(), Fault> {
    let now = cx.now();
    let since = store::unanswered_since(&*db, BOT.0, ABOUT_JOIN).await?;
    if !since.is_some_and(|since| rules::is_alarming(since, now)) {
        return Ok(());
    }
    let tx = db.begin();
    let notes = alarms::raise(&tx, Alarm::TelegramFails, now).await?;
    let pushed = finish(&tx, settings, notes, now).await?;
    drop(tx);
    deliver::at_once(cx, db, pushed).await;
    Ok(())
}

/// One run for one member.
struct Worker<'a> {
    cx: &'a Cx,
    settings: Settings,
    telegram: Telegram,
    lease: Lease,
    run: Run,
    /// Whether Telegram has done what it was asked.
    is_heard: bool,
    pushed: Vec<Pushed>,
}

/// What is known of the member at one moment.
struct Scene {
    member: Member,
    subscription: Option<Subscription>,
    standing: Standing,
    task: Task,
    facts: Facts,
}

/// Why a task is put off.
#[derive(Debug)]
pub(super) enum Delay {
    /// Telegram is to be left alone until then.
    Paused(Timestamp),
    /// Telegram told to wait this long.
    Told(Duration),
    /// Telegram failed, as it does for everybody.
    Failed(String),
    /// Telegram refused this.
    Refused(String),
    /// The invocation ends.
    Interrupted,
}

/// What Telegram gave, or why to try later.
pub(super) fn given<T>(reply: Result<Reply<T>, Fault>) -> Result<T, Delay> {
    match reply {
        Ok(Reply::Done(value)) => Ok(value),
        Ok(Reply::TooMany(wait)) => Err(Delay::Told(wait)),
        Ok(Reply::Forbidden) => Err(Delay::Refused("the bot is not in the group".to_owned())),
        Ok(Reply::Refused(why)) => Err(Delay::Refused(why)),
        Err(fault) => Err(Delay::Failed(chain(&fault))),
    }
}

/// Notes that Telegram is to be left alone by this worker until `until`.
pub(super) async fn pause(tx: &Transaction<'_>, until: Timestamp) -> Result<(), Fault> {
    let lane = Lane { channel: CHANNEL.to_owned(), sender: BOT.0.to_owned(), number: 0 };
    outbox::pause(tx, &lane, until).await
}

/// What is stored of a member's access.
pub async fn standing(db: &impl GenericClient, member: MemberId, now: Timestamp) -> Result<Standing, Fault> {
    let (kind, subject) = Alarm::TelegramFails.key();
    store::standing(db, member, (&PAUSES, BOT.0), (kind, &subject), now).await
}

/// What decides about a member.
pub fn facts(
    member: &Member,
    subscription: Option<&Subscription>,
    standing: &Standing,
    task: Option<&Task>,
    (settings, now): (&Settings, Timestamp),
) -> Facts {
    let link_until = standing.link.as_ref().map(|link| link.expires_at);
    let traces = Traces {
        removed_end: standing.removed_end,
        link_until,
        invite: task.is_some_and(|task| task.invite),
        is_removing: task.is_some_and(|task| task.is_removing),
    };
    let rules = &settings.rules;
    Facts::of(member, subscription, traces, (rules.grace, rules.remove_strangers), now)
}

impl Worker<'_> {
    fn member(&self) -> MemberId {
        self.lease.member
    }

    fn user(&self) -> UserId {
        UserId(self.lease.member.0)
    }

    async fn work(&mut self, db: &mut Connection) -> Result<(), Fault> {
        for _ in 0..STEPS_MAX {
            if self.cx.ends_within(TOTAL_TIMEOUT + NOTING_TIME) {
                return self.put_off(db, Delay::Interrupted).await;
            }
            let Some(scene) = self.scene(&*db).await? else { return Ok(()) };
            let step = rules::next(scene.facts, &self.run);
            match step {
                Step::Nothing => {
                    if self.end(db, &scene).await? {
                        return Ok(());
                    }
                }
                Step::TellEnd | Step::Note | Step::TellAdmins => self.write(db, step).await?,
                Step::Look | Step::Ban | Step::Unban | Step::Revoke | Step::Invite => {
                    let done = match scene.standing.paused_until {
                        Some(until) => Err(Delay::Paused(until)),
                        None => self.act(db, step, &scene).await?,
                    };
                    match done {
                        Ok(()) => self.is_heard = true,
                        Err(delay) => return self.put_off(db, delay).await,
                    }
                }
            }
        }
        self.put_off(db, Delay::Refused("the group does not become what is wanted".to_owned())).await
    }

    /// What is known now; nothing if the task is somebody else's by now. Statements run in the order in which they are
    /// sent, and what was asked is read first: whoever changes anything after that is heard at the end.
    async fn scene(&mut self, db: &impl GenericClient) -> Result<Option<Scene>, Fault> {
        let (id, now) = (self.member(), self.cx.now());
        let renewed = store::renew(db, &self.lease, now + LEASE);
        let read =
            try_join4(renewed, members::find(db, id), subscriptions::find(db, id), standing(db, id, now)).await?;
        Ok(self.seen(read, now))
    }

    /// The same with the member's row locked: it comes before the task's everywhere, and whoever changes what is wanted
    /// waits for it.
    async fn locked_scene(&mut self, tx: &Transaction<'_>) -> Result<Option<Scene>, Fault> {
        let (id, now) = (self.member(), self.cx.now());
        let (locked, renewed) = (members::lock(tx, id), store::renew(tx, &self.lease, now + LEASE));
        let read = try_join4(locked, renewed, subscriptions::find(tx, id), standing(tx, id, now)).await?;
        let (member, task, subscription, standing) = read;
        Ok(self.seen((task, member, subscription, standing), now))
    }

    fn seen(
        &mut self,
        (task, member, subscription, standing): (Option<Task>, Option<Member>, Option<Subscription>, Standing),
        now: Timestamp,
    ) -> Option<Scene> {
        let (task, member) = (task?, member?);
        self.lease.until = task.until;
        let facts = facts(&member, subscription.as_ref(), &standing, Some(&task), (&self.settings, now));
        Some(Scene { member, subscription, standing, task, facts })
    }

    /// Ends the task, unless it was asked for again; says whether it did.
    async fn end(&mut self, db: &mut Connection, scene: &Scene) -> Result<bool, Fault> {
        let (id, now) = (self.member(), self.cx.now());
        let tx = db.begin();
        let has_ended = store::finish(&tx, &self.lease, scene.task.asked).await?;
        if self.is_heard && scene.standing.is_outage_told {
            alarms::clear(&tx, &Alarm::TelegramFails, now).await?;
        }
        if has_ended && self.lease.failing_since.is_some() {
            alarms::clear(&tx, &Alarm::AccessFails(id), now).await?;
        }
        let may_stay = matches!(scene.facts.wanted, Wanted::Inside | Wanted::Any);
        if may_stay && scene.facts.real == Real::Administers {
            alarms::clear(&tx, &Alarm::GroupAdmin(id), now).await?;
        }
        tx.commit().await?;
        Ok(has_ended)
    }

    /// Gives the task back for later; tells the admins if it has failed for long.
    async fn put_off(&mut self, db: &mut Connection, delay: Delay) -> Result<(), Fault> {
        let (id, now) = (self.member(), self.cx.now());
        let wait = |time: Duration| now + SignedDuration::try_from(time).unwrap_or(outbox::BACKOFF_MAX);
        let (next_at, is_failing) = match &delay {
            Delay::Paused(until) => (*until, false),
            Delay::Told(time) => (wait(*time), true),
            Delay::Failed(_) | Delay::Refused(_) => (now + rules::retry_after(self.lease.attempts + 1), true),
            Delay::Interrupted => (now, false),
        };
        if let Delay::Failed(why) | Delay::Refused(why) = &delay {
            tracing::warn!(member.id = id.0, self.lease.attempts, error = why, "access not seen to");
        }
        let tx = db.begin();
        if let Delay::Told(_) = delay {
            pause(&tx, next_at).await?;
        }
        // Whoever goes on after steps that were taken asks first what came of them.
        let is_begun = !matches!(delay, Delay::Paused(_)) || self.run.has_begun();
        let failing_since = is_failing.then(|| self.lease.failing_since.unwrap_or(now));
        if !store::put_off(&tx, &self.lease, next_at, (is_begun, failing_since)).await? {
            return tx.rollback().await;
        }
        let mut notes = vec![Note::Access { member: id, at: Some(next_at) }];
        if failing_since.is_some_and(|since| rules::is_alarming(since, now)) {
            notes.extend(self.alarm(&tx, matches!(delay, Delay::Refused(_)), now).await?);
        }
        let pushed = finish(&tx, &self.settings, notes, now).await?;
        self.pushed.extend(pushed);
        Ok(())
    }

    /// When Telegram fails it fails for everybody, and one alarm is enough for all; what it refuses is about one member.
    async fn alarm(&self, tx: &Transaction<'_>, is_refused: bool, now: Timestamp) -> Result<Vec<Note>, Fault> {
        let of_member = Alarm::AccessFails(self.member());
        if is_refused {
            return alarms::raise(tx, of_member, now).await;
        }
        let (kind, subject) = of_member.key();
        // Who has been refused for long says nothing of how long Telegram has been away.
        if store::is_raised(tx, kind, &subject).await? {
            return Ok(Vec::new());
        }
        alarms::raise(tx, Alarm::TelegramFails, now).await
    }
}
