use super::*;
use crate::base::i18n::Lang;
use crate::subscriptions::model::MemberId;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn member(status: &str) -> Member {
    Member {
        chat_id: MemberId(1001),
        username: None,
        first_name: None,
        last_name: None,
        language: Lang::En,
        at_private_group: matches!(status, "member" | "administrator" | "creator"),
        group_status: Some(status.to_owned()),
        date_joined: at(0),
        is_staff: false,
        blocked: false,
        reachable: true,
    }
}

fn subscription(ends: i64) -> Subscription {
    Subscription {
        member: MemberId(1001),
        plan: None,
        starts_at: at(0),
        ends_at: at(ends),
        set_at: at(0),
        last_hash: None,
        last_price: None,
    }
}

const NOW: i64 = 1_000;

fn facts_of(member: &Member, ends: Option<i64>, traces: Traces, remove_strangers: bool) -> Facts {
    let subscription = ends.map(subscription);
    Facts::of(member, subscription.as_ref(), traces, (SignedDuration::from_secs(10), remove_strangers), at(NOW))
}

#[test]
fn who_is_wanted_where() {
    let check = |status: &str, change: fn(&mut Member), ends: Option<i64>, remove_strangers: bool, expected: Wanted| {
        let mut member = member(status);
        change(&mut member);
        let facts = facts_of(&member, ends, Traces::default(), remove_strangers);
        assert_eq!(facts.wanted, expected, "{status} {ends:?} {remove_strangers}");
    };
    let same: fn(&mut Member) = |_| {};
    let staff: fn(&mut Member) = |member| member.is_staff = true;
    let blocked: fn(&mut Member) = |member| member.blocked = true;
    check("left", same, Some(NOW + 1), true, Wanted::Inside);
    check("left", same, Some(NOW - 9), true, Wanted::Inside);
    check("member", same, Some(NOW - 10), true, Wanted::Outside);
    check("member", same, Some(NOW - 10), false, Wanted::Outside);
    check("member", same, None, true, Wanted::Outside);
    check("member", same, None, false, Wanted::Any);
    check("administrator", same, None, true, Wanted::Any);
    check("administrator", same, Some(NOW - 10), true, Wanted::Outside);
    check("member", staff, Some(NOW - 10), true, Wanted::Any);
    check("left", staff, Some(NOW + 1), true, Wanted::Inside);
    check("member", blocked, Some(NOW + 1), true, Wanted::Banned);
    check("left", blocked, None, false, Wanted::Banned);
}

#[test]
fn an_end_is_left_once() {
    let leaving = |ends, removed_end| {
        let traces = Traces { removed_end, ..Traces::default() };
        facts_of(&member("left"), ends, traces, true).is_leaving
    };
    assert!(leaving(Some(900), None));
    assert!(leaving(Some(900), Some(at(500))));
    assert!(!leaving(Some(900), Some(at(900))));
    assert!(!leaving(Some(NOW + 1), None));
    assert!(!leaving(None, None));
}

#[test]
fn a_link_works_until_its_end() {
    let link = |until: Option<i64>| {
        let traces = Traces { link_until: until.map(at), ..Traces::default() };
        facts_of(&member("left"), Some(NOW + 1), traces, true).link
    };
    assert_eq!([link(None), link(Some(NOW + 1)), link(Some(NOW))], [Link::None, Link::Works, Link::Over]);
}

fn facts(wanted: Wanted, real: Real) -> Facts {
    Facts { wanted, real, link: Link::None, invite: false, is_leaving: false, is_removing: false }
}

/// A world that does what it is told, and says where the member is when it is looked at.
fn play(mut facts: Facts, mut run: Run, truth: &mut Real) -> Vec<Step> {
    let mut steps = Vec::new();
    loop {
        let step = next(facts, &run);
        steps.push(step);
        run.did(step);
        match step {
            Step::Nothing => return steps,
            Step::Look => facts.real = *truth,
            Step::Ban => (facts.is_removing, *truth) = (facts.is_removing || facts.is_inside(), Real::Banned),
            Step::Unban if *truth == Real::Banned => *truth = Real::Outside,
            Step::Revoke => facts.link = Link::None,
            Step::Invite => (facts.link, facts.invite) = (Link::Works, false),
            Step::TellEnd => facts.invite = false,
            Step::Note => (facts.is_leaving, facts.is_removing) = (false, false),
            Step::Unban | Step::TellAdmins => {}
        }
        assert!(steps.len() < 12, "{steps:?}");
    }
}

