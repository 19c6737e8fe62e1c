//! Journals and entries.

use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::bank::model::{Entry, JournalKind, ProductId, TransactionId};
use crate::base::{Fault, Money};
use crate::db::{GenericClient, Transaction};

/// An entry to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its id.
    pub id: TransactionId,
    /// The account it is made on.
    pub account: Uuid,
    /// Its place there.
    pub seq: i64,
    /// What it adds.
    pub amount: Money,
    /// Sum of the entries of the account with it.
    pub balance_after: Money,
    /// When it is made.
    pub at: Timestamp,
}

/// What holds entries together.
#[derive(Clone, Debug)]
pub struct Journal {
    /// Why they are made.
    pub kind: JournalKind,
    /// What they are about.
    pub description: String,
    /// Who made them.
    pub actor: String,
    /// The journal they undo.
    pub reverses: Option<i64>,
    /// When.
    pub at: Timestamp,
}

/// Writes a journal with its entries and moves the balances along. The database checks that they agree.
pub async fn write(tx: &Transaction<'_>, journal: &Journal, lines: &[Line]) -> Result<(), Fault> {
    let sql = "with line as (
                   select * from unnest($6::uuid[], $7::uuid[], $8::int8[], $9::int8[], $10::int8[], $11::timestamptz[])
                       as l (transaction_id, account_id, seq, amount, balance_after, at)
               ), journal as (
                   insert into bank.journal (kind, description, actor, reverses, at)
                   values ($1, $2, $3, $4, $5) returning journal_id
               ), entry as (
                   insert into bank.entry (transaction_id, journal_id, account_id, seq, amount, balance_after, at)
                   select l.transaction_id, j.journal_id, l.account_id, l.seq, l.amount, l.balance_after, l.at
                   from line l, journal j
               )
               update bank.account a set balance = l.balance_after, last_seq = l.seq, last_at = l.at
               from line l where a.account_id = l.account_id";
    let ids: Vec<Uuid> = lines.iter().map(|line| line.id.0).collect();
    let accounts: Vec<Uuid> = lines.iter().map(|line| line.account).collect();
    let numbers = |of: fn(&Line) -> i64| lines.iter().map(of).collect::<Vec<i64>>();
    let (seqs, amounts) = (numbers(|line| line.seq), numbers(|line| line.amount.0));
    let balances = numbers(|line| line.balance_after.0);
    let times: Vec<Timestamp> = lines.iter().map(|line| line.at).collect();
    let Journal { kind, description, actor, reverses, at } = journal;
    let kind = kind.word();
    tx.execute(sql, &[&kind, description, actor, reverses, at, &ids, &accounts, &seqs, &amounts, &balances, &times])
        .await?;
    Ok(())
}

fn entry(row: &Row) -> Entry {
    Entry {
        id: row.get("transaction_id"),
        seq: row.get("seq"),
        amount: row.get("amount"),
        balance_after: row.get("balance_after"),
        at: row.get("at"),
        description: row.get("description"),
    }
}

/// The newest entries of a product, newest first; with `upto`, of those up to that number.
pub async fn newest(
    db: &impl GenericClient,
    product: ProductId,
    upto: Option<i64>,
    limit: i64,
) -> Result<Vec<Entry>, Fault> {
    let sql = "select e.transaction_id, e.seq, e.amount, e.balance_after, e.at, j.description
               from bank.entry e join bank.journal j using (journal_id)
               where e.account_id = $1 and e.seq <= $2 order by e.seq desc limit $3";
    let upto = upto.unwrap_or(i64::MAX);
    Ok(db.query(sql, &[&product, &upto, &limit]).await?.iter().map(entry).collect())
}

/// Entries of a product after the number `after`, made from `from` on and before `until`, oldest first.
pub async fn oldest(
    db: &impl GenericClient,
    product: ProductId,
    after: i64,
    (from, until): (Option<Timestamp>, Option<Timestamp>),
    limit: i64,
) -> Result<Vec<Entry>, Fault> {
    // Time never runs back on an account, so days are a range of numbers; finding its ends by the index keeps a page of
    // a long account as cheap as one of a short one.
    let sql = "select e.transaction_id, e.seq, e.amount, e.balance_after, e.at, j.description
               from bank.entry e join bank.journal j using (journal_id)
               where e.account_id = $1 and e.seq > $2
                   and e.seq >= case when $3::timestamptz is null then 1 else coalesce((
                       select f.seq from bank.entry f where f.account_id = $1 and f.at >= $3
                       order by f.at, f.seq limit 1), 9223372036854775807) end
                   and e.seq < case when $4::timestamptz is null then 9223372036854775807 else coalesce((
                       select u.seq from bank.entry u where u.account_id = $1 and u.at >= $4
                       order by u.at, u.seq limit 1), 9223372036854775807) end
               order by e.seq limit $5";
    Ok(db.query(sql, &[&product, &after, &from, &until, &limit]).await?.iter().map(entry).collect())
}

/// One entry of a journal, with where it was made.
#[derive(Clone, Debug)]
pub struct Made {
    /// The journal.
    pub journal: i64,
    /// The entry.
    pub id: TransactionId,
    /// The account.
    pub account: Uuid,
    /// Whether that is a product; else it is an outside account.
    pub of_product: bool,
    /// What it added.
    pub amount: Money,
}

/// All entries of the journal that `id`, an entry of a product, belongs to.
pub async fn journal_of(db: &impl GenericClient, id: TransactionId) -> Result<Vec<Made>, Fault> {
    let sql = "select e.journal_id, e.transaction_id, e.account_id, a.kind <> 'outside' as of_product, e.amount
               from bank.entry named
                   join bank.account product on product.account_id = named.account_id and product.kind <> 'outside'
                   join bank.entry e on e.journal_id = named.journal_id
                   join bank.account a on a.account_id = e.account_id
               where named.transaction_id = $1 order by e.amount";
    let made = |row: &Row| Made {
        journal: row.get("journal_id"),
        id: row.get("transaction_id"),
        account: row.get("account_id"),
        of_product: row.get("of_product"),
        amount: row.get("amount"),
    };
    Ok(db.query(sql, &[&id]).await?.iter().map(made).collect())
}

/// Whether a journal was undone.
pub async fn is_reversed(db: &impl GenericClient, journal: i64) -> Result<bool, Fault> {
    let sql = "select 1 from bank.journal where reverses = $1";
    Ok(db.query_opt(sql, &[&journal]).await?.is_some())
}

/// What is wrong with the ledger: the sum of all entries, and how many accounts do not agree with theirs.
pub async fn disagreements(db: &impl GenericClient) -> Result<(Money, i64), Fault> {
    let sql = "with own as (
                   select account_id, sum(amount)::int8 as total, count(*) as entries, max(seq) as newest
                   from bank.entry group by account_id
               )
               select coalesce((select sum(amount) from bank.entry), 0)::int8 as total,
                   (select count(*) from bank.account a left join own using (account_id)
                    where a.balance <> coalesce(own.total, 0) or a.last_seq <> coalesce(own.entries, 0)
                       or a.last_seq <> coalesce(own.newest, 0)) as wrong";
    let row = db.query_one(sql, &[]).await?;
    Ok((row.get("total"), row.get("wrong")))
}
