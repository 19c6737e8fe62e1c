//! Steps of ours: what is noted, and whom it is told.

use jiff::Timestamp;

use super::{Scene, Worker, rules};
use crate::base::Fault;
use crate::db::{Connection, Transaction};
use crate::subscriptions::alarms;
use crate::subscriptions::jobs::finish;
use crate::subscriptions::model::{AdminNote, Alarm, EventKind, Note, SubscriptionEvent};
use crate::subscriptions::rules::access::{Step, Wanted};
use crate::subscriptions::rules::runs;
use crate::subscriptions::store::{access as store, plans, subscriptions};

/// Who removes.
const ACTOR: &str = "system";

impl Worker<'_> {
    /// Takes a step of ours, with the member's row locked, if it is still the next one then.
    pub(super) async fn write(&mut self, db: &mut Connection, step: Step) -> Result<(), Fault> {
        let (id, now) = (self.member(), self.cx.now());
        let tx = db.begin();
        let Some(scene) = self.locked_scene(&tx).await? else { return tx.rollback().await };
        if rules::next(scene.facts, &self.run) != step {
            return tx.commit().await;
        }
        let notes = match step {
            Step::TellEnd => {
                store::invited(&tx, id).await?;
                let end = scene.subscription.as_ref().map(|subscription| subscription.ends_at);
                end.map(|ends_at| Note::NewEnd { member: id, ends_at }).into_iter().collect()
            }
            Step::TellAdmins => {
                self.seen_out(&tx, &scene, now).await?;
                alarms::raise(&tx, Alarm::GroupAdmin(id), now).await?
            }
            _ => self.removed(&tx, &scene, now).await?,
        };
        let pushed = finish(&tx, &self.settings, notes, now).await?;
        self.pushed.extend(pushed);
        self.run.did(step);
        Ok(())
    }

    /// Notes that the member is out, and tells them and the admins if they were removed. Who is blocked is not asked to
    /// renew, and who never was a member has nothing to renew.
    async fn removed(&self, tx: &Transaction<'_>, scene: &Scene, now: Timestamp) -> Result<Vec<Note>, Fault> {
        self.seen_out(tx, scene, now).await?;
        if !scene.facts.is_removing {
            return Ok(Vec::new());
        }
        store::set_removing(tx, scene.member.chat_id, false).await?;
        let (member, subscription) = (scene.member.clone(), scene.subscription.clone());
        let (end, plan) = (subscription.as_ref().map(|s| s.ends_at), subscription.as_ref().and_then(|s| s.plan));
        let event = SubscriptionEvent {
            member: member.chat_id,
            kind: EventKind::Removed,
            days: None,
            old_end: end,
            new_end: end,
            order: None,
            actor: ACTOR.to_owned(),
            reason: None,
            at: now,
        };
        subscriptions::add_event(tx, &event).await?;
        let period = match plan {
            Some(plan) => plans::find(tx, plan).await?.map(|plan| plan.period),
            None => None,
        };
        let mut notes = Vec::new();
        if scene.facts.wanted == Wanted::Outside && subscription.is_some() {
            notes.push(Note::YouWereRemoved { member: member.chat_id });
        }
        tracing::info!(member.id = member.chat_id.0, "member removed from the group");
        notes.push(Note::Admins(Box::new(AdminNote::Removed { member, period, subscription })));
        Ok(notes)
    }

    /// Notes that the end that is over is dealt with.
    async fn seen_out(&self, tx: &Transaction<'_>, scene: &Scene, now: Timestamp) -> Result<(), Fault> {
        let over = scene.subscription.as_ref().filter(|one| !runs(one, self.settings.rules.grace, now));
        match over {
            Some(over) => store::removed(tx, over.member, over.ends_at).await,
            None => Ok(()),
        }
    }
}
