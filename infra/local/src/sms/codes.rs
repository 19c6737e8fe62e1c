//! Plivo's error codes, as far as a report to an application carries them.

/// Codes with which Plivo itself gives a message up; all others come back from the network.
const FOUND_AT_ONCE: [u16; 6] = [40, 110, 200, 300, 450, 900];

/// Blocked as spam. India's operators do this to a header's message that names no registered template.
pub(super) const SPAM: u16 = 30;

/// What a code says.
pub(super) fn meaning(code: u16) -> &'static str {
    match code {
        10 => "invalid message",
        20 => "network error",
        SPAM => "blocked as spam",
        40 => "invalid sender",
        50 => "invalid destination",
        70 => "unavailable for good",
        80 => "unavailable for now",
        90 => "no route to the network",
        100 => "the network bars the sender",
        110 => "too long",
        200 => "the number opted out",
        300 => "failed to dispatch",
        420 => "expired on its way",
        450 => "the country is barred",
        900 => "not enough credit",
        _ => "unknown error",
    }
}

/// The state in which a message ends that fails with this code: `failed` before it left Plivo, else `undelivered`.
pub(super) fn final_status(code: u16) -> &'static str {
    if FOUND_AT_ONCE.contains(&code) { "failed" } else { "undelivered" }
}