#[track_caller]
fn check(facts: Facts, expected: &[Step]) {
    let mut truth = facts.real;
    let mut steps = play(facts, Run::new(false), &mut truth);
    assert_eq!(steps.pop(), Some(Step::Nothing));
    assert_eq!(steps, expected, "{facts:?}");
}

#[test]
fn who_is_inside_is_told_the_end_and_who_is_outside_gets_a_link() {
    use Step::{Invite, Revoke, TellEnd, Unban};
    let inside = facts(Wanted::Inside, Real::Inside);
    check(inside, &[]);
    check(Facts { invite: true, ..inside }, &[TellEnd]);
    check(Facts { invite: true, ..facts(Wanted::Inside, Real::Administers) }, &[TellEnd]);
    let outside = facts(Wanted::Inside, Real::Outside);
    check(outside, &[Unban, Invite]);
    check(Facts { link: Link::Works, ..outside }, &[]);
    check(Facts { link: Link::Works, invite: true, ..outside }, &[Unban, Revoke, Invite]);
    check(Facts { link: Link::Over, ..outside }, &[Unban, Revoke, Invite]);
    check(facts(Wanted::Inside, Real::Banned), &[Unban, Invite]);
}

#[test]
fn who_has_to_go_is_banned_let_go_and_told() {
    use Step::{Ban, Look, Note, Revoke, TellAdmins, Unban};
    let inside = facts(Wanted::Outside, Real::Inside);
    check(inside, &[Ban, Unban, Note, Look]);
    check(Facts { link: Link::Works, is_leaving: true, ..inside }, &[Ban, Unban, Revoke, Note, Look]);
    check(facts(Wanted::Outside, Real::Outside), &[]);
    check(Facts { is_leaving: true, ..facts(Wanted::Outside, Real::Outside) }, &[Look, Note]);
    check(Facts { is_leaving: true, ..facts(Wanted::Outside, Real::Banned) }, &[Look, Unban, Note]);
    check(Facts { link: Link::Over, ..facts(Wanted::Outside, Real::Outside) }, &[Revoke]);
    check(facts(Wanted::Outside, Real::Banned), &[Unban]);
    check(facts(Wanted::Outside, Real::Administers), &[TellAdmins]);
    check(facts(Wanted::Any, Real::Inside), &[]);
    check(facts(Wanted::Any, Real::Banned), &[Unban]);
}

/// Who came in unheard is removed at the end like everybody; who was out all the time is left alone.
#[test]
fn at_an_end_telegram_says_who_is_in() {
    let leaving = Facts { is_leaving: true, ..facts(Wanted::Outside, Real::Outside) };
    let mut truth = Real::Inside;
    let steps = play(leaving, Run::new(false), &mut truth);
    assert_eq!(steps, [Step::Look, Step::Ban, Step::Unban, Step::Note, Step::Look, Step::Nothing]);
    let mut truth = Real::Administers;
    let steps = play(leaving, Run::new(false), &mut truth);
    assert_eq!(steps, [Step::Look, Step::TellAdmins, Step::Nothing]);
}

#[test]
fn who_is_blocked_is_banned_and_stays_so() {
    use Step::{Ban, Look, Note, Revoke, TellAdmins};
    check(facts(Wanted::Banned, Real::Inside), &[Ban, Note, Look]);
    check(Facts { link: Link::Works, ..facts(Wanted::Banned, Real::Outside) }, &[Ban, Revoke, Look]);
    check(facts(Wanted::Banned, Real::Banned), &[]);
    check(Facts { is_leaving: true, ..facts(Wanted::Banned, Real::Banned) }, &[Note]);
    check(facts(Wanted::Banned, Real::Administers), &[TellAdmins]);
}

