//! A shop to be pushed around in: products with keys, customers who have shared all there is to share, and its books.

use std::collections::BTreeSet;

use futures_util::FutureExt;
use jiff::SignedDuration;
use local::telegram::Message;
use serde_json::{Value as Json, json};
use shared::base::ids::UserId;
use shared::clients::counters::Counters;
use shared::keyhub::counter::Counter;
use shared::keyhub::limits::Limits;
use shared::keyhub::store::people::{owner_hash, phone_hash, seal_phone};
use tests::{CHANNEL, Setup, World};

/// T6
pub const NO_ANSWER: &str = "Connection ERROR! Please try again later.";
/// T7
pub const NO_STOCK: &str = "No more keys are available.";
/// T8
pub const FULL: &str = "You have reached the limit of";
/// What is said while DynamoDB is away.
pub const TRY_LATER: &str = "Sorry, this is not possible at the moment. Please try again later.";

/// The shop of the fixture: the seeded products, no keys.
pub async fn shop() -> World {
    open(World::setup()).await
}

/// A shop that is somewhat different.
pub async fn open(setup: Setup) -> World {
    let world = setup.start().await;
    world.direct("migrate", json!({})).await;
    world
}

/// Adds `count` free keys, called by the product's code and their position.
pub async fn stock(world: &World, code: &str, count: i64) {
    let sql = format!(
        "with last as (
             update keyhub.product set last_position = last_position + {count} where code = '{code}'
             returning last_position - {count} as first
         )
         insert into keyhub.product_key (product, position, text)
         select '{code}', first + n, '{code}' || (first + n) from last, generate_series(1, {count}) as n"
    );
    world.execute(&sql).await;
}

/// Changes a setting of a product.
pub async fn set(world: &World, code: &str, setting: &str) {
    world.execute(&format!("update keyhub.product set {setting} where code = '{code}'")).await;
}

/// Makes these people members of the channel whose phone, and whose country of today, is known.
pub async fn customers(world: &World, people: &[i64]) {
    for id in people {
        world.telegram.person(*id, "Customer", Some(&format!("user{id}")), "en");
        world.telegram.set_member(CHANNEL, *id, "member", true);
        // Telegram lets a bot write only to those who wrote first.
        world.bot.say(*id, "/start");
    }
    let vault = world.config().vault().unwrap();
    let phones = people.iter().map(|id| phone(*id));
    let (sealed, hashes): (Vec<_>, Vec<_>) =
        phones.map(|digits| (seal_phone(vault, &digits), phone_hash(vault, &digits))).unzip();
    let sql = "insert into keyhub.person (user_id, username, language, phone, phone_hash, located_at, country_iso,
                   country_name, created_at)
               select p.id, 'user' || p.id, 'en', p.phone, p.hash, $4, 'IN', 'India', $4
               from unnest($1::int8[], $2::bytea[], $3::bytea[]) as p (id, phone, hash)";
    let made = world.db().await.execute(sql, &[&people, &sealed, &hashes, &world.now()]).await;
    made.unwrap();
}

/// The same for one person.
pub async fn customer(world: &World, id: i64) {
    customers(world, &[id]).await;
}

/// The phone number of a customer.
pub fn phone(id: i64) -> String {
    format!("9190{id:08}")
}

/// The places of these people are of today again.
pub async fn locate(world: &World, people: &[i64]) {
    let sql = "update keyhub.person set located_at = $2 where user_id = any($1)";
    world.db().await.execute(sql, &[&people, &world.now()]).await.unwrap();
}

