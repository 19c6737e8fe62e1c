//! The table of the proof: every pair of what two sources can say.

use jiff::SignedDuration;
use local::chain::{Disagreement, Draft, Face, Outcome};
use serde_json::{Value as Json, json};
use tests::Answer;

use super::{ADMINS, BUSY, BUSY_SECONDS, Club, PRICE, Says, USDT, WAYS, has_access, open, paid, payment, registered};

/// What the node can say, in the order of the columns below; all ways to be away take turns in the last.
const NODE: [Says; 7] =
    [Says::Good, Says::Failed, Says::Token, Says::Wallet, Says::Nothing, Says::Unknown, Says::Away(WAYS[0])];

/// What `TronScan` says, and what comes of it with what the node says: a state, or the reason of a refusal.
const TABLE: [(Says, [&str; 7]); 8] = [
    (Says::Good, ["confirmed", "disputed", "disputed", "disputed", "disputed", "confirming", "confirming"]),
    (
        Says::Failed,
        [
            "disputed",
            "failed_on_chain",
            "wrong_token",
            "wrong_wallet",
            "no_transfer",
            "failed_on_chain",
            "failed_on_chain",
        ],
    ),
    (
        Says::Token,
        ["disputed", "failed_on_chain", "wrong_token", "wrong_wallet", "no_transfer", "wrong_token", "wrong_token"],
    ),
    (
        Says::Wallet,
        ["disputed", "failed_on_chain", "wrong_token", "wrong_wallet", "no_transfer", "wrong_wallet", "wrong_wallet"],
    ),
    (
        Says::Nothing,
        ["disputed", "failed_on_chain", "wrong_token", "wrong_wallet", "no_transfer", "no_transfer", "no_transfer"],
    ),
    (
        Says::Pending,
        ["confirming", "failed_on_chain", "wrong_token", "wrong_wallet", "no_transfer", "confirming", "confirming"],
    ),
    (
        Says::Unknown,
        ["confirming", "failed_on_chain", "wrong_token", "wrong_wallet", "no_transfer", "checking", "checking"],
    ),
    (
        Says::Away(WAYS[0]),
        ["confirming", "failed_on_chain", "wrong_token", "wrong_wallet", "no_transfer", "checking", "checking"],
    ),
];

const REASONS: [&str; 4] = ["failed_on_chain", "wrong_token", "wrong_wallet", "no_transfer"];

/// One claim of the table.
struct Case {
    member: i64,
    hash: String,
    expected: &'static str,
    what: String,
}

/// Claims a payment of which the sources say these things.
async fn claim(club: &Club, member: i64, (tronscan, node): (Says, Says)) -> (String, Answer) {
    let name = registered(club, member).await;
    let hash = paid(club);
    tronscan.arrange(club, &hash, Face::Tronscan);
    node.arrange(club, &hash, Face::Node);
    let answer = club.claim(&name, "1 month", &hash).await;
    assert_eq!(club.world.chain.faults().planned(), [], "both were asked, once");
    // Who asks to be left alone is, for the time told, whatever transaction it was about.
    if [tronscan, node].contains(&Says::Away(BUSY)) {
        club.world.advance(SignedDuration::from_secs(BUSY_SECONDS.into()));
    }
    (hash, answer)
}

/// What everybody is told of a claim that was just made.
async fn check(club: &Club, case: &Case, answer: &Answer) {
    let Case { member, hash, expected, what } = case;
    let refused = REASONS.contains(expected).then_some(*expected);
    let told = payment(club, hash).await;
    assert_eq!(told["transaction_hash"], *hash);
    assert_eq!(told["required_confirmations"], 19);
    assert_eq!(told["state"], if refused.is_some() { "failed" } else { expected }, "{what}: {told}");
    assert_eq!(told["reason"], json!(refused), "{what}");
    let (status, claim) = match (*expected, refused) {
        ("confirmed", _) => (201, "granted"),
        (_, Some(_)) => (400, "refused"),
        _ => (202, "checking"),
    };
    assert_eq!(answer.status, status, "{what}: {}", answer.text());
    assert_eq!(told["claim"], json!({ "state": claim, "chat_id": member }), "{what}");
    let transfers = json!([{ "log_index": 0, "amount": 100, "state": "assigned", "chat_id": member }]);
    assert_eq!(told["transfers"], if status == 201 { transfers } else { json!([]) }, "{what}");
    let body = answer.json();
    match status {
        201 => assert_eq!((&body["customer"], &body["status"]), (&json!(member), &json!("active"))),
        202 => {
            assert_eq!(open(answer), *expected, "{what}");
            assert_eq!((&body["success"], &body["missing"]), (&Json::Null, &Json::Null));
            assert_eq!(body["confirmations"], told["confirmations"], "{what}");
        }
        _ => assert_eq!((&body["success"], &body["reason"]), (&json!(false), &json!(refused)), "{what}"),
    }
    assert_eq!(has_access(club, *member).await, status == 201, "{what}");
}

