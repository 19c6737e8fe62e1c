//! `subscriptions-access`: brings where members are in line with where they are to be.
//!
//! One worker at a time has a member's task, by lease. It reads what is wanted, takes one step outside, and reads again;
//! no transaction is open meanwhile. It ends when nothing is left to be done and nobody has asked anew. Whoever is cut off
//! leaves the task to its lease; whoever takes it up then asks Telegram first where the member is.

use std::time::Duration;

use futures_util::future::try_join4;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::finish;
use crate::base::ids::UserId;
use crate::base::{Fault, chain};
use crate::clients::http::TOTAL_TIMEOUT;
use crate::clients::telegram::{Reply, Telegram};
use crate::db::outbox::{self, Lane, Pushed};
use crate::db::{Connection, GenericClient, Transaction};
use crate::entry::{Cx, Message, deliver};
use crate::subscriptions::alarms;
use crate::subscriptions::messages::BOT;
use crate::subscriptions::model::{Alarm, Member, MemberId, Note, Subscription};
use crate::subscriptions::rules::access::{self as rules, Facts, Real, Run, Step, Traces, Wanted};
use crate::subscriptions::settings::{self, Settings};
use crate::subscriptions::store::access::{self as store, Lease, Standing, Task};
use crate::subscriptions::store::{members, subscriptions};

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
/// The name under which Telegram's wish to be left alone by this worker is noted.
const CHANNEL: &str = "access";

const _: () = assert!(LEASE.as_secs() > 2 * TOTAL_TIMEOUT.as_secs().cast_signed(), "a lease outlives its calls");

#[derive(Deserialize)]
#[serde(untagged)]
enum Body {
    One { chat_id: MemberId },
    Verify { verify: Vec<i64> },
}

/// Sees to one member's access, or looks where a portion of the members are.
pub async fn run(cx: Cx, message: Message) -> Result<(), Fault> {
    let body = serde_json::from_str(&message.body).map_err(|error| Fault::Event("a message about access", error))?;
    let mut db = cx.db().await?;
    match body {
        Body::One { chat_id } => see_to(&cx, &mut db, chat_id).await,
        Body::Verify { verify } => super::verify::look_at(&cx, &mut db, &verify).await,
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
    let mut worker = Worker { cx, settings, telegram, lease, run, pushed: Vec::new() };
    let done = worker.work(db).await;
    deliver::at_once(cx, db, std::mem::take(&mut worker.pushed)).await;
    done
}

/// One run for one member.
struct Worker<'a> {
    cx: &'a Cx,
    settings: Settings,
    telegram: Telegram,
    lease: Lease,
    run: Run,
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
    /// Telegram failed.
    Failed(String),
    /// The invocation ends.
    Interrupted,
}

/// What Telegram gave, or why to try later.
pub(super) fn given<T>(reply: Result<Reply<T>, Fault>) -> Result<T, Delay> {
    match reply {
        Ok(Reply::Done(value)) => Ok(value),
        Ok(Reply::TooMany(wait)) => Err(Delay::Told(wait)),
        Ok(Reply::Forbidden) => Err(Delay::Failed("the bot is not in the group".to_owned())),
        Ok(Reply::Refused(why)) => Err(Delay::Failed(why)),
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
    store::standing(db, member, (&PAUSES, BOT.0), now).await
}

/// What decides about a member.
pub fn facts(
    member: &Member,
    subscription: Option<&Subscription>,
    standing: &Standing,
    invite: bool,
    (settings, now): (&Settings, Timestamp),
) -> Facts {
    let link_until = standing.link.as_ref().map(|link| link.expires_at);
    let traces = Traces { removed_end: standing.removed_end, link_until, invite };
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
            let found = members::find(&*db, self.member());
            let Some(scene) = self.scene(&*db, found).await? else { return Ok(()) };
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
                    if let Err(delay) = done {
                        return self.put_off(db, delay).await;
                    }
                }
            }
        }
        self.put_off(db, Delay::Failed("the group does not become what is wanted".to_owned())).await
    }

    /// What is known now, read together; nothing if the task is somebody else's by now. `member` is found or locked.
    async fn scene(
        &mut self,
        db: &impl GenericClient,
        member: impl Future<Output = Result<Option<Member>, Fault>>,
    ) -> Result<Option<Scene>, Fault> {
        let (id, now, until) = (self.member(), self.cx.now(), self.cx.now() + LEASE);
        // What was asked is read before what is wanted: whoever asks in between is heard at the end.
        let renewed = store::renew(db, &self.lease, until);
        let read = try_join4(member, renewed, subscriptions::find(db, id), standing(db, id, now)).await?;
        let (Some(member), Some(task), subscription, standing) = read else { return Ok(None) };
        self.lease.until = task.until;
        let facts = facts(&member, subscription.as_ref(), &standing, task.invite, (&self.settings, now));
        Ok(Some(Scene { member, subscription, standing, task, facts }))
    }

    /// Ends the task, unless it was asked for again; says whether it did.
    async fn end(&mut self, db: &mut Connection, scene: &Scene) -> Result<bool, Fault> {
        let (id, now) = (self.member(), self.cx.now());
        let tx = db.begin();
        let has_ended = store::finish(&tx, &self.lease, scene.task.asked).await?;
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
            Delay::Failed(_) => (now + rules::retry_after(self.lease.attempts + 1), true),
            Delay::Interrupted => (now, false),
        };
        if let Delay::Failed(why) = &delay {
            tracing::warn!(member.id = id.0, self.lease.attempts, error = why, "access not seen to");
        }
        let tx = db.begin();
        if let Delay::Told(_) = delay {
            pause(&tx, next_at).await?;
        }
        let is_begun = !matches!(delay, Delay::Paused(_));
        let failing_since = is_failing.then(|| self.lease.failing_since.unwrap_or(now));
        if !store::put_off(&tx, &self.lease, next_at, (is_begun, failing_since)).await? {
            return tx.rollback().await;
        }
        let mut notes = vec![Note::Access { member: id, at: Some(next_at) }];
        if failing_since.is_some_and(|since| rules::is_alarming(since, now)) {
            notes.extend(self.alarm(&tx, now).await?);
        }
        let pushed = finish(&tx, &self.settings, notes, now).await?;
        self.pushed.extend(pushed);
        Ok(())
    }

    /// When Telegram fails it fails for everybody: one alarm is enough for all.
    async fn alarm(&self, tx: &Transaction<'_>, now: Timestamp) -> Result<Vec<Note>, Fault> {
        let alarm = Alarm::AccessFails(self.member());
        let (kind, subject) = alarm.key();
        if store::is_raised_elsewhere(tx, kind, &subject).await? {
            return Ok(Vec::new());
        }
        alarms::raise(tx, alarm, now).await
    }
}
