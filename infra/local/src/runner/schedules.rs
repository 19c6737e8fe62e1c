//! Fires the schedules, as EventBridge Scheduler does, by a clock that can be moved.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use shared::entry::Function;

use super::agenda::Agenda;
use super::environments::Environments;
use super::expression::Expression;

/// How soon a moved clock is noticed.
const LOOK: Duration = Duration::from_millis(200);

/// One function and when it is due.
pub(super) struct Timetable {
    function: Arc<Function>,
    expression: Expression,
    environments: Environments,
    agenda: Agenda,
    next: Option<Timestamp>,
}

impl Timetable {
    /// Fires `function` by `expression` and notes it in `agenda`.
    pub fn new(function: Arc<Function>, expression: Expression, environments: Environments, agenda: Agenda) -> Self {
        let next = expression.next_after(environments.clock().now());
        agenda.plan(function.name(), next);
        Self { function, expression, environments, agenda, next }
    }

    /// Fires until it is aborted: each scheduled time at most once, and once for all that passed meanwhile.
    pub async fn run(mut self) {
        let name = self.function.name();
        let mut jumps = self.agenda.jumps();
        while let Some(time) = self.next {
            let Some(fired) = due(&self.expression, time, self.environments.clock().now()) else {
                // Whether the clock was moved or only goes on: it is looked at again.
                let _ = tokio::time::timeout(LOOK, jumps.changed()).await;
                continue;
            };
            tracing::debug!(function = name, scheduled_at = %fired, "schedule fires");
            // A failure was logged; the next time is another try.
            let outcome = self.environments.invoke(&self.function, event(name, fired)).await;
            self.next = self.expression.next_after(fired);
            self.agenda.note(name, fired, outcome.is_ok(), self.next);
        }
    }
}

/// The latest scheduled time until `now`, once `next` has come.
fn due(expression: &Expression, next: Timestamp, now: Timestamp) -> Option<Timestamp> {
    (next <= now).then(|| expression.last_until(now).unwrap_or(next))
}

/// The input that template.yaml gives each schedule.
fn event(function: &str, scheduled_at: Timestamp) -> String {
    json!({ "function": function, "scheduled_at": scheduled_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string() }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_time_is_due_once_and_a_jump_makes_up_for_one() {
        let expression = Expression::parse("rate(5 minutes)").unwrap();
        for (fired, now, expected) in [
            ("10:00:30", "10:04:59", None),
            ("10:00:30", "10:05:00", Some("10:05:00")),
            ("10:05:00", "10:05:00", None),
            ("10:05:00", "10:09:59", None),
            ("10:05:00", "13:21:07", Some("13:20:00")),
            ("13:20:00", "10:06:00", None),
        ] {
            let time = |text: &str| format!("2026-11-20T{text}Z").parse::<Timestamp>().unwrap();
            let next = expression.next_after(time(fired)).unwrap();
            assert_eq!(due(&expression, next, time(now)), expected.map(time), "{fired} {now}");
        }
    }

    #[test]
    fn the_event_names_the_function_and_its_time() {
        let event = event("outbox-relay", "2026-11-20T10:05:00Z".parse().unwrap());
        assert_eq!(event, r#"{"function":"outbox-relay","scheduled_at":"2026-11-20T10:05:00Z"}"#);
    }
}
