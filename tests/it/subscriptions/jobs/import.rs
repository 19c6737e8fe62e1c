//! `subscriptions-import`: the three tables of the system before this one.

use std::fmt::Write;

use serde_json::{Value as Json, json};
use tests::subscriptions::{ADMINS, Club, USDT};

use super::{hours, told};

const ALICE: i64 = 1001;
const BOB: i64 = 1002;
const CAROL: i64 = 1003;
const CHIEF: i64 = 77;
const USERS: &str = "\
chat_id,telegram_username,first_name,last_name,date_joined,is_staff
1001,alice,Alice,,2024-05-01 10:00:00+00:00,False
1002,@bob,Bob,Brown,2024-06-01T10:00:00Z,f
1003,,Carol,,2024-07-01,
77,chief,Chief,,2024-01-01,True
";
const PLANS: &str = "id,period,price\n4,1 month,90.00\n9,2 months,180\n";

/// A hash of the old times.
fn hash(letter: &str) -> String {
    letter.repeat(64)
}

/// Alice bought a month, and another before that was over; Bob's month is over; Carol was given her time.
fn subscriptions() -> String {
    format!(
        "transaction_hash,customer_id,plan_id,start_date,end_date\n\
         {a},1001,9,21/12/2024 12:00:00,19/02/2025 12:00:00\n\
         {b},1001,4,2025-02-19 12:00:00,2025-03-21 12:00:00\n\
         {c},1002,4,2024-12-01T00:00:00Z,2024-12-31T00:00:00Z\n\
         by hand,1003,,2025-01-01,2025-06-01\n",
        a = hash("A"),
        b = hash("b"),
        c = hash("c"),
    )
}

fn files() -> Json {
    json!({ "users": USERS, "plans": PLANS, "subscriptions": subscriptions() })
}

async fn import(club: &Club, order: Json) -> Json {
    club.world.direct("subscriptions-import", order).await
}

fn count(good: u64, added: u64, changed: u64) -> Json {
    json!({ "good": good, "added": added, "changed": changed, "kept": good - added - changed })
}

/// What the import of the three tables comes to in a system that knows the fixture only.
fn first_report(dry_run: bool) -> Json {
    let remark = "the transaction hash is none, and left out";
    json!({
        "users": count(4, 4, 0), "plans": count(2, 1, 0), "subscriptions": 4, "members": count(3, 3, 0),
        "hashes": count(3, 3, 0), "bad": [], "dry_run": dry_run,
        "remarks": [{ "file": "subscriptions", "line": 5, "reason": remark }],
    })
}

#[tokio::test]
async fn the_three_tables_become_members_plans_and_subscriptions() {
    let club = Club::new().await;
    assert_eq!(import(&club, files()).await, first_report(false));
    let alice = club.subscription(ALICE).await;
    let expected = json!({
        "customer": "alice", "plan": "1 month", "price": 90, "transaction_hash": hash("b"),
        "start_date": "21/12/2024 12:00:00", "end_date": "21/03/2025 12:00:00", "chat_id": ALICE,
        "starts_at": "2024-12-21T09:00:00Z", "ends_at": "2025-03-21T09:00:00Z", "status": "active", "days_left": 20,
        "at_private_group": false,
    });
    assert_eq!(alice, expected, "one run without a gap, in Moscow's time where none is given");
    assert_eq!(club.subscription(BOB).await["status"], "expired");
    let carol = club.subscription(CAROL).await;
    assert_eq!((&carol["plan"], &carol["price"], &carol["transaction_hash"]), (&Json::Null, &Json::Null, &Json::Null));
    assert_eq!((carol["customer"].as_str(), carol["ends_at"].as_str()), (Some("1003"), Some("2025-05-31T21:00:00Z")));
    let by_name = club.get("/api/v1/subscriptions/?telegram_username=@BOB").await;
    assert_eq!(by_name.json()["chat_id"], BOB);
    let plans = "select period || ' ' || days || ' ' || coalesce(price::text, '-') || ' ' || is_active
                 from subscriptions.plan where period like '%month' or period like '2 %' order by days";
    assert_eq!(club.world.column(plans).await, ["1 month 30 100000000 true", "2 months 60 180000000 true"]);
    assert_eq!(club.count("subscription_event", "kind = 'started' and actor = 'import'").await, 3);
    assert_eq!(club.count("ledger_entry", "true").await, 0);
}

