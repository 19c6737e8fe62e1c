//! Who is to be in the group, and what is to be done next so that it is so (4.5 of the specification).

use jiff::{SignedDuration, Timestamp};

use super::{is_live, runs};
use crate::subscriptions::model::{Member, Subscription};

/// The longest wait between two tries, with time left for the queue to deliver.
pub const RETRY_MAX: SignedDuration = SignedDuration::from_secs(50);
/// How long Telegram may fail for a member before the admins are told.
const ALARM_AFTER: SignedDuration = SignedDuration::from_mins(10);

/// Where a member is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// In the group.
    Inside,
    /// Out of it.
    Outside,
    /// Out of it, without a way back.
    Banned,
    /// Wherever they are.
    Any,
}

/// Where a member is, as far as Telegram said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Real {
    /// In the group.
    Inside,
    /// In it as an administrator, whom no bot can remove.
    Administers,
    /// Not in it.
    Outside,
    /// Not in it, without a way back.
    Banned,
}

/// The link a member was given last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// It was used or revoked, or there was none.
    None,
    /// It works.
    Works,
    /// Its time is over, and it was not used.
    Over,
}

/// All that decides what is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Where the member is to be.
    pub wanted: Wanted,
    /// Where they are.
    pub real: Real,
    /// Their link.
    pub link: Link,
    /// Whether they are to be told their end, and given a link if they are outside.
    pub invite: bool,
    /// Whether their time is over and nobody has seen them out for that end.
    pub is_leaving: bool,
    /// Whether they were inside when their removal began, and nobody was told of it yet.
    pub is_removing: bool,
}

/// What is stored of a member's access beside the member and the subscription.
#[derive(Clone, Copy, Debug, Default)]
pub struct Traces {
    /// The end for which they were seen out.
    pub removed_end: Option<Timestamp>,
    /// The end of the link that was neither used nor revoked.
    pub link_until: Option<Timestamp>,
    /// Whether they are to be told their end.
    pub invite: bool,
    /// Whether they were inside when their removal began.
    pub is_removing: bool,
}

impl Facts {
    /// What decides, out of what is stored.
    pub fn of(
        member: &Member,
        subscription: Option<&Subscription>,
        traces: Traces,
        (grace, remove_strangers): (SignedDuration, bool),
        now: Timestamp,
    ) -> Self {
        let live = is_live(subscription, member.blocked, grace, now);
        let over = subscription.filter(|subscription| !runs(subscription, grace, now));
        Self {
            wanted: wanted(member, live, subscription.is_none(), remove_strangers),
            real: real(member),
            link: traces.link_until.map_or(Link::None, |until| if now < until { Link::Works } else { Link::Over }),
            invite: traces.invite,
            is_leaving: over.is_some_and(|over| traces.removed_end != Some(over.ends_at)),
            is_removing: traces.is_removing,
        }
    }

    /// Whether the member is in the group.
    pub fn is_inside(self) -> bool {
        matches!(self.real, Real::Inside | Real::Administers)
    }

    /// Whether the member is in the group and has to leave it.
    pub fn is_intruding(self) -> bool {
        self.is_inside() && matches!(self.wanted, Wanted::Outside | Wanted::Banned)
    }

    /// Whether a change of membership leaves something to be done.
    pub fn is_at_odds(self) -> bool {
        match self.wanted {
            Wanted::Any => false,
            Wanted::Inside if self.is_inside() => self.invite,
            Wanted::Inside => self.invite || self.link != Link::Works,
            Wanted::Outside => self.is_inside(),
            Wanted::Banned => self.real != Real::Banned,
        }
    }
}

/// Who is blocked stays out, who is live belongs inside, staff come and go as they like, and so do group administrators
/// who never were members.
fn wanted(member: &Member, live: bool, is_stranger: bool, remove_strangers: bool) -> Wanted {
    if member.blocked {
        Wanted::Banned
    } else if live {
        Wanted::Inside
    } else if member.is_staff || is_stranger && (!remove_strangers || member.is_group_admin()) {
        Wanted::Any
    } else {
        Wanted::Outside
    }
}

fn real(member: &Member) -> Real {
    match (member.at_private_group, member.is_group_admin(), member.is_banned()) {
        (true, true, _) => Real::Administers,
        (true, false, _) => Real::Inside,
        (false, _, true) => Real::Banned,
        (false, _, false) => Real::Outside,
    }
}

/// What the worker does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Asks Telegram where the member is.
    Look,
    /// Removes them and keeps them out.
    Ban,
    /// Lets them come back, which does not bring them in.
    Unban,
    /// Ends their link.
    Revoke,
    /// Makes a new link and sends it.
    Invite,
    /// Tells them their end.
    TellEnd,
    /// Notes that they are out, and tells them and the admins if they were removed.
    Note,
    /// Tells the admins that this one cannot be removed.
    TellAdmins,
    /// Nothing: what is wanted is so.
    Nothing,
}

/// What one run of the worker has done for a member.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// Whether what Telegram said last may be out of date.
    is_in_doubt: bool,
    done: Vec<Step>,
}

