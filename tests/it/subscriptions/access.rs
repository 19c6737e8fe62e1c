//! Section 4.5: who is in the group, who is let in, and who is removed.

use jiff::SignedDuration;
use local::faults::Fault;
use serde_json::json;
use tests::subscriptions::Club;

const ALICE: i64 = 1001;
const BOB: i64 = 1002;
const EVE: i64 = 1666;

async fn club_with(user: i64, name: &str) -> Club {
    let club = Club::new().await;
    club.member(user, name).await;
    club
}

/// Somebody adds a person to the group by hand.
fn bring_in(club: &Club, user: i64) {
    club.world.telegram.set_member(&club.group, user, "member", true);
}

/// How often the bot called a method about somebody.
fn calls(club: &Club, method: &str, user: i64) -> usize {
    club.world.club_bot.calls(method).iter().filter(|call| call.body["user_id"] == user).count()
}

fn removed_notes(club: &Club, admin: i64) -> usize {
    club.texts(admin).iter().filter(|text| text.contains("removed") || text.contains("Removed")).count()
}

#[tokio::test]
async fn who_pays_gets_one_link_and_is_let_in_by_it() {
    let club = club_with(ALICE, "alice").await;
    club.buy(ALICE, "1 month").await;
    let made = club.world.club_bot.calls("createChatInviteLink");
    let [link] = made.as_slice() else { panic!("{made:?}") };
    assert_eq!(link.body["creates_join_request"], true);
    assert_eq!(link.body["name"], "1001");
    assert_eq!(link.body["expire_date"], club.world.now().as_second() + 24 * 3600);
    assert!(link.body.get("member_limit").is_none());
    let url = club.link(ALICE).await.unwrap();
    assert_eq!(club.texts(ALICE).iter().filter(|text| text.contains(&url)).count(), 1);
    club.join(ALICE).await;
    assert!(club.is_inside(ALICE));
    assert_eq!(club.count("member", &format!("chat_id = {ALICE} and at_private_group")).await, 1);
    assert_eq!(club.count("invite_link", "state = 'used'").await, 1);
    assert_eq!(club.world.telegram.live_links(&club.group), Vec::<String>::new(), "revoked at Telegram, too");
    assert_eq!(club.count("access_task", "asked > done").await, 0);
}

#[tokio::test]
async fn who_renews_inside_is_told_the_new_end_and_gets_no_link() {
    let club = club_with(ALICE, "alice").await;
    club.buy_and_join(ALICE, "1 month").await;
    let before = club.texts(ALICE).len();
    club.buy(ALICE, "1 month").await;
    assert_eq!(club.world.club_bot.calls("createChatInviteLink").len(), 1);
    assert!(club.texts(ALICE).len() > before);
    assert_eq!(club.link(ALICE).await, None);
}

#[tokio::test]
async fn at_the_end_a_member_is_removed_and_told_once() {
    let club = club_with(ALICE, "alice").await;
    club.buy_and_join(ALICE, "1 month").await;
    club.days(30).await;
    assert_eq!(club.subscription(ALICE).await["status"], "expired");
    assert!(!club.is_inside(ALICE));
    assert_eq!(club.world.telegram.status(&club.group, ALICE), "left", "unbanned");
    let of = |method| calls(&club, method, ALICE);
    assert_eq!((of("banChatMember"), club.world.club_bot.calls("banChatMember").len()), (1, 1));
    assert_eq!(club.count("subscription_event", "kind = 'removed'").await, 1);
    assert_eq!(club.count("subscription_event", "kind = 'expired'").await, 1);
    for admin in [1, 2, 3] {
        assert_eq!(removed_notes(&club, admin), 1, "{:?}", club.texts(admin));
    }
    let told = club.texts(ALICE).len();
    for _ in 0..3 {
        club.minute().await;
    }
    assert_eq!(club.texts(ALICE).len(), told);
    assert_eq!(club.world.club_bot.calls("banChatMember").len(), 1);
    assert_eq!(club.count("member", &format!("chat_id = {ALICE} and not at_private_group")).await, 1);
    club.buy(ALICE, "1 month").await;
    assert!(club.link(ALICE).await.is_some(), "paying again brings a new link");
    club.join(ALICE).await;
    assert!(club.is_inside(ALICE));
}