#[tokio::test]
async fn a_dry_run_answers_the_same_and_changes_nothing() {
    let club = Club::new().await;
    let mut order = files();
    order["dry_run"] = json!(true);
    let rows = "select (select count(*) from subscriptions.member) + (select count(*) from subscriptions.plan)
                    + (select count(*) from subscriptions.subscription) + (select count(*) from core.chain_tx)
                    + (select count(*) from core.outbox)";
    let before = club.world.number(rows).await;
    assert_eq!(import(&club, order).await, first_report(true));
    assert_eq!(club.world.number(rows).await, before);
    assert_eq!(import(&club, files()).await, first_report(false));
}

#[tokio::test]
async fn the_second_time_it_changes_nothing() {
    let club = Club::new().await;
    import(&club, files()).await;
    club.settle().await;
    club.member(ALICE, "alice_renamed").await;
    club.patch(&format!("/api/v1/users/{BOB}"), &json!({ "blocked": true, "reason": "spam" })).await;
    let order = club.order(ALICE, "1 month").await;
    assert_eq!(order.due, 90 * USDT + 100, "who came from there goes on at their price");
    club.send_final("alice", order.due);
    club.minute().await;
    let end = club.end(ALICE).await;
    let again = import(&club, files()).await;
    for part in ["users", "plans", "members", "hashes"] {
        assert_eq!((&again[part]["added"], &again[part]["changed"]), (&json!(0), &json!(0)), "{part}: {again}");
    }
    assert_eq!((club.end(ALICE).await, again["bad"].clone()), (end, json!([])));
    let row = "select telegram_username || ' ' || first_name from subscriptions.member where chat_id = 1001";
    assert_eq!(club.world.column(row).await, ["alice_renamed alice_renamed"]);
    assert_eq!(club.count("member", "chat_id = 1002 and blocked").await, 1);
}

#[tokio::test]
async fn who_is_known_already_keeps_what_is_newer() {
    let club = Club::new().await;
    club.member(ALICE, "alice_now").await;
    club.member(BOB, "bob").await;
    club.buy(BOB, "1 month").await;
    let end = club.end(BOB).await;
    let report = import(&club, files()).await;
    assert_eq!(report["users"]["added"], 2, "{report}");
    assert_eq!(report["members"], count(3, 2, 0));
    assert_eq!(club.end(BOB).await, end);
    let row = "select telegram_username || ' ' || date_joined from subscriptions.member where chat_id = 1001";
    let row = club.world.column(row).await.remove(0);
    assert!(row.starts_with("alice_now 2024-05-01"), "{row}");
    assert_eq!(club.end(ALICE).await.to_string(), "2025-03-21T09:00:00Z");
}

#[tokio::test]
async fn old_hashes_are_used() {
    let club = Club::new().await;
    import(&club, files()).await;
    club.settle().await;
    let list = json!(["Transaction hash already used for subscription."]);
    for letter in ["a", "b", "C"] {
        for name in ["alice", "bob"] {
            let answer = club.claim(name, "1 month", &hash(letter)).await;
            assert_eq!((answer.status, answer.json()), (400, list.clone()), "{letter} {name}");
        }
    }
    club.member(ALICE, "alice").await;
    let _ = club.say(ALICE, "/paid").await;
    let said = club.say(ALICE, &hash("a")).await;
    assert!(said.text().contains("used already"), "{}", said.text());
    assert_eq!(club.count("claim", "true").await, 0);
    // Nor does the chain bring them back.
    let order = club.order(ALICE, "1 month").await;
    let paid =
        club.world.chain.usdt(&club.world.chain.wallet("alice"), &club.wallet, u128::try_from(order.due).unwrap());
    let old = local::chain::Draft { hash: Some(hash("b")), ..local::chain::Draft::of([paid]) };
    club.world.chain.send(old);
    club.world.chain.confirm(&hash("b"));
    club.minute().await;
    let payment = club.get(&format!("/api/v1/subscriptions/payments/{}/", hash("b"))).await;
    assert_eq!((payment.status, payment.json()["state"].clone()), (200, json!("imported")), "{}", payment.text());
    assert_eq!(club.open_order(ALICE).await, order);
}

