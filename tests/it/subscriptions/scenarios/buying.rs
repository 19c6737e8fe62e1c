//! Orders, payments and what they buy: scenarios 1 to 6.

use jiff::SignedDuration;
use local::chain::Draft;
use tests::subscriptions::{ADMINS, Club, USDT};

const ALICE: i64 = 1001;
const MONTH: SignedDuration = SignedDuration::from_hours(30 * 24);

#[tokio::test]
async fn scenario_01_an_exact_payment_buys_a_month() {
    let club = Club::new().await;
    club.member(ALICE, "alice").await;
    let order = club.order(ALICE, "1 month").await;
    assert_eq!(order.due, 100 * USDT + 100);
    let asked = club.texts(ALICE).pop().unwrap();
    assert!(asked.contains("100.0001") && asked.contains(&club.wallet) && asked.contains("TRC-20"), "{asked}");
    club.send_final("alice", order.due);
    club.minute().await;
    let paid_at = club.world.now();
    assert_eq!(club.end(ALICE).await, paid_at + MONTH);
    let ledger = "select kind || ' ' || amount from subscriptions.ledger_entry where chat_id = 1001 order by entry_id";
    assert_eq!(club.world.column(ledger).await, ["payment 100000100", "charge -100000000"]);
    assert_eq!(club.count("invite_link", "chat_id = 1001").await, 1);
    for admin in ADMINS {
        assert_eq!(club.told_admin(admin, "alice").len(), 1, "{:?}", club.texts(admin));
    }
    let link = club.link(ALICE).await.unwrap();
    assert!(club.texts(ALICE).iter().filter(|text| text.contains(&link)).count() == 1, "{:?}", club.texts(ALICE));
    club.join(ALICE).await;
    assert!(club.is_inside(ALICE));
    assert_eq!(club.count("invite_link", "state = 'used'").await, 1);
}

#[tokio::test]
async fn scenario_02_plans_give_their_days_in_seconds_across_a_leap_day() {
    let club = Club::with(tests::World::setup().at("2028-02-27T12:00:00Z")).await;
    for (user, (plan, days)) in (1001..).zip([("1 month", 30), ("3 months", 90), ("6 months", 180), ("1 year", 365)]) {
        club.member(user, &format!("user{user}")).await;
        club.buy(user, plan).await;
        let length = club.end(user).await.duration_since(club.world.now());
        assert_eq!(length.as_secs(), days * 86_400, "{plan}");
    }
}

#[tokio::test]
async fn scenario_03_after_the_end_a_plan_begins_when_it_is_paid() {
    let club = Club::new().await;
    club.member(ALICE, "alice").await;
    club.buy_and_join(ALICE, "1 month").await;
    club.days(35).await;
    assert!(!club.is_inside(ALICE));
    club.buy(ALICE, "1 month").await;
    let now = club.world.now();
    let told = club.subscription(ALICE).await;
    assert_eq!((club.end(ALICE).await, told["starts_at"].as_str().unwrap()), (now + MONTH, now.to_string().as_str()));
}

#[tokio::test]
async fn scenario_04_days_left_are_kept_by_another_plan() {
    let club = Club::new().await;
    club.member(ALICE, "alice").await;
    club.buy_and_join(ALICE, "1 month").await;
    club.days(15).await;
    let left = club.end(ALICE).await;
    club.buy(ALICE, "1 year").await;
    assert_eq!(club.end(ALICE).await, left + SignedDuration::from_hours(365 * 24));
    assert_eq!(club.count("ledger_entry", "kind = 'payment'").await, 2);
    assert_eq!(club.subscription(ALICE).await["plan"], "1 year");
}

#[tokio::test]
async fn scenario_05_what_is_paid_too_much_is_used_by_the_next_order() {
    let club = Club::new().await;
    club.member(ALICE, "alice").await;
    club.order(ALICE, "1 month").await;
    let hash = club.send_final("alice", 130 * USDT);
    let _ = club.say(ALICE, "/paid").await;
    let _ = club.say(ALICE, &hash).await;
    club.settle().await;
    assert_eq!(club.balance(ALICE).await, 30 * USDT);
    assert_eq!(club.count("claim", "state = 'granted'").await, 1);
    let next = club.order(ALICE, "1 month").await;
    assert_eq!(next.due, 70 * USDT + 100);
}

#[tokio::test]
async fn scenario_06_the_transfer_to_us_may_stand_anywhere() {
    let club = Club::new().await;
    club.member(ALICE, "alice").await;
    let order = club.order(ALICE, "1 month").await;
    let (chain, alice) = (&club.world.chain, club.world.chain.wallet("alice"));
    let amount = u128::try_from(order.due).unwrap();
    let others = ["X", "Y"].map(|name| chain.usdt(&alice, &chain.wallet(name), 5_000_000));
    let [first, third] = others;
    let hash = chain.send(Draft::of([first, chain.usdt(&alice, &club.wallet, amount), third]));
    chain.confirm(&hash);
    club.minute().await;
    assert_eq!(club.subscription(ALICE).await["status"], "active");
    let row = format!("select log_index::int8 from core.chain_transfer where hash = '{hash}'");
    assert_eq!(club.world.number(&row).await, 1);
}