#[tokio::test]
async fn every_pair_has_its_result_and_what_is_open_settles_once_both_agree() {
    let club = Club::new().await;
    let told = |club: &Club| ADMINS.map(|admin| club.texts(admin).len());
    let before = told(&club);
    let mut cases = Vec::new();
    let mut ways = WAYS.iter().cycle();
    for (tronscan, row) in TABLE {
        for (node, expected) in NODE.into_iter().zip(row) {
            let mut say = |says| if let Says::Away(_) = says { Says::Away(*ways.next().unwrap()) } else { says };
            let pair = (say(tronscan), say(node));
            let member = 2000 + i64::try_from(cases.len()).unwrap();
            let (hash, answer) = claim(&club, member, pair).await;
            let case = Case { member, hash, expected, what: format!("{pair:?}") };
            check(&club, &case, &answer).await;
            cases.push(case);
        }
    }
    let shown = |says: Says| match says {
        Says::Good | Says::Failed | Says::Token | Says::Wallet | Says::Nothing => Some(19),
        Says::Pending => Some(3),
        Says::Unknown | Says::Away(_) => Some(0),
    };
    for (case, tronscan) in cases.iter().zip(TABLE.iter().flat_map(|(says, _)| [*says; 7])) {
        let told = payment(&club, &case.hash).await;
        assert_eq!(told["confirmations"].as_i64(), shown(tronscan), "{}", case.what);
    }
    club.world.run("outbox-relay").await;
    let granted = |club: &Club| ADMINS.map(|admin| club.told_admin(admin, "Subscription started").len());
    assert_eq!(granted(&club), [1; 3], "admins hear of what was paid");
    assert_eq!(told(&club), before.map(|count| count + 1), "and of nothing else");

    for case in &cases {
        club.world.chain.agree(&case.hash);
        club.world.chain.confirm(&case.hash);
    }
    club.minute().await;
    club.minute().await;
    let mut paid = 0;
    for Case { member, hash, expected, what } in &cases {
        let is_refused = REASONS.contains(expected);
        assert_eq!(has_access(&club, *member).await, !is_refused, "{what}");
        let told = payment(&club, hash).await;
        let states = if is_refused { ["failed", "refused"] } else { ["confirmed", "granted"] };
        assert_eq!([&told["state"], &told["claim"]["state"]], states, "{what}: {told}");
        paid += usize::from(!is_refused);
    }
    assert_eq!(granted(&club), [paid; 3]);
    assert_eq!(told(&club), before.map(|count| count + paid));
    assert_eq!(club.count("ledger_entry", "kind = 'payment'").await, i64::try_from(paid).unwrap());
}

#[tokio::test]
async fn no_way_of_being_away_grants_or_refuses() {
    let club = Club::new().await;
    let mut claims = Vec::new();
    for way in WAYS {
        let away = Says::Away(way);
        for (pair, expected) in
            [((away, Says::Good), "confirming"), ((Says::Good, away), "confirming"), ((away, away), "checking")]
        {
            let member = 3000 + i64::try_from(claims.len()).unwrap();
            let (hash, answer) = claim(&club, member, pair).await;
            assert_eq!(open(&answer), expected, "{pair:?}");
            claims.push((member, hash, pair));
        }
    }
    for (_, hash, _) in &claims {
        club.world.chain.agree(hash);
    }
    club.minute().await;
    for (member, _, pair) in claims {
        assert!(has_access(&club, member).await, "{pair:?}");
    }
}