#[test]
fn who_resumes_looks_first() {
    let mut truth = Real::Banned;
    let steps = play(facts(Wanted::Outside, Real::Inside), Run::new(true), &mut truth);
    assert_eq!(steps, [Step::Look, Step::Unban, Step::Nothing], "banned before it was cut off, and not let go");
    let mut truth = Real::Outside;
    let steps = play(facts(Wanted::Outside, Real::Inside), Run::new(true), &mut truth);
    assert_eq!(steps, [Step::Look, Step::Nothing], "nobody is removed twice");
    let mut truth = Real::Outside;
    let removing = Facts { is_removing: true, ..facts(Wanted::Outside, Real::Inside) };
    let steps = play(removing, Run::new(true), &mut truth);
    assert_eq!(steps, [Step::Look, Step::Note, Step::Nothing], "removed before it was cut off, and told nobody");
    let mut truth = Real::Banned;
    let invited = Facts { invite: true, ..facts(Wanted::Inside, Real::Inside) };
    let steps = play(invited, Run::new(true), &mut truth);
    assert_eq!(steps, [Step::Look, Step::Unban, Step::Invite, Step::Nothing]);
}

/// Wherever in the removal the payment comes, it ends with a link.
#[test]
fn who_pays_while_being_removed_gets_a_link() {
    let leaving = Facts { is_leaving: true, ..facts(Wanted::Outside, Real::Inside) };
    for after in 1..=4 {
        let (mut facts, mut run, mut truth) = (leaving, Run::new(false), Real::Inside);
        for _ in 0..after {
            let step = next(facts, &run);
            run.did(step);
            match step {
                Step::Ban => (facts.is_removing, truth) = (true, Real::Banned),
                Step::Unban => truth = Real::Outside,
                Step::Look => facts.real = truth,
                Step::Note => (facts.is_leaving, facts.is_removing) = (false, false),
                _ => {}
            }
        }
        facts = Facts { wanted: Wanted::Inside, invite: true, is_leaving: false, ..facts };
        let steps = play(facts, run, &mut truth);
        assert!(steps.ends_with(&[Step::Invite, Step::Nothing]), "{after}: {steps:?}");
        assert!(!steps.contains(&Step::TellEnd), "{after}: {steps:?}");
        assert_eq!(truth, Real::Outside, "{after}");
    }
}

#[test]
fn what_a_change_of_membership_leaves_to_do() {
    let at_odds = |wanted, real| facts(wanted, real).is_at_odds();
    assert!(!at_odds(Wanted::Inside, Real::Inside));
    assert!(at_odds(Wanted::Inside, Real::Outside));
    assert!(!Facts { link: Link::Works, ..facts(Wanted::Inside, Real::Outside) }.is_at_odds());
    assert!(at_odds(Wanted::Outside, Real::Inside));
    assert!(!at_odds(Wanted::Outside, Real::Banned), "somebody else's ban is left alone");
    assert!(at_odds(Wanted::Banned, Real::Outside));
    assert!(!at_odds(Wanted::Any, Real::Inside));
}

#[test]
fn tries_are_less_than_a_minute_apart() {
    let waits = [0, 1, 2, 3, 5, 6, 40].map(|attempts| retry_after(attempts).as_secs());
    assert_eq!(waits, [2, 2, 4, 8, 32, 50, 50]);
    assert!(!is_alarming(at(0), at(599)));
    assert!(is_alarming(at(0), at(600)));
}

#[test]
fn the_bot_has_to_invite_and_to_remove() {
    let missing = |status, invite, restrict| missing_rights(status, invite, restrict).join(" ");
    assert_eq!(missing("creator", false, false), "");
    assert_eq!(missing("administrator", true, true), "");
    assert_eq!(missing("administrator", false, true), "can_invite_users");
    assert_eq!(missing("member", true, true), "can_invite_users can_restrict_members");
    assert_eq!(missing("left", false, false), "can_invite_users can_restrict_members");
}
