//! 20: premium, paid in Telegram Stars.

use jiff::SignedDuration;
use serde_json::{Value as Json, json};
use tests::{ADMIN, ALICE, BOB, World};

use super::{assert_silent_answer, limit_reached, world};

const DAYS_30: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Asks for an invoice: its message and its payload.
async fn invoice(world: &World, user: i64) -> (i64, String) {
    let premium = world.say(user, "/premium").await;
    let button = premium.message().button_texts().remove(0);
    let sent = world.press(user, &button).await;
    assert_silent_answer(&sent);
    (sent.message().message_id, world.last_call("sendInvoice")["payload"].as_str().unwrap().to_owned())
}

/// Asks whether a payment may pass: the answer.
async fn check_out(world: &World, user: i64, amount: i64, payload: &str) -> Json {
    let answers = world.bot.calls("answerPreCheckoutQuery").len();
    let update = world.bot.check_out(user, amount, payload);
    let _ = world.hand_over(user, update.clone()).await;
    let _ = world.hand_over(user, update).await;
    let calls = world.bot.calls("answerPreCheckoutQuery");
    assert_eq!(calls.len(), answers + 1, "answered once");
    calls.last().unwrap().body.clone()
}

#[track_caller]
fn assert_refused(answer: &Json) {
    assert_eq!(answer["ok"], false);
    assert!(answer["error_message"].as_str().is_some_and(|reason| !reason.is_empty()), "{answer}");
}

async fn premium_until(world: &World, user: i64) -> Option<String> {
    let sql = format!(
        "select to_char(premium_until at time zone 'UTC', 'YYYY-MM-DD HH24:MI') from keyhub.person
         where user_id = {user} and premium_until is not null"
    );
    world.column(&sql).await.pop()
}

async fn take(world: &World, user: i64, count: usize) -> usize {
    let mut taken = 0;
    for _ in 0..count {
        taken += usize::from(world.say(user, "/shareinfoa").await.key().is_some());
        world.advance(SignedDuration::from_secs(3));
    }
    taken
}

#[tokio::test]
async fn scenario_20_the_invoice_is_in_stars() {
    let world = world().await;
    let (message, payload) = invoice(&world, ALICE).await;
    let call = world.last_call("sendInvoice");
    assert_eq!(
        (&call["currency"], &call["provider_token"], &call["chat_id"]),
        (&json!("XTR"), &json!(""), &json!(ALICE))
    );
    let prices = call["prices"].as_array().unwrap();
    assert_eq!((prices.len(), &prices[0]["amount"]), (1, &json!(250)));
    assert_eq!(
        world.column("select concat_ws(' ', invoice_id, user_id, stars) from keyhub.invoice").await,
        [format!("{payload} 7 250")]
    );
    let (other, second) = invoice(&world, ALICE).await;
    assert!(other != message && second != payload);
}

#[tokio::test]
async fn scenario_20_only_the_own_invoice_at_its_price_may_be_paid() {
    let world = World::setup().set("KEYHUB_PREMIUM_STARS", "99").start().await.stocked().await;
    let (_, payload) = invoice(&world, ALICE).await;
    assert_eq!(check_out(&world, ALICE, 99, &payload).await["ok"], true);
    for (user, amount, payload) in
        [(ALICE, 1, payload.as_str()), (ALICE, 100, &payload), (BOB, 99, &payload), (ALICE, 99, "x"), (ALICE, 99, "")]
    {
        assert_refused(&check_out(&world, user, amount, payload).await);
    }
    let mut dollars = world.bot.check_out(ALICE, 99, &payload);
    dollars["pre_checkout_query"]["currency"] = json!("USD");
    let _ = world.hand_over(ALICE, dollars).await;
    assert_refused(&world.last_call("answerPreCheckoutQuery"));
    let key = world.api_key(&["keyhub:write"]).await;
    let block = tests::Call::patch("/keyhub/users/7").json(&json!({ "blocked": true, "block_reason": "resale" }));
    assert_eq!(world.send(block.key(&key)).await.status, 200);
    assert_refused(&check_out(&world, ALICE, 99, &payload).await);
}

