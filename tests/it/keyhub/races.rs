//! Many at once: distinct keys, never more than N, one effect per update.

use futures_util::future::join_all;
use serde_json::{Value as Json, json};
use tests::{ADMIN, Call, World};

use super::shop::{
    FULL, NO_STOCK, all_is_said, books, check_books, count, customer, customers, distinct, keys_sent, places, set,
    shop, stock, until_locked,
};

const USER: i64 = 1001;

/// Delivers all at once, as Telegram does, and again what was not taken.
async fn deliver_all(world: &World, updates: &[Json]) {
    let mut left: Vec<&Json> = updates.iter().collect();
    for _ in 0..5 {
        let statuses = join_all(left.iter().map(|update| world.telegram_update(update))).await;
        left = left.into_iter().zip(statuses).filter(|(_, status)| *status != 200).map(|(update, _)| update).collect();
        if left.is_empty() {
            break;
        }
    }
    assert_eq!(left, Vec::<&Json>::new(), "refused five times");
}

/// The same; then the relay sends what is left.
async fn deliver_and_tell(world: &World, updates: &[Json]) {
    deliver_all(world, updates).await;
    world.run("outbox-relay").await;
    all_is_said(world).await;
}

#[tokio::test]
async fn two_hundred_people_share_fifty_keys() {
    let world = shop().await;
    stock(&world, "A", 50).await;
    let people: Vec<i64> = (1001..=1200).collect();
    customers(&world, &people).await;
    let updates: Vec<Json> = people.iter().map(|id| world.bot.say(*id, "/shareinfoa")).collect();
    deliver_and_tell(&world, &updates).await;
    let got: Vec<Vec<String>> = people.iter().map(|id| keys_sent(&world, *id)).collect();
    assert!(got.iter().all(|keys| keys.len() <= 1));
    let refused: usize = people.iter().map(|id| count(&world, *id, NO_STOCK)).sum();
    assert_eq!((distinct(got.concat()).len(), refused), (50, 150));
    check_books(&books(&world).await, 50);
    assert_eq!(world.number("select count(distinct owner_hash) from keyhub.claim").await, 50);
    for alert in ["runs low", "has no keys left"] {
        assert_eq!(count(&world, ADMIN, alert), 1, "{alert}");
    }
    let mut with_claim = 0;
    for id in &people {
        let (claims, slots) = places(&world, *id, "A").await;
        assert_eq!((claims, slots), (keys_sent(&world, *id).len(), 0), "{id}");
        with_claim += claims;
    }
    assert_eq!(with_claim, 50);
}

#[tokio::test]
async fn one_person_gets_exactly_as_many_keys_as_there_are_places() {
    let world = shop().await;
    stock(&world, "A", 30).await;
    customer(&world, USER).await;
    let updates: Vec<Json> = (0..20).map(|_| world.bot.say(USER, "/shareinfoa")).collect();
    deliver_and_tell(&world, &updates).await;
    assert_eq!(distinct(keys_sent(&world, USER)).len(), 2);
    assert_eq!(count(&world, USER, FULL), 18);
    assert_eq!(places(&world, USER, "A").await, (2, 0));
    check_books(&books(&world).await, 30);
}

#[tokio::test]
async fn one_update_delivered_many_times_is_one_claim() {
    let world = shop().await;
    stock(&world, "A", 30).await;
    for (id, times) in [(USER, 5), (USER + 1, 50)] {
        customer(&world, id).await;
        let update = world.bot.say(id, "/shareinfoa");
        deliver_and_tell(&world, &vec![update; times]).await;
        let said = world.bot.calls("sendMessage").iter().filter(|call| call.body["chat_id"] == id).count();
        assert_eq!(said, 4, "one set of messages");
        assert_eq!(keys_sent(&world, id).len(), 1);
        assert_eq!(places(&world, id, "A").await, (1, 0));
    }
    check_books(&books(&world).await, 30);
}

#[tokio::test]
async fn two_lists_at_once_give_two_products() {
    let world = shop().await;
    stock(&world, "A", 3).await;
    stock(&world, "B", 3).await;
    customer(&world, USER).await;
    let lists = [world.say(USER, "/requestkey").await, world.say(USER, "/requestkey").await];
    let presses: Vec<Json> = lists
        .iter()
        .zip(["A", "B"])
        .map(|(list, code)| world.bot.press(USER, list.message().message_id, code))
        .collect();
    deliver_and_tell(&world, &presses).await;
    assert_eq!(distinct(keys_sent(&world, USER)), distinct(vec!["A1".to_owned(), "B1".to_owned()]));
    check_books(&books(&world).await, 6);
}

