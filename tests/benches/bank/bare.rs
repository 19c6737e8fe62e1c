//! A posting in SQL alone: the statements of the product over the plain driver, in as few round trips.

use std::time::{Duration, Instant};

use futures_util::FutureExt;
use serde_json::json;
use shared::base::crypto::random_bytes;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row};
use uuid::Uuid;

const LOCK: &str = "select p.product_id, p.kind, p.customer_id, p.outside_id, a.balance, a.last_seq, a.overdraft_limit,
        a.credit_limit, a.last_at, o.balance as outside_balance, o.last_seq as outside_seq, o.last_at as outside_at,
        c.email, c.name, c.contact, c.verified_at, c.dob
    from bank.product p join bank.account a on a.account_id = p.product_id
        join bank.account o on o.account_id = p.outside_id join bank.customer c on c.customer_id = p.customer_id
    where p.product_id = $1 order by p.product_id for update of a, o";

/// By the clock, not by the start of the transaction: time never runs back on an account.
const MOVE: &str = "with journal as (
        insert into bank.journal (kind, description, actor, at) values ('external', '', 'api_key:1', clock_timestamp())
        returning journal_id
    ), entry as (
        insert into bank.entry (transaction_id, journal_id, account_id, seq, amount, balance_after, at)
        select l.id, j.journal_id, l.account_id, l.seq, l.amount, l.balance_after, clock_timestamp()
        from journal j, (values ($1::uuid, $3::uuid, $5::int8, 100::int8, $6::int8), ($2, $4, $7, -100, $8))
            l (id, account_id, seq, amount, balance_after)
    )
    update bank.account a set balance = l.balance_after, last_seq = l.seq, last_at = clock_timestamp()
    from (values ($3::uuid, $5::int8, $6::int8), ($4, $7, $8)) l (account_id, seq, balance_after)
    where a.account_id = l.account_id";

const SMS: &str =
    "insert into bank.sms (sms_id, customer_id, recipient, purpose, text, shown, state, created_at, state_at)
    select $1, $2, $3, 'entry', $4, $4,
        case when exists (select from bank.opt_out where recipient = $3)
            or not exists (select from bank.customer where customer_id = $2 and verified_at is not null)
        then 'suppressed' else 'queued' end, now(), now()";

const AUDIT: &str = "insert into core.audit (domain, actor, action, subject, new_value, at)
    values ('bank', 'api_key:1', 'post', $1, $2, now())";

const OUTBOX: &str = "insert into core.outbox (channel, sender, lane, body, created_at, not_before)
    select 'queue', 'bank-sms', $1, $2, now(), now()
    where not exists (select 1 from core.outbox w where w.state = 'waiting' and w.channel = 'queue'
        and w.sender = 'bank-sms' and w.lane = $1)";

const TEXT: &str = "Dear customer, your SB XX90AB has been credited by INR 1.00 and your current balance is INR 989.75. \
                    2025-03-01 12:00 Ref 0f2c1d2e";

fn uuid() -> Uuid {
    let mut bytes = [0; 16];
    random_bytes(&mut bytes);
    Uuid::from_bytes(bytes)
}

/// Posts 1.00 to `account`: two round trips.
pub async fn post(db: &Client, account: Uuid) -> Duration {
    let begun = Instant::now();
    let _ = db.batch_execute("begin").now_or_never();
    let held = db.query_typed(LOCK, &[(&account, Type::UUID)]).await.expect("the account is there");
    write(db, account, &held[0]).await;
    begun.elapsed()
}

async fn write(db: &Client, account: Uuid, held: &Row) {
    let outside: Uuid = held.get("outside_id");
    let (balance, seq): (i64, i64) = (held.get("balance"), held.get("last_seq"));
    let (outside_balance, outside_seq): (i64, i64) = (held.get("outside_balance"), held.get("outside_seq"));
    let (own_id, outside_id, sms) = (uuid(), uuid(), uuid());
    let (own_seq, own_after) = (seq + 1, balance + 100);
    let (other_seq, other_after) = (outside_seq + 1, outside_balance - 100);
    let customer: i64 = held.get("customer_id");
    let contact: String = held.get("contact");
    let lane = i64::from_le_bytes(*own_id.as_bytes().first_chunk().expect("sixteen bytes"));
    let subject = format!("transaction:{own_id}");
    let body = json!({ "sms_id": sms });
    let new = json!({ "kind": "external", "entries": [[account, "1.00"], [outside, "-1.00"]] });
    let moved: [(&(dyn ToSql + Sync), Type); 8] = [
        (&own_id, Type::UUID),
        (&outside_id, Type::UUID),
        (&account, Type::UUID),
        (&outside, Type::UUID),
        (&own_seq, Type::INT8),
        (&own_after, Type::INT8),
        (&other_seq, Type::INT8),
        (&other_after, Type::INT8),
    ];
    let moved = db.execute_typed(MOVE, &moved);
    let told =
        [(&sms as _, Type::UUID), (&customer as _, Type::INT8), (&contact as _, Type::TEXT), (&TEXT as _, Type::TEXT)];
    let told = db.execute_typed(SMS, &told);
    let noted = [(&subject as _, Type::TEXT), (&new as _, Type::JSONB)];
    let noted = db.execute_typed(AUDIT, &noted);
    let left = [(&lane as _, Type::INT8), (&body as _, Type::JSONB)];
    let left = db.execute_typed(OUTBOX, &left);
    let commit = db.batch_execute("commit");
    let done = tokio::try_join!(moved, told, noted, left, commit);
    done.unwrap_or_else(|error| panic!("{}", shared::base::chain(&error)));
}
