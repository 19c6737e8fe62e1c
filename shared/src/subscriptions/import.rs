//! The one-time import of the system before this one: its users, plans and subscriptions. Done again it changes nothing
//! that was imported or has happened since.

use std::collections::{BTreeMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::json;

use self::csv::{Paid, Remark};
use self::merge::{Merged, merged};
use super::model::{ClaimReason, ClaimState, MemberId, Note, PlanId};
use super::store::claims;
use super::store::import::{self as store, HashesCame};
use super::{DOMAIN, assignment};
use crate::base::Fault;
use crate::base::i18n::Lang;
use crate::base::tron::{TxHash, Units};
use crate::db::{Transaction, audit};

pub mod csv;
pub mod merge;

/// Who did it, in the audit.
const ACTOR: &str = "operator";
/// Rows of one statement.
const BATCH: usize = 2_000;

/// The files, as CSV.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// `chat_id, telegram_username, first_name, last_name, date_joined, is_staff`
    pub users: Option<String>,
    /// `id, period, price`
    pub plans: Option<String>,
    /// `transaction_hash, customer_id, plan_id, start_date, end_date`
    pub subscriptions: Option<String>,
}

/// How many lines of a file were good, and what came of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    /// Lines that can be used.
    pub good: u64,
    /// New rows.
    pub added: u64,
    /// Rows that were there, and lacked something.
    pub changed: u64,
    /// Rows that were there, and stay as they are.
    pub kept: u64,
}

impl Count {
    fn new(good: usize, added: usize, changed: usize) -> Self {
        let [good, added, changed] = [good, added, changed].map(|count| u64::try_from(count).unwrap_or(u64::MAX));
        Self { good, added, changed, kept: good.saturating_sub(added).saturating_sub(changed) }
    }
}

/// What an import came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// People.
    pub users: Count,
    /// Plans. One gets its price, and is sold, only where it had none.
    pub plans: Count,
    /// Lines about paid times.
    pub subscriptions: u64,
    /// Members' subscriptions: several lines of one member are one.
    pub members: Count,
    /// Transactions, which cannot pay any more.
    pub hashes: Count,
    /// Lines that were not imported.
    pub bad: Vec<Remark>,
    /// Lines that were not imported as they stand.
    pub remarks: Vec<Remark>,
    /// Whose membership is to be verified.
    #[serde(skip)]
    pub to_verify: Vec<MemberId>,
}

/// Imports what is good of the files. Who was there keeps what is newer here; nobody's subscription is touched. Notes
/// are for those who claimed what was used there.
pub async fn run(
    tx: &Transaction<'_>,
    files: &Files,
    (language, grace): (Lang, SignedDuration),
    now: Timestamp,
) -> Result<(Report, Vec<Note>), Fault> {
    let mut report = Report::default();
    let mut to_verify: Vec<MemberId> = Vec::new();
    let (paid, hashes, odd) = files.subscriptions.as_deref().map(csv::subscriptions).unwrap_or_default();
    // Before members' rows, in the order in which all take their locks.
    let notes = use_up(tx, &hashes, &mut report, now).await?;
    let users = files.users.as_deref().map(csv::users).unwrap_or_default();
    report.bad.extend(users.bad);
    let (mut added, mut changed) = (0, 0);
    for users in users.rows.chunks(BATCH) {
        let came = store::add_users(tx, users, language, now).await?;
        changed += came.changed;
        added += came.added.len();
        to_verify.extend(came.added);
    }
    report.users = Count::new(users.rows.len(), added, changed);

    let plans = known_plans(tx, files, &mut report).await?;
    report.bad.extend(paid.bad);
    report.remarks.extend(odd);
    let lines = usable(tx, paid.rows, &plans, &mut report).await?;
    report.subscriptions = u64::try_from(lines.len()).unwrap_or(u64::MAX);
    let members = merged(&lines, &plans);
    let mut added: HashSet<MemberId> = HashSet::new();
    for members in members.chunks(BATCH) {
        added.extend(store::add_subscriptions(tx, members, grace, now).await?);
    }
    report.members = Count::new(members.len(), added.len(), 0);
    let kept: Vec<&Merged> = members.iter().filter(|merged| !added.contains(&merged.member)).collect();
    for kept in kept.chunks(BATCH) {
        let shorter = store::end_earlier(tx, kept).await?;
        report.remarks.extend(kept.iter().filter(|kept| shorter.contains(&kept.member)).map(|kept| Remark {
            file: "subscriptions",
            line: kept.line,
            reason: "the member has a subscription here that ends earlier; it stays as it is".to_owned(),
        }));
    }
    to_verify.extend(added);
    to_verify.sort_unstable();
    to_verify.dedup();
    report.to_verify = to_verify;
    note(tx, &report, now).await?;
    Ok((report, notes))
}

