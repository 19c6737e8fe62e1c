//! The settlement killed wherever it waits: scenario 12.

use tests::subscriptions::{ADMINS, Club};

use crate::subscriptions::crowd::{
    Books, FIRST, books, check_of, kill_everywhere, kills, name, order, purse, recover, told_once_or_twice,
};

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
    for (id, books) in books(&club, members.clone()).await {
        assert_eq!(books, Books { balance: books.balance, ..Books::of_one(30, 0) }, "killed at {}", id - FIRST);
        let link = club.link(id).await.expect("who has paid has a link");
        told_once_or_twice(&club, id, &link, id);
        for admin in ADMINS {
            told_once_or_twice(&club, admin, &format!("@{}", name(id)), id);
        }
    }
    let all = members.end - members.start;
    assert_eq!(club.count("invite_link", "true").await, all);
    assert_eq!(club.count("plan_order", "state = 'paid'").await, all);
    assert_eq!(club.world.number("select count(*) from core.chain_tx where state <> 'confirmed'").await, 0);
}
