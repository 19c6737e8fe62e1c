//! Many members, quickly made; the workers, invoked as their queues do it; and what is on record of a member in the end.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::SignedDuration;
use serde_json::{Value as Json, json};
use tests::subscriptions::{ADMINS, Club, Ordered, USDT};
use tests::{World, kill_after_polls};

/// The member to whom number 0 is.
pub const FIRST: i64 = 20_000;
/// Seconds of a day.
pub const DAY: i64 = 86_400;
/// Members who are served at once: with three invocations each there are as many as environments.
const GROUP: i64 = 10;
/// More points than any work waits at.
const POINTS_MAX: usize = 400;

/// The user name of a newcomer.
pub fn name(id: i64) -> String {
    format!("user{id}")
}

/// The wallet that a newcomer pays from.
pub fn purse(id: i64) -> String {
    format!("wallet of {id}")
}

/// People on record whom the bot can write to, and who have heard nothing yet.
pub async fn newcomers(club: &Club, ids: Range<i64>) {
    let now = club.world.now();
    for id in ids.clone() {
        club.person(id, &name(id), Some(&name(id)));
        club.world.club_bot.say(id, "/start");
    }
    let sql = format!(
        "insert into subscriptions.member (chat_id, telegram_username, username_seen_at, first_name, date_joined)
         select id, 'user' || id, '{now}', 'user' || id, '{now}' from generate_series({}, {}) id",
        ids.start,
        ids.end - 1
    );
    club.world.execute(&sql).await;
}

/// Does something for all, a group at a time; what came of it, in their order.
pub async fn in_groups<T>(ids: Range<i64>, work: impl AsyncFn(i64) -> T) -> Vec<T> {
    let mut done = Vec::new();
    let mut start = ids.start;
    while start < ids.end {
        let end = ids.end.min(start + GROUP);
        done.extend(join_all((start..end).map(|id| work(id))).await);
        start = end;
    }
    done
}

/// Begins `work` some milliseconds later: over many rounds all of it overlaps with all of what runs beside it.
pub async fn later<T>(milliseconds: i64, work: impl Future<Output = T>) -> T {
    tokio::time::sleep(Duration::from_millis(milliseconds.unsigned_abs())).await;
    work.await
}

/// A member orders a plan in chat, by a button they still have from some time.
pub async fn order(club: &Club, id: i64, plan: i64) -> Ordered {
    let update = club.world.club_bot.press_data(id, 1, &format!("plan:{plan}"));
    let _ = club.hand_over(id, update).await;
    club.open_order(id).await
}

/// All order a plan and pay it, and the payments are on record; the hashes, looked at by nobody yet.
pub async fn pay_all(club: &Club, ids: Range<i64>, plan: i64) -> Vec<String> {
    let orders = in_groups(ids.clone(), async |id| order(club, id, plan).await).await;
    let hashes: Vec<String> = ids.zip(&orders).map(|(id, order)| club.send_final(&purse(id), order.due)).collect();
    note(club, &hashes.join(",")).await;
    hashes
}

/// Puts transactions, with commas between them, on record as ones to be looked at, without telling the queue.
pub async fn note(club: &Club, hashes: &str) {
    let now = club.world.now();
    let sql = format!(
        "insert into core.chain_tx (hash, first_seen_at, next_check_at)
         select hash, '{now}', '{now}' from unnest('{{{hashes}}}'::text[]) hash"
    );
    club.world.execute(&sql).await;
}

/// Gives members a subscription that began 30 days before its end; the end is so many seconds away.
pub async fn subscribe(club: &Club, ids: Range<i64>, seconds: i64) {
    let now = club.world.now();
    let sql = format!(
        "insert into subscriptions.subscription (chat_id, starts_at, ends_at, set_at)
         select id, end_at - interval '30 days', end_at, end_at - interval '30 days'
         from generate_series({}, {}) id,
             (select date_trunc('second', '{now}'::timestamptz) + interval '{seconds} seconds' as end_at) e",
        ids.start,
        ids.end - 1
    );
    club.world.execute(&sql).await;
}

