//! Messages to phones: tried again, reported on, never twice for nothing, and in the feed whatever became of them.

mod feed;
mod hygiene;
mod outages;
mod pairs;
mod repeats;
mod reports;
mod resent;
mod retries;
mod sns;
mod wording;

/// Each takes the ten seconds of a call, so they take them together.
#[tokio::test]
async fn a_provider_that_does_not_answer_in_time_may_have_sent_it() {
    tokio::join!(retries::time_out(), sns::time_out());
}
