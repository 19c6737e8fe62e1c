//! What is on the chain, and how far it is confirmed.

use std::collections::{HashMap, VecDeque};

use jiff::{SignedDuration, Timestamp};

use super::draft::{Disagreement, Draft, Lie, Outcome, TransferDraft};
use super::{CALLS_MAX, Call, Face, Options, SOLID_AFTER};

/// The time of the main network's first block, in seconds since 1970: so block numbers are like the real ones.
const GENESIS: i64 = 1_529_891_469;

/// What is true of one transaction.
#[derive(Clone, Debug)]
pub(super) struct Transaction {
    /// Grows from one to the next.
    pub(super) seq: u64,
    pub(super) hash: String,
    pub(super) transfers: Vec<TransferDraft>,
    pub(super) block: i64,
    pub(super) at: Timestamp,
    pub(super) result: Outcome,
    pub(super) risky: bool,
    pub(super) native: bool,
    pub(super) all_list_only: bool,
    /// Stands instead of what the clock says.
    pub(super) fixed: Option<i64>,
    /// At least so many, whatever the clock says.
    pub(super) floor: i64,
    /// Stands instead of what the confirmations say.
    pub(super) solid: Option<bool>,
    pub(super) lies: Vec<Lie>,
}

impl Transaction {
    /// Makes it final now, whatever was set by hand before.
    pub(super) fn finish(&mut self) {
        (self.fixed, self.floor, self.solid) = (None, SOLID_AFTER, Some(true));
    }
}

/// A transaction as one face tells it now.
#[derive(Clone, Debug)]
pub(super) struct View {
    pub(super) tx: Transaction,
    pub(super) confirmations: i64,
    /// Whether the solidified view of the node has it.
    pub(super) solid: bool,
}

pub(super) struct State {
    pub(super) options: Options,
    transactions: HashMap<String, Transaction>,
    /// The hashes from the oldest made to the newest.
    order: Vec<String>,
    made: u64,
    calls: VecDeque<Call>,
}

impl State {
    pub(super) fn new(options: Options) -> Self {
        Self { options, transactions: HashMap::new(), order: Vec::new(), made: 0, calls: VecDeque::new() }
    }

    pub(super) fn now(&self) -> Timestamp {
        (self.options.now)()
    }

    fn block_at(&self, at: Timestamp) -> i64 {
        at.as_second().saturating_sub(GENESIS).div_euclid(self.options.block_seconds.max(1))
    }

    /// The number of the newest block.
    pub(super) fn head(&self) -> i64 {
        self.block_at(self.now())
    }

    /// Puts a transaction on the chain and gives its hash. Panics if the draft is not possible.
    #[track_caller]
    pub(super) fn add(&mut self, draft: Draft) -> String {
        draft.transfers.iter().for_each(require_possible);
        assert!(!draft.native || draft.transfers.len() <= 1, "a native transaction pays once");
        self.made += 1;
        let hash = draft.hash.as_ref().map_or_else(|| self.new_hash(&draft), |hash| hash.to_ascii_lowercase());
        assert!(is_hash(&hash), "{hash} is not a hash");
        assert!(!self.transactions.contains_key(&hash), "the transaction {hash} is there already");
        let block = self.block_at(draft.at.unwrap_or_else(|| self.now()));
        let since_genesis = SignedDuration::from_secs(block.saturating_mul(self.options.block_seconds.max(1)));
        let genesis = Timestamp::from_second(GENESIS).expect("it is a time");
        let transaction = Transaction {
            seq: self.made,
            hash: hash.clone(),
            transfers: draft.transfers,
            block,
            at: genesis.checked_add(since_genesis).expect("it is before the time it comes from"),
            result: draft.result,
            risky: draft.risky,
            native: draft.native,
            all_list_only: draft.all_list_only,
            fixed: None,
            floor: 0,
            solid: None,
            lies: Vec::new(),
        };
        self.transactions.insert(hash.clone(), transaction);
        self.order.push(hash.clone());
        hash
    }

