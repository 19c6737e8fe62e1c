//! What is allowed and what follows: facts and the time in, verdict out.

use jiff::{SignedDuration, Timestamp};

use super::model::{Plan, Status, Subscription};
use crate::base::tron::Units;

pub mod access;
pub mod assign;
pub mod check;
pub mod remind;

/// A day, whatever the calendar says of it.
pub const DAY: SignedDuration = SignedDuration::from_hours(24);

/// `days` days of 86 400 seconds.
pub fn days(days: i32) -> SignedDuration {
    SignedDuration::from_hours(24 * i64::from(days))
}

/// The whole second that `time` lies in.
pub fn whole(time: Timestamp) -> Timestamp {
    let second = time.as_millisecond().div_euclid(1000);
    Timestamp::from_second(second).unwrap_or(time)
}

/// How a subscription stands.
pub fn status(ends_at: Timestamp, grace: SignedDuration, now: Timestamp) -> Status {
    if now < ends_at {
        Status::Active
    } else if now.duration_since(ends_at) < grace {
        Status::Grace
    } else {
        Status::Expired
    }
}

/// Whether its time, with grace, is not over.
pub fn runs(subscription: &Subscription, grace: SignedDuration, now: Timestamp) -> bool {
    status(subscription.ends_at, grace, now) != Status::Expired
}

/// Whether its member may be in the group.
pub fn is_live(subscription: Option<&Subscription>, blocked: bool, grace: SignedDuration, now: Timestamp) -> bool {
    !blocked && subscription.is_some_and(|subscription| runs(subscription, grace, now))
}

/// Days that are left, each begun one counted; none once it is over.
pub fn days_left(ends_at: Timestamp, now: Timestamp) -> i64 {
    let left = ends_at.duration_since(now);
    if left <= SignedDuration::ZERO {
        return 0;
    }
    let seconds = left.as_secs() + i64::from(left.subsec_nanos() > 0);
    (seconds + DAY.as_secs() - 1) / DAY.as_secs()
}

/// `days` after `time`; no end is later than the last whole second of which all zones have a date.
fn later(time: Timestamp, by: i32) -> Timestamp {
    time.checked_add(days(by)).unwrap_or_else(|_| whole(Timestamp::MAX))
}

/// Start and end once `days` more are bought or given: added to the end while it runs, in grace too, else from now.
pub fn extended(
    subscription: Option<&Subscription>,
    by: i32,
    grace: SignedDuration,
    now: Timestamp,
) -> (Timestamp, Timestamp) {
    match subscription.filter(|subscription| runs(subscription, grace, now)) {
        Some(running) => (running.starts_at, later(running.ends_at, by)),
        None => (whole(now), later(whole(now), by)),
    }
}

/// The end once `days` are taken away: never before now.
pub fn shortened(ends_at: Timestamp, by: i32, now: Timestamp) -> Timestamp {
    ends_at.checked_sub(days(by)).map_or(whole(now), |end| end.max(whole(now)))
}

/// What a plan costs a member; nothing if it is not sold to them. Who runs, or ended at most `promise` ago, goes on with
/// the plan last paid at the lower of today's price and the price last paid, even if it is not sold any more.
pub fn price(
    plan: &Plan,
    subscription: Option<&Subscription>,
    (promise, grace): (SignedDuration, SignedDuration),
    now: Timestamp,
) -> Option<Units> {
    let today = plan.price.filter(|_| plan.is_active);
    let promised = subscription
        .filter(|last| last.plan == Some(plan.id))
        .filter(|last| runs(last, grace, now) || now.duration_since(last.ends_at) <= promise)
        .and_then(|last| last.last_price);
    match (plan.price, promised) {
        (Some(price), Some(promised)) => Some(price.min(promised)),
        (None, Some(promised)) => Some(promised),
        (_, None) => today,
    }
}