/// Puts members into the group, as if it had always been so.
pub async fn bring_in(club: &Club, ids: Range<i64>) {
    for id in ids.clone() {
        club.world.telegram.set_member(&club.group, id, "member", true);
    }
    drop(club.world.club_bot.pending_updates());
    let sql = format!(
        "update subscriptions.member set at_private_group = true, group_status = 'member'
         where chat_id >= {} and chat_id < {}",
        ids.start, ids.end
    );
    club.world.execute(&sql).await;
}

/// Asks for members' access to be seen to, without telling the queue.
pub async fn ask_for_access(club: &Club, ids: Range<i64>, invite: bool) {
    let sql = format!(
        "insert into subscriptions.access_task (chat_id, invite, next_at)
         select id, {invite}, '{}' from generate_series({}, {}) id",
        club.world.now(),
        ids.start,
        ids.end - 1
    );
    club.world.execute(&sql).await;
}

/// An amount of USDT as people read it.
pub fn shown(units: i64) -> String {
    let text = format!("{}.{:06}", units / USDT, units % USDT);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The event in which a queue hands over one message.
pub fn event(queue: &str, body: &Json) -> String {
    let record = json!({
        "messageId": "m1", "receiptHandle": "r1", "body": body.to_string(), "attributes": {}, "messageAttributes": {},
        "eventSource": "aws:sqs", "eventSourceARN": format!("arn:aws:sqs:us-east-1:123456789012:{queue}"),
        "awsRegion": "us-east-1",
    });
    json!({ "Records": [record] }).to_string()
}

/// The message of a check.
pub fn check_of(hash: &str) -> String {
    event("subscriptions-checks", &json!({ "hash": hash }))
}

/// The message of a member's access.
pub fn access_of(id: i64) -> String {
    event("subscriptions-access", &json!({ "chat_id": id }))
}

/// A worker handles a message and does not fail.
pub async fn work(world: &World, worker: &str, event: &str) {
    let done = world.invoke(&world.function(worker), event).await;
    assert_eq!(done.expect("the worker does not fail")["batchItemFailures"], json!([]), "{event}");
}

/// The check worker looks at a transaction.
pub async fn check(club: &Club, hash: &str) {
    work(&club.world, "subscriptions-check", &check_of(hash)).await;
}

/// The access worker sees to a member.
pub async fn see_to(club: &Club, id: i64) {
    work(&club.world, "subscriptions-access", &access_of(id)).await;
}

/// A minute passes with its jobs.
pub async fn resume(club: &Club) {
    club.world.advance(SignedDuration::from_secs(60));
    club.world.run("outbox-relay").await;
    club.tick().await;
}

/// Three minutes with their jobs: longer than any lease.
pub async fn recover(club: &Club) {
    for _ in 0..3 {
        resume(club).await;
    }
}

/// Runs `kill` for one newcomer after another, with one point more each time, until nothing is left to be killed; it says
/// whether it killed. Gives the members. There are `points_min` points at least, or nothing was tested.
pub async fn kill_everywhere(club: &Club, points_min: usize, kill: impl AsyncFn(i64, usize) -> bool) -> Range<i64> {
    for points in 1..POINTS_MAX {
        let id = FIRST + i64::try_from(points).expect("not that many");
        newcomers(club, id..id + 1).await;
        if !kill(id, points).await {
            assert!(points > points_min, "only {points} points to be killed at");
            return FIRST + 1..id + 1;
        }
    }
    panic!("it does not come to an end")
}

/// Invokes a function and kills it at its `points`th point; whether it was.
pub async fn kills(world: &World, function: &str, event: &str, points: usize) -> bool {
    let function = world.function(function);
    let done = kill_after_polls(world.invoke(&function, event), points).await;
    done.inspect(|done| assert!(done.is_ok(), "{done:?}")).is_none()
}

/// Fires a schedule and kills the job at its `points`th point; whether it was.
pub async fn kills_job(world: &World, job: &str, points: usize) -> bool {
    let done = kill_after_polls(world.try_run(job), points).await;
    done.inspect(|done| assert!(done.is_ok(), "{done:?}")).is_none()
}

/// What is on record of a member.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Books {
    /// Seconds from the start of the subscription to its end.
    pub run: i64,
    /// Payments in the ledger.
    pub payments: i64,
    /// Charges in the ledger.
    pub charges: i64,
    /// The sum of the ledger, in units.
    pub balance: i64,
    /// Events that began or renewed the subscription.
    pub bought: i64,
    /// Live links.
    pub links: i64,
    /// Whether something is left to be done for their access.
    pub is_waiting: bool,
}

