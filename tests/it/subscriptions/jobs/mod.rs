//! What the clock sets off and what operators invoke by name.

use jiff::{SignedDuration, Timestamp};
use tests::subscriptions::Club;

mod expiry;
mod import;
mod lanes;
mod lists;
mod operator;
mod pace;
mod reminders;
mod sending;
mod sightings;

/// A member whose month ends then, set long before, without a payment behind it.
pub async fn subscribed(club: &Club, user: i64, ends_at: Timestamp) {
    club.member(user, &format!("member{user}")).await;
    subscribe(club, user, ends_at).await;
}

/// The same for somebody who is a member already.
pub async fn subscribe(club: &Club, user: i64, ends_at: Timestamp) {
    let sql = format!(
        "insert into subscriptions.subscription (chat_id, plan_id, starts_at, ends_at, set_at, last_price)
         values ({user}, 1, '{ends_at}'::timestamptz - interval '30 days', '{ends_at}',
                 '{ends_at}'::timestamptz - interval '30 days', 100000000)"
    );
    club.world.execute(&sql).await;
}

/// So many hours.
pub fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

/// So many minutes.
pub fn minutes(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}

/// The texts a person got in which `part` stands.
pub fn told(club: &Club, user: i64, part: &str) -> Vec<String> {
    club.texts(user).into_iter().filter(|text| text.contains(part)).collect()
}
