//! What is known of who is in the group: old news, ends that move, names that were forgotten, another group.

use jiff::SignedDuration;
use serde_json::{Value as Json, json};
use tests::subscriptions::Club;

const ALICE: i64 = 1001;
const EVE: i64 = 1666;
const REMOVED: &str = "you were removed from the group";

async fn member(club: &Club) {
    club.member(ALICE, "alice").await;
}

/// The updates about memberships that wait.
fn changes(club: &Club) -> Vec<Json> {
    let mut updates = club.world.club_bot.pending_updates();
    updates.retain(|update| update.get("chat_member").is_some());
    updates
}

async fn is_noted_inside(club: &Club, user: i64) -> bool {
    club.count("member", &format!("chat_id = {user} and at_private_group")).await == 1
}

async fn deliver_all(club: &Club, updates: impl IntoIterator<Item = &Json>) {
    for update in updates {
        assert_eq!(club.deliver(update).await.status, 200);
    }
}

fn bans(club: &Club) -> usize {
    club.world.club_bot.calls("banChatMember").len()
}

#[tokio::test]
async fn old_news_of_a_membership_changes_nothing() {
    let club = Club::new().await;
    member(&club).await;
    // They come and go in the same second, and later once more; all is delivered backwards.
    for seconds in [0, 0, 90] {
        club.world.advance(SignedDuration::from_secs(seconds));
        club.world.telegram.set_member(&club.group, ALICE, "member", true);
        club.world.telegram.leave(&club.group, ALICE).unwrap();
    }
    let updates = changes(&club);
    assert_eq!(updates.len(), 6);
    deliver_all(&club, updates.iter().rev()).await;
    club.settle().await;
    assert!(!is_noted_inside(&club, ALICE).await);
    assert_eq!(bans(&club), 0);
    assert_eq!(club.count("subscription_event", "true").await, 0);
}

#[tokio::test]
async fn news_from_before_telegram_was_asked_change_nothing() {
    let club = Club::new().await;
    member(&club).await;
    club.world.telegram.set_member(&club.group, ALICE, "member", true);
    let came = changes(&club);
    club.world.telegram.leave(&club.group, ALICE).unwrap();
    let left = changes(&club);
    club.world.advance(SignedDuration::from_hours(13));
    club.world.run("subscriptions-verify").await;
    club.settle().await;
    assert_eq!(club.count("member", &format!("chat_id = {ALICE} and group_status = 'left'")).await, 1);
    deliver_all(&club, &came).await;
    assert!(!is_noted_inside(&club, ALICE).await);
    deliver_all(&club, &left).await;
    club.world.telegram.set_member(&club.group, 1, "member", true);
    club.world.telegram.set_member(&club.group, ALICE, "administrator", true);
    deliver_all(&club, &changes(&club)).await;
    assert!(is_noted_inside(&club, ALICE).await, "what comes after it does");
    assert_eq!(bans(&club), 0);
}

#[tokio::test]
async fn who_was_outside_at_the_end_is_told_nothing_and_who_came_in_unheard_is_removed() {
    let club = Club::new().await;
    member(&club).await;
    club.member(EVE, "eve").await;
    club.buy(ALICE, "1 month").await;
    club.buy(EVE, "1 month").await;
    club.world.telegram.set_member(&club.group, EVE, "member", true);
    assert_eq!(changes(&club).len(), 1, "and it is lost");
    club.days(30).await;
    assert_eq!(club.count("subscription_event", "kind = 'expired'").await, 2);
    let told = |user| club.texts(user).iter().filter(|text| text.contains(REMOVED)).count();
    assert_eq!((told(ALICE), told(EVE)), (0, 1), "{:?}", club.texts(ALICE));
    assert_eq!(club.count("subscription_event", &format!("kind = 'removed' and chat_id = {EVE}")).await, 1);
    assert_eq!(club.count("subscription_event", "kind = 'removed'").await, 1);
    assert_eq!((club.world.telegram.status(&club.group, EVE).as_str(), bans(&club)), ("left", 1));
    assert_eq!(club.count("subscription", "removed_end = ends_at").await, 2);
    // Who is let go and kicked once more while outside hears nothing either.
    club.minute().await;
    assert_eq!((told(ALICE), told(EVE), bans(&club)), (0, 1, 1));
}

