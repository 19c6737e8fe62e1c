//! Who is let in and who is removed, by many workers at once.

use std::collections::BTreeMap;

use serde_json::json;
use tests::subscriptions::Club;

use super::{TIMES, all, club_of_all};
use crate::subscriptions::crowd::{
    Books, DAY, FIRST, ask_for_access, books, bring_in, check, in_groups, later, pay_all, recover, see_to, subscribe,
    told,
};

/// Members of one run of the expiry.
const GROUP: i64 = 20;

/// How often the bot called a method about each.
fn calls(club: &Club, method: &str) -> BTreeMap<i64, usize> {
    let mut counts = BTreeMap::new();
    for call in club.world.club_bot.calls(method) {
        let of = call.body["user_id"].as_i64().or_else(|| call.body["name"].as_str()?.parse().ok());
        *counts.entry(of.expect("a call about somebody")).or_default() += 1;
    }
    counts
}

#[tokio::test]
async fn two_workers_at_once_make_one_link() {
    let club = club_of_all().await;
    subscribe(&club, all(), 10 * DAY).await;
    ask_for_access(&club, all(), true).await;
    in_groups(all(), async |id| {
        tokio::join!(see_to(&club, id), later(id % 30, see_to(&club, id)));
    })
    .await;
    recover(&club).await;
    let made = calls(&club, "createChatInviteLink");
    for id in all() {
        let link = club.link(id).await.expect("who is live has a link");
        assert_eq!((told(&club, id, &link), made[&id]), (1, 1), "{}", id - FIRST);
    }
    assert_eq!(club.count("invite_link", "true").await, TIMES);
    assert_eq!(club.count("access_task", "asked > done or invite").await, 0);
}

#[tokio::test]
async fn two_workers_at_once_remove_once() {
    let club = club_of_all().await;
    subscribe(&club, all(), -60).await;
    bring_in(&club, all()).await;
    ask_for_access(&club, all(), false).await;
    in_groups(all(), async |id| {
        tokio::join!(see_to(&club, id), later(id % 30, see_to(&club, id)));
    })
    .await;
    recover(&club).await;
    let bans = calls(&club, "banChatMember");
    for id in all() {
        assert_eq!(club.world.telegram.status(&club.group, id), "left", "{}", id - FIRST);
        assert_eq!((told(&club, id, "Your subscription has ended"), bans[&id]), (1, 1), "{}", id - FIRST);
    }
    for kind in ["expired", "removed"] {
        assert_eq!(club.count("subscription_event", &format!("kind = '{kind}'")).await, TIMES);
    }
    assert_eq!(club.count("access_task", "asked > done").await, 0);
}

/// Somebody asks for access again and again while two workers are at it: nothing that was asked for is lost.
#[tokio::test]
async fn what_is_asked_for_meanwhile_is_done() {
    let club = club_of_all().await;
    subscribe(&club, all(), 10 * DAY).await;
    bring_in(&club, all()).await;
    in_groups(all(), async |id| {
        let path = format!("/api/v1/users/{id}");
        let block = async {
            club.patch(&path, &json!({ "blocked": true, "reason": "spam" })).await;
        };
        let unblock = later(id % 200, async {
            club.patch(&path, &json!({ "blocked": false })).await;
        });
        block.await;
        tokio::join!(see_to(&club, id), later(id % 30, see_to(&club, id)), unblock);
    })
    .await;
    recover(&club).await;
    for id in all() {
        let status = club.world.telegram.status(&club.group, id);
        assert!(matches!(status.as_str(), "member" | "left"), "{} is {status}", id - FIRST);
        assert!(status == "member" || club.link(id).await.is_some(), "{} has no way in", id - FIRST);
    }
    assert_eq!(club.count("access_task", "asked > done or invite").await, 0);
}

/// A payment settles while its member is being removed: they end inside or with a fresh link.
#[tokio::test]
async fn who_renews_while_being_removed_ends_inside_or_with_a_link() {
    let club = club_of_all().await;
    subscribe(&club, all(), DAY).await;
    bring_in(&club, all()).await;
    let hashes = pay_all(&club, all(), 1).await;
    for start in all().step_by(usize::try_from(GROUP).unwrap()) {
        let group = start..start + GROUP;
        let over = format!(
            "update subscriptions.subscription set ends_at = '{}' where chat_id >= {} and chat_id < {}",
            club.world.now(),
            group.start,
            group.end
        );
        club.world.execute(&over).await;
        // The payment comes before, while, and after the member is removed.
        let expiry = later(start / GROUP % 3 * 40, club.world.run("subscriptions-expire"));
        let members = in_groups(group, async |id| {
            let hash = &hashes[usize::try_from(id - FIRST).unwrap()];
            let removal = async {
                for pause in [10, 40, 120] {
                    later(pause, see_to(&club, id)).await;
                }
            };
            tokio::join!(removal, later((id - FIRST) * 37 % 400, check(&club, hash)));
        });
        tokio::join!(expiry, members);
        club.settle().await;
        // Expiry looks again in the next minute.
        club.world.advance(jiff::SignedDuration::from_secs(61));
    }
    recover(&club).await;
    let books = books(&club, all()).await;
    let usable = club.world.telegram.live_links(&club.group);
    let mut removed = 0;
    for (id, books) in books {
        let who = id - FIRST;
        assert_eq!((books.payments, books.charges, books.bought, books.is_waiting), (1, 1, 1, false), "{who}");
        assert_eq!(club.subscription(id).await["status"], "active", "{who}");
        let status = club.world.telegram.status(&club.group, id);
        if status == "member" {
            assert_eq!(books.links, 0, "{who} is inside");
            continue;
        }
        removed += 1;
        assert_eq!((status.as_str(), books.links), ("left", 1), "{who}");
        let link = club.link(id).await.unwrap();
        assert!(usable.contains(&link), "{who}");
        let update = club.world.club_bot.ask_to_join(&club.group, id, Some(&link));
        assert_eq!(club.deliver(&update).await.status, 200);
    }
    assert!(removed > 0 && removed < TIMES, "{removed} of {TIMES} were removed before they had paid");
    club.settle().await;
    for id in all() {
        assert!(club.is_inside(id), "{}", id - FIRST);
    }
    assert_eq!(Books::default().links, club.count("invite_link", "state = 'live'").await);
}
