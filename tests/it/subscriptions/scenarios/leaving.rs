//! The end of a subscription, and admins who cannot be told: scenarios 14 and 16.

use jiff::SignedDuration;
use tests::subscriptions::{ADMINS, Club};

const ALICE: i64 = 1001;

#[tokio::test]
async fn scenario_14_at_the_end_a_member_is_removed_and_may_come_back() {
    let club = Club::new().await;
    club.member(ALICE, "alice").await;
    club.buy_and_join(ALICE, "1 month").await;
    let first = club.world.telegram.live_links(&club.group);
    let end = club.end(ALICE).await;
    // Reminders have their own scenario.
    club.pass(end.duration_since(club.world.now()) - SignedDuration::from_secs(30)).await;
    assert_eq!(club.subscription(ALICE).await["status"], "active");
    let (told, told_admins) = (club.texts(ALICE).len(), ADMINS.map(|admin| club.texts(admin).len()));

    club.world.advance(SignedDuration::from_secs(30));
    assert_eq!(club.subscription(ALICE).await["status"], "expired", "whenever the job runs");
    club.world.advance(SignedDuration::from_secs(30));
    club.tick().await;
    assert!(!club.is_inside(ALICE));
    let calls =
        |method: &str| club.world.club_bot.calls(method).iter().filter(|call| call.body["user_id"] == ALICE).count();
    assert_eq!((calls("banChatMember"), club.world.telegram.status(&club.group, ALICE).as_str()), (1, "left"));
    assert!(calls("unbanChatMember") > 0);
    assert_eq!(club.world.telegram.live_links(&club.group), first, "no link of hers is left");
    assert_eq!(club.count("invite_link", "state = 'live'").await, 0);
    assert_eq!(club.texts(ALICE).len(), told + 1, "{:?}", club.texts(ALICE));
    let last = club.messages(ALICE).pop().unwrap();
    assert!(last.button("plans").is_some() || last.button_texts().contains(&"Renew".to_owned()), "{last:?}");
    assert_eq!(ADMINS.map(|admin| club.texts(admin).len()), told_admins.map(|count| count + 1));
    club.minute().await;
    assert_eq!(club.texts(ALICE).len(), told + 1, "once");
    assert_eq!(ADMINS.map(|admin| club.texts(admin).len()), told_admins.map(|count| count + 1));

    club.buy(ALICE, "1 month").await;
    let link = club.link(ALICE).await.expect("a new link");
    assert!(club.texts(ALICE).iter().any(|text| text.contains(&link)));
    club.join(ALICE).await;
    assert!(club.is_inside(ALICE));
}

#[tokio::test]
async fn scenario_16_members_come_and_go_though_all_admins_blocked_the_bot() {
    let club = Club::new().await;
    club.member(ALICE, "alice").await;
    for admin in ADMINS {
        // The bot does not hear of it; it finds out when it writes.
        drop(club.world.club_bot.block_bot(admin));
    }
    club.buy_and_join(ALICE, "1 month").await;
    assert!(club.is_inside(ALICE));
    club.minute().await;
    assert_eq!(club.count("alarm", "kind = 'no_admin_reachable'").await, 1);
    assert_eq!(club.count("member", "is_staff and not reachable").await, 3);
    let alarms =
        || club.world.logged("no admin can be written to").len().max(club.world.logged("no_admin_reachable").len());
    let before = alarms();
    assert!(before > 0, "the alarm stands in the log");
    club.days(31).await;
    club.minute().await;
    assert!(!club.is_inside(ALICE));
    assert_eq!(club.subscription(ALICE).await["status"], "expired");
    assert_eq!(alarms(), before, "one alarm");
    assert_eq!(club.count("alarm", "kind = 'no_admin_reachable'").await, 1);
}
