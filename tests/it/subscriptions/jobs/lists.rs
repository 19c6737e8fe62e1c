//! Wallets' lists at `TronGrid`, read page by page, and `TronGrid` away.

use jiff::{SignedDuration, Timestamp};
use local::chain::{Draft, Event, Face, TransferDraft};
use local::faults::Fault;
use tests::subscriptions::{ADMINS, Club, USDT};

use super::{hours, minutes, told};

const JOB: &str = "subscriptions-detect";
const AWAY: &str = "has given no answer";

async fn known(club: &Club) -> i64 {
    club.world.number("select count(*) from core.chain_tx").await
}

async fn queued(club: &Club) -> i64 {
    club.world.number("select count(*) from core.outbox where sender = 'subscriptions-checks'").await
}

/// How many pages were asked for.
fn pages(club: &Club) -> usize {
    club.world.chain.calls(Face::Trongrid).len()
}

/// One transaction of so many transfers to our wallet, in the block of `at`.
fn crowd(club: &Club, transfers: usize, at: Timestamp) -> String {
    let chain = &club.world.chain;
    let one = chain.usdt(&chain.wallet("crowd"), &club.wallet, 1_000_000);
    chain.send(Draft::of(vec![one; transfers]).at(at))
}

/// Transactions of a hundred transfers each, so far apart, up to now.
fn crowds(club: &Club, count: i32, apart: SignedDuration) {
    let first = club.world.now();
    club.world.advance(apart * count);
    for number in 0..count {
        crowd(club, 100, first + apart * number);
    }
}

#[tokio::test]
async fn all_pages_of_a_list_are_read_and_each_transaction_is_queued_once() {
    let club = Club::new().await;
    for _ in 0..450 {
        club.world.advance(SignedDuration::from_secs(3));
        club.send("somebody", 7 * USDT);
    }
    club.world.run(JOB).await;
    assert_eq!((known(&club).await, queued(&club).await, pages(&club)), (450, 450, 3));
    let asked = club.world.chain.calls(Face::Trongrid);
    assert!(asked[0].path.contains(&format!("/v1/accounts/{}/transactions/trc20", club.wallet)), "{}", asked[0].path);
    for part in ["only_to=true", "contract_address=TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", "limit=200", "min_timestamp="] {
        assert!(asked.iter().all(|call| call.query.contains(part)), "{part}: {asked:?}");
    }
    assert!(!asked[0].query.contains("fingerprint=") && asked[1].query.contains("fingerprint="), "{asked:?}");
    let last = club.world.now();
    club.world.chain.forget_calls();
    club.world.advance(minutes(1));
    club.world.run(JOB).await;
    assert_eq!((known(&club).await, pages(&club)), (450, 2), "ten minutes are 200 blocks");
    let since = (last - minutes(10)).as_millisecond();
    let asked = club.world.chain.calls(Face::Trongrid);
    let given = asked[0].query.split('&').find_map(|pair| pair.strip_prefix("min_timestamp=")).unwrap();
    let given: i64 = given.parse().unwrap();
    assert!((since - 3_000..=since).contains(&given), "{given} is not ten minutes before the last block, {since}");
}

#[tokio::test]
async fn a_window_that_is_full_is_moved() {
    let club = Club::new().await;
    crowds(&club, 13, minutes(1));
    club.world.run(JOB).await;
    assert_eq!(known(&club).await, 13, "no list goes beyond a thousand rows");
    assert!(pages(&club) > 5, "{}", pages(&club));
}

#[tokio::test]
async fn a_run_reads_twenty_pages_and_the_next_goes_on() {
    let club = Club::new().await;
    crowds(&club, 60, minutes(1));
    club.world.run(JOB).await;
    assert_eq!(pages(&club), 20);
    let first = known(&club).await;
    assert!((20..60).contains(&first), "{first}");
    club.world.advance(minutes(1));
    club.world.run(JOB).await;
    assert_eq!(known(&club).await, 60);
}

#[tokio::test]
async fn more_within_ten_minutes_than_a_run_takes_does_not_hold_it_up() {
    let club = Club::new().await;
    crowds(&club, 60, SignedDuration::from_secs(3));
    for _ in 0..3 {
        club.world.run(JOB).await;
        club.world.advance(minutes(1));
    }
    assert_eq!(known(&club).await, 60);
    crowd(&club, 1, club.world.now());
    club.world.run(JOB).await;
    assert_eq!(known(&club).await, 61);
}

/// Strangers write transfers of nothing into a wallet's list, so that their own addresses are copied from it.
#[tokio::test]
async fn rows_of_nothing_do_not_hide_a_payment() {
    let club = Club::new().await;
    let chain = &club.world.chain;
    let nothing = chain.usdt(&chain.wallet("mallory"), &club.wallet, 0);
    for _ in 0..60 {
        club.world.advance(SignedDuration::from_secs(3));
        chain.send(Draft::of(vec![nothing.clone(); 100]));
    }
    club.world.advance(SignedDuration::from_secs(3));
    let hash = club.send("alice", 5 * USDT);
    for _ in 0..3 {
        club.world.run(JOB).await;
        club.world.advance(minutes(1));
    }
    assert_eq!(club.world.column("select hash from core.chain_tx").await, [hash]);
}

