//! Messages from phones, what was answered, and payments asked for by SMS.

use jiff::Timestamp;
use tokio_postgres::Row;

use crate::bank::model::{CustomerId, Purpose, SmsPaymentId};
use crate::bank::phone::model::{PaymentState, SmsPayment};
use crate::base::Fault;
use crate::db::{GenericClient, Transaction};

/// Whether a message is new. Noted in the transaction of its effects, so that it has them once or never; whoever brings
/// it meanwhile waits.
pub async fn first_time(tx: &Transaction<'_>, message_uuid: &str, now: Timestamp) -> Result<bool, Fault> {
    let sql = "insert into bank.inbound (message_uuid, at) values ($1, $2) on conflict do nothing";
    Ok(tx.execute(sql, &[&message_uuid, &now]).await? == 1)
}

/// Whether a nonce is new. Noted with the message it came with.
pub async fn take_nonce(tx: &Transaction<'_>, nonce: &str, message_uuid: &str, now: Timestamp) -> Result<bool, Fault> {
    let sql = "insert into bank.nonce (nonce, message_uuid, at) values ($1, $2, $3) on conflict do nothing";
    Ok(tx.execute(sql, &[&nonce, &message_uuid, &now]).await? == 1)
}

/// Notes the nonce of a request that says `content`; whether it is new, or came with the same before.
pub async fn is_first_or_same(tx: &Transaction<'_>, nonce: &str, content: &str, now: Timestamp) -> Result<bool, Fault> {
    let sql = "insert into bank.nonce as n (nonce, message_uuid, at) values ($1, $2, $3)
               on conflict (nonce) do update set at = n.at where n.message_uuid = excluded.message_uuid";
    Ok(tx.execute(sql, &[&nonce, &content, &now]).await? == 1)
}

/// Notes that a number wants no messages; whether it wanted them before.
pub async fn opt_out(tx: &Transaction<'_>, number: &str, now: Timestamp) -> Result<bool, Fault> {
    let sql = "insert into bank.opt_out (recipient, at) values ($1, $2) on conflict do nothing";
    Ok(tx.execute(sql, &[&number, &now]).await? == 1)
}

/// Notes that a number wants messages; whether it wanted none before.
pub async fn opt_in(tx: &Transaction<'_>, number: &str) -> Result<bool, Fault> {
    Ok(tx.execute("delete from bank.opt_out where recipient = $1", &[&number]).await? == 1)
}

/// How many messages for any of `purposes` were left for `number` after `since`.
pub async fn left_since(
    db: &impl GenericClient,
    number: &str,
    purposes: &[Purpose],
    since: Timestamp,
) -> Result<i64, Fault> {
    let sql = "select count(*) as n from bank.sms where recipient = $1 and purpose = any ($2) and created_at > $3";
    let purposes: Vec<&str> = purposes.iter().map(|purpose| purpose.word()).collect();
    Ok(db.query_one(sql, &[&number, &purposes, &since]).await?.get("n"))
}

/// Asks for a payment; there is none pending, see [`cancel_pending`].
pub async fn insert_payment(
    tx: &Transaction<'_>,
    customer: CustomerId,
    payment: &SmsPayment,
    now: Timestamp,
) -> Result<(), Fault> {
    let sql = "insert into bank.sms_payment
                   (sms_payment_id, customer_id, amount, from_id, to_id,
                    code_hash, tries, state, expires_at, created_at)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let SmsPayment { id, amount, from, to, code_hash, tries, state, expires_at } = payment;
    tx.execute(sql, &[id, &customer, amount, from, to, code_hash, tries, state, expires_at, &now]).await?;
    Ok(())
}

/// Cancels the customer's pending payment, if there is one.
pub async fn cancel_pending(tx: &Transaction<'_>, customer: CustomerId) -> Result<(), Fault> {
    let sql = "update bank.sms_payment set state = 'cancelled' where customer_id = $1 and state = 'pending'";
    tx.execute(sql, &[&customer]).await?;
    Ok(())
}

/// The customer's payments asked for after `since`, newest first, locked.
pub async fn lock_payments(
    tx: &Transaction<'_>,
    customer: CustomerId,
    since: Timestamp,
    limit: i64,
) -> Result<Vec<SmsPayment>, Fault> {
    let sql = "select sms_payment_id, amount, from_id, to_id, code_hash, tries, state, expires_at from bank.sms_payment
               where customer_id = $1 and created_at > $2 order by created_at desc, state = 'pending' desc limit $3
               for update";
    Ok(tx.query(sql, &[&customer, &since, &limit]).await?.iter().map(payment).collect())
}

/// Notes where a payment stands and how many wrong codes it has seen.
pub async fn set_payment(tx: &Transaction<'_>, id: SmsPaymentId, state: PaymentState, tries: i32) -> Result<(), Fault> {
    let sql = "update bank.sms_payment set state = $2, tries = $3 where sms_payment_id = $1";
    tx.execute(sql, &[&id, &state, &tries]).await?;
    Ok(())
}

fn payment(row: &Row) -> SmsPayment {
    SmsPayment {
        id: row.get("sms_payment_id"),
        amount: row.get("amount"),
        from: row.get("from_id"),
        to: row.get("to_id"),
        code_hash: row.get("code_hash"),
        tries: row.get("tries"),
        state: row.get("state"),
        expires_at: row.get("expires_at"),
    }
}