#[tokio::test]
async fn good_and_different_is_a_dispute_until_it_is_not() {
    let club = Club::new().await;
    let (old, chain) = (club.wallet.clone(), &club.world.chain);
    club.set_wallet(&chain.wallet("V")).await;
    let payer = chain.wallet("payer");
    let (block, at) = chain.block(&chain.pay(&payer, &payer, 1));
    let differences = [
        Disagreement::Amount(60_000_001),
        Disagreement::Recipient(chain.wallet("V")),
        Disagreement::Recipient(chain.wallet("stranger")),
        Disagreement::Without(0),
        Disagreement::Without(1),
        Disagreement::Block(block + 1),
        Disagreement::Time(at + SignedDuration::from_secs(3)),
        Disagreement::Ended(Outcome::OutOfEnergy),
    ];
    let mut claims = Vec::new();
    for difference in differences {
        for face in [Face::Tronscan, Face::Node] {
            let member = 4000 + i64::try_from(claims.len()).unwrap();
            let name = registered(&club, member).await;
            let hash = chain.send(Draft::of([60, 40].map(|usdt| chain.usdt(&payer, &old, usdt * PRICE / 100))));
            chain.confirm(&hash);
            chain.disagree(&hash, face, difference.clone());
            let answer = club.claim(&name, "1 month", &hash).await;
            assert_eq!(open(&answer), "disputed", "{face:?} says {difference:?}");
            claims.push((member, hash));
        }
    }
    club.minute().await;
    assert_eq!(club.count("subscription", "true").await, 0);
    for (_, hash) in &claims {
        chain.agree(hash);
    }
    club.minute().await;
    for (member, _) in claims {
        assert!(has_access(&club, member).await);
        assert_eq!(
            (club.count("ledger_entry", &format!("chat_id = {member}")).await, club.balance(member).await),
            (3, 0)
        );
    }
}

#[tokio::test]
async fn bad_counts_only_when_it_is_final() {
    let club = Club::new().await;
    let chain = &club.world.chain;
    let name = registered(&club, 1001).await;
    let stranger = chain.wallet("stranger");
    let drafts = [
        Draft::of([chain.usdt(&stranger, &club.wallet, PRICE)]).ends(Outcome::Revert),
        Draft::of([chain.usdt(&stranger, &stranger, PRICE)]),
        Draft { native: true, ..Draft::of([chain.usdt(&stranger, &club.wallet, PRICE)]) },
    ];
    let reasons = ["failed_on_chain", "wrong_wallet", "no_transfer"];
    for (draft, reason) in drafts.into_iter().zip(reasons) {
        let hash = chain.send(draft);
        for confirmations in [0, 1, 18] {
            chain.set_confirmations(&hash, confirmations);
            let answer = club.claim(&name, "1 month", &hash).await;
            assert_eq!(open(&answer), "confirming", "{reason}, {confirmations}");
            club.minute().await;
            let told = payment(&club, &hash).await;
            assert_eq!(
                (told["state"].as_str(), told["confirmations"].as_i64()),
                (Some("confirming"), Some(confirmations))
            );
        }
        chain.set_confirmations(&hash, 19);
        club.minute().await;
        let told = payment(&club, &hash).await;
        assert_eq!((&told["state"], &told["reason"]), (&json!("failed"), &json!(reason)));
        let answer = club.claim(&name, "1 month", &hash).await;
        assert_eq!((answer.status, answer.json()["reason"].clone()), (400, json!(reason)));
    }
    assert!(!has_access(&club, 1001).await);
}

#[tokio::test]
async fn a_name_decides_nothing_and_neither_do_decimals() {
    let club = Club::new().await;
    let chain = &club.world.chain;
    let payer = chain.wallet("payer");
    let odd = chain.usdt(&payer, &club.wallet, PRICE).called("FAKE", "No money", 18);
    let hash = chain.send(Draft { all_list_only: true, ..Draft::of([odd]) });
    chain.confirm(&hash);
    let name = registered(&club, 1001).await;
    assert_eq!(club.claim(&name, "1 month", &hash).await.status, 201);
    assert_eq!(club.count("ledger_entry", &format!("kind = 'payment' and amount = {}", 100 * USDT)).await, 1);
}

#[tokio::test]
async fn what_is_confirmed_is_not_asked_again() {
    let club = Club::new().await;
    let (alice, bob) = (registered(&club, 1001).await, registered(&club, 1002).await);
    let hash = paid(&club);
    assert_eq!(club.claim(&alice, "1 month", &hash).await.status, 201);
    let unclaimed = paid(&club);
    club.minute().await;
    assert_eq!(payment(&club, &unclaimed).await["state"], "confirmed");
    club.world.chain.forget_calls();
    // Even if a source tells otherwise later.
    club.world.chain.disagree(&hash, Face::Node, Disagreement::Ended(Outcome::Revert));
    assert_eq!(club.claim(&alice, "1 month", &hash).await.status, 400);
    assert_eq!(club.claim(&bob, "1 month", &hash.to_uppercase()).await.status, 400);
    assert_eq!(club.claim(&bob, "1 month", &unclaimed).await.status, 201, "settled on what is known");
    for _ in 0..3 {
        club.minute().await;
    }
    assert_eq!([Face::Tronscan, Face::Node].map(|face| club.world.chain.calls(face).len()), [0, 0]);
    assert_eq!(payment(&club, &hash).await["state"], "confirmed");
    assert_eq!(club.count("ledger_entry", "kind = 'payment'").await, 2);
}