/// Notes that an import was made, and what it came to in numbers.
async fn note(tx: &Transaction<'_>, report: &Report, now: Timestamp) -> Result<(), Fault> {
    let Report { users, plans, subscriptions, members, hashes, bad, remarks, .. } = report;
    let new = json!({
        "users": users, "plans": plans, "subscriptions": subscriptions, "members": members, "hashes": hashes,
        "bad": bad.len(), "remarks": remarks.len(),
    });
    let entry =
        audit::Entry { domain: DOMAIN, actor: ACTOR, action: "import", subject: "import", old: None, new: Some(new) };
    audit::note(tx, entry, now).await
}

/// Lets transactions that were used there pay nothing here, given with their lines. What is claimed and not settled is
/// refused; what was paid here and is nobody's yet was paid for something there.
async fn use_up(
    tx: &Transaction<'_>,
    lines: &BTreeMap<TxHash, u64>,
    report: &mut Report,
    now: Timestamp,
) -> Result<Vec<Note>, Fault> {
    let hashes: Vec<&TxHash> = lines.keys().collect();
    let (mut added, mut changed, mut notes) = (0, 0, Vec::new());
    for hashes in hashes.chunks(BATCH) {
        let came = store::add_hashes(tx, hashes, now).await?;
        let HashesCame { stopped, returned, .. } = came;
        (added, changed) = (added + came.added, changed + stopped.len());
        let mut places: BTreeMap<TxHash, Vec<String>> = BTreeMap::new();
        for (hash, log_index) in returned {
            places.entry(hash).or_default().push(log_index.to_string());
        }
        for hash in &stopped {
            notes.extend(assignment::refuse_claim(tx, hash, ClaimReason::Used, now).await?);
        }
        for hash in places.keys() {
            let claim = claims::latest(tx, hash).await?;
            if claim.is_some_and(|claim| matches!(claim.state, ClaimState::Checking | ClaimState::Held)) {
                notes.extend(assignment::refuse_claim(tx, hash, ClaimReason::Used, now).await?);
            }
        }
        report.remarks.extend(places.into_iter().map(|(hash, places)| Remark {
            file: "subscriptions",
            line: lines.get(&hash).copied().unwrap_or_default(),
            reason: format!(
                "the transaction {hash} was proved here and nobody's: its transfers at {} are noted as returned",
                places.join(", ")
            ),
        }));
    }
    report.hashes = Count::new(hashes.len(), added, changed);
    Ok(notes)
}

/// A plan as lines name it: ours, and its price there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// Ours.
    pub id: PlanId,
    /// What it cost.
    pub price: Option<Units>,
}

/// Our plans by their ids there.
async fn known_plans(
    tx: &Transaction<'_>,
    files: &Files,
    report: &mut Report,
) -> Result<BTreeMap<String, Known>, Fault> {
    let plans = files.plans.as_deref().map(csv::plans).unwrap_or_default();
    let (mut known, mut added, mut changed) = (BTreeMap::new(), 0, 0);
    for (_, plan) in &plans.rows {
        let came = store::add_plan(tx, &plan.period, plan.days, plan.price).await?;
        added += usize::from(came.is_new);
        changed += usize::from(came.is_priced && !came.is_new);
        known.insert(plan.id.clone(), Known { id: came.id, price: plan.price.or(came.price) });
    }
    report.plans = Count::new(plans.rows.len(), added, changed);
    report.bad.extend(plans.bad);
    Ok(known)
}

/// The lines whose customers and plans are known; the others are bad.
async fn usable(
    tx: &Transaction<'_>,
    lines: Vec<(u64, Paid)>,
    plans: &BTreeMap<String, Known>,
    report: &mut Report,
) -> Result<BTreeMap<u64, Paid>, Fault> {
    let customers: Vec<i64> = lines.iter().map(|(_, paid)| paid.customer).collect();
    let mut members: HashSet<i64> = HashSet::new();
    for customers in customers.chunks(BATCH) {
        members.extend(store::known(tx, customers).await?);
    }
    let mut good = BTreeMap::new();
    for (line, paid) in lines {
        let reason = if !members.contains(&paid.customer) {
            "there is no user of this customer_id"
        } else if paid.plan.as_ref().is_some_and(|plan| !plans.contains_key(plan)) {
            "there is no plan of this plan_id"
        } else {
            good.insert(line, paid);
            continue;
        };
        report.bad.push(Remark { file: "subscriptions", line, reason: reason.to_owned() });
    }
    Ok(good)
}