#[tokio::test]
async fn membership_is_verified_and_not_trusted() {
    let club = Club::new().await;
    for user in [ALICE, BOB, CAROL, CHIEF] {
        club.person(user, &format!("Person {user}"), None);
        club.world.club_bot.say(user, "/start");
    }
    for user in [ALICE, BOB, CHIEF] {
        club.world.telegram.set_member(&club.group, user, "member", true);
    }
    drop(club.world.club_bot.pending_updates());
    import(&club, files()).await;
    assert_eq!(club.count("member", "at_private_group").await, 0, "nothing is known yet");
    club.settle().await;
    club.minute().await;
    assert_eq!([ALICE, BOB, CAROL, CHIEF].map(|user| club.is_inside(user)), [true, false, false, true]);
    let inside = "select m.chat_id::text from subscriptions.member m where at_private_group order by m.chat_id";
    assert_eq!(club.world.column(inside).await, ["77", "1001"]);
    assert_eq!(told(&club, BOB, "you were removed").len(), 1, "{:?}", club.texts(BOB));
    assert_eq!(club.count("subscription_event", "kind = 'expired'").await, 0, "that end is no news");
    let _ = club.say(CHIEF, "/admin").await;
    assert!(club.texts(CHIEF).pop().unwrap().contains("Members: "), "{:?}", club.texts(CHIEF));
    let _ = club.say(CAROL, "/link").await;
    club.settle().await;
    club.join(CAROL).await;
    assert!(club.is_inside(CAROL));
}

#[tokio::test]
async fn nobody_is_reminded_of_what_was_before_the_import() {
    let club = Club::new().await;
    club.world.set_time("2025-03-16T12:00:00Z");
    import(&club, files()).await;
    club.settle().await;
    club.member(ALICE, "alice").await;
    for _ in 0..3 {
        club.pass(hours(1)).await;
    }
    assert_eq!(told(&club, ALICE, "Your subscription ends").len(), 0, "{:?}", club.texts(ALICE));
    club.world.set_time("2025-03-18T10:00:00Z");
    club.tick().await;
    assert_eq!(told(&club, ALICE, "Your subscription ends").len(), 1);
}

#[tokio::test]
async fn bad_lines_are_named_and_the_good_ones_imported() {
    let club = Club::new().await;
    let users = format!("{USERS}-5,x,,,,f\n1001,again,,,,f\nx,y,,,,f\n1005,five\n1006,{},,,,f\n", "n".repeat(257));
    let plans = format!("{PLANS}5,forever,10\n6,6 months,-3\n,1 year,1\n");
    let lines = format!(
        "{}{d},4242,4,2025-01-01,2025-02-01\n{e},1001,77,2025-01-01,2025-02-01\n{f},1001,4,2025-02-01,2025-01-01\n\
         {g},1001,4,soon,later\n",
        subscriptions(),
        d = hash("d"),
        e = hash("e"),
        f = hash("f"),
        g = hash("0"),
    );
    let report = import(&club, json!({ "users": users, "plans": plans, "subscriptions": lines })).await;
    let bad: Vec<(String, u64)> = report["bad"]
        .as_array()
        .unwrap()
        .iter()
        .map(|bad| (bad["file"].as_str().unwrap().to_owned(), bad["line"].as_u64().unwrap()))
        .collect();
    let expected = [("users", 6..=10), ("plans", 4..=6), ("subscriptions", 6..=9)];
    let expected = expected.into_iter().flat_map(|(file, lines)| lines.map(move |line| (file.to_owned(), line)));
    let mut sorted = bad.clone();
    sorted
        .sort_by_key(|(file, line)| (["users", "plans", "subscriptions"].iter().position(|name| name == file), *line));
    assert_eq!(sorted, expected.collect::<Vec<_>>(), "{report}");
    assert_eq!((&report["users"]["good"], &report["members"]["good"]), (&json!(4), &json!(3)));
    for letter in ["d", "e", "f", "0"] {
        assert_eq!(club.claim("bob", "1 month", &hash(letter)).await.status, 400, "{letter} was used all the same");
    }
    assert_eq!(club.end(ALICE).await.to_string(), "2025-03-21T09:00:00Z");
}

