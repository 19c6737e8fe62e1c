//! What happens while something is away: Postgres, DynamoDB, Telegram, the geocoder.

mod dynamodb;
mod geocoder;
mod postgres;
mod telegram;

/// Each takes the ten seconds of a call, so they take them together.
#[tokio::test]
async fn time_outs_are_failures_that_may_pass() {
    tokio::join!(telegram::time_out(), geocoder::time_out());
}