#[tokio::test]
async fn a_link_lets_in_nobody_but_members() {
    let club = club_with(ALICE, "alice").await;
    club.person(EVE, "Eve", Some("eve"));
    club.member(BOB, "bob").await;
    club.buy(ALICE, "1 month").await;
    let link = club.link(ALICE).await.unwrap();
    club.ask_to_join(EVE, &link).await;
    assert!(!club.is_inside(EVE));
    assert_eq!(club.world.telegram.join_requests(&club.group), Vec::<i64>::new(), "declined");
    assert_eq!(club.link(ALICE).await, None);
    assert_eq!(club.world.telegram.live_links(&club.group), Vec::<String>::new());
    let hints = |club: &Club| club.texts(ALICE).iter().filter(|text| text.contains("Somebody else tried")).count();
    assert_eq!(hints(&club), 1, "{:?}", club.texts(ALICE));
    // A live member is let in by whatever link.
    club.buy(BOB, "1 month").await;
    let _ = club.say(ALICE, "/link").await;
    club.settle().await;
    let bobs = club.link(BOB).await.unwrap();
    club.ask_to_join(ALICE, &bobs).await;
    assert!(club.is_inside(ALICE));
    assert_eq!(club.link(ALICE).await, None, "hers is used");
    assert_eq!(club.link(BOB).await, Some(bobs), "his is not");
}

#[tokio::test]
async fn strangers_are_removed_at_once_and_others_left_alone() {
    let club = club_with(ALICE, "alice").await;
    club.buy_and_join(ALICE, "1 month").await;
    club.person(EVE, "Eve", None);
    bring_in(&club, EVE);
    for update in club.world.club_bot.pending_updates() {
        assert_eq!(club.deliver(&update).await.status, 200);
    }
    assert!(!club.is_inside(EVE), "before any queue was looked at");
    club.settle().await;
    assert_eq!(club.world.telegram.status(&club.group, EVE), "left");
    assert!(club.is_inside(ALICE));
    assert_eq!(club.texts(EVE), Vec::<String>::new());
    assert_eq!(calls(&club, "banChatMember", EVE), 1);
    // Staff, group administrators, and strangers where they are welcome.
    bring_in(&club, 1);
    club.person(BOB, "Bob", None);
    club.world.telegram.set_member(&club.group, BOB, "administrator", true);
    let sql = "insert into subscriptions.setting values ('remove_strangers', 'false', now())";
    club.world.execute(sql).await;
    bring_in(&club, EVE);
    club.settle().await;
    assert!(club.is_inside(1) && club.is_inside(BOB) && club.is_inside(EVE));
    assert_eq!(calls(&club, "banChatMember", EVE), 1);
}

#[tokio::test]
async fn a_block_bans_and_its_end_brings_a_link() {
    let club = club_with(ALICE, "alice").await;
    club.buy_and_join(ALICE, "1 month").await;
    let path = format!("/api/v1/users/{ALICE}");
    club.patch(&path, &json!({ "blocked": true, "reason": "spam" })).await;
    club.settle().await;
    assert_eq!(club.world.telegram.status(&club.group, ALICE), "kicked");
    assert_eq!(calls(&club, "unbanChatMember", ALICE), 1, "only before the first link");
    club.patch(&path, &json!({ "blocked": false })).await;
    club.settle().await;
    assert_eq!(club.world.telegram.status(&club.group, ALICE), "left");
    assert!(club.link(ALICE).await.is_some());
    club.join(ALICE).await;
    assert!(club.is_inside(ALICE));
}

#[tokio::test]
async fn administrators_of_the_group_stay_and_the_admins_hear_of_it_once() {
    let club = club_with(ALICE, "alice").await;
    club.buy_and_join(ALICE, "1 month").await;
    club.world.telegram.set_member(&club.group, ALICE, "administrator", true);
    club.settle().await;
    club.days(30).await;
    for _ in 0..3 {
        club.minute().await;
    }
    assert!(club.is_inside(ALICE));
    assert_eq!(club.count("alarm", "kind = 'group_admin'").await, 1);
    assert_eq!(club.count("access_task", "asked > done").await, 0);
    assert!(club.world.club_bot.calls("banChatMember").is_empty(), "it is known that it would fail");
}