/// The person's coordinates are known, and their country is not.
pub async fn forget_country(world: &World, id: i64) {
    let place = world.config().vault().unwrap().seal("place", r#"{"latitude":12.9716,"longitude":77.5946}"#);
    let sql = "update keyhub.person set located_at = $2, place = $3, country_iso = null, country_name = null
               where user_id = $1";
    world.db().await.execute(sql, &[&id, &world.now(), &place]).await.unwrap();
}

/// The counter of a person, as DynamoDB has it.
pub async fn counter(world: &World, id: i64, product: &str) -> Counter {
    let limits = Limits::new(Counters::new(world.aws(), &world.resources.counters_table));
    limits.read(UserId(id), product).await.unwrap()
}

/// How many claims and how many open slots the counter has.
pub async fn places(world: &World, id: i64, product: &str) -> (usize, usize) {
    let counter = counter(world, id, product).await;
    (counter.claims.len(), counter.slots.len())
}

/// How many keys a person has.
pub async fn claims(world: &World, id: i64) -> i64 {
    let hash = owner_hash(world.config().vault().unwrap(), UserId(id));
    let sql = "select count(*) from keyhub.claim where owner_hash = $1 and state = 'active'";
    world.db().await.query_one(sql, &[&hash]).await.unwrap().get(0)
}

/// The keys a person was sent, in order.
pub fn keys_sent(world: &World, id: i64) -> Vec<String> {
    keys_in(&world.messages(id))
}

/// The keys in these messages.
pub fn keys_in(messages: &[Message]) -> Vec<String> {
    let with_keys = messages.iter().filter(|message| message.text.starts_with("your key is"));
    with_keys.flat_map(|message| message.marked("code")).collect()
}

/// How many of these messages a chat got.
pub fn count(world: &World, chat: i64, part: &str) -> usize {
    world.texts(chat).iter().filter(|text| text.contains(part)).count()
}

/// Panics unless nobody waits to be told anything.
pub async fn all_is_said(world: &World) {
    let sql = "select count(*) from core.outbox where channel = 'telegram' and state = 'waiting'";
    assert_eq!(world.number(sql).await, 0);
}

/// What holds in any order, after any repetition and kill: claimed + free = stock, one claim per key, per token and per
/// update, a key claimed exactly when a claim says so.
#[track_caller]
pub fn check_books(books: &Books, stock: i64) {
    assert_eq!(books.keys, stock);
    assert_eq!(books.free + books.held + books.claimed, stock);
    assert_eq!(books.claimed, books.active_claims);
    assert_eq!((books.claims_without_token, books.tokens_without_claim), (0, 0));
    assert_eq!(books.updates_with_two_claims, 0);
}

/// The state of the stock and its claims at one instant.
#[derive(Debug)]
pub struct Books {
    keys: i64,
    free: i64,
    held: i64,
    claimed: i64,
    active_claims: i64,
    claims_without_token: i64,
    tokens_without_claim: i64,
    updates_with_two_claims: i64,
}

/// Reads the books.
pub async fn books(world: &World) -> Books {
    let sql = "with k as (select state, count(*) as n from keyhub.product_key group by state),
                    c as (select * from keyhub.claim where kind in ('normal', 'waitlist'))
               select coalesce((select sum(n) from k), 0)::int8,
                   coalesce((select n from k where state = 'free'), 0),
                   coalesce((select n from k where state = 'held'), 0),
                   coalesce((select n from k where state = 'claimed'), 0),
                   (select count(*) from keyhub.claim where state = 'active'),
                   (select count(*) from c where not exists
                       (select 1 from keyhub.claim_token t where t.token = c.token and t.state = 'claimed')),
                   (select count(*) from keyhub.claim_token t where t.state = 'claimed' and not exists
                       (select 1 from c where c.token = t.token)),
                   (select count(*) from (select 1 from c where kind = 'normal'
                       group by split_part(token, ':', 2) having count(*) > 1) twice)";
    let row = world.db().await.query_one(sql, &[]).await.unwrap();
    Books {
        keys: row.get(0),
        free: row.get(1),
        held: row.get(2),
        claimed: row.get(3),
        active_claims: row.get(4),
        claims_without_token: row.get(5),
        tokens_without_claim: row.get(6),
        updates_with_two_claims: row.get(7),
    }
}

/// A customer whose attempt at A was killed after it had reserved a place and before its transaction had begun.
pub async fn reserved_and_killed(world: &World, id: i64) -> Json {
    customer(world, id).await;
    assert_eq!(world.say(id, "/help").await.said.len(), 1);
    let update = world.bot.say(id, "/shareinfoa");
    let conversation = format!("select 1 from core.conversation where user_id = {id}");
    killed_at(world, world.telegram_update(&update).boxed(), &conversation).await;
    assert_eq!((claims(world, id).await, places(world, id, "A").await), (0, (0, 1)));
    update
}

/// A customer whose attempt at A was killed after its commit and before its place was confirmed. Needs proxies.
pub async fn claimed_and_killed(world: &World, id: i64) {
    customer(world, id).await;
    let db = world.db().await;
    // The claim has its place, and waits for its product.
    db.batch_execute("begin; select 1 from keyhub.product where code = 'A' for update").await.unwrap();
    let update = world.bot.say(id, "/shareinfoa");
    let proxy = &world.proxies().aws;
    let committed = async {
        until_locked(world, 1).await;
        proxy.blackhole();
        db.batch_execute("rollback").await.unwrap();
        until(async || claims(world, id).await == 1).await;
    };
    tokio::select! {
        biased;
        status = world.telegram_update(&update).boxed() => panic!("it was answered {status}"),
        () = committed => {}
    }
    proxy.cut();
    proxy.forward();
    assert_eq!(places(world, id, "A").await, (0, 1));
}

/// Kills `work` where it waits for the rows that `rows` selects.
pub async fn killed_at<T>(world: &World, work: impl Future<Output = T>, rows: &str) {
    let db = world.db().await;
    db.batch_execute(&format!("begin; {rows} for update")).await.unwrap();
    tokio::select! {
        biased;
        _ = work => panic!("it did not wait"),
        () = until_locked(world, 1) => {}
    }
    db.batch_execute("rollback").await.unwrap();
}

/// These values, none of them twice.
#[track_caller]
pub fn distinct<T: Ord + std::fmt::Debug>(values: Vec<T>) -> BTreeSet<T> {
    let count = values.len();
    let set: BTreeSet<T> = values.into_iter().collect();
    assert_eq!(set.len(), count, "{set:?}");
    set
}

/// Waits until `holds`; panics if that takes too long.
pub async fn until(mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..1_000 {
        if holds().await {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("waited in vain");
}

/// Waits until `count` statements in the world's database wait for a lock.
pub async fn until_locked(world: &World, count: i64) {
    let sql = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    until(async || world.number(sql).await == count).await;
}

/// So many seconds.
pub fn seconds(seconds: i64) -> SignedDuration {
    SignedDuration::from_secs(seconds)
}

/// So many minutes.
pub fn minutes(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}

/// So many hours.
pub fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}
