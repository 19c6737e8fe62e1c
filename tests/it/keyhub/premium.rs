//! Payments: each charge once, whatever order, repetition or kill.

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use local::faults::Fault;
use serde_json::{Value as Json, json};
use tests::{ADMIN, World, kill_after_polls};

use super::shop::{all_is_said, count, customer, open, shop, stock};

const USER: i64 = 1001;
const STARS: i64 = 250;

fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

async fn market() -> World {
    let world = shop().await;
    stock(&world, "A", 30).await;
    customer(&world, USER).await;
    world
}

async fn until(world: &World, id: i64) -> Option<Timestamp> {
    let sql = "select premium_until from keyhub.person where user_id = $1";
    world.db().await.query_opt(sql, &[&id]).await.unwrap().and_then(|row| row.get(0))
}

/// A payment of an invoice that the person asked for: the `successful_payment`, not yet delivered.
async fn payment(world: &World, id: i64) -> Json {
    let offer = world.say(id, "/premium").await;
    let button = offer.message().button_texts().remove(0);
    let _ = world.press(id, &button).await;
    let payload = world.last_call("sendInvoice")["payload"].as_str().unwrap().to_owned();
    world.bot.pay_unasked(id, STARS, &payload)
}

fn charge(payment: &Json) -> &str {
    payment["message"]["successful_payment"]["telegram_payment_charge_id"].as_str().unwrap()
}

#[tokio::test]
async fn a_charge_counts_once_however_often_it_is_told() {
    let world = market().await;
    let paid = payment(&world, USER).await;
    let told: Vec<Json> = (0..8).map(|_| world.bot.renumbered(&paid)).chain([paid.clone(), paid.clone()]).collect();
    let statuses = join_all(told.iter().map(|update| world.telegram_update(update))).await;
    assert_eq!(statuses, vec![200; 10]);
    world.run("outbox-relay").await;
    assert_eq!(until(&world, USER).await, Some(world.now() + days(30)));
    assert_eq!((count(&world, USER, "Thank you!"), count(&world, ADMIN, "matches no invoice")), (1, 0));
    assert_eq!(world.number("select count(*) from keyhub.payment where matched").await, 1);
}

#[tokio::test]
async fn payments_add_up() {
    let world = market().await;
    for n in 1..=3 {
        let paid = payment(&world, USER).await;
        let _ = world.hand_over(USER, paid).await;
        assert_eq!(until(&world, USER).await, Some(world.now() + days(30 * n)));
    }
    let two: Vec<Json> = vec![payment(&world, USER).await, payment(&world, USER).await];
    assert_eq!(join_all(two.iter().map(|update| world.telegram_update(update))).await, [200, 200]);
    assert_eq!(until(&world, USER).await, Some(world.now() + days(150)), "also those that arrive at once");
}

#[tokio::test]
async fn killed_anywhere_and_redelivered_a_payment_counts_once() {
    let world = market().await;
    for polls in 1.. {
        let id = USER + i64::try_from(polls).unwrap();
        customer(&world, id).await;
        let paid = world.bot.pay_unasked(id, STARS, "no invoice");
        let killed = kill_after_polls(world.telegram_update(&paid), polls).await.is_none();
        assert_eq!(world.telegram_update(&paid).await, 200);
        assert_eq!(until(&world, id).await, Some(world.now() + days(30)), "after {polls} polls");
        if !killed {
            break;
        }
    }
    let counted = world.number("select count(*) from keyhub.payment where not matched").await;
    assert!(counted > 3, "only {counted} points to be killed at");
    world.advance(shared::db::outbox::LEASE);
    world.run("outbox-relay").await;
    all_is_said(&world).await;
    assert!(count(&world, ADMIN, "matches no invoice") >= usize::try_from(counted).unwrap());
}

