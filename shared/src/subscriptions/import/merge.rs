//! Several paid times of one member as one subscription.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::Known;
use super::csv::Paid;
use crate::base::tron::{TxHash, Units};
use crate::subscriptions::model::{MemberId, PlanId};

/// A member's subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// The line that its end is from.
    pub line: u64,
    /// Whose.
    pub member: MemberId,
    /// The plan last paid.
    pub plan: Option<PlanId>,
    /// What it cost.
    pub price: Option<Units>,
    /// The transaction it was last paid with.
    pub hash: Option<TxHash>,
    /// Start of the uninterrupted run.
    pub starts_at: Timestamp,
    /// Its end.
    pub ends_at: Timestamp,
}

/// One subscription for each member of `lines`: with the latest end, and from where the times that lead to it without a
/// gap begin.
pub fn merged(lines: &BTreeMap<u64, Paid>, plans: &BTreeMap<String, Known>) -> Vec<Merged> {
    let mut of: BTreeMap<i64, Vec<(&u64, &Paid)>> = BTreeMap::new();
    for line in lines {
        of.entry(line.1.customer).or_default().push(line);
    }
    let merge = |(member, mut paid): (i64, Vec<(&u64, &Paid)>)| {
        // The last of equal ones: it was written last.
        paid.sort_by_key(|(line, paid)| std::cmp::Reverse((paid.ends_at, **line)));
        let (line, last) = *paid.first()?;
        let mut starts_at = last.starts_at;
        for (_, paid) in &paid {
            if paid.ends_at >= starts_at {
                starts_at = starts_at.min(paid.starts_at);
            }
        }
        let plan = last.plan.as_ref().and_then(|plan| plans.get(plan));
        Some(Merged {
            line: *line,
            member: MemberId(member),
            plan: plan.map(|plan| plan.id),
            price: plan.and_then(|plan| plan.price),
            hash: last.hash.clone(),
            starts_at,
            ends_at: last.ends_at,
        })
    };
    of.into_iter().filter_map(merge).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_without_a_gap_are_one_run() {
        let at = |day: i64| Timestamp::from_second(day * 86_400).unwrap();
        let paid = |customer, plan: &str, from, to| Paid {
            customer,
            plan: Some(plan.to_owned()),
            hash: None,
            starts_at: at(from),
            ends_at: at(to),
        };
        let lines = BTreeMap::from([
            (2, paid(7, "a", 100, 130)),
            (3, paid(7, "a", 0, 30)),
            (4, paid(7, "b", 60, 101)),
            (5, paid(8, "a", 0, 30)),
            (6, paid(7, "a", 40, 60)),
        ]);
        let plan = |id, price| Known { id: PlanId(id), price: Some(Units(price)) };
        let plans = BTreeMap::from([("a".to_owned(), plan(1, 100)), ("b".to_owned(), plan(2, 250))]);
        let merged = |line, member, from, to| Merged {
            line,
            member: MemberId(member),
            plan: Some(PlanId(1)),
            price: Some(Units(100)),
            hash: None,
            starts_at: at(from),
            ends_at: at(to),
        };
        assert_eq!(super::merged(&lines, &plans), [merged(2, 7, 40, 130), merged(5, 8, 0, 30)]);
    }
}