#[tokio::test]
async fn telegrams_failures_are_waited_out_and_told_after_ten_minutes() {
    let club = club_with(ALICE, "alice").await;
    club.buy_and_join(ALICE, "1 month").await;
    club.world.telegram.faults().fail_next("banChatMember", 1_000, Fault::Status(500));
    club.days(30).await;
    for _ in 0..9 {
        club.minute().await;
    }
    assert_eq!(club.count("alarm", "kind = 'access_fails'").await, 0);
    for _ in 0..3 {
        club.minute().await;
    }
    assert_eq!(club.count("alarm", "kind = 'access_fails'").await, 1);
    assert!(club.world.club_bot.calls("banChatMember").len() >= 10, "at most a minute apart");
    club.world.telegram.faults().clear();
    club.minute().await;
    club.minute().await;
    assert!(!club.is_inside(ALICE));
    assert_eq!(club.count("alarm", "kind = 'access_fails'").await, 0);
    assert_eq!(removed_notes(&club, 1), 1);
}

/// How many alarms of failing access are raised about this member; with nobody, about all.
async fn access_alarms(club: &Club, member: Option<i64>) -> i64 {
    let subject = member.map(|id| id.to_string()).unwrap_or_default();
    club.count("alarm", &format!("kind = 'access_fails' and subject = '{subject}'")).await
}

#[tokio::test]
async fn outages_are_told_once_for_all_and_refusals_for_each() {
    let club = club_with(ALICE, "alice").await;
    club.member(BOB, "bob").await;
    club.buy_and_join(ALICE, "1 month").await;
    club.buy_and_join(BOB, "1 month").await;
    club.world.telegram.faults().fail_next("banChatMember", 1_000, Fault::Status(502));
    club.days(30).await;
    for _ in 0..12 {
        club.minute().await;
    }
    assert_eq!(club.count("alarm", "kind = 'access_fails'").await, 1);
    assert_eq!((access_alarms(&club, None).await, club.told_admin(1, "Telegram has failed").len()), (1, 1));
    // Telegram is back, and now it refuses.
    club.world.club_bot.set_right(&club.group, "can_restrict_members", false);
    club.world.telegram.faults().clear();
    for _ in 0..2 {
        club.minute().await;
    }
    for member in [ALICE, BOB] {
        assert_eq!(access_alarms(&club, Some(member)).await, 1, "{member}");
        assert_eq!(club.told_admin(1, &format!("with id {member}")).len(), 1, "{:?}", club.texts(1));
    }
    club.world.club_bot.set_right(&club.group, "can_restrict_members", true);
    for _ in 0..2 {
        club.minute().await;
    }
    assert!(!club.is_inside(ALICE) && !club.is_inside(BOB));
    assert_eq!(club.count("alarm", "kind = 'access_fails'").await, 0);
    assert_eq!(club.told_admin(1, "Telegram has failed").len(), 1);
}

#[tokio::test]
async fn who_cannot_be_let_in_is_let_in_later_and_the_admins_hear_of_it() {
    let club = club_with(ALICE, "alice").await;
    club.buy(ALICE, "1 month").await;
    let link = club.link(ALICE).await.unwrap();
    let update = club.world.club_bot.ask_to_join(&club.group, ALICE, Some(&link));
    club.world.club_bot.set_right(&club.group, "can_invite_users", false);
    assert_eq!(club.deliver(&update).await.status, 200);
    for _ in 0..3 {
        club.minute().await;
        club.settle().await;
    }
    assert!(!club.is_inside(ALICE));
    assert!(calls(&club, "approveChatJoinRequest", ALICE) >= 4, "each minute");
    assert_eq!(access_alarms(&club, Some(ALICE)).await, 1);
    assert_eq!(club.told_admin(1, "Telegram refuses").len(), 1, "{:?}", club.texts(1));
    club.world.club_bot.set_right(&club.group, "can_invite_users", true);
    for _ in 0..2 {
        club.minute().await;
        club.settle().await;
    }
    assert!(club.is_inside(ALICE));
    assert_eq!(access_alarms(&club, Some(ALICE)).await, 0);
    let fresh = club.texts(ALICE).iter().filter(|text| text.contains("https://t.me/+")).count();
    assert_eq!(fresh, 2, "one more link, and no more: {:?}", club.texts(ALICE));
    let tried = calls(&club, "approveChatJoinRequest", ALICE);
    for _ in 0..2 {
        club.minute().await;
        club.settle().await;
    }
    assert_eq!(calls(&club, "approveChatJoinRequest", ALICE), tried, "that is over");
    assert_eq!(club.count("access_task", "asked > done or invite").await, 0);
}

