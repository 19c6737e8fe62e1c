//! What members and admins do in chat.

use tests::subscriptions::{ADMINS, Club, USDT};

const ALICE: i64 = 1001;
const BOB: i64 = 1002;
const ADMIN: i64 = ADMINS[0];

async fn said(club: &Club, user: i64, text: &str) -> String {
    let turn = club.say(user, text).await;
    turn.said.iter().map(|message| message.text.clone()).collect::<Vec<_>>().join("\n")
}

#[track_caller]
fn check(text: &str, facts: &[&str]) {
    for fact in facts {
        assert!(text.contains(fact), "no {fact} in {text}");
    }
}

#[tokio::test]
async fn a_member_finds_their_way() {
    let club = Club::new().await;
    club.member(ALICE, "alice").await;
    check(&said(&club, ALICE, "/start").await, &["private group"]);
    check(&said(&club, ALICE, "what is this").await, &["private group"]);
    check(&said(&club, ALICE, "/help").await, &["TRC-20", "@help"]);
    check(&said(&club, ALICE, "/status").await, &["no subscription yet", "not in the group"]);
    check(&said(&club, ALICE, "/history").await, &["Nothing has happened"]);
    check(&said(&club, ALICE, "/link").await, &["no running subscription"]);
    check(&said(&club, ALICE, "/stats").await, &["private group"]);
    let first = club.order(ALICE, "1 month").await;
    check(&said(&club, ALICE, "/status").await, &["Open order: 1 month, 100.0001 USDT", "Waiting for the payment"]);
    assert_eq!(club.order(ALICE, "1 month").await, first, "the same plan again is the open order");
    let other = club.order(ALICE, "1 year").await;
    assert_eq!(other.due, 800 * USDT + 100);
    let turn = club.press(ALICE, &format!("cancel:{}", other.id)).await;
    check(&turn.said[0].text, &["cancelled"]);
    let turn = club.press(ALICE, &format!("cancel:{}", other.id)).await;
    assert_eq!((turn.said.len(), turn.popups.len()), (0, 1), "it is closed");
    assert_eq!(club.count("plan_order", "state = 'cancelled'").await, 2);
}

#[tokio::test]
async fn an_order_of_somebody_else_is_not_available() {
    let club = Club::new().await;
    club.member(ALICE, "alice").await;
    club.member(BOB, "bob").await;
    let order = club.order(ALICE, "1 month").await;
    for data in ["paid", "bal", "cancel"] {
        let turn = club.press_data(BOB, &format!("{data}:{}", order.id)).await;
        assert_eq!((turn.said.len(), turn.popups.len()), (0, 1), "{data}");
    }
    assert_eq!(club.open_order(ALICE).await, order);
    // Nothing was asked, so a hash is only a text.
    check(&said(&club, BOB, &"a1".repeat(32)).await, &["private group"]);
}

#[tokio::test]
async fn a_pasted_hash_is_checked_and_pays() {
    let club = Club::new().await;
    club.member(ALICE, "alice").await;
    let order = club.order(ALICE, "1 month").await;
    let hash = club.send_final("alice", 130 * USDT);
    let turn = club.press(ALICE, &format!("paid:{}", order.id)).await;
    check(&turn.said[0].text, &["transaction hash"]);
    check(&said(&club, ALICE, "I paid yesterday").await, &["exactly one transaction hash"]);
    let link = format!("https://tronscan.org/#/transaction/{hash}");
    check(&said(&club, ALICE, &link).await, &["Checking"]);
    club.settle().await;
    let texts = club.texts(ALICE).join("\n");
    check(&texts, &["Your personal link"]);
    check(&said(&club, ALICE, "/status").await, &["Plan: 1 month", "30 days left", "Balance: 30 USDT"]);
    check(&said(&club, ALICE, "/history").await, &["subscription started, until"]);
    // The same hash again is no second payment.
    let _ = club.say(ALICE, "/paid").await;
    check(&said(&club, ALICE, &hash).await, &["used already"]);
    assert_eq!(club.balance(ALICE).await, 30 * USDT);
}

#[tokio::test]
async fn a_balance_pays_an_order_alone() {
    let club = Club::new().await;
    club.member(ALICE, "alice").await;
    club.order(ALICE, "1 month").await;
    let hash = club.send_final("alice", 250 * USDT);
    let _ = club.say(ALICE, "/paid").await;
    let _ = club.say(ALICE, &hash).await;
    club.settle().await;
    assert_eq!(club.balance(ALICE).await, 150 * USDT);
    let end = club.end(ALICE).await;
    let order = club.order(ALICE, "1 month").await;
    let asked = club.texts(ALICE).pop().unwrap();
    check(&asked, &["covers this order"]);
    let turn = club.press(ALICE, &format!("bal:{}", order.id)).await;
    check(&turn.said[0].text, &["Paid from your balance"]);
    assert!(club.end(ALICE).await > end);
    assert_eq!(club.balance(ALICE).await, 50 * USDT);
    let turn = club.press(ALICE, &format!("bal:{}", order.id)).await;
    assert_eq!((turn.said.len(), turn.popups.len()), (0, 1), "once");
}