/// What an order asks for beside the balance, which is used from `min_credit` on. What a member owes is asked for, too.
pub fn ask(price: Units, balance: Units, min_credit: Units) -> Units {
    if balance >= min_credit || balance < Units::ZERO { price - balance } else { price }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subscriptions::model::{MemberId, PlanId};

    const NONE: SignedDuration = SignedDuration::ZERO;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn running(starts: &str, ends: &str) -> Subscription {
        Subscription {
            member: MemberId(1),
            plan: Some(PlanId(1)),
            starts_at: at(starts),
            ends_at: at(ends),
            set_at: at(starts),
            last_hash: None,
            last_price: Some(Units(100_000_000)),
        }
    }

    fn plan(price: Option<i64>, is_active: bool) -> Plan {
        let price = price.map(Units);
        Plan { id: PlanId(1), period: "1 month".to_owned(), days: 30, price, is_active, is_hidden: false }
    }

    #[test]
    fn the_end_itself_is_over() {
        let ends = at("2026-12-20T08:16:21Z");
        let two = days(2);
        for (now, grace, expected) in [
            ("2026-12-20T08:16:20.999Z", NONE, Status::Active),
            ("2026-12-20T08:16:21Z", NONE, Status::Expired),
            ("2026-12-20T08:16:21Z", two, Status::Grace),
            ("2026-12-22T08:16:20Z", two, Status::Grace),
            ("2026-12-22T08:16:21Z", two, Status::Expired),
        ] {
            assert_eq!(status(ends, grace, at(now)), expected, "{now}");
        }
    }

    #[test]
    fn a_begun_day_is_a_day() {
        let ends = at("2026-12-20T08:16:21Z");
        for (now, expected) in [
            ("2026-11-20T08:16:21Z", 30),
            ("2026-11-20T08:16:20.5Z", 31),
            ("2026-12-19T08:16:21Z", 1),
            ("2026-12-20T08:16:20.9Z", 1),
            ("2026-12-20T08:16:21Z", 0),
            ("2027-01-01T00:00:00Z", 0),
        ] {
            assert_eq!(days_left(ends, at(now)), expected, "{now}");
        }
    }

    #[test]
    fn days_are_added_to_a_running_end_and_else_begin_now() {
        let old = running("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z");
        let check = |now: &str, grace, starts: &str, ends: &str| {
            assert_eq!(extended(Some(&old), 30, grace, at(now)), (at(starts), at(ends)), "{now}");
        };
        check("2026-11-20T10:00:00.7Z", NONE, "2026-11-01T00:00:00Z", "2026-12-31T00:00:00Z");
        check("2026-12-01T00:00:00Z", NONE, "2026-12-01T00:00:00Z", "2026-12-31T00:00:00Z");
        check("2026-12-01T12:00:00Z", days(1), "2026-11-01T00:00:00Z", "2026-12-31T00:00:00Z");
        check("2026-12-06T10:00:00.9Z", NONE, "2026-12-06T10:00:00Z", "2027-01-05T10:00:00Z");
        let first = extended(None, 365, NONE, at("2028-02-28T12:00:00.4Z"));
        assert_eq!(first, (at("2028-02-28T12:00:00Z"), at("2029-02-27T12:00:00Z")), "over the 29th of February");
    }

    #[test]
    fn no_end_is_beyond_the_calendar() {
        let last = at("9999-12-30T22:00:00Z");
        let check = |ends: &str, by, expected| {
            let old = running("2026-11-01T00:00:00Z", ends);
            assert_eq!(extended(Some(&old), by, NONE, at("2026-11-20T00:00:00Z")).1, expected, "{ends} {by}");
        };
        check("9999-12-01T00:00:00Z", 29, at("9999-12-30T00:00:00Z"));
        check("9999-12-01T00:00:00Z", 30, last);
        check("9999-12-30T22:00:00Z", 3650, last);
        check("2026-12-01T00:00:00Z", i32::MAX, last);
        assert_eq!(extended(None, i32::MAX, NONE, at("2026-11-20T00:00:00.5Z")), (at("2026-11-20T00:00:00Z"), last));
        assert_eq!(shortened(last, i32::MAX, at("2026-11-20T00:00:00.5Z")), at("2026-11-20T00:00:00Z"));
    }

    #[test]
    fn an_end_is_not_taken_back_beyond_now() {
        let ends = at("2026-12-01T00:00:00Z");
        assert_eq!(shortened(ends, 10, at("2026-11-01T00:00:00Z")), at("2026-11-21T00:00:00Z"));
        assert_eq!(shortened(ends, 60, at("2026-11-01T00:00:00.5Z")), at("2026-11-01T00:00:00Z"));
    }

    #[test]
    fn the_last_price_is_kept_for_who_renews_in_time() {
        let last = running("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z");
        let promise = (days(14), NONE);
        let paid = |plan: &Plan, now: &str| price(plan, Some(&last), promise, at(now)).map(|price| price.0);
        let dearer = plan(Some(120_000_000), true);
        assert_eq!(paid(&dearer, "2026-11-15T00:00:00Z"), Some(100_000_000));
        assert_eq!(paid(&dearer, "2026-12-11T00:00:00Z"), Some(100_000_000));
        assert_eq!(paid(&dearer, "2026-12-15T00:00:00Z"), Some(100_000_000), "at most 14 days ago");
        assert_eq!(paid(&dearer, "2026-12-15T00:00:01Z"), Some(120_000_000));
        assert_eq!(paid(&plan(Some(80_000_000), true), "2026-11-15T00:00:00Z"), Some(80_000_000));
        assert_eq!(paid(&plan(None, false), "2026-11-15T00:00:00Z"), Some(100_000_000), "even if it is not sold");
        assert_eq!(paid(&plan(Some(80_000_000), false), "2026-12-16T00:00:00Z"), None);
        let other = Plan { id: PlanId(2), ..dearer.clone() };
        assert_eq!(paid(&other, "2026-11-15T00:00:00Z"), Some(120_000_000), "only the plan last paid");
        assert_eq!(price(&dearer, None, promise, at("2026-11-15T00:00:00Z")), Some(Units(120_000_000)));
    }

    #[test]
    fn small_change_is_not_used() {
        let ask = |balance| ask(Units(100_000_000), Units(balance), Units(10_000)).0;
        assert_eq!(ask(30_000_000), 70_000_000);
        assert_eq!(ask(10_000), 99_990_000);
        assert_eq!(ask(9_999), 100_000_000);
        assert_eq!(ask(0), 100_000_000);
        assert_eq!(ask(-5), 100_000_005);
    }
}
