//! Many at once (section 6): payments, claims and orders.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use jiff::SignedDuration;
use serde_json::json;
use tests::subscriptions::{Club, USDT};
use tests::{Answer, Call};

use super::crowd::{
    Books, DAY, FIRST, all_have, books, check, in_groups, later, name, newcomers, note, order, pay_all, purse, recover,
    shown, subscribe, told,
};

mod access;
mod updates;

/// How often each race is run.
pub const TIMES: i64 = 200;
/// Two plans in one: bought by two payments of a member.
const TWO: Books =
    Books { run: 120 * DAY, payments: 2, charges: 2, balance: 0, bought: 2, links: 1, is_waiting: false };

/// The numbers of all races.
pub fn all() -> std::ops::Range<i64> {
    FIRST..FIRST + TIMES
}

async fn club_of_all() -> Club {
    let club = Club::new().await;
    newcomers(&club, all()).await;
    club
}

/// Locks are taken in one order everywhere.
#[track_caller]
fn nobody_stood_in_the_way(club: &Club) {
    assert_eq!(club.world.logged("deadlock"), Vec::<String>::new());
}

#[track_caller]
fn is_taken(answer: &Answer) -> bool {
    if matches!(answer.status, 201 | 202) {
        return true;
    }
    let used = json!(["Transaction hash already used for subscription."]);
    assert_eq!((answer.status, answer.json()), (400, used), "{}", answer.text());
    false
}

#[tokio::test]
async fn two_payments_claimed_over_the_api_extend_twice() {
    let club = club_of_all().await;
    in_groups(all(), async |id| {
        let (hashes, name) = ([100, 250].map(|price| club.send_final(&purse(id), price * USDT)), name(id));
        let second = later(id % 20, club.claim(&name, "3 months", &hashes[1]));
        let (first, second) = tokio::join!(club.claim(&name, "1 month", &hashes[0]), second);
        assert!(is_taken(&first) && is_taken(&second));
    })
    .await;
    club.settle().await;
    nobody_stood_in_the_way(&club);
    all_have(&club, all(), TWO).await;
    assert_eq!(club.count("claim", "state = 'granted'").await, 2 * TIMES);
}

#[tokio::test]
async fn a_payment_in_chat_and_one_over_the_api_extend_twice() {
    let club = club_of_all().await;
    in_groups(all(), async |id| {
        let due = order(&club, id, 1).await.due;
        let hashes = [due, 250 * USDT].map(|units| club.send_final(&purse(id), units));
        let _ = club.say(id, "/paid").await;
        let update = club.world.club_bot.say(id, &hashes[0]);
        let in_chat = async {
            assert_eq!(club.deliver(&update).await.status, 200);
            check(&club, &hashes[0]).await;
        };
        let name = name(id);
        let ((), answer) = tokio::join!(in_chat, later(id % 40, club.claim(&name, "3 months", &hashes[1])));
        assert!(is_taken(&answer));
    })
    .await;
    club.settle().await;
    nobody_stood_in_the_way(&club);
    for (id, books) in books(&club, all()).await {
        let offset = books.balance;
        assert_eq!(Books { balance: 0, ..books }, TWO, "{}", id - FIRST);
        assert!((100..=100 * TIMES).contains(&offset), "what was beyond the price stays: {offset}");
    }
    assert_eq!(club.count("claim", "state = 'granted'").await, 2 * TIMES);
}

#[tokio::test]
async fn two_payments_found_by_detection_extend_twice() {
    let club = club_of_all().await;
    let pairs = in_groups(all(), async |id| {
        // The second order cancels the first, whose payment is honoured all the same.
        let dues = [order(&club, id, 1).await.due, order(&club, id, 2).await.due];
        dues.map(|due| club.send_final(&purse(id), due))
    })
    .await;
    club.world.run("subscriptions-detect").await;
    in_groups(all(), async |id| {
        let [first, second] = &pairs[usize::try_from(id - FIRST).unwrap()];
        tokio::join!(check(&club, first), later(id % 20, check(&club, second)));
    })
    .await;
    recover(&club).await;
    nobody_stood_in_the_way(&club);
    for (id, books) in books(&club, all()).await {
        assert_eq!(Books { balance: 0, ..books }, TWO, "{}", id - FIRST);
    }
    assert_eq!(club.count("plan_order", "state = 'paid'").await, 2 * TIMES);
}

