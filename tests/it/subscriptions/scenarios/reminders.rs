//! Reminders and a renewal: scenario 13.

use jiff::SignedDuration;
use tests::subscriptions::Club;

const ALICE: i64 = 1001;
const DAY: SignedDuration = SignedDuration::from_hours(24);

#[tokio::test]
async fn scenario_13_a_renewal_takes_its_reminders_back() {
    let club = Club::new().await;
    club.member(ALICE, "alice").await;
    club.buy_and_join(ALICE, "1 month").await;
    let old = club.end(ALICE).await;
    let reminded = || club.texts(ALICE).iter().filter(|text| text.contains("Your subscription ends")).count();
    let until = async |end: jiff::Timestamp, before: SignedDuration| {
        club.pass((end - before).duration_since(club.world.now()) + SignedDuration::from_hours(1)).await;
    };
    until(old, DAY * 7).await;
    assert_eq!(reminded(), 1);
    until(old, DAY * 4).await;
    club.buy(ALICE, "1 month").await;
    let new = club.end(ALICE).await;
    assert_eq!(new, old + DAY * 30);
    for days in [3, 2, 1, 0] {
        until(old, DAY * days).await;
        assert_eq!(reminded(), 1, "{days} days before the old end");
    }
    assert_eq!(club.count("reminder", "true").await, 1);
    for (days, count) in [(7, 2), (3, 3), (1, 4)] {
        until(new, DAY * days).await;
        assert_eq!(reminded(), count, "{days} days before the new end");
    }
}
