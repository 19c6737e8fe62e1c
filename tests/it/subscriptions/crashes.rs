//! Section 6: killed wherever it waits, and resumed by redelivery, the outbox, or the next job. What happens to the worker
//! of the access queue is in [`super::access_crashes`], to the settlement in scenario 12.

use jiff::SignedDuration;
use local::faults::Fault;
use serde_json::json;
use tests::subscriptions::{Club, USDT};
use tests::{Call, kill_after_polls};

use super::crowd::{
    Books, DAY, FIRST, ask_for_access, books, bring_in, each_has_paid_once, kill_everywhere, kills_job, name, order,
    purse, recover, resume, see_to, shown, subscribe, told, told_once_or_twice,
};

/// A minute passes, and a job's next tick comes.
fn a_minute_passes(club: &Club) {
    club.world.advance(SignedDuration::from_secs(60));
}

/// Killed, and sent again by the front end with the same key.
#[tokio::test]
async fn a_claim_killed_anywhere_and_sent_again_counts_once() {
    let club = Club::new().await;
    let members = kill_everywhere(&club, 20, async |id, points| {
        let hash = club.send_final(&purse(id), 100 * USDT);
        let body = json!({ "telegram_username": name(id), "plan": "1 month", "transaction_hash": hash });
        let call = Call::post("/api/v1/subscriptions/").key(&club.key).json(&body);
        let call = call.header("idempotency-key", &format!("claim-of-{id}"));
        let killed = kill_after_polls(club.world.send(call.clone()), points).await.is_none();
        if killed {
            let again = club.world.send(call).await;
            assert!(matches!(again.status, 201 | 202), "killed at {points}: {} {}", again.status, again.text());
        }
        killed
    })
    .await;
    recover(&club).await;
    each_has_paid_once(&club, members.clone()).await;
    assert_eq!(club.count("claim", "state = 'granted'").await, members.end - members.start);
}

/// Killed, and never sent again: it happened once or not at all, and what happened is brought to its end.
#[tokio::test]
async fn a_claim_killed_anywhere_counts_once_or_not_at_all() {
    let club = Club::new().await;
    let members = kill_everywhere(&club, 20, async |id, points| {
        let hash = club.send_final(&purse(id), 100 * USDT);
        kill_after_polls(club.claim(&name(id), "1 month", &hash), points).await.is_none()
    })
    .await;
    // Whoever does not get an answer asks again some time, if it was not heard.
    recover(&club).await;
    let claims = club.count("claim", "true").await;
    assert_eq!(club.count("claim", "state = 'granted'").await, claims);
    assert!(claims > 1, "none was killed after its commit");
    let mut paid = 0;
    for (id, books) in books(&club, members).await {
        let is_paid = books.payments == 1;
        let expected = if is_paid { Books::of_one(30, 0) } else { Books::default() };
        assert_eq!(books, expected, "killed at {}", id - FIRST);
        paid += i64::from(is_paid);
    }
    assert_eq!(paid, claims);
}

#[tokio::test]
async fn an_order_killed_anywhere_and_redelivered_is_one_order() {
    let club = Club::new().await;
    let members = kill_everywhere(&club, 12, async |id, points| {
        let list = club.say(id, "/plans").await.message().message_id;
        let press = club.world.club_bot.press(id, list, "plan:1");
        let killed = kill_after_polls(club.deliver(&press), points).await.is_none();
        assert_eq!(club.deliver(&press).await.status, 200, "killed at {points}");
        killed
    })
    .await;
    recover(&club).await;
    for id in members.clone() {
        let order = club.open_order(id).await;
        assert_eq!(club.count("plan_order", &format!("chat_id = {id}")).await, 1);
        told_once_or_twice(&club, id, &shown(order.due), id);
    }
    assert_eq!(club.world.number("select count(*) from core.due_reservation").await, members.end - members.start);
}

#[tokio::test]
async fn a_hash_in_chat_killed_anywhere_and_redelivered_pays_once() {
    let club = Club::new().await;
    let members = kill_everywhere(&club, 12, async |id, points| {
        let due = order(&club, id, 1).await.due;
        let hash = club.send_final(&purse(id), due);
        let _ = club.say(id, "/paid").await;
        let update = club.world.club_bot.say(id, &hash);
        let killed = kill_after_polls(club.deliver(&update), points).await.is_none();
        assert_eq!(club.deliver(&update).await.status, 200, "killed at {points}");
        killed
    })
    .await;
    recover(&club).await;
    for id in members.clone() {
        told_once_or_twice(&club, id, "Checking.", id);
    }
    each_has_paid_once(&club, members.clone()).await;
    assert_eq!(club.count("claim", "state = 'granted'").await, members.end - members.start);
}