/// One transaction, claimed by many at once: the first counts, whoever it is.
async fn crowds_claim(crowds: i64, people: i64) {
    let club = Club::new().await;
    newcomers(&club, FIRST..FIRST + people).await;
    for _ in 0..crowds {
        let hash = club.send_final("somebody", 100 * USDT);
        let names: Vec<String> = (FIRST..FIRST + people).map(name).collect();
        let answers = join_all(names.iter().map(|name| club.claim(name, "1 month", &hash))).await;
        assert_eq!(answers.iter().filter(|answer| is_taken(answer)).count(), 1);
    }
    club.settle().await;
    nobody_stood_in_the_way(&club);
    for what in ["kind = 'payment'", "kind = 'charge'"] {
        assert_eq!(club.count("ledger_entry", what).await, crowds);
    }
    assert_eq!(club.count("claim", "true").await, crowds);
    assert_eq!(club.count("claim", "state = 'granted'").await, crowds);
    let seconds =
        "select coalesce(sum(extract(epoch from ends_at - starts_at)), 0)::int8 from subscriptions.subscription";
    assert_eq!(club.world.number(seconds).await, crowds * 30 * DAY);
}

#[tokio::test]
async fn a_hash_claimed_by_fifty_counts_once_each_of_two_hundred_times() {
    crowds_claim(TIMES, 50).await;
}

/// One transaction, claimed in chat by one member and over the API by another at once.
#[tokio::test]
async fn a_hash_claimed_in_chat_and_over_the_api_is_one_members() {
    let club = Club::new().await;
    newcomers(&club, FIRST..FIRST + 2 * TIMES).await;
    club.set("hold_ambiguous_claims", "false").await;
    in_groups(all(), async |id| {
        let rival = name(id + TIMES);
        order(&club, id, 1).await;
        let hash = club.send_final(&purse(id), 100 * USDT);
        let _ = club.say(id, "/paid").await;
        let update = club.world.club_bot.say(id, &hash);
        let in_chat = async {
            assert_eq!(later(id % 15, club.deliver(&update)).await.status, 200);
            check(&club, &hash).await;
        };
        let rivals = later(id / 15 % 15, club.claim(&rival, "1 month", &hash));
        let ((), answer) = tokio::join!(in_chat, rivals);
        is_taken(&answer);
    })
    .await;
    recover(&club).await;
    nobody_stood_in_the_way(&club);
    let (theirs, rivals) = (books(&club, all()).await, books(&club, FIRST + TIMES..FIRST + 2 * TIMES).await);
    for (id, theirs) in theirs {
        let rival = rivals[&(id + TIMES)];
        let (winner, loser) = if theirs.payments == 1 { (theirs, rival) } else { (rival, theirs) };
        assert_eq!((winner, loser), (Books::of_one(30, 0), Books::default()), "{}", id - FIRST);
    }
    assert_eq!(club.count("claim", "state = 'granted'").await, TIMES);
    assert_eq!(club.count("claim", "state not in ('granted', 'refused')").await, 0);
}

/// The same, by one and the same member.
#[tokio::test]
async fn a_hash_claimed_twice_by_its_member_counts_once() {
    let club = club_of_all().await;
    in_groups(all(), async |id| {
        let due = order(&club, id, 1).await.due;
        let hash = club.send_final(&purse(id), due);
        let _ = club.say(id, "/paid").await;
        let update = club.world.club_bot.say(id, &hash);
        let in_chat = async {
            assert_eq!(later(id % 15, club.deliver(&update)).await.status, 200);
            check(&club, &hash).await;
        };
        let name = name(id);
        let ((), answer) = tokio::join!(in_chat, later(id / 15 % 15, club.claim(&name, "1 month", &hash)));
        is_taken(&answer);
    })
    .await;
    recover(&club).await;
    nobody_stood_in_the_way(&club);
    for (id, books) in books(&club, all()).await {
        assert_eq!(books, Books::of_one(30, books.balance), "{}", id - FIRST);
    }
    assert_eq!(club.count("claim", "true").await, TIMES);
    assert_eq!(club.count("claim", "state = 'granted'").await, TIMES);
}