impl Books {
    /// One plan paid, with a link to come in by.
    pub fn of_one(days: i64, balance: i64) -> Self {
        Self { run: days * DAY, payments: 1, charges: 1, balance, bought: 1, links: 1, is_waiting: false }
    }
}

/// What is on record of members.
pub async fn books(club: &Club, ids: Range<i64>) -> BTreeMap<i64, Books> {
    let sql = "
        select m.chat_id, coalesce(extract(epoch from s.ends_at - s.starts_at), 0)::int8,
            (select count(*) from subscriptions.ledger_entry l where l.chat_id = m.chat_id and kind = 'payment'),
            (select count(*) from subscriptions.ledger_entry l where l.chat_id = m.chat_id and kind = 'charge'),
            (select coalesce(sum(amount), 0)::int8 from subscriptions.ledger_entry l where l.chat_id = m.chat_id),
            (select count(*) from subscriptions.subscription_event e
             where e.chat_id = m.chat_id and kind in ('started', 'renewed')),
            (select count(*) from subscriptions.invite_link i where i.chat_id = m.chat_id and state = 'live'),
            exists (select 1 from subscriptions.access_task t where t.chat_id = m.chat_id and (asked > done or invite))
        from subscriptions.member m left join subscriptions.subscription s using (chat_id)
        where m.chat_id >= $1 and m.chat_id < $2";
    let rows = club.world.db().await.query(sql, &[&ids.start, &ids.end]).await.expect("the books can be read");
    let read = |row: tokio_postgres::Row| Books {
        run: row.get(1),
        payments: row.get(2),
        charges: row.get(3),
        balance: row.get(4),
        bought: row.get(5),
        links: row.get(6),
        is_waiting: row.get(7),
    };
    rows.into_iter().map(|row| (row.get(0), read(row))).collect()
}

/// Checks that the books of all these members are the same.
pub async fn all_have(club: &Club, ids: Range<i64>, expected: Books) {
    let books = books(club, ids.clone()).await;
    assert_eq!(i64::try_from(books.len()).expect("not that many"), ids.end - ids.start);
    for (id, books) in books {
        assert_eq!(books, expected, "{}: {:?}", id - FIRST, club.texts(id));
    }
}

/// How many of the messages to a person contain `part`.
pub fn told(club: &Club, id: i64, part: &str) -> usize {
    club.texts(id).iter().filter(|text| text.contains(part)).count()
}

/// Checks that something was said, and at most twice: a message may come twice, never three times.
#[track_caller]
pub fn told_once_or_twice(club: &Club, to: i64, part: &str, who: i64) {
    let times = told(club, to, part);
    assert!(matches!(times, 1 | 2), "killed at {}: {to} was told {part:?} {times} times", who - FIRST);
}

/// Checks that each has paid a month once, whatever they paid beyond the price, and was told their link, as the admins were
/// told of them.
pub async fn each_has_paid_once(club: &Club, ids: Range<i64>) {
    for (id, books) in books(club, ids).await {
        let expected = Books { balance: books.balance, ..Books::of_one(30, 0) };
        assert_eq!(books, expected, "{}: {:?}", id - FIRST, club.texts(id));
        let link = club.link(id).await.expect("who has paid has a link");
        told_once_or_twice(club, id, &link, id);
        for admin in ADMINS {
            told_once_or_twice(club, admin, &format!("@{}", name(id)), id);
        }
    }
}