#[tokio::test]
async fn who_runs_again_by_a_longer_grace_is_removed_at_its_end() {
    let club = Club::new().await;
    member(&club).await;
    club.buy_and_join(ALICE, "1 month").await;
    club.days(30).await;
    assert!(!club.is_inside(ALICE));
    club.set("grace_days", "2").await;
    club.minute().await;
    assert_eq!(club.subscription(ALICE).await["status"], "grace");
    let _ = club.say(ALICE, "/link").await;
    club.settle().await;
    club.join(ALICE).await;
    assert!(club.is_inside(ALICE));
    club.days(1).await;
    assert!(club.is_inside(ALICE));
    club.days(1).await;
    assert!(!club.is_inside(ALICE));
    assert_eq!(club.count("subscription_event", "kind = 'expired'").await, 1, "an end expires once");
    assert_eq!(club.count("subscription_event", "kind = 'removed'").await, 2);
    assert_eq!(club.count("subscription", "expired_end = ends_at and removed_end = ends_at").await, 1);
}

#[tokio::test]
async fn names_are_cut_and_come_back_with_who_bears_them() {
    let club = Club::new().await;
    member(&club).await;
    club.buy_and_join(ALICE, "1 month").await;
    let forget = json!({ "anonymise": ALICE });
    let named = format!("chat_id = {ALICE} and first_name is not null and anonymised_at is null");
    let forgotten = format!("chat_id = {ALICE} and first_name is null and anonymised_at is not null");
    club.world.direct("subscriptions-operator", forget.clone()).await;
    club.world.telegram.leave(&club.group, ALICE).unwrap();
    club.settle().await;
    assert_eq!(club.count("member", &forgotten).await, 1, "others' news of them bring no names");
    club.person(ALICE, &"Ж".repeat(300), Some("alice"));
    club.join(ALICE).await;
    assert_eq!(club.count("member", &format!("{named} and length(first_name) = 256")).await, 1);
    club.world.direct("subscriptions-operator", forget.clone()).await;
    let _ = club.say(ALICE, "/start").await;
    assert_eq!(club.count("member", &named).await, 1);
    club.world.direct("subscriptions-operator", forget).await;
    let body = json!({ "chat_id": ALICE, "telegram_username": "alice", "first_name": "Alice" });
    assert_eq!(club.post("/api/v1/users/", &body).await.status, 200);
    assert_eq!(club.count("member", &named).await, 1);
}

#[tokio::test]
async fn another_group_is_an_empty_one() {
    let club = Club::new().await;
    member(&club).await;
    club.member(EVE, "eve").await;
    club.buy_and_join(ALICE, "1 month").await;
    club.buy(EVE, "1 month").await;
    club.set("group_chat_id", &club.group).await;
    assert!(is_noted_inside(&club, ALICE).await, "it is the same group");
    assert_eq!(club.count("invite_link", "state = 'live'").await, 1);
    club.set("group_chat_id", "-1007777777777").await;
    let known = "at_private_group or group_status is not null or group_checked_at is not null";
    assert_eq!(club.count("member", known).await, 0);
    assert_eq!(club.count("invite_link", "state = 'live'").await, 0);
    assert_eq!(club.count("invite_link", "state = 'revoked'").await, 1);
    // What comes from the old group is nobody's concern.
    club.world.telegram.leave(&club.group, ALICE).unwrap();
    deliver_all(&club, &changes(&club)).await;
    assert_eq!(club.count("member", known).await, 0);
}