/// The end moves by both, whichever comes first; now and then an admin extends in chat as well.
#[tokio::test]
async fn an_extension_and_a_payment_at_once_both_count() {
    const STEP: i64 = 10;
    let club = club_of_all().await;
    subscribe(&club, all(), 10 * DAY).await;
    let hashes = pay_all(&club, all(), 1).await;
    in_groups(all(), async |id| {
        let hash = &hashes[usize::try_from(id - FIRST).unwrap()];
        let path = format!("/api/v1/subscriptions/{id}/extend/");
        let body = json!({ "days": 10, "reason": "a gift" });
        let by_api = later(id % 20, async {
            let answer = club.post(&path, &body).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
        });
        let by_admin = async {
            if id % STEP == 0 {
                let asked = club.say(1, &format!("/extend {id} 5 in chat")).await;
                let _ = club.press_data(1, &format!("yes:{}", asked.update["update_id"])).await;
                club.world.advance(SignedDuration::from_secs(61));
            }
        };
        tokio::join!(check(&club, hash), by_api, by_admin);
    })
    .await;
    recover(&club).await;
    nobody_stood_in_the_way(&club);
    for (id, books) in books(&club, all()).await {
        let days = 30 + 30 + 10 + if id % STEP == 0 { 5 } else { 0 };
        assert_eq!(books, Books { balance: books.balance, ..Books::of_one(days, 0) }, "{}", id - FIRST);
    }
    assert_eq!(club.count("subscription_event", "kind = 'extended'").await, TIMES + TIMES / STEP);
}

/// A payment that was nobody's is given to two members by admins, and claimed by a third.
#[tokio::test]
async fn a_payment_given_to_two_and_claimed_by_a_third_is_ones() {
    let club = Club::new().await;
    newcomers(&club, FIRST..FIRST + 3 * TIMES).await;
    in_groups(all(), async |id| {
        let hash = club.send_final("somebody", 100 * USDT);
        note(&club, &hash).await;
        check(&club, &hash).await;
        let path = format!("/api/v1/subscriptions/payments/{hash}/assign/");
        let to = |id: i64| json!({ "log_index": 0, "chat_id": id, "plan": "1 month" });
        let (first, second, third) = (to(id), to(id + TIMES), name(id + 2 * TIMES));
        let (first, second, claimed) = tokio::join!(
            later(id % 7, club.post(&path, &first)),
            later(id % 5, club.post(&path, &second)),
            later(id % 3, club.claim(&third, "1 month", &hash)),
        );
        let given = [first, second].iter().filter(|answer| answer.status == 200).count();
        assert_eq!(given + usize::from(is_taken(&claimed)), 1, "{}", id - FIRST);
    })
    .await;
    recover(&club).await;
    nobody_stood_in_the_way(&club);
    let books = books(&club, FIRST..FIRST + 3 * TIMES).await;
    for id in all() {
        let mut owners: Vec<_> =
            (0..3).map(|n| books[&(id + n * TIMES)]).filter(|one| *one != Books::default()).collect();
        assert_eq!(owners.pop(), Some(Books::of_one(30, 0)), "{}", id - FIRST);
        assert_eq!(owners, [], "{}", id - FIRST);
    }
}

