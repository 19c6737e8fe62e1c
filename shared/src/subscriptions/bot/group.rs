//! What happens at the door of the group: who comes and goes, who asks to be let in, what the bot itself may do there.

use futures_util::future::{try_join, try_join3};
use jiff::Timestamp;

use crate::base::Fault;
use crate::base::i18n::Lang;
use crate::base::ids::UpdateId;
use crate::clients::telegram::{ChatJoinRequest, ChatMemberUpdated, OfMember, Request, RevokeChatInviteLink, User};
use crate::db::outbox::{self, Outgoing, Pushed};
use crate::db::{Connection, Transaction, inbox};
use crate::entry::{Cx, deliver};
use crate::subscriptions::jobs::{access as worker, verify};
use crate::subscriptions::members::cut;
use crate::subscriptions::messages::{BOT, outgoing};
use crate::subscriptions::model::{Alarm, Member, MemberId, Note};
use crate::subscriptions::rules;
use crate::subscriptions::settings::{self, Settings};
use crate::subscriptions::store::access::{self as store, Seen};
use crate::subscriptions::store::{members, subscriptions};
use crate::subscriptions::{access, alarms};

/// Somebody came into the group, left it, or became something else in it. Who has no business there is removed at once:
/// the worker's queue may be long.
pub async fn changed(cx: &Cx, db: &mut Connection, update: UpdateId, change: &ChatMemberUpdated) -> Result<(), Fault> {
    let settings = settings::load(&*db, cx.config().subscriptions()?).await?;
    let (Some(user), true) = (&change.new_chat_member.user, change.chat.id == settings.rules.group) else {
        return Ok(());
    };
    if user.is_bot {
        let is_own = user.username.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(&settings.username));
        return if is_own { verify::note_rights(cx, db, &settings, &change.new_chat_member).await } else { Ok(()) };
    }
    let (pushed, intruder) = note_change(db, &settings, (update, user), change, cx.now()).await?;
    deliver::at_once(cx, db, pushed).await;
    match intruder {
        Some(intruder) => worker::see_to(cx, db, intruder).await,
        None => Ok(()),
    }
}

/// Notes where somebody is now, and has their access seen to if that is not where they are to be; says who has to leave.
async fn note_change(
    db: &mut Connection,
    settings: &Settings,
    (update, user): (UpdateId, &User),
    change: &ChatMemberUpdated,
    now: Timestamp,
) -> Result<(Vec<Pushed>, Option<MemberId>), Fault> {
    let (id, now_is) = (MemberId(user.id.0), &change.new_chat_member);
    let tx = db.begin();
    let first_time = inbox::first_time(&tx, BOT.0, update.0, now);
    let (is_new, known) = try_join(first_time, members::lock(&tx, id)).await?;
    // Somebody we never heard of who is not in the group is nobody's concern.
    if !is_new || known.is_none() && !now_is.is_in() {
        tx.commit().await?;
        return Ok((Vec::new(), None));
    }
    meet(&tx, settings, user, false, now).await?;
    let dated = (Timestamp::from_second(change.date).unwrap_or(now), update);
    if !store::note_update(&tx, id, (&now_is.status, now_is.is_in()), dated, now).await? {
        // What came before something that is known already changes nothing.
        tx.commit().await?;
        return Ok((Vec::new(), None));
    }
    let found = members::find(&tx, id);
    let (member, subscription, standing) =
        try_join3(found, subscriptions::find(&tx, id), worker::standing(&tx, id, now)).await?;
    let Some(member) = member else { return Err(Fault::GaveUp("a row that must exist does not")) };
    if !member.is_group_admin() {
        alarms::clear(&tx, &Alarm::GroupAdmin(id), now).await?;
    }
    let facts = worker::facts(&member, subscription.as_ref(), &standing, None, (settings, now));
    let mut notes = Vec::new();
    if facts.is_at_odds() {
        notes.push(access::ask(&tx, id, false, now).await?);
    }
    let pushed = commit(&tx, settings, (notes, Vec::new()), now).await?;
    Ok((pushed, facts.is_intruding().then_some(id)))
}