#[tokio::test]
async fn one_list_pressed_five_times_at_once_gives_one_key() {
    let world = shop().await;
    stock(&world, "A", 5).await;
    set(&world, "A", "limit_n = 5").await;
    customer(&world, USER).await;
    let list = world.say(USER, "/requestkey").await.message().message_id;
    let presses: Vec<Json> = (0..5).map(|_| world.bot.press(USER, list, "A")).collect();
    deliver_and_tell(&world, &presses).await;
    assert_eq!(keys_sent(&world, USER), ["A1"]);
    let answers: Vec<_> = presses.iter().map(|press| world.bot.answers(press)).collect();
    assert!(answers.iter().all(|answers| answers.len() == 1), "each press is answered once: {answers:?}");
    assert_eq!(answers.iter().filter(|answers| answers[0].show_alert).count(), 4);
    assert_eq!(places(&world, USER, "A").await, (1, 0));
    check_books(&books(&world).await, 5);
}

#[tokio::test]
async fn claims_at_once_do_not_pass_the_low_stock_unnoticed() {
    let world = shop().await;
    stock(&world, "A", 7).await;
    customers(&world, &[USER, USER + 1]).await;
    let db = world.db().await;
    db.batch_execute("begin; select 1 from keyhub.product where code = 'A' for update").await.unwrap();
    let go = async {
        until_locked(&world, 2).await;
        db.batch_execute("rollback").await.unwrap();
    };
    let _ = tokio::join!(world.say(USER, "/shareinfoa"), world.say(USER + 1, "/shareinfoa"), go);
    assert_eq!(count(&world, ADMIN, "runs low: 5 keys are left"), 1);
}

#[tokio::test]
async fn everything_at_once_leaves_the_books_right() {
    let world = shop().await;
    stock(&world, "C", 10).await;
    set(&world, "C", "limit_n = 3").await;
    let people: Vec<i64> = (USER..USER + 20).collect();
    customers(&world, &people).await;
    for id in &people[..6] {
        let join = format!(
            "insert into keyhub.waiting_entry (product, user_id, country_iso, country_name, joined_at)
             values ('C', {id}, 'IN', 'India', now())"
        );
        world.execute(&join).await;
    }
    let key = world.api_key(&["keyhub:write"]).await;
    let updates: Vec<Json> =
        people.iter().flat_map(|id| [world.bot.say(*id, "/shareinfoc"), world.bot.say(*id, "/shareinfoc")]).collect();
    let restocks = ["X", "Y", "Z"].map(|name| {
        let rows = (1..=5).map(|n| format!("{name}{n},,,")).collect::<Vec<_>>().join("\n");
        let csv = format!("keys,country,username,phone\n{rows}\n");
        world.send(Call::post("/keyhub/products/C/keys").csv(csv).key(&key))
    });
    let returns =
        (1..=4).map(|n| world.send(Call::post(&format!("/keyhub/keys/C{n}/return")).json(&json!({})).key(&key)));
    let jobs = ["keyhub-waitlist", "keyhub-sweep", "keyhub-waitlist", "outbox-relay"].map(|name| world.run(name));
    let (restocked, returned, (), _, _) = tokio::join!(
        join_all(restocks),
        join_all(returns),
        deliver_all(&world, &updates),
        join_all(jobs),
        world.pump("keyhub-restocked"),
    );
    assert!(restocked.iter().all(|answer| answer.status == 200 && answer.json()["added"] == 5));
    assert!(returned.iter().all(|answer| matches!(answer.status, 200 | 409)), "{returned:?}");
    let _ = world.pump("keyhub-restocked").await;
    for name in ["keyhub-waitlist", "outbox-relay"] {
        world.run(name).await;
    }
    check_books(&books(&world).await, 25);
    for id in &people {
        let counted = format!("select count(*) from keyhub.claim where user_id = {id} and counts");
        let counted = usize::try_from(world.number(&counted).await).unwrap();
        assert!(counted <= 3);
        assert_eq!(places(&world, *id, "C").await, (counted, 0), "{id}");
    }
}

#[tokio::test]
async fn a_callback_may_overtake_its_message_and_order_does_not_matter() {
    let world = shop().await;
    stock(&world, "A", 9).await;
    for (id, reversed) in [(USER, false), (USER + 1, true)] {
        customer(&world, id).await;
        let list = world.say(id, "/requestkey").await.message().message_id;
        let mut updates =
            vec![world.bot.press(id, list, "A"), world.bot.say(id, "/help"), world.bot.say(id, "/mykeys")];
        if reversed {
            updates.reverse();
        }
        for update in &updates {
            assert_eq!(world.telegram_update(update).await, 200);
        }
        assert_eq!(keys_sent(&world, id).len(), 1);
        assert_eq!(world.bot.answers(&updates[if reversed { 2 } else { 0 }]).len(), 1);
    }
}
