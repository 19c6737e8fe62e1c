//! Rows that have served.

use jiff::Timestamp;

use crate::base::Fault;
use crate::db::GenericClient;

/// What is cleared out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// Ids of messages from phones.
    Inbound,
    /// Nonces of signatures.
    Nonces,
    /// Failed logins.
    LoginFailures,
    /// Logins that ended.
    Logins,
    /// Codes that are too old.
    PhoneCodes,
    /// Payments that were not confirmed in time.
    SmsPayments,
    /// Codes and links in messages.
    ReadableTexts,
}

impl Table {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Inbound,
        Self::Nonces,
        Self::LoginFailures,
        Self::Logins,
        Self::PhoneCodes,
        Self::SmsPayments,
        Self::ReadableTexts,
    ];

    fn sql(self) -> &'static str {
        match self {
            Self::Inbound => {
                "delete from bank.inbound where message_uuid in
                 (select message_uuid from bank.inbound where at < $1 limit $2)"
            }
            Self::Nonces => {
                "delete from bank.nonce where nonce in (select nonce from bank.nonce where at < $1 limit $2)"
            }
            Self::LoginFailures => {
                "delete from bank.login_failure where ctid in
                 (select ctid from bank.login_failure where at < $1 limit $2)"
            }
            Self::Logins => {
                "delete from bank.login where token_hash in
                 (select token_hash from bank.login where expires_at < $1 limit $2)"
            }
            Self::PhoneCodes => {
                "delete from bank.phone_code where customer_id in
                 (select customer_id from bank.phone_code where expires_at < $1 limit $2)"
            }
            Self::SmsPayments => {
                "update bank.sms_payment set state = 'cancelled' where sms_payment_id in
                 (select sms_payment_id from bank.sms_payment where state = 'pending' and expires_at < $1 limit $2)"
            }
            Self::ReadableTexts => {
                "update bank.sms set text = shown where sms_id in
                 (select sms_id from bank.sms
                  where text <> shown and created_at < $1 and state not in ('queued', 'sending') limit $2)"
            }
        }
    }
}

/// Clears out what is older than `before`, at most `limit` rows; says how many.
pub async fn forget(db: &impl GenericClient, table: Table, before: Timestamp, limit: i64) -> Result<u64, Fault> {
    db.execute(table.sql(), &[&before, &limit]).await
}