#[tokio::test]
async fn a_refund_takes_back_once_by_whichever_way() {
    let world = market().await;
    for by_message_first in [true, false] {
        let paid = payment(&world, USER).await;
        let _ = world.hand_over(USER, paid.clone()).await;
        let before = until(&world, USER).await.unwrap();
        let told = world.bot.refund(charge(&paid));
        let asked = world.bot.say(ADMIN, &format!("/refund {}", charge(&paid)));
        let (first, second) = if by_message_first { (&told, &asked) } else { (&asked, &told) };
        assert_eq!(world.telegram_update(first).await, 200);
        assert_eq!(world.telegram_update(second).await, 200);
        assert_eq!(world.telegram_update(&world.bot.renumbered(&told)).await, 200);
        assert_eq!(until(&world, USER).await, Some(before - days(30)));
    }
    let paid = payment(&world, USER).await;
    let _ = world.hand_over(USER, paid.clone()).await;
    let before = until(&world, USER).await.unwrap();
    let both = [world.bot.refund(charge(&paid)), world.bot.say(ADMIN, &format!("/refund {}", charge(&paid)))];
    assert_eq!(join_all(both.iter().map(|update| world.telegram_update(update))).await, [200, 200]);
    assert_eq!(until(&world, USER).await, Some(before - days(30)), "both at once act once");
}

#[tokio::test]
async fn a_question_of_telegram_is_answered_even_if_its_invoice_is_of_someone_unknown() {
    let world = market().await;
    let stranger = USER + 7;
    world.newcomer(stranger);
    for (id, payload) in [(stranger, "x"), (USER, ""), (USER, "\u{202e}")] {
        let _ = world.hand_over(id, world.bot.check_out(id, STARS, payload)).await;
        let answer = world.last_call("answerPreCheckoutQuery");
        assert_eq!(answer["ok"], false);
        assert!(answer["error_message"].is_string());
    }
    let paid = world.bot.pay_unasked(stranger, STARS, "x");
    let _ = world.hand_over(stranger, paid).await;
    assert_eq!(until(&world, stranger).await, Some(world.now() + days(30)), "granted to the payer");
    assert_eq!(count(&world, ADMIN, "matches no invoice"), 1);
}

#[tokio::test]
async fn a_question_of_telegram_does_not_wait_behind_messages_in_trouble() {
    let world = market().await;
    let offer = world.say(USER, "/premium").await;
    let _ = world.press(USER, &offer.message().button_texts().remove(0)).await;
    let payload = world.last_call("sendInvoice")["payload"].as_str().unwrap().to_owned();
    world.telegram.faults().fail_next("sendMessage", 9, Fault::Status(500));
    assert_eq!(world.say(USER, "/help").await.said.len(), 0);
    let _ = world.hand_over(USER, world.bot.check_out(USER, STARS, &payload)).await;
    assert_eq!(world.last_call("answerPreCheckoutQuery")["ok"], true, "there are ten seconds to answer");
}

#[tokio::test]
async fn while_postgres_is_away_payments_wait() {
    let world = open(World::setup().proxied()).await;
    customer(&world, USER).await;
    let paid = payment(&world, USER).await;
    world.proxies().postgres.refuse();
    assert_eq!(world.telegram_update(&paid).await, 500);
    world.proxies().postgres.forward();
    let _ = world.hand_over(USER, paid).await;
    assert_eq!(until(&world, USER).await, Some(world.now() + days(30)));
}

#[tokio::test]
async fn premium_without_an_end_in_sight_takes_a_payment_too() {
    let world = market().await;
    let forever = json!({ "premium_until": "9999-12-30T00:00:00Z" });
    let key = world.api_key(&["keyhub:write"]).await;
    assert_eq!(world.http(http::Method::PATCH, &format!("/keyhub/users/{USER}"), &key, Some(forever)).await.0, 200);
    let paid = payment(&world, USER).await;
    let _ = world.hand_over(USER, paid).await;
    assert!(until(&world, USER).await.is_some());
}
