//! Which reminder is due.

use jiff::Timestamp;

use super::days;

/// What is to be done about the reminders of one end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Due {
    /// The one that is sent, in days before the end.
    pub send: Option<i32>,
    /// Those that are skipped.
    pub skip: Vec<i32>,
}

impl Due {
    /// Whether there is nothing to do.
    pub fn is_nothing(&self) -> bool {
        self.send.is_none() && self.skip.is_empty()
    }
}

/// Which of the reminders `before` the end is due at `now`; `had` were sent or skipped. Its moment has come, is later
/// than when this end was set, and the end itself is not over. Of several only the one nearest the end is sent, and
/// none once a nearer one was.
pub fn due(before: &[i32], had: &[i32], (ends_at, set_at): (Timestamp, Timestamp), now: Timestamp) -> Due {
    let mut open: Vec<i32> = before.iter().copied().filter(|n| !had.contains(n)).collect();
    open.retain(|n| {
        let moment = ends_at - days(*n);
        set_at < moment && moment <= now && now < ends_at
    });
    open.sort_unstable();
    let nearest = had.iter().min();
    let send = open.first().copied().filter(|n| nearest.is_none_or(|nearest| n < nearest));
    let skip = open.into_iter().filter(|n| Some(*n) != send).collect();
    Due { send, skip }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[track_caller]
    fn check(had: &[i32], set_at: &str, now: &str, send: Option<i32>, skip: &[i32]) {
        let due = due(&[7, 3, 1], had, (at("2026-12-20T08:00:00Z"), at(set_at)), at(now));
        assert_eq!(due, Due { send, skip: skip.to_vec() }, "{now}");
    }

    const LONG_AGO: &str = "2026-11-20T08:00:00Z";

    #[test]
    fn each_is_due_once_its_moment_has_come() {
        check(&[], LONG_AGO, "2026-12-13T07:59:59Z", None, &[]);
        check(&[], LONG_AGO, "2026-12-13T08:00:00Z", Some(7), &[]);
        check(&[7], LONG_AGO, "2026-12-13T09:00:00Z", None, &[]);
        check(&[7], LONG_AGO, "2026-12-17T08:00:00Z", Some(3), &[]);
        check(&[7, 3], LONG_AGO, "2026-12-20T07:59:59Z", Some(1), &[]);
        check(&[7, 3], LONG_AGO, "2026-12-20T08:00:00Z", None, &[]);
    }

    #[test]
    fn of_several_the_nearest_is_sent() {
        check(&[], LONG_AGO, "2026-12-18T08:00:00Z", Some(3), &[7]);
        check(&[], LONG_AGO, "2026-12-19T20:00:00Z", Some(1), &[3, 7]);
        check(&[3], LONG_AGO, "2026-12-18T08:00:00Z", None, &[7]);
        check(&[1], LONG_AGO, "2026-12-19T20:00:00Z", None, &[3, 7]);
    }

    #[test]
    fn none_is_due_for_a_moment_before_the_end_was_set() {
        check(&[], "2026-12-16T08:00:00Z", "2026-12-16T08:00:01Z", None, &[]);
        check(&[], "2026-12-16T08:00:00Z", "2026-12-17T08:00:00Z", Some(3), &[]);
        check(&[], "2026-12-17T08:00:00Z", "2026-12-18T08:00:00Z", None, &[]);
        check(&[], "2026-12-19T09:00:00Z", "2026-12-20T07:00:00Z", None, &[]);
    }
}
