//! Alarms: over when it is over, and not before.

use jiff::SignedDuration;
use tests::subscriptions::{Club, USDT};

use super::super::jobs::subscribed;
use super::ALICE;

const DETECT: &str = "subscriptions-detect";

/// Lets whatever is written to `table` for one member fail in Postgres.
fn breaking(table: &str, member: i64) -> String {
    format!(
        "create function subscriptions.refuse_{table}() returns trigger language plpgsql as $$
         begin
             if new.chat_id = {member} then raise exception 'an odd row'; end if;
             return new;
         end $$;
         create trigger odd before insert on subscriptions.{table}
             for each row execute function subscriptions.refuse_{table}()"
    )
}

#[tokio::test]
async fn that_no_amount_is_free_is_over_once_one_is() {
    let club = Club::new().await;
    club.member(ALICE, "alice").await;
    let now = club.world.now();
    let take_all = format!(
        "insert into core.due_reservation (wallet, due, product, order_ref, ordered_at, reserved_until)
         select '{}', {} + n * 100, 'elsewhere', n::text, '{now}', '2099-01-01' from generate_series(1, 9999) n
         on conflict do nothing",
        club.wallet,
        100 * USDT
    );
    for round in 1..=2 {
        club.world.execute(&take_all).await;
        for _ in 0..2 {
            let _ = club.say(ALICE, "/plans").await;
            let refused = club.press(ALICE, "plan:1").await;
            assert!(refused.text().contains("does not work right now"), "{}", refused.text());
            club.minute().await;
            assert_eq!(
                (club.count("alarm", "kind = 'no_due_free'").await, club.told_admin(1, "No exact amount").len()),
                (1, round)
            );
        }
        club.world.execute(&format!("delete from core.due_reservation where due = {}", 100 * USDT + 7_700)).await;
        club.minute().await;
        assert_eq!(club.count("alarm", "true").await, 0);
    }
    assert_eq!(club.order(ALICE, "1 month").await.due, 100 * USDT + 7_700);
}

#[tokio::test]
async fn a_row_that_was_left_out_is_no_alarm_any_more_once_it_is_handled() {
    let club = Club::new().await;
    let now = club.world.now();
    subscribed(&club, ALICE, now + SignedDuration::from_mins(1)).await;
    subscribed(&club, ALICE + 1, now + SignedDuration::from_hours(24 * 7 + 1)).await;
    club.world.execute(&breaking("subscription_event", ALICE)).await;
    club.world.execute(&breaking("reminder", ALICE + 1)).await;
    club.pass(SignedDuration::from_hours(2)).await;
    club.minute().await;
    let raised = "select subject from subscriptions.alarm order by 1";
    assert_eq!(club.world.column(raised).await, [format!("expire {ALICE}"), format!("remind {}", ALICE + 1)]);
    club.world.execute("drop trigger odd on subscriptions.subscription_event").await;
    club.minute().await;
    assert_eq!(club.world.column(raised).await, [format!("remind {}", ALICE + 1)]);
    club.world.execute("drop trigger odd on subscriptions.reminder").await;
    club.pass(SignedDuration::from_hours(1)).await;
    assert_eq!(club.world.column(raised).await, Vec::<String>::new());
    assert_eq!(club.told_admin(1, "left something out").len(), 2);
}

#[tokio::test]
async fn alarms_beyond_what_one_run_raises_stay_raised() {
    let club = Club::new().await;
    // Nobody is written to here by the hundred.
    club.world.execute("update subscriptions.member set is_staff = false").await;
    let now = club.world.now();
    let add = |from: i32, to: i32, known: SignedDuration| {
        format!(
            "insert into core.chain_tx (hash, state, first_seen_at, next_check_at, onesided_since)
             select lpad(to_hex(n), 64, '0'), 'confirming', '{since}', '2099-01-01', '{since}'
             from generate_series({from}, {to}) n",
            since = now - known
        )
    };
    club.world.execute(&add(1, 502, SignedDuration::from_mins(20))).await;
    let raised = async || club.count("alarm", "kind = 'one_sided'").await;
    club.world.run(DETECT).await;
    assert_eq!(raised().await, 500);
    club.world.run(DETECT).await;
    assert_eq!(raised().await, 502);
    let times = "select count(distinct raised_at) from subscriptions.alarm";
    let before = club.world.number(times).await;
    club.world.execute(&add(503, 510, SignedDuration::from_mins(40))).await;
    for _ in 0..2 {
        club.world.run(DETECT).await;
        assert_eq!(raised().await, 510, "older ones push none out");
    }
    assert_eq!(club.world.number(times).await, before, "{now}");
    club.world.execute("update core.chain_tx set onesided_since = null where hash like '%1'").await;
    club.world.execute("update core.chain_tx set disputed_since = onesided_since where hash like '%2'").await;
    club.world.run(DETECT).await;
    let kinds = "select kind || ' ' || count(*) from subscriptions.alarm group by kind order by kind";
    assert_eq!(club.world.column(kinds).await, ["disputed 32", "one_sided 446"]);
}
