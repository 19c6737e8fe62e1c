//! How often statements can be had, how long they are tried to be made, and how long the ways to them work.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::bank::Error;

/// The time within which statements are counted.
pub const WINDOW: SignedDuration = SignedDuration::from_hours(1);
/// How often it is tried to make a statement.
pub const TRIES_MAX: i32 = 5;
/// How long a statement whose making broke off may wait for the next try; longer than SQS repeats a message.
pub const BETWEEN_TRIES_MAX: SignedDuration = SignedDuration::from_hours(1);
/// How long a statement may wait for its first try; longer than the outbox keeps a message.
pub const UNTRIED_MAX: SignedDuration = SignedDuration::from_hours(25);
/// How long a link into the bucket works at most.
const PRESIGNED_MAX: Duration = Duration::from_mins(5);

/// Refuses what would be one more than `max` within [`WINDOW`]; `times` are those within it, oldest first.
pub fn check_hourly(times: &[Timestamp], max: u32, now: Timestamp) -> Result<(), Error> {
    let max = usize::try_from(max).unwrap_or(usize::MAX);
    let Some(over) = times.len().checked_sub(max) else { return Ok(()) };
    // Where the limit is zero, nothing that leaves the window makes room.
    let frees = times.get(over).map_or(now, |time| *time) + WINDOW;
    let wait = frees.duration_since(now);
    let seconds = wait.as_secs() + i64::from(wait.subsec_nanos() > 0);
    Err(Error::TooOften { again_in_seconds: seconds.max(1) })
}

/// Until when a link works that is made, or handed over, now: never longer than what it leads to is there.
pub fn link_end(life: Duration, object_expires_at: Timestamp, now: Timestamp) -> Timestamp {
    (now + life).min(object_expires_at)
}

/// For how long a link into the bucket may be signed, in whole seconds, if the way ends at `ends_at`.
pub fn presigned_life(ends_at: Timestamp, now: Timestamp) -> Option<Duration> {
    let left = u64::try_from(ends_at.duration_since(now).as_secs()).ok()?;
    let life = Duration::from_secs(left).min(PRESIGNED_MAX);
    (!life.is_zero()).then_some(life)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[track_caller]
    fn check(minutes_ago: &[i64], max: u32, expected: Option<i64>) {
        let now = at("2025-03-01T12:00:00Z");
        let times: Vec<Timestamp> = minutes_ago.iter().map(|ago| now - SignedDuration::from_mins(*ago)).collect();
        let seconds = match check_hourly(&times, max, now) {
            Ok(()) => None,
            Err(Error::TooOften { again_in_seconds }) => Some(again_in_seconds),
            Err(other) => panic!("{other}"),
        };
        assert_eq!(seconds, expected, "{minutes_ago:?} of {max}");
    }

    #[test]
    fn one_too_many_waits_for_the_oldest_to_be_an_hour_old() {
        check(&[], 5, None);
        check(&[50, 40, 30, 20], 5, None);
        check(&[50, 40, 30, 20, 10], 5, Some(600));
        check(&[50, 40, 30, 20, 10, 5], 5, Some(1200));
        check(&[0], 1, Some(3600));
        check(&[], 0, Some(3600));
    }

    #[test]
    fn a_wait_is_rounded_up() {
        let now = at("2025-03-01T12:00:00.5Z");
        let verdict = check_hourly(&[at("2025-03-01T11:00:01Z")], 1, now);
        assert!(matches!(verdict, Err(Error::TooOften { again_in_seconds: 1 })));
    }

    #[test]
    fn a_link_ends_with_what_it_leads_to() {
        let now = at("2025-03-01T12:00:00Z");
        let hour = Duration::from_hours(1);
        assert_eq!(link_end(hour, at("2025-03-08T12:00:00Z"), now), at("2025-03-01T13:00:00Z"));
        assert_eq!(link_end(hour, at("2025-03-01T12:10:00Z"), now), at("2025-03-01T12:10:00Z"));
    }

    #[test]
    fn a_presigned_link_works_for_five_minutes_and_never_longer_than_the_way_to_it() {
        let now = at("2025-03-01T12:00:00.5Z");
        let life = |ends_at| presigned_life(at(ends_at), now).map(|life| life.as_secs());
        assert_eq!(life("2025-03-01T13:00:00Z"), Some(300));
        assert_eq!(life("2025-03-01T12:05:00.4Z"), Some(299));
        assert_eq!(life("2025-03-01T12:00:01.5Z"), Some(1));
        assert_eq!(life("2025-03-01T12:00:01.4Z"), None);
        assert_eq!(life("2025-03-01T12:00:00.5Z"), None);
        assert_eq!(life("2025-03-01T11:00:00Z"), None);
    }
}