/// Somebody asks to be let in: who is live is, by whatever link they came, and nobody else.
pub async fn asked(cx: &Cx, db: &mut Connection, update: UpdateId, request: &ChatJoinRequest) -> Result<(), Fault> {
    let (settings, now) = (settings::load(&*db, cx.config().subscriptions()?).await?, cx.now());
    if request.chat.id != settings.rules.group || request.from.is_bot {
        return Ok(());
    }
    let id = MemberId(request.from.id.0);
    let tx = db.begin();
    let first_time = inbox::first_time(&tx, BOT.0, update.0, now);
    let (is_new, member, subscription) =
        try_join3(first_time, meet(&tx, &settings, &request.from, true, now), subscriptions::find(&tx, id)).await?;
    if !is_new {
        return tx.rollback().await;
    }
    let is_live = rules::is_live(subscription.as_ref(), member.blocked, settings.rules.grace, now);
    let said = if is_live {
        let_in(&tx, &settings, &member).await?
    } else {
        turn_away(&tx, &settings, &member, request).await?
    };
    tracing::info!(member.id = id.0, member.is_live = is_live, "join request answered");
    let pushed = commit(&tx, &settings, said, now).await?;
    drop(tx);
    deliver::at_once(cx, db, pushed).await;
    Ok(())
}

type Said = (Vec<Note>, Vec<Outgoing>);

/// Who comes in has used their link.
async fn let_in(tx: &Transaction<'_>, settings: &Settings, member: &Member) -> Result<Said, Fault> {
    let mut messages = vec![worker::approval(settings.rules.group, member.chat_id)];
    messages.extend(store::use_link(tx, member.chat_id).await?.map(|url| revocation(settings, url)));
    Ok((Vec::new(), messages))
}

/// Another member's link has gone from hand to hand: it ends, and they are told how to get a new one.
async fn turn_away(
    tx: &Transaction<'_>,
    settings: &Settings,
    member: &Member,
    request: &ChatJoinRequest,
) -> Result<Said, Fault> {
    let of = OfMember { chat_id: settings.rules.group, user_id: request.from.id };
    let mut messages = vec![deliver::answer(BOT, &Request::DeclineChatJoinRequest(of))];
    let Some(link) = &request.invite_link else { return Ok((Vec::new(), messages)) };
    let owner = store::revoke_misused(tx, &link.invite_link, member.chat_id).await?;
    let notes = owner.map(|member| Note::LinkMisused { member }).into_iter().collect();
    messages.extend(owner.map(|_| revocation(settings, link.invite_link.clone())));
    Ok((notes, messages))
}

fn revocation(settings: &Settings, url: String) -> Outgoing {
    let body = RevokeChatInviteLink { chat_id: settings.rules.group, invite_link: url };
    deliver::answer(BOT, &Request::RevokeChatInviteLink(body))
}

/// Adds somebody, or refreshes what is known of them. Nothing is said of whether the bot can write to them.
async fn meet(
    tx: &Transaction<'_>,
    settings: &Settings,
    user: &User,
    is_own_act: bool,
    now: Timestamp,
) -> Result<Member, Fault> {
    let names = [&user.username, &user.first_name, &user.last_name].map(|name| name.as_deref().map(cut));
    let [username, first_name, last_name] = names.each_ref().map(Option::as_deref);
    let seen = Seen {
        id: MemberId(user.id.0),
        names: (username, first_name, last_name),
        language: user.language_code.as_deref().and_then(Lang::from_tag),
    };
    store::meet(tx, &seen, is_own_act, settings.language, now).await
}

async fn commit(
    tx: &Transaction<'_>,
    settings: &Settings,
    (notes, mut messages): Said,
    now: Timestamp,
) -> Result<Vec<Pushed>, Fault> {
    messages.extend(outgoing(tx, settings, notes).await?);
    tx.commit_with(outbox::push(tx, &messages, now)).await
}
