//! What admins are told of transactions that do not come to an end: after ten minutes, once.

use local::chain::{Disagreement, Face, Outcome};
use local::faults::Fault;

use super::{Club, PRICE, Says, Way, alarms, has_access, open, paid, registered, state};

const DISPUTED: &str = "contradict each other";
const ONE_SIDED: &str = "Only one of";
const AWAY: &str = "given no answer";

/// Minutes pass one by one.
async fn minutes(club: &Club, count: usize) {
    for _ in 0..count {
        club.minute().await;
    }
}

/// A claim of which the sources say these things: the hash.
async fn claimed(club: &Club, member: i64, (tronscan, node): (Says, Says), expected: &str) -> String {
    let name = registered(club, member).await;
    let hash = paid(club);
    tronscan.arrange(club, &hash, Face::Tronscan);
    node.arrange(club, &hash, Face::Node);
    assert_eq!(open(&club.claim(&name, "1 month", &hash).await), expected);
    hash
}

fn all_alarms(club: &Club) -> [usize; 3] {
    [DISPUTED, ONE_SIDED, AWAY].map(|part| alarms(club, part))
}

#[tokio::test]
async fn a_dispute_is_told_after_ten_minutes_and_once() {
    let club = Club::new().await;
    let hash = claimed(&club, 1001, (Says::Good, Says::Failed), "disputed").await;
    minutes(&club, 9).await;
    assert_eq!(all_alarms(&club), [0, 0, 0], "nine minutes");
    club.minute().await;
    assert_eq!(all_alarms(&club), [1, 0, 0]);
    let told = club.told_admin(1, DISPUTED).pop().unwrap();
    assert!(told.contains(&format!("https://tronscan.org/#/transaction/{hash}")), "{told}");
    minutes(&club, 5).await;
    assert_eq!(all_alarms(&club), [1, 0, 0], "once");
    assert_eq!(state(&club, &hash).await.0, "disputed");
    assert!(!has_access(&club, 1001).await);

    club.world.chain.agree(&hash);
    club.minute().await;
    assert!(has_access(&club, 1001).await, "it is kept checking");
    minutes(&club, 2).await;
    assert_eq!((all_alarms(&club), club.count("alarm", "true").await), ([1, 0, 0], 0));
}

#[tokio::test]
async fn a_dispute_goes_on_while_a_source_is_away() {
    let club = Club::new().await;
    let name = registered(&club, 1001).await;
    let hash = paid(&club);
    club.world.chain.disagree(&hash, Face::Node, Disagreement::Amount(PRICE + 1));
    assert_eq!(open(&club.claim(&name, "1 month", &hash).await), "disputed");
    minutes(&club, 4).await;
    for source in ["tronscan", "node"] {
        club.world.chain.faults().fail_next(source, 1, Fault::Status(502));
        club.minute().await;
    }
    minutes(&club, 3).await;
    assert_eq!(all_alarms(&club), [0, 0, 0]);
    club.minute().await;
    assert_eq!(all_alarms(&club), [1, 0, 0], "ten minutes after the first difference");
    club.world.chain.faults().fail_next("node", 1, Fault::Drop);
    minutes(&club, 2).await;
    assert_eq!(all_alarms(&club), [1, 0, 0], "once");
    assert_eq!(state(&club, &hash).await.0, "disputed");
}

#[tokio::test]
async fn one_source_alone_is_told_after_ten_minutes_and_once() {
    for pair in [(Says::Good, Says::Unknown), (Says::Unknown, Says::Good), (Says::Pending, Says::Good)] {
        let club = Club::new().await;
        let hash = claimed(&club, 1001, pair, "confirming").await;
        minutes(&club, 5).await;
        // The one that says good has no answer once.
        let good = if pair.0 == Says::Good { "tronscan" } else { "node" };
        club.world.chain.faults().fail_next(good, 1, Fault::BadJson);
        minutes(&club, 4).await;
        assert_eq!(all_alarms(&club), [0, 0, 0], "{pair:?}");
        club.minute().await;
        assert_eq!(all_alarms(&club), [0, 1, 0], "{pair:?}");
        minutes(&club, 3).await;
        assert_eq!(all_alarms(&club), [0, 1, 0], "{pair:?}");
        assert!(!has_access(&club, 1001).await, "never granted on one source");
        club.world.chain.agree(&hash);
        club.world.chain.confirm(&hash);
        minutes(&club, 2).await;
        assert!(has_access(&club, 1001).await);
        assert_eq!(club.count("alarm", "true").await, 0);
    }
}

#[tokio::test]
async fn a_source_that_is_away_is_told_once_however_many_wait_for_it() {
    let club = Club::new().await;
    let faults = club.world.chain.faults();
    let mut hashes = Vec::new();
    for member in 1001..1006 {
        let hash = claimed(&club, member, (Says::Away(Way::Fails(Fault::Drop)), Says::Unknown), "checking").await;
        hashes.push(hash);
    }
    faults.fail_next("tronscan", 1_000, Fault::Status(503));
    minutes(&club, 9).await;
    assert_eq!(all_alarms(&club), [0, 0, 0]);
    club.minute().await;
    assert_eq!(all_alarms(&club), [0, 0, 1]);
    minutes(&club, 4).await;
    assert_eq!(all_alarms(&club), [0, 0, 1]);
    for hash in &hashes {
        assert_eq!(state(&club, hash).await.2, "checking", "nobody is refused");
        club.world.chain.confirm(hash);
    }
    faults.clear();
    minutes(&club, 2).await;
    for member in 1001..1006 {
        assert!(has_access(&club, member).await, "{member}");
    }
    assert_eq!(club.count("alarm", "true").await, 0);
    // The next time it is told anew.
    let _ = claimed(&club, 1006, (Says::Unknown, Says::Away(Way::Fails(Fault::Drop))), "checking").await;
    faults.fail_next("node", 1_000, Fault::Drop);
    minutes(&club, 11).await;
    assert_eq!(all_alarms(&club), [0, 0, 2]);
    faults.clear();
}

#[tokio::test]
async fn a_list_that_cannot_be_read_is_told_too() {
    let club = Club::new().await;
    club.minute().await;
    let faults = club.world.chain.faults();
    faults.fail_next("trongrid", 1_000, Fault::Status(500));
    minutes(&club, 9).await;
    assert_eq!(all_alarms(&club), [0, 0, 0]);
    minutes(&club, 4).await;
    assert_eq!(all_alarms(&club), [0, 0, 1]);
    faults.clear();
    minutes(&club, 1).await;
    assert_eq!(club.count("alarm", "true").await, 0);
}

#[tokio::test]
async fn what_becomes_good_or_bad_in_time_is_no_alarm() {
    let club = Club::new().await;
    let disputed = claimed(&club, 1001, (Says::Failed, Says::Good), "disputed").await;
    let one_sided = claimed(&club, 1002, (Says::Good, Says::Unknown), "confirming").await;
    let gone = claimed(&club, 1003, (Says::Good, Says::Failed), "disputed").await;
    minutes(&club, 8).await;
    for hash in [&disputed, &one_sided] {
        club.world.chain.agree(hash);
        club.world.chain.confirm(hash);
    }
    club.world.chain.disagree(&gone, Face::Tronscan, Disagreement::Ended(Outcome::Revert));
    minutes(&club, 4).await;
    assert_eq!(all_alarms(&club), [0, 0, 0]);
    assert!(has_access(&club, 1001).await && has_access(&club, 1002).await && !has_access(&club, 1003).await);
    assert_eq!(state(&club, &gone).await.1, "failed_on_chain");
}