#[tokio::test]
async fn a_retired_wallet_is_read_for_thirty_days() {
    let club = Club::new().await;
    let next = club.world.chain.wallet("V");
    club.set_wallet(&next).await;
    club.world.advance(hours(29 * 24));
    let hash = club.send("late", 5 * USDT);
    club.world.run(JOB).await;
    let path = |call: local::chain::Call| call.path;
    let asked: Vec<String> = club.world.chain.calls(Face::Trongrid).into_iter().map(path).collect();
    for wallet in [&club.wallet, &next] {
        assert!(asked.iter().any(|path| path.contains(wallet)), "{asked:?}");
    }
    assert_eq!(club.world.column("select hash from core.chain_tx").await, [hash]);
    club.world.advance(hours(48));
    club.world.chain.forget_calls();
    club.send("too late", 5 * USDT);
    club.world.run(JOB).await;
    let asked: Vec<String> = club.world.chain.calls(Face::Trongrid).into_iter().map(path).collect();
    assert!(!asked.is_empty() && asked.iter().all(|path| path.contains(&next)), "{asked:?}");
    assert_eq!(known(&club).await, 1);
}

#[tokio::test]
async fn a_list_that_fails_is_read_a_minute_later() {
    let club = Club::new().await;
    let faults = [Fault::Status(500), Fault::Status(503), Fault::Forbidden, Fault::BadJson, Fault::Drop];
    for (before, fault) in (0..).zip(faults) {
        club.world.chain.faults().fail_next("trongrid", 1, fault);
        club.send("somebody", 5 * USDT);
        club.world.run(JOB).await;
        assert_eq!(known(&club).await, before, "{fault:?}");
        club.world.advance(minutes(1));
        club.world.run(JOB).await;
        assert_eq!(known(&club).await, before + 1, "{fault:?}");
    }
}

#[tokio::test]
async fn what_was_read_before_a_page_failed_counts() {
    let club = Club::new().await;
    crowds(&club, 6, minutes(1));
    let faults = club.world.chain.faults();
    faults.fail_next("trongrid", 1, Fault::Hang);
    let running = club.world.run(JOB);
    let fail_second = async {
        faults.until_hanging().await;
        faults.fail_next("trongrid", 1, Fault::Status(500));
        faults.release();
    };
    tokio::join!(running, fail_second);
    assert_eq!((known(&club).await, pages(&club)), (2, 2));
    club.world.run(JOB).await;
    assert_eq!(known(&club).await, 6);
}

#[tokio::test]
async fn a_told_wait_is_obeyed() {
    let club = Club::new().await;
    club.send("somebody", 5 * USDT);
    club.world.chain.faults().fail_next("trongrid", 1, Fault::TooMany { retry_after: 150 });
    club.world.run(JOB).await;
    for _ in 0..2 {
        club.world.advance(minutes(1));
        club.world.run(JOB).await;
        assert_eq!((pages(&club), known(&club).await), (1, 0));
    }
    club.world.advance(SignedDuration::from_secs(30));
    club.world.run(JOB).await;
    assert_eq!((pages(&club), known(&club).await), (2, 1));
}

#[tokio::test]
async fn lists_that_fail_for_ten_minutes_are_one_alarm() {
    let club = Club::new().await;
    club.world.run(JOB).await;
    for round in 1..=2 {
        club.world.chain.faults().fail_next("trongrid", 100, Fault::Status(502));
        for minute in 1..=13 {
            club.world.advance(minutes(1));
            club.world.run(JOB).await;
            let alarms = if minute < 10 { round - 1 } else { round };
            for admin in ADMINS {
                assert_eq!(told(&club, admin, AWAY).len(), alarms, "after {minute} minutes of round {round}");
            }
        }
        club.world.chain.faults().clear();
        club.world.advance(minutes(1));
        club.world.run(JOB).await;
        assert_eq!(club.count("alarm", "true").await, 0, "it has mended itself");
    }
}

#[tokio::test]
async fn a_transaction_in_several_rows_is_one_and_all_it_pays_counts() {
    let club = Club::new().await;
    let hash = crowd(&club, 3, club.world.now());
    club.world.chain.confirm(&hash);
    club.minute().await;
    assert_eq!((known(&club).await, queued(&club).await), (1, 1));
    let rows = "select log_index || ' ' || amount || ' ' || state from core.chain_transfer order by log_index";
    assert_eq!(club.world.column(rows).await, ["0", "1", "2"].map(|index| format!("{index} 1000000 unassigned")));
}

#[tokio::test]
async fn only_our_token_that_moves_to_us_is_taken() {
    let club = Club::new().await;
    let chain = &club.world.chain;
    let (us, alice) = (&club.wallet, chain.wallet("alice"));
    let draft = |transfer: TransferDraft| Draft::of([transfer]);
    let false_token = TransferDraft::new(&chain.wallet("false token"), &alice, us, "100000000");
    chain.send(draft(false_token.called("USDT", "Tether USD", 6)));
    chain.send(draft(TransferDraft { event: Event::Approval, ..chain.usdt(&alice, us, 5_000_000) }));
    chain.send(draft(chain.usdt(us, &alice, 5_000_000)));
    chain.send(draft(chain.usdt(&alice, &chain.wallet("bob"), 5_000_000)));
    chain.send(draft(chain.usdt(&alice, us, 0)));
    chain.send(Draft { native: true, ..draft(chain.usdt(&alice, us, 5_000_000)) });
    club.minute().await;
    assert_eq!((known(&club).await, queued(&club).await), (0, 0));
}