#[tokio::test]
async fn a_request_to_join_waits_out_telegrams_failures() {
    let club = club_with(ALICE, "alice").await;
    club.buy(ALICE, "1 month").await;
    club.world.telegram.faults().fail_next("approveChatJoinRequest", 1_000, Fault::Status(500));
    let link = club.link(ALICE).await.unwrap();
    club.ask_to_join(ALICE, &link).await;
    let before = calls(&club, "approveChatJoinRequest", ALICE);
    for _ in 0..9 {
        club.minute().await;
    }
    assert_eq!(calls(&club, "approveChatJoinRequest", ALICE), before + 9, "each minute");
    assert_eq!(access_alarms(&club, None).await, 0);
    for _ in 0..2 {
        club.minute().await;
    }
    assert_eq!((access_alarms(&club, None).await, club.told_admin(1, "Telegram has failed").len()), (1, 1));
    club.world.telegram.faults().clear();
    club.minute().await;
    assert!(club.is_inside(ALICE));
    assert_eq!(access_alarms(&club, None).await, 0);
}

#[tokio::test]
async fn telegrams_wish_to_be_left_alone_holds_for_all_members() {
    let club = club_with(ALICE, "alice").await;
    club.member(BOB, "bob").await;
    club.buy_and_join(ALICE, "1 month").await;
    club.buy_and_join(BOB, "1 month").await;
    club.world.telegram.faults().fail_next("banChatMember", 1, Fault::TooMany { retry_after: 30 });
    club.days(30).await;
    assert_eq!(club.world.club_bot.calls("banChatMember").len(), 1, "the other one waits, too");
    club.world.advance(SignedDuration::from_secs(29));
    club.world.run("subscriptions-expire").await;
    club.settle().await;
    assert_eq!(club.world.club_bot.calls("banChatMember").len(), 1);
    club.minute().await;
    assert!(!club.is_inside(ALICE) && !club.is_inside(BOB));
}

#[tokio::test]
async fn the_night_finds_who_came_and_went_unheard() {
    let club = club_with(ALICE, "alice").await;
    club.buy_and_join(ALICE, "1 month").await;
    club.member(BOB, "bob").await;
    bring_in(&club, BOB);
    club.world.telegram.leave(&club.group, ALICE).unwrap();
    drop(club.world.club_bot.pending_updates());
    club.world.advance(SignedDuration::from_hours(13));
    club.world.run("subscriptions-verify").await;
    club.settle().await;
    assert!(!club.is_inside(BOB));
    assert!(club.link(ALICE).await.is_some(), "who is live and outside has a link");
    assert_eq!(club.count("member", "group_checked_at is null").await, 0);
    let looks = club.world.club_bot.calls("getChatMember").len();
    club.world.run("subscriptions-verify").await;
    club.settle().await;
    assert_eq!(club.world.club_bot.calls("getChatMember").len(), looks, "nobody is looked at twice a night");
}

#[tokio::test]
async fn the_bots_own_rights_are_watched() {
    let club = Club::new().await;
    club.world.run("subscriptions-rights").await;
    assert_eq!(club.count("alarm", "kind = 'rights_missing'").await, 0);
    club.world.club_bot.set_right(&club.group, "can_restrict_members", false);
    club.world.run("subscriptions-rights").await;
    club.world.run("subscriptions-rights").await;
    assert_eq!(club.count("alarm", "kind = 'rights_missing'").await, 1);
    assert_eq!(club.told_admin(1, "can_restrict_members").len(), 1);
    club.world.club_bot.set_right(&club.group, "can_restrict_members", true);
    club.settle().await;
    club.world.run("subscriptions-rights").await;
    assert_eq!(club.count("alarm", "kind = 'rights_missing'").await, 0);
}
