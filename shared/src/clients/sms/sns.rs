//! Amazon SNS: messages published to a phone number.

use std::error::Error;

use aws_sdk_sns::Client;
use aws_sdk_sns::config::http::HttpResponse;
use aws_sdk_sns::config::retry::RetryConfig;
use aws_sdk_sns::config::timeout::TimeoutConfig;
use aws_sdk_sns::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sns::operation::publish::PublishError;
use aws_sdk_sns::types::MessageAttributeValue;

use super::{CONNECTION_LOST, NO_CONNECTION, Outbound, Sending, TIMED_OUT, UNREADABLE, ambiguous, later, unanswered};
use crate::base::config::Bank;
use crate::clients::http::TOTAL_TIMEOUT;

/// As it is stored with a message.
pub const NAME: &str = "sns";
/// Codes of errors that ask for patience.
const THROTTLING: [&str; 8] = [
    "KMSThrottling",
    "RequestLimitExceeded",
    "SlowDown",
    "Throttled",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
];
/// Codes of errors of a number that wants no messages.
const OPTED_OUT: [&str; 2] = ["OptedOut", "OptedOutException"];
/// What SNS says of such a number where it gives another code, and in its delivery log.
const OPTED_OUT_WORDS: &str = "opted out";
/// Characters of an error's code that are kept.
const CODE_CHARS_MAX: usize = 64;

/// Publishes to phone numbers. Never by itself a second time: the first may have arrived.
#[derive(Clone, Debug)]
pub struct Sns {
    client: Client,
    /// Attributes that every message has, by name.
    attributes: Vec<(&'static str, String)>,
    is_registered: bool,
}

impl Sns {
    /// The SNS of this account, sending as the settings say.
    pub fn new(config: &aws_config::SdkConfig, bank: &Bank) -> Self {
        let timeouts =
            TimeoutConfig::builder().operation_attempt_timeout(TOTAL_TIMEOUT).operation_timeout(TOTAL_TIMEOUT).build();
        let config = aws_sdk_sns::config::Builder::from(config)
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts)
            .build();
        let optional = [
            ("AWS.SNS.SMS.SenderID", bank.sender.clone().filter(|sender| is_sender_id(sender))),
            ("AWS.MM.SMS.OriginationNumber", bank.origination_number.clone()),
            ("AWS.MM.SMS.EntityId", bank.dlt.as_ref().map(|dlt| dlt.entity_id.clone())),
        ];
        let mut attributes = vec![("AWS.SNS.SMS.SMSType", "Transactional".to_owned())];
        attributes.extend(optional.into_iter().filter_map(|(name, value)| Some((name, value?))));
        Self { client: Client::from_conf(config), attributes, is_registered: bank.dlt.is_some() }
    }

    pub(super) async fn send(&self, message: &Outbound<'_>) -> Sending {
        let template = message.template_id.filter(|_| self.is_registered);
        let template = template.map(|id| ("AWS.MM.SMS.TemplateId", id.to_owned()));
        let mut request = self.client.publish().phone_number(format!("+{}", message.to)).message(message.text);
        for (name, value) in self.attributes.iter().cloned().chain(template) {
            request = request.message_attributes(name, text(value));
        }
        match request.send().await {
            Ok(answer) => match answer.message_id.filter(|id| !id.is_empty()) {
                Some(provider_id) => Sending::Accepted { provider_id },
                None => ambiguous(UNREADABLE),
            },
            Err(error) => read(&error),
        }
    }
}

/// Whether what SNS says of a number is that it wants no messages.
pub fn says_opted_out(words: &str) -> bool {
    words.to_ascii_lowercase().contains(OPTED_OUT_WORDS)
}

/// A sender ID has a letter; a number is none.
fn is_sender_id(sender: &str) -> bool {
    sender.chars().any(|character| character.is_ascii_alphabetic())
}

fn text(value: String) -> MessageAttributeValue {
    let attribute = MessageAttributeValue::builder().data_type("String").string_value(value).build();
    attribute.expect("the type is given")
}

/// What a failed call means. Of its words nothing is kept: they quote the number.
fn read(error: &SdkError<PublishError, HttpResponse>) -> Sending {
    let status = error.raw_response().map(|answer| answer.status().as_u16()).unwrap_or_default();
    if (200..300).contains(&status) {
        return ambiguous(UNREADABLE);
    }
    match error {
        SdkError::ConstructionFailure(_) => later(NO_CONNECTION, None),
        SdkError::TimeoutError(_) => ambiguous(TIMED_OUT),
        SdkError::DispatchFailure(failure) => match failure.as_connector_error().and_then(|error| transport(error)) {
            Some(error) => unanswered(error),
            None => ambiguous(CONNECTION_LOST),
        },
        SdkError::ServiceError(refusal) => {
            let refusal = refusal.err();
            refusal_of(status, refusal.code(), refusal.message().unwrap_or_default())
        }
        _ => refusal_of(status, None, ""),
    }
}

fn refusal_of(status: u16, code: Option<&str>, words: &str) -> Sending {
    let code = code.map_or_else(|| format!("HTTP {status}"), |code| code.chars().take(CODE_CHARS_MAX).collect());
    if OPTED_OUT.contains(&code.as_str()) || status == 400 && says_opted_out(words) {
        return Sending::OptedOut;
    }
    if status == 429 || status >= 500 || THROTTLING.contains(&code.as_str()) {
        return later(code, None);
    }
    Sending::Refused { code, alarm: matches!(status, 401 | 403) }
}

/// The failure of our own HTTP client below an error of the SDK.
fn transport<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a reqwest::Error> {
    let mut below = Some(error);
    while let Some(error) = below {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        below = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(status: u16, code: Option<&str>, words: &str, expected: &Sending) {
        assert_eq!(&refusal_of(status, code, words), expected, "{status} {code:?} {words}");
    }

    #[test]
    fn errors_are_sorted_by_what_can_be_done() {
        let refused = |code: &str, alarm| Sending::Refused { code: code.to_owned(), alarm };
        let words = "Invalid parameter: PhoneNumber Reason: +919000000001 is not valid to publish to";
        check(400, Some("InvalidParameter"), words, &refused("InvalidParameter", false));
        check(400, Some("InvalidParameter"), "Phone number is opted out", &Sending::OptedOut);
        check(400, Some("OptedOut"), "", &Sending::OptedOut);
        check(400, Some("Throttling"), "Rate exceeded", &later("Throttling", None));
        check(429, Some("Throttled"), "", &later("Throttled", None));
        check(500, Some("InternalError"), "", &later("InternalError", None));
        check(503, None, "", &later("HTTP 503", None));
        check(403, Some("AuthorizationError"), "", &refused("AuthorizationError", true));
        check(403, Some("InvalidClientTokenId"), "", &refused("InvalidClientTokenId", true));
        check(404, None, "", &refused("HTTP 404", false));
    }

    #[test]
    fn a_number_is_no_sender_id() {
        assert!(is_sender_id("PLBANK"));
        assert!(!is_sender_id("+14155550100"));
    }
}
