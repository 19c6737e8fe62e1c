//! The settlement killed wherever it waits: scenario 12.

use tests::subscriptions::Club;

use crate::subscriptions::crowd::{check_of, each_has_paid_once, kill_everywhere, kills, order, purse, recover};

/// Points at which the worker waits; there must be many, or nothing was tested.
const POINTS_MIN: usize = 20;

#[tokio::test]
async fn scenario_12_killed_after_each_write_there_is_one_extension_and_one_link() {
    let club = Club::new().await;
    let members = kill_everywhere(&club, POINTS_MIN, async |id, points| {
        let due = order(&club, id, 1).await.due;
        let hash = club.send_final(&purse(id), due);
        club.world.run("subscriptions-detect").await;
        kills(&club.world, "subscriptions-check", &check_of(&hash), points).await
    })
    .await;
    recover(&club).await;
    each_has_paid_once(&club, members.clone()).await;
    let all = members.end - members.start;
    assert_eq!(club.count("invite_link", "true").await, all);
    assert_eq!(club.count("plan_order", "state = 'paid'").await, all);
    assert_eq!(club.world.number("select count(*) from core.chain_tx where state <> 'confirmed'").await, 0);
}
