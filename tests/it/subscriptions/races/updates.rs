//! Updates and messages of queues, delivered many times at once.

use futures_util::future::join_all;
use serde_json::Value as Json;
use tests::subscriptions::Club;

use super::{TIMES, all, club_of_all};
use crate::subscriptions::crowd::{Books, FIRST, books, check, in_groups, later, pay_all, recover, shown, told};

/// Delivers all at once, as Telegram does, and again what was not taken.
async fn deliver_all(club: &Club, updates: &[Json]) {
    let mut left: Vec<&Json> = updates.iter().collect();
    for _ in 0..5 {
        let answers = join_all(left.iter().map(|update| club.deliver(update))).await;
        left = left
            .into_iter()
            .zip(answers)
            .filter(|(_, answer)| answer.status != 200)
            .map(|(update, _)| update)
            .collect();
        if left.is_empty() {
            return;
        }
    }
    panic!("refused five times: {left:?}");
}

/// A press on the button of a plan.
fn press(club: &Club, id: i64, plan: i64) -> Json {
    let list = club.messages(id).into_iter().rev().find(|message| message.button(&format!("plan:{plan}")).is_some());
    club.world.club_bot.press(id, list.expect("a list of plans").message_id, &format!("plan:{plan}"))
}

async fn has_one_order(club: &Club, id: i64) {
    let order = club.open_order(id).await;
    assert_eq!(club.count("plan_order", &format!("chat_id = {id}")).await, 1);
    assert_eq!(told(club, id, &shown(order.due)), 1, "{:?}", club.texts(id));
}

#[tokio::test]
async fn one_update_delivered_five_times_is_one_order() {
    let club = club_of_all().await;
    let presses = in_groups(all(), async |id| {
        let _ = club.say(id, "/plans").await;
        let update = press(&club, id, 1);
        deliver_all(&club, &vec![update.clone(); 5]).await;
        update
    })
    .await;
    club.settle().await;
    for (id, update) in all().zip(presses) {
        has_one_order(&club, id).await;
        assert_eq!(club.world.club_bot.answers(&update).len(), 1, "{}", id - FIRST);
    }
    assert_eq!(club.world.number("select count(*) from core.due_reservation").await, TIMES);
}

#[tokio::test]
async fn one_update_delivered_fifty_times_is_one_order() {
    let club = club_of_all().await;
    for id in FIRST..FIRST + 8 {
        let _ = club.say(id, "/plans").await;
        deliver_all(&club, &vec![press(&club, id, 1); 50]).await;
        club.settle().await;
        has_one_order(&club, id).await;
    }
}

/// Fifty things that one member does at once: at most one order is open, and every press is answered once.
#[tokio::test]
async fn fifty_updates_of_one_member_leave_one_order() {
    let club = club_of_all().await;
    for id in FIRST..FIRST + 8 {
        let _ = club.say(id, "/plans").await;
        let presses: Vec<Json> = (0..48).map(|n| press(&club, id, 1 + n % 4)).collect();
        let mut updates = presses.clone();
        updates.extend(["/status", "/plans"].map(|text| club.world.club_bot.say(id, text)));
        deliver_all(&club, &updates).await;
        club.settle().await;
        for update in &presses {
            assert_eq!(club.world.club_bot.answers(update).len(), 1, "{update}");
        }
        let _ = club.open_order(id).await;
        let orders = format!("select count(*) from subscriptions.plan_order where chat_id = {id}");
        let dues =
            "select count(*) from core.due_reservation d join subscriptions.plan_order o on o.order_id = order_ref";
        let (orders, dues) =
            (club.world.number(&orders).await, club.world.number(&format!("{dues} where chat_id = {id}")).await);
        assert_eq!(orders, dues, "each has its amount");
        assert!(orders <= 29, "no more than were heard");
        assert_eq!(told(&club, id, "too fast"), 1, "{:?}", club.texts(id));
    }
}

/// The same message of the queue twice at once.
#[tokio::test]
async fn one_check_delivered_twice_settles_once() {
    let club = club_of_all().await;
    let hashes = pay_all(&club, all(), 1).await;
    in_groups(all(), async |id| {
        let hash = &hashes[usize::try_from(id - FIRST).unwrap()];
        tokio::join!(check(&club, hash), later(id % 15, check(&club, hash)));
    })
    .await;
    recover(&club).await;
    for (id, books) in books(&club, all()).await {
        assert_eq!(books, Books { balance: books.balance, ..Books::of_one(30, 0) }, "{}", id - FIRST);
        let link = club.link(id).await.expect("who has paid has a link");
        assert_eq!(told(&club, id, &link), 1, "{:?}", club.texts(id));
        assert_eq!(club.told_admin(1, &format!("user{id}")).len(), 1);
    }
}
