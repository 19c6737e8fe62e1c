//! Explorers that are slow, busy or down: nothing is lost, told waits are obeyed, all settles soon after.

use jiff::SignedDuration;
use local::chain::Face;
use local::faults::Fault;
use serde_json::json;

use super::{Club, Says, Way, has_access, open, paid, payment, registered, state};

const ALICE: i64 = 1001;
const BOB: i64 = 1002;

fn calls(club: &Club) -> [usize; 3] {
    [Face::Tronscan, Face::Node, Face::Trongrid].map(|face| club.world.chain.calls(face).len())
}

#[tokio::test]
async fn after_an_outage_all_settles_within_two_minutes() {
    for fault in [Fault::Status(503), Fault::Drop, Fault::BadJson, Fault::Forbidden] {
        let club = Club::new().await;
        club.member(ALICE, "alice").await;
        let order = club.order(ALICE, "1 month").await;
        let bob = registered(&club, BOB).await;
        club.world.chain.faults().fail_next("*", 1_000_000, fault);
        let (due, claimed) = (club.send_final("alice", order.due), paid(&club));
        assert_eq!(open(&club.claim(&bob, "1 month", &claimed).await), "checking");
        for _ in 0..6 {
            club.pass(SignedDuration::from_mins(15)).await;
        }
        assert_eq!(state(&club, &claimed).await.2, "checking", "{fault:?}");
        assert_eq!(club.get(&format!("/api/v1/subscriptions/payments/{due}/")).await.status, 404, "nobody heard of it");
        club.world.chain.faults().clear();
        club.minute().await;
        club.minute().await;
        assert!(has_access(&club, ALICE).await && has_access(&club, BOB).await, "{fault:?}");
    }
}

#[tokio::test]
async fn a_told_wait_is_obeyed() {
    for source in [Face::Tronscan, Face::Node] {
        let club = Club::new().await;
        let alice = registered(&club, ALICE).await;
        let hash = paid(&club);
        club.world.chain.faults().fail_next(source.name(), 1, Fault::TooMany { retry_after: 170 });
        assert_eq!(open(&club.claim(&alice, "1 month", &hash).await), "confirming");
        let [tronscan, node, _] = calls(&club);
        assert_eq!((tronscan, node), (1, 1));
        club.minute().await;
        assert_eq!(open(&club.claim(&alice, "1 month", &hash).await), "confirming", "the member asks again");
        club.minute().await;
        assert_eq!(calls(&club)[..2], [1, 1], "{source:?} wants to be left alone");
        club.minute().await;
        assert_eq!(calls(&club)[..2], [2, 2]);
        assert!(has_access(&club, ALICE).await);
    }
}

#[tokio::test]
async fn a_told_wait_holds_for_other_transactions_too() {
    for source in [Face::Tronscan, Face::Node] {
        let club = Club::new().await;
        let (alice, bob) = (registered(&club, ALICE).await, registered(&club, BOB).await);
        club.world.chain.faults().fail_next(source.name(), 1, Fault::TooMany { retry_after: 110 });
        assert_eq!(open(&club.claim(&alice, "1 month", &paid(&club)).await), "confirming");
        assert_eq!(open(&club.claim(&bob, "1 month", &paid(&club)).await), "confirming");
        let asked = |club: &Club| club.world.chain.calls(source).len();
        assert_eq!(asked(&club), 1, "{source:?} wants to be left alone");
        club.minute().await;
        assert_eq!(asked(&club), 1);
        club.minute().await;
        assert_eq!(asked(&club), 3);
        assert!(has_access(&club, ALICE).await && has_access(&club, BOB).await);
    }
}

#[tokio::test]
async fn a_list_that_wants_to_be_left_alone_is() {
    let club = Club::new().await;
    club.member(ALICE, "alice").await;
    let order = club.order(ALICE, "1 month").await;
    club.minute().await;
    club.world.chain.forget_calls();
    club.world.chain.faults().fail_next("trongrid", 1, Fault::TooMany { retry_after: 150 });
    club.send_final("alice", order.due);
    for _ in 0..3 {
        club.minute().await;
    }
    assert_eq!(calls(&club)[2], 1);
    assert!(!has_access(&club, ALICE).await);
    club.minute().await;
    assert_eq!(calls(&club)[2], 2);
    assert!(has_access(&club, ALICE).await);
}

#[tokio::test]
async fn a_slow_source_keeps_nobody_waiting() {
    let club = Club::new().await;
    club.set("api_check_wait_ms", "50").await;
    let (alice, bob) = (registered(&club, ALICE).await, registered(&club, BOB).await);
    let hash = paid(&club);
    let faults = club.world.chain.faults();
    faults.fail_next("tronscan", 1, Fault::Hang);
    assert_eq!(open(&club.claim(&alice, "1 month", &hash).await), "checking");
    faults.release();
    // The worker hangs at it now, and others are served meanwhile.
    faults.fail_next("node", 1, Fault::Hang);
    let meanwhile = async {
        faults.until_hanging().await;
        assert_eq!(payment(&club, &hash).await["claim"], json!({ "state": "checking", "chat_id": ALICE }));
        assert_eq!(open(&club.claim(&alice, "1 month", &hash).await), "checking", "one look at a time");
        let other = paid(&club);
        club.set("api_check_wait_ms", "5000").await;
        assert_eq!(club.claim(&bob, "1 month", &other).await.status, 201);
        faults.release();
    };
    tokio::join!(club.minute(), meanwhile);
    assert!(has_access(&club, ALICE).await && has_access(&club, BOB).await);
    assert_eq!(club.count("ledger_entry", "kind = 'payment'").await, 2);
}

#[tokio::test]
async fn a_source_that_never_answers_is_away() {
    // Each takes the ten seconds of a call, so they take them together.
    let looked = async |pair: (Says, Says), expected: &'static str| {
        let club = Club::new().await;
        club.member(ALICE, "alice").await;
        let hash = paid(&club);
        pair.0.arrange(&club, &hash, Face::Tronscan);
        pair.1.arrange(&club, &hash, Face::Node);
        let _ = club.say(ALICE, "/paid").await;
        let _ = club.say(ALICE, &hash).await;
        club.settle().await;
        let told = payment(&club, &hash).await;
        assert_eq!((&told["state"], &told["claim"]["state"]), (&json!(expected), &json!("checking")), "{pair:?}");
        assert_eq!(club.world.chain.faults().planned(), []);
        club.world.chain.agree(&hash);
        club.world.chain.confirm(&hash);
        club.minute().await;
        assert_eq!(payment(&club, &hash).await["state"], "confirmed");
    };
    let never = Says::Away(Way::Fails(Fault::Timeout));
    tokio::join!(
        looked((never, Says::Good), "confirming"),
        looked((Says::Good, never), "confirming"),
        looked((never, never), "checking"),
        looked((never, Says::Unknown), "checking"),
    );
}
