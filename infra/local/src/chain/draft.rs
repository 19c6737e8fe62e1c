//! What happens on the chain, and where its three faces differ about it.

use jiff::Timestamp;

use super::Face;

/// A transaction to be put on the chain.
///
/// With `..Draft::default()` it succeeds, is in the block of now and harmless, and calls a contract.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// The events of the token contracts, in log order. A native one has one at the most, of which only both ends and
    /// the value count.
    pub transfers: Vec<TransferDraft>,
    /// When its block was made; none: now. Blocks begin on whole multiples of their length.
    pub at: Option<Timestamp>,
    /// How it ended.
    pub result: Outcome,
    /// Whether `TronScan` calls it a risk.
    pub risky: bool,
    /// Whether it moves TRX and calls no contract.
    pub native: bool,
    /// Whether `TronScan` lists its transfers in `transfersAllList` only.
    pub all_list_only: bool,
    /// Its hash; none: one that was not there before.
    pub hash: Option<String>,
}

impl Draft {
    /// A successful transaction of now with these transfers.
    pub fn of(transfers: impl IntoIterator<Item = TransferDraft>) -> Self {
        Self { transfers: transfers.into_iter().collect(), ..Self::default() }
    }

    /// The same, in the block of `at`.
    #[must_use]
    pub fn at(mut self, at: Timestamp) -> Self {
        self.at = Some(at);
        self
    }

    /// The same, with another end.
    #[must_use]
    pub fn ends(mut self, result: Outcome) -> Self {
        self.result = result;
        self
    }
}

/// How a transaction ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outcome {
    /// It did what it was to do.
    #[default]
    Success,
    /// The contract refused; `TronScan` says both `REVERT` and `revert`, and still lists the transfers.
    Revert,
    /// It was too dear; `TronScan` still lists the transfers.
    OutOfEnergy,
}

impl Outcome {
    /// `contractRet` of `TronScan` and `receipt.result` of the node.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Success => "SUCCESS",
            Self::Revert => "REVERT",
            Self::OutOfEnergy => "OUT_OF_ENERGY",
        }
    }
}

/// What a contract told in its log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Event {
    /// Tokens moved.
    #[default]
    Transfer,
    /// Somebody was allowed to move tokens; none moved.
    Approval,
}

impl Event {
    /// `type` of both explorers.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Transfer => "Transfer",
            Self::Approval => "Approval",
        }
    }

    /// The first topic in the node's log.
    pub(super) fn topic(self) -> &'static str {
        match self {
            Self::Transfer => "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef",
            Self::Approval => "8c5be1e5ebec7d5bd14f71427d1e84f3dd0314c0f7b2291e5b200ac8c7c3b925",
        }
    }
}

/// One event of a token's contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferDraft {
    /// The token's contract.
    pub contract: String,
    /// The address that pays.
    pub from: String,
    /// The address that gets.
    pub to: String,
    /// Decimal text, in the token's smallest unit; at most 2^256 - 1.
    pub value: String,
    /// What the token calls itself in short.
    pub symbol: String,
    /// What the token calls itself.
    pub name: String,
    /// How many decimals the token claims to have.
    pub decimals: u8,
    /// What the contract told.
    pub event: Event,
    /// `status` of the entry at `TronScan`; 0 is good.
    pub status: i64,
}

impl TransferDraft {
    /// A transfer of a token that calls itself Tether USD, whichever contract it is of.
    pub fn new(contract: &str, from: &str, to: &str, value: impl Into<String>) -> Self {
        Self {
            contract: contract.to_owned(),
            from: from.to_owned(),
            to: to.to_owned(),
            value: value.into(),
            symbol: "USDT".to_owned(),
            name: "Tether USD".to_owned(),
            decimals: 6,
            event: Event::Transfer,
            status: 0,
        }
    }

    /// The same of a token that calls itself otherwise.
    #[must_use]
    pub fn called(mut self, symbol: &str, name: &str, decimals: u8) -> Self {
        symbol.clone_into(&mut self.symbol);
        name.clone_into(&mut self.name);
        self.decimals = decimals;
        self
    }
}

/// What one face says otherwise than the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Disagreement {
    /// The first transfer's value is this.
    Amount(u128),
    /// The first transfer went to this address.
    Recipient(String),
    /// The transfer at this place is missing; the node's later ones move up.
    Without(usize),
    /// It is in this block.
    Block(i64),
    /// Its block was made at this time.
    Time(Timestamp),
    /// It ended otherwise.
    Ended(Outcome),
    /// It was never heard of.
    Unknown,
    /// The answer is about this transaction.
    Hash(String),
}

/// A difference and the face that tells it.
pub(super) type Lie = (Face, Disagreement);