/// Money is spent once: on the order by a button, and by a payment that settles at the same moment.
#[tokio::test]
async fn a_balance_is_spent_once() {
    let club = club_of_all().await;
    let gift = "insert into subscriptions.ledger_entry (chat_id, kind, amount, actor, at)
                select chat_id, 'adjustment', 100000000, 'test', date_joined from subscriptions.member where not is_staff";
    club.world.execute(gift).await;
    in_groups(all(), async |id| {
        let (name, placed) = (name(id), club.world.club_bot.press_data(id, 1, "plan:1"));
        assert_eq!(club.deliver(&placed).await.status, 200);
        let order = format!("select order_id from subscriptions.plan_order where chat_id = {id}");
        let order = club.world.column(&order).await.remove(0);
        let hash = club.send_final(&purse(id), 100 * USDT);
        let spend = || club.world.club_bot.press_data(id, 1, &format!("bal:{order}"));
        let (one, two) = (spend(), spend());
        let (one, two, claimed) =
            tokio::join!(club.deliver(&one), club.deliver(&two), later(id % 40, club.claim(&name, "1 month", &hash)));
        assert_eq!((one.status, two.status, is_taken(&claimed)), (200, 200, true));
    })
    .await;
    recover(&club).await;
    nobody_stood_in_the_way(&club);
    for (id, books) in books(&club, all()).await {
        // The payment settles the order, if that is still open, or buys one more month.
        let months = books.charges;
        assert!(matches!(months, 1 | 2), "{}", id - FIRST);
        let (run, balance) = (months * 30 * DAY, (2 - months) * 100 * USDT);
        let expected = Books { run, balance, charges: months, bought: months, ..Books::of_one(0, 0) };
        assert_eq!(books, expected, "{}", id - FIRST);
    }
}

/// Whatever is asked for at once, the API answers, and never with a failure of its own.
#[tokio::test]
async fn everything_at_once_is_answered() {
    let club = club_of_all().await;
    in_groups(all(), async |id| {
        let (hash, name) = (club.send_final(&purse(id), 100 * USDT), name(id));
        let history = format!("/api/v1/subscriptions/{id}/history/");
        let (user, extend) = (format!("/api/v1/users/{id}"), format!("/api/v1/subscriptions/{id}/extend"));
        let patch = Call::patch(&user).key(&club.key).json(&json!({ "is_staff": false, "blocked": false }));
        let names = json!({ "chat_id": id, "telegram_username": name, "first_name": "Again" });
        let answers = join_all([
            club.world.send(Call::post("/api/v1/users/").key(&club.key).json(&names)),
            club.world.send(patch),
        ]);
        let body = json!({ "days": 10, "reason": "a gift" });
        let (answers, claimed, twice, extended, shown) = tokio::join!(
            answers,
            club.claim(&name, "1 month", &hash),
            later(id % 10, club.claim(&name, "1 month", &hash)),
            later(id % 20, club.post(&extend, &body)),
            club.get(&history),
        );
        let statuses: Vec<u16> = answers.iter().chain([&extended, &shown]).map(|answer| answer.status).collect();
        assert_eq!(statuses, [200; 4]);
        assert!(is_taken(&claimed) | is_taken(&twice));
    })
    .await;
    recover(&club).await;
    nobody_stood_in_the_way(&club);
    all_have(&club, all(), Books::of_one(40, 0)).await;
}

#[tokio::test]
async fn orders_placed_by_fifty_at_once_ask_for_fifty_amounts() {
    let club = club_of_all().await;
    for start in (FIRST..FIRST + TIMES).step_by(50) {
        let people = start..start + 50;
        join_all(people.clone().map(|id| club.say(id, "/plans"))).await;
        join_all(people.map(|id| club.press(id, "plan:1"))).await;
    }
    let mut dues = BTreeSet::new();
    for id in all() {
        let order = club.open_order(id).await;
        assert!(dues.insert(order.due), "{} is asked for twice", order.due);
        assert_eq!(told(&club, id, &shown(order.due)), 1, "{:?}", club.texts(id));
    }
    let expected = (1..=TIMES).map(|n| 100 * USDT + 100 * n);
    assert!(dues.into_iter().eq(expected), "the smallest that are free");
}
