//! Steps that Telegram takes for us.

use super::{Delay, Scene, Worker, given, rules};
use crate::base::Fault;
use crate::clients::telegram::{CreateChatInviteLink, Removal};
use crate::db::Connection;
use crate::subscriptions::jobs::finish;
use crate::subscriptions::model::Note;
use crate::subscriptions::rules::access::{Link, Step};
use crate::subscriptions::store::access::{self as store, OpenLink};

impl Worker<'_> {
    /// Takes one step outside and notes what came of it, or says why it has to be tried later.
    pub(super) async fn act(
        &mut self,
        db: &mut Connection,
        step: Step,
        scene: &Scene,
    ) -> Result<Result<(), Delay>, Fault> {
        tokio::time::sleep(super::PACE).await;
        let (group, user) = (self.settings.rules.group, self.user());
        if step == Step::Ban && scene.facts.is_inside() && !scene.task.is_removing {
            // Whoever is cut off now leaves it to the next one to tell of it.
            store::set_removing(&*db, self.member(), true).await?;
        }
        let done = match step {
            Step::Look => return self.look(db).await,
            Step::Invite => return self.invite(db).await,
            Step::Revoke => return self.revoke(db, scene).await,
            Step::Ban => given(self.telegram.ban(group, user).await).map(|removal| removal == Removal::Out),
            _ => given(self.telegram.unban(group, user).await).map(|()| true),
        };
        Ok(done.map(|is_done| if is_done { self.run.did(step) } else { self.run.doubt() }))
    }

    async fn look(&mut self, db: &mut Connection) -> Result<Result<(), Delay>, Fault> {
        let asked_at = self.cx.now();
        let seen = match given(self.telegram.group_member(self.settings.rules.group, self.user()).await) {
            Ok(seen) => seen,
            Err(delay) => return Ok(Err(delay)),
        };
        let times = (asked_at, self.cx.now());
        store::note_answer(&*db, self.member(), (&seen.status, seen.is_in()), times).await?;
        self.run.did(Step::Look);
        Ok(Ok(()))
    }

    /// Ends the member's link. One whose time is over needs no call.
    async fn revoke(&mut self, db: &mut Connection, scene: &Scene) -> Result<Result<(), Delay>, Fault> {
        let Some(link) = &scene.standing.link else { return Ok(Ok(())) };
        let state = if scene.facts.link == Link::Over {
            "expired"
        } else {
            let group = self.settings.rules.group;
            if let Err(delay) = given(self.telegram.revoke_invite_link(group, &link.url).await) {
                return Ok(Err(delay));
            }
            "revoked"
        };
        store::end_link(&*db, &link.url, state).await?;
        self.run.did(Step::Revoke);
        Ok(Ok(()))
    }

    /// Makes a link and sends it, if it is still wanted then. One that is made and not kept lets nobody in: people ask to
    /// join by it, and who they are decides.
    async fn invite(&mut self, db: &mut Connection) -> Result<Result<(), Delay>, Fault> {
        let (group, id) = (self.settings.rules.group, self.member());
        let expires_at = self.cx.now() + self.settings.rules.invite_ttl;
        let body = CreateChatInviteLink {
            chat_id: group,
            name: id.to_string(),
            expire_date: expires_at.as_second(),
            creates_join_request: true,
        };
        let made = match given(self.telegram.create_invite_link(&body).await) {
            Ok(made) => made,
            Err(delay) => return Ok(Err(delay)),
        };
        let link = OpenLink { url: made.invite_link, expires_at };
        let now = self.cx.now();
        let tx = db.begin();
        let scene = self.locked_scene(&tx).await?;
        let wanted = scene.filter(|scene| rules::next(scene.facts, &self.run) == Step::Invite);
        if let Some(subscription) = wanted.and_then(|scene| scene.subscription) {
            store::add_link(&tx, id, &link, now).await?;
            store::invited(&tx, id).await?;
            let note = Note::Link { member: id, url: link.url, expires_at, ends_at: subscription.ends_at };
            let pushed = finish(&tx, &self.settings, vec![note], now).await?;
            self.pushed.extend(pushed);
            self.run.did(Step::Invite);
            return Ok(Ok(()));
        }
        tx.commit().await?;
        Ok(given(self.telegram.revoke_invite_link(group, &link.url).await))
    }
}