#[tokio::test]
async fn a_link_is_renewed_at_most_twice_a_minute() {
    let club = Club::new().await;
    club.member(ALICE, "alice").await;
    club.buy(ALICE, "1 month").await;
    let first = club.link(ALICE).await.unwrap();
    check(&said(&club, ALICE, "/link").await, &["in a moment"]);
    club.settle().await;
    let second = club.link(ALICE).await.unwrap();
    assert_ne!(first, second);
    check(&said(&club, ALICE, "/link").await, &["try again in 30 seconds"]);
    club.join(ALICE).await;
    check(&said(&club, ALICE, "/link").await, &["You are in the group"]);
}

#[tokio::test]
async fn admins_do_what_they_confirm_and_once() {
    let club = Club::new().await;
    club.member(ALICE, "alice").await;
    check(&said(&club, ADMIN, "/extend alice").await, &["Please write: /extend"]);
    check(&said(&club, ADMIN, "/extend @nobody 3").await, &["Nobody is known"]);
    check(&said(&club, ADMIN, "/extend @Alice 10 for <waiting>").await, &["Add 10 days", "for <waiting>"]);
    assert_eq!(club.count("subscription", "true").await, 0, "nothing before the second word");
    let turn = club.press(ADMIN, "Yes, do it").await;
    check(&turn.said[0].text, &["Done.", "@alice"]);
    let again = club.press(ADMIN, "Yes, do it").await;
    assert_eq!((again.said.len(), again.popups.len()), (0, 1));
    club.settle().await;
    assert_eq!(club.count("subscription_event", "kind = 'extended' and days = 10").await, 1);
    for admin in ADMINS {
        assert_eq!(club.told_admin(admin, "Extended by 10 days").len(), 1);
    }
    club.join(ALICE).await;
    check(&said(&club, ADMIN, "/find ali").await, &["@alice", "1001", "Runs until", "in the group"]);
    check(&said(&club, ADMIN, "/kick 1001").await, &["End the subscription now"]);
    let _ = club.press(ADMIN, "No").await;
    assert!(club.is_inside(ALICE));
    let _ = club.say(ADMIN, "/kick 1001").await;
    let _ = club.press(ADMIN, "Yes, do it").await;
    club.settle().await;
    assert!(!club.is_inside(ALICE));
    check(&club.texts(ALICE).join("\n"), &["you were removed"]);
    let _ = club.say(ADMIN, "/ban alice").await;
    let _ = club.press(ADMIN, "Yes, do it").await;
    assert_eq!(club.count("member", "blocked").await, 1);
    check(&said(&club, ALICE, "/link").await, &["You are blocked"]);
    let _ = club.say(ADMIN, "/unban alice").await;
    let _ = club.press(ADMIN, "Yes, do it").await;
    assert_eq!(club.count("member", "blocked").await, 0);
}

#[tokio::test]
async fn admins_give_payments_to_members_and_see_the_numbers() {
    let club = Club::new().await;
    club.member(ALICE, "alice").await;
    check(&said(&club, ADMIN, "/unassigned").await, &["No payment waits"]);
    let hash = club.send_final("stranger", 100 * USDT);
    club.minute().await;
    check(&said(&club, ADMIN, "/unassigned").await, &["100 USDT", &hash, "nobody claims it"]);
    check(&said(&club, ADMIN, "/stats").await, &["Unassigned: 100 USDT", "Income of 30 days: 0 USDT"]);
    check(&said(&club, ADMIN, &format!("/assign {hash} alice 2 weeks")).await, &["no plan called 2 weeks"]);
    check(&said(&club, ADMIN, &format!("/assign {hash} alice 1 month")).await, &["Give 100 USDT", "1 month"]);
    let _ = club.press(ADMIN, "Yes, do it").await;
    club.settle().await;
    check(&club.texts(ALICE).join("\n"), &["Your personal link"]);
    check(&said(&club, ADMIN, &format!("/assign {hash} alice")).await, &["settled already"]);
    check(&said(&club, ADMIN, "/stats").await, &["Active: 1", "Income of 30 days: 100 USDT", "1 month: 100 USDT"]);
    check(&said(&club, ADMIN, "/admin").await, &["Members: 4", "Active: 1", "unassigned: 0", "/assign HASH WHO"]);
}

#[tokio::test]
async fn everybody_is_spoken_to_in_their_language() {
    let club = Club::new().await;
    club.russian(ALICE, "Алиса");
    check(&said(&club, ALICE, "/start").await, &["закрытую группу"]);
    check(&said(&club, ALICE, "/status").await, &["ещё нет подписки"]);
    club.buy(ALICE, "1 month").await;
    check(&club.texts(ALICE).join("\n"), &["Ваша личная ссылка"]);
    check(&said(&club, ALICE, "/status").await, &["осталось 30 дней", "+03:00", "Europe/Moscow"]);
}