#[tokio::test]
async fn files_may_lie_in_the_bucket() {
    let club = Club::new().await;
    let config = aws_sdk_s3::config::Builder::from(club.world.aws()).force_path_style(true).build();
    let bucket = aws_sdk_s3::Client::from_conf(config);
    let put = async |key: &str, bytes: Vec<u8>| {
        let name = &club.world.resources.objects_bucket;
        let put = bucket.put_object().bucket(name).key(key).body(bytes.into());
        put.send().await.unwrap();
    };
    put("import/users.csv", USERS.into()).await;
    put("import/plans.csv", PLANS.into()).await;
    put("import/subscriptions.csv", subscriptions().into()).await;
    put("import/latin.csv", vec![0xff, 0xfe, 0x00]).await;
    let objects = |subscriptions: &str| {
        json!({ "objects": {
            "users": "import/users.csv", "plans": "import/plans.csv", "subscriptions": subscriptions,
        } })
    };
    for (key, part) in
        [("import/nothing.csv", "no object called import/nothing.csv"), ("import/latin.csv", "not UTF-8")]
    {
        let refused = import(&club, objects(key)).await;
        assert!(refused["error"].as_str().unwrap().contains(part), "{refused}");
    }
    assert_eq!(club.count("member", "not is_staff").await, 0, "nothing was imported");
    assert_eq!(import(&club, objects("import/subscriptions.csv")).await, first_report(false));
}

#[tokio::test]
async fn what_is_no_order_is_refused() {
    let club = Club::new().await;
    for order in [json!(null), json!([]), json!({ "user": USERS }), json!({ "users": 5 }), json!({ "dry_run": "yes" })]
    {
        let refused = import(&club, order.clone()).await;
        assert!(refused["error"].as_str().is_some_and(|why| why.contains("cannot be read")), "{order}: {refused}");
    }
    let nothing = import(&club, json!({})).await;
    assert_eq!((&nothing["users"], &nothing["bad"]), (&count(0, 0, 0), &json!([])));
    let text = json!({ "users": "these are not the columns\n1,2,3\n" });
    let report = import(&club, text).await;
    assert_eq!((&report["bad"][0]["line"], report["users"]["good"].as_u64()), (&json!(1), Some(0)), "{report}");
}

#[tokio::test]
async fn thousands_are_imported_at_once() {
    let club = Club::new().await;
    let (mut users, mut lines) = (USERS.lines().next().unwrap().to_owned(), subscriptions());
    users.push('\n');
    lines.truncate(lines.find('\n').unwrap() + 1);
    for number in 0..4_500 {
        let id = 10_000 + number;
        writeln!(users, "{id},user{id},,,2024-05-01,f").unwrap();
        writeln!(lines, "{number:064x},{id},4,2025-02-20,2025-04-20").unwrap();
    }
    let queued = "select count(*) from core.outbox where sender = 'subscriptions-access' and state = 'sent'";
    let before = club.world.number(queued).await;
    let order = json!({ "users": users, "plans": PLANS, "subscriptions": lines });
    let report = import(&club, order).await;
    assert_eq!(
        (&report["users"], &report["members"]),
        (&count(4_500, 4_500, 0), &count(4_500, 4_500, 0)),
        "{}",
        report["bad"]
    );
    assert_eq!(club.count("member", "true").await, 4_500 + i64::try_from(ADMINS.len()).unwrap());
    assert_eq!(club.world.number(queued).await - before, 45, "a hundred memberships in one message");
}
