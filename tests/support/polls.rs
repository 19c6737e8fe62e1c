//! Killing work at each point at which it waits.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

/// Runs `work`, but drops it where it waits after having been polled `polls` times. Gives its result if it ended before.
///
/// With `polls` from 1 upward until there is a result, work is killed once at every point at which it can be.
pub async fn kill_after_polls<T>(work: impl Future<Output = T>, polls: usize) -> Option<T> {
    let mut work = pin!(work);
    let mut left = polls;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match work.as_mut().poll(context) {
            Poll::Ready(result) => Poll::Ready(Some(result)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}