impl Run {
    /// A run that has done nothing. One that goes on after another was cut off does not know how far that came.
    pub fn new(is_resumed: bool) -> Self {
        Self { is_in_doubt: is_resumed, done: Vec::new() }
    }

    /// Notes that a step was taken.
    pub fn did(&mut self, step: Step) {
        match step {
            Step::Look => self.is_in_doubt = false,
            // What was seen and done before it says nothing any more.
            Step::Ban => self.done.retain(|done| ![Step::Look, Step::Unban].contains(done)),
            _ => {}
        }
        self.done.push(step);
    }

    /// Notes that Telegram's answer contradicts what it said before.
    pub fn doubt(&mut self) {
        self.is_in_doubt = true;
    }

    /// Whether any step was taken.
    pub fn has_begun(&self) -> bool {
        !self.done.is_empty()
    }

    fn has(&self, step: Step) -> bool {
        self.done.contains(&step)
    }
}

/// What is to be done next.
pub fn next(facts: Facts, run: &Run) -> Step {
    if run.is_in_doubt {
        return Step::Look;
    }
    let is_barred = facts.real == Real::Banned || run.has(Step::Ban);
    match facts.wanted {
        Wanted::Any if is_barred && !run.has(Step::Unban) => Step::Unban,
        Wanted::Any => Step::Nothing,
        Wanted::Inside => let_in(facts, run),
        Wanted::Outside | Wanted::Banned if facts.real == Real::Administers => leave_be(facts, run),
        Wanted::Outside => remove(facts, run, is_barred),
        Wanted::Banned => keep_out(facts, run),
    }
}

fn let_in(facts: Facts, run: &Run) -> Step {
    // They paid while they were being removed: the group has not said yet that they are out.
    let was_removed = run.has(Step::Ban);
    if was_removed && !run.has(Step::Unban) {
        return Step::Unban;
    }
    if was_removed && !run.has(Step::Look) {
        return Step::Look;
    }
    match (facts.is_inside(), facts.invite) {
        (true, true) => Step::TellEnd,
        (true, false) => Step::Nothing,
        (false, false) if facts.link == Link::Works => Step::Nothing,
        (false, _) if !run.has(Step::Unban) => Step::Unban,
        (false, _) if facts.link != Link::None => Step::Revoke,
        (false, _) => Step::Invite,
    }
}

fn remove(facts: Facts, run: &Run, is_barred: bool) -> Step {
    let has_acted = run.has(Step::Ban);
    if facts.real == Real::Inside && !has_acted {
        Step::Ban
    } else if facts.is_leaving && !has_acted && !run.has(Step::Look) {
        // They may have come in unheard: at an end it is Telegram that says who is out.
        Step::Look
    } else if is_barred && !run.has(Step::Unban) {
        Step::Unban
    } else if facts.link != Link::None {
        Step::Revoke
    } else if (facts.is_removing || facts.is_leaving) && !run.has(Step::Note) {
        Step::Note
    } else {
        seen_out(facts, run)
    }
}

fn keep_out(facts: Facts, run: &Run) -> Step {
    if facts.real != Real::Banned && !run.has(Step::Ban) {
        Step::Ban
    } else if facts.link != Link::None {
        Step::Revoke
    } else if (facts.is_removing || facts.is_leaving) && !run.has(Step::Note) {
        Step::Note
    } else if facts.real == Real::Outside && !run.has(Step::Look) {
        Step::Look
    } else {
        seen_out(facts, run)
    }
}

/// The end of a removal: Telegram says that they are out.
fn seen_out(facts: Facts, run: &Run) -> Step {
    match (facts.real, run.has(Step::Look)) {
        (Real::Inside, false) => Step::Look,
        // Somebody brought them back, or Telegram did nothing: once more, until the run's steps are used up.
        (Real::Inside, true) => Step::Ban,
        _ => Step::Nothing,
    }
}

/// Group administrators cannot be removed: the admins are told, and it is not tried.
fn leave_be(facts: Facts, run: &Run) -> Step {
    if facts.link != Link::None {
        Step::Revoke
    } else if run.has(Step::TellAdmins) {
        Step::Nothing
    } else {
        Step::TellAdmins
    }
}

/// The wait after `attempts` failed tries: 2, 4, 8 .. seconds, less than a minute.
pub fn retry_after(attempts: i32) -> SignedDuration {
    let exponent = u32::try_from(attempts.clamp(1, 6)).expect("clamped above zero");
    SignedDuration::from_secs(2_i64.pow(exponent)).min(RETRY_MAX)
}

/// Whether it has failed for so long that the admins are told.
pub fn is_alarming(failing_since: Timestamp, now: Timestamp) -> bool {
    now.duration_since(failing_since) >= ALARM_AFTER
}

/// What the bot may not do in the group and has to: invite, and remove members.
pub fn missing_rights(status: &str, can_invite: bool, can_restrict: bool) -> Vec<String> {
    let rights = [("can_invite_users", can_invite), ("can_restrict_members", can_restrict)];
    let has = |right: bool| status == "creator" || status == "administrator" && right;
    rights.into_iter().filter(|(_, right)| !has(*right)).map(|(name, _)| name.to_owned()).collect()
}

#[cfg(test)]
mod tests;