    /// The time is in it: a chain that begins anew beside a database that lasts does not repeat itself.
    fn new_hash(&self, draft: &Draft) -> String {
        let seed = format!("{} {} {draft:?}", self.made, self.now().as_nanosecond());
        hex::encode(ring::digest::digest(&ring::digest::SHA256, seed.as_bytes()))
    }

    /// Changes a transaction and tells whether there is one.
    pub(super) fn change(&mut self, hash: &str, change: impl FnOnce(&mut Transaction)) -> bool {
        self.transactions.get_mut(&hash.to_ascii_lowercase()).map(change).is_some()
    }

    pub(super) fn forget(&mut self, hash: &str) {
        let hash = hash.to_ascii_lowercase();
        self.transactions.remove(&hash);
        self.order.retain(|known| *known != hash);
    }

    pub(super) fn transaction(&self, hash: &str) -> Option<&Transaction> {
        self.transactions.get(&hash.to_ascii_lowercase())
    }

    /// A transaction as a face tells it; none if that face never heard of it.
    pub(super) fn seen(&self, hash: &str, face: Face) -> Option<View> {
        self.transaction(hash).and_then(|tx| self.view(tx, face))
    }

    /// All transactions as a face tells them, oldest made first.
    pub(super) fn all_seen(&self, face: Face) -> impl Iterator<Item = View> {
        self.order.iter().filter_map(move |hash| self.seen(hash, face))
    }

    /// The newest transactions as they are, newest first.
    pub(super) fn newest(&self, count: usize) -> impl Iterator<Item = View> {
        self.order.iter().rev().take(count).filter_map(|hash| Some(self.progress(self.transaction(hash)?.clone())))
    }

    fn progress(&self, tx: Transaction) -> View {
        let by_clock = (self.head() - tx.block).max(0);
        let confirmations = tx.fixed.unwrap_or(by_clock).max(tx.floor);
        let solid = tx.solid.unwrap_or(confirmations >= SOLID_AFTER);
        View { tx, confirmations, solid }
    }

    fn view(&self, tx: &Transaction, face: Face) -> Option<View> {
        let View { mut tx, confirmations, solid } = self.progress(tx.clone());
        for (_, lie) in std::mem::take(&mut tx.lies).into_iter().filter(|(teller, _)| *teller == face) {
            match lie {
                Disagreement::Amount(value) => {
                    tx.transfers.iter_mut().take(1).for_each(|first| first.value = value.to_string());
                }
                Disagreement::Recipient(to) => {
                    tx.transfers.iter_mut().take(1).for_each(|first| first.to.clone_from(&to));
                }
                Disagreement::Without(index) => {
                    if index < tx.transfers.len() {
                        tx.transfers.remove(index);
                    }
                }
                Disagreement::Block(block) => tx.block = block,
                Disagreement::Time(at) => tx.at = at,
                Disagreement::Ended(result) => tx.result = result,
                Disagreement::Unknown => return None,
                Disagreement::Hash(hash) => tx.hash = hash,
            }
        }
        Some(View { tx, confirmations, solid })
    }

    pub(super) fn note(&mut self, call: Call) {
        if self.calls.len() == CALLS_MAX {
            self.calls.pop_front();
        }
        self.calls.push_back(call);
    }

    pub(super) fn calls(&self) -> impl Iterator<Item = &Call> {
        self.calls.iter()
    }

    pub(super) fn forget_calls(&mut self) {
        self.calls.clear();
    }
}

/// Whether a text is a transaction's hash.
pub(super) fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[track_caller]
fn require_possible(transfer: &TransferDraft) {
    for address in [&transfer.contract, &transfer.from, &transfer.to] {
        assert!(super::address::account(address).is_some(), "{address} is not an address");
    }
    assert!(super::address::number(&transfer.value).is_some(), "{} is not a value of 256 bits", transfer.value);
}