/// Who asks to join is let in, and their link is used up.
#[tokio::test]
async fn a_join_request_killed_anywhere_and_redelivered_lets_in() {
    let club = Club::new().await;
    let members = kill_everywhere(&club, 6, async |id, points| {
        subscribe(&club, id..id + 1, 10 * DAY).await;
        ask_for_access(&club, id..id + 1, true).await;
        see_to(&club, id).await;
        let link = club.link(id).await.expect("who is live has a link");
        let update = club.world.club_bot.ask_to_join(&club.group, id, Some(&link));
        let killed = kill_after_polls(club.deliver(&update), points).await.is_none();
        assert_eq!(club.deliver(&update).await.status, 200, "killed at {points}");
        killed
    })
    .await;
    recover(&club).await;
    for id in members.clone() {
        assert!(club.is_inside(id), "killed at {}", id - FIRST);
    }
    let all = members.end - members.start;
    assert_eq!(club.count("invite_link", "state = 'used'").await, all);
    assert_eq!(club.count("member", "at_private_group").await, all);
    assert_eq!(club.world.telegram.live_links(&club.group), Vec::<String>::new());
}

/// Who comes in without a plan is removed, whatever becomes of the update that tells of it.
#[tokio::test]
async fn a_stranger_is_removed_wherever_the_update_is_killed() {
    let club = Club::new().await;
    let members = kill_everywhere(&club, 15, async |id, points| {
        club.world.telegram.set_member(&club.group, id, "member", true);
        let mut updates = club.world.club_bot.pending_updates();
        updates.retain(|update| update.get("chat_member").is_some());
        let update = updates.pop().expect("the group tells of it");
        let killed = kill_after_polls(club.deliver(&update), points).await.is_none();
        assert_eq!(club.deliver(&update).await.status, 200, "killed at {points}");
        drop(club.world.club_bot.pending_updates());
        killed
    })
    .await;
    recover(&club).await;
    for id in members {
        assert_eq!(club.world.telegram.status(&club.group, id), "left", "killed at {}", id - FIRST);
    }
    assert_eq!(club.count("access_task", "asked > done").await, 0);
    assert_eq!(club.count("member", "at_private_group").await, 0);
}

#[tokio::test]
async fn the_expiry_killed_anywhere_ends_each_subscription_once() {
    let club = Club::new().await;
    let members = kill_everywhere(&club, 12, async |id, points| {
        a_minute_passes(&club);
        subscribe(&club, id..id + 1, -1).await;
        bring_in(&club, id..id + 1).await;
        let killed = kills_job(&club.world, "subscriptions-expire", points).await;
        resume(&club).await;
        killed
    })
    .await;
    recover(&club).await;
    for id in members.clone() {
        assert_eq!(club.world.telegram.status(&club.group, id), "left", "killed at {}", id - FIRST);
        told_once_or_twice(&club, id, "Your subscription has ended", id);
    }
    for kind in ["expired", "removed"] {
        let events = club.count("subscription_event", &format!("kind = '{kind}'")).await;
        assert_eq!(events, members.end - members.start, "{kind}");
    }
    assert_eq!(club.count("access_task", "asked > done").await, 0);
}

#[tokio::test]
async fn reminders_killed_anywhere_are_made_once() {
    let club = Club::new().await;
    club.set("reminder_schedule", "* * * * *").await;
    club.world.run("subscriptions-remind").await;
    let members = kill_everywhere(&club, 5, async |id, points| {
        a_minute_passes(&club);
        subscribe(&club, id..id + 1, 3 * DAY).await;
        kills_job(&club.world, "subscriptions-remind", points).await
    })
    .await;
    recover(&club).await;
    for id in members.clone() {
        let reminders = told(&club, id, "ends");
        assert!(matches!(reminders, 1 | 2), "killed at {}: {:?}", id - FIRST, club.texts(id));
    }
    let all = members.end - members.start;
    assert_eq!(club.count("reminder", "state = 'sent' and days_before = 3").await, all);
    assert_eq!(club.count("reminder", "state = 'skipped' and days_before = 7").await, all);
    assert_eq!(club.count("reminder", "true").await, 2 * all);
}

#[tokio::test]
async fn the_detection_killed_anywhere_loses_no_payment() {
    let club = Club::new().await;
    let members = kill_everywhere(&club, 25, async |id, points| {
        a_minute_passes(&club);
        let due = order(&club, id, 1).await.due;
        club.send_final(&purse(id), due);
        let killed = kills_job(&club.world, "subscriptions-detect", points).await;
        resume(&club).await;
        killed
    })
    .await;
    recover(&club).await;
    each_has_paid_once(&club, members.clone()).await;
    assert_eq!(club.count("plan_order", "state = 'paid'").await, members.end - members.start);
}

/// The relay is what resumes the others; killed itself, it is resumed by its next run.
#[tokio::test]
async fn the_relay_killed_anywhere_says_all() {
    let club = Club::new().await;
    let members = kill_everywhere(&club, 5, async |id, points| {
        let update = club.world.club_bot.say(id, "/plans");
        club.world.telegram.faults().fail_next("sendMessage", 1, Fault::Status(500));
        assert_eq!(club.deliver(&update).await.status, 200);
        a_minute_passes(&club);
        let killed = kills_job(&club.world, "outbox-relay", points).await;
        a_minute_passes(&club);
        club.world.run("outbox-relay").await;
        killed
    })
    .await;
    recover(&club).await;
    for id in members {
        told_once_or_twice(&club, id, "Please choose a plan", id);
    }
    assert_eq!(club.world.number("select count(*) from core.outbox where state = 'waiting'").await, 0);
}