#[tokio::test]
async fn scenario_20_a_payment_gives_30_days_of_ten_keys() {
    let world = world().await;
    world.introduce(ALICE).await;
    assert_eq!(take(&world, ALICE, 3).await, 2);
    let (message, _) = invoice(&world, ALICE).await;
    let turns = world.pay(ALICE, message).await;
    assert_eq!(turns.len(), 2, "asked and paid");
    assert!(turns[1].text().contains("2025-03-31"), "{}", turns[1].text());
    let paid = turns[1].update.clone();
    assert_eq!(paid["message"]["successful_payment"]["total_amount"], 250);
    let until = premium_until(&world, ALICE).await;
    assert_eq!(until.as_deref(), Some("2025-03-31 12:00"));
    let said = world.hand_over(ALICE, world.bot.renumbered(&paid)).await;
    assert_eq!(said.texts(), Vec::<&str>::new(), "the same charge under another update");
    assert_eq!(premium_until(&world, ALICE).await, until);
    assert_eq!(world.number("select count(*) from keyhub.payment").await, 1);
    world.advance(SignedDuration::from_mins(1));
    assert_eq!(take(&world, ALICE, 9).await, 8);
    let refused = world.say(ALICE, "/shareinfoa").await;
    assert_eq!(refused.text(), limit_reached(10, "per day", "A", "2025-03-02 00:00:00 UTC"));
    assert!(world.say(ALICE, "/premium").await.text().contains("2025-03-31"));
}

#[tokio::test]
async fn scenario_20_premium_ends_and_can_be_prolonged() {
    let world = world().await;
    world.set_product("A", json!({ "limit": { "mode": "rolling", "n": 2, "hours": 24 } })).await;
    world.introduce(ALICE).await;
    for days in 1..=2 {
        let (message, _) = invoice(&world, ALICE).await;
        let turns = world.pay(ALICE, message).await;
        assert_eq!(turns.len(), 2);
        let until = (world.now() + DAYS_30 * days).strftime("%Y-%m-%d %H:%M").to_string();
        assert_eq!(premium_until(&world, ALICE).await, Some(until), "payment {days} adds 30 days");
    }
    world.advance(DAYS_30 * 2 - SignedDuration::from_secs(20));
    let _ = world.share_location(ALICE).await;
    assert_eq!(take(&world, ALICE, 3).await, 3, "premium still holds");
    world.advance(SignedDuration::from_secs(11));
    let refused = world.say(ALICE, "/shareinfoa").await;
    assert!(
        refused.text().starts_with("You have reached the limit of 2 keys per 24 hours for product A."),
        "{}",
        refused.text()
    );
}

#[tokio::test]
async fn scenario_20_a_payment_of_no_invoice_is_granted_and_reported() {
    let world = world().await;
    world.introduce(ALICE).await;
    let update = world.bot.pay_unasked(ALICE, 7, "no such payload");
    let charge = update["message"]["successful_payment"]["telegram_payment_charge_id"].as_str().unwrap().to_owned();
    let _ = world.hand_over(ALICE, update.clone()).await;
    let _ = world.hand_over(ALICE, world.bot.renumbered(&update)).await;
    assert_eq!(premium_until(&world, ALICE).await.as_deref(), Some("2025-03-31 12:00"));
    let alerts = world.texts(ADMIN);
    assert!(alerts.len() == 1 && alerts[0].contains(&charge) && alerts[0].contains('7'), "{alerts:?}");
}

#[tokio::test]
async fn scenario_20_a_refund_takes_30_days_back_once() {
    for admin_first in [true, false] {
        let world = world().await;
        world.introduce(ALICE).await;
        for _ in 0..2 {
            let (message, _) = invoice(&world, ALICE).await;
            let _ = world.pay(ALICE, message).await;
        }
        let charge = world.bot.charges().remove(0);
        if admin_first {
            assert!(world.say(ADMIN, &format!("/refund {charge}")).await.text().contains("is refunded"));
            assert_eq!(world.last_call("refundStarPayment")["telegram_payment_charge_id"], charge.as_str());
            for update in world.bot.pending_updates() {
                let _ = world.hand_over(ALICE, update).await;
            }
        } else {
            let _ = world.hand_over(ALICE, world.bot.refund(&charge)).await;
        }
        assert_eq!(premium_until(&world, ALICE).await.as_deref(), Some("2025-03-31 12:00"));
        let _ = world.say(ADMIN, &format!("/refund {charge}")).await;
        assert_eq!(premium_until(&world, ALICE).await.as_deref(), Some("2025-03-31 12:00"), "both act once");
        let unknown = world.say(ADMIN, "/refund nosuch").await;
        assert!(unknown.text().contains("nosuch"), "{}", unknown.text());
    }
}

#[tokio::test]
async fn scenario_20_refunds_are_for_admins() {
    let world = world().await;
    world.introduce(ALICE).await;
    let (message, _) = invoice(&world, ALICE).await;
    let _ = world.pay(ALICE, message).await;
    let charge = world.bot.charges().remove(0);
    let said = world.say(ALICE, &format!("/refund {charge}")).await;
    assert_eq!(said.text(), super::unknown_command("refund"));
    assert_eq!((world.bot.calls("refundStarPayment").len(), world.bot.charges()), (0, vec![charge]));
}
