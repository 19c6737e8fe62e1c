//! Pages about what was sent: statements and the feed.

use askama::Template;

use super::frame::{Frame, Place, kind_text};
use crate::bank::model::{Kind, Purpose, SmsState, StatementState};

/// How long the page looks again while nothing moves: work may be tried again for minutes.
const WATCHED_SECONDS: u32 = 600;
/// How long it does where only a report of the provider is missing, which comes soon or never.
const REPORT_WAIT_SECONDS: u32 = 120;

/// `/bank/statements`. While something of it is on its way, the page's script looks again by itself.
#[derive(Debug, Template)]
#[template(path = "bank/pages/statements.html")]
pub struct Statements {
    /// What stands around the page; [`Place::Statements`].
    pub frame: Frame,
    /// Newest first.
    pub statements: Vec<StatementRow>,
}

impl Statements {
    /// Whether something of it is still to be done.
    pub(super) fn changes(&self) -> bool {
        let moves = |sms| matches!(sms, SmsState::Queued | SmsState::Sending);
        self.statements.iter().any(|row| row.state == StatementState::Queued || row.sms.is_some_and(moves))
    }

    /// For how many seconds without news it is worth while to look again, if it is at all. A link that has ended is not
    /// reported on any more.
    pub(super) fn watched_seconds(&self) -> Option<u32> {
        let is_sent = |row: &StatementRow| row.sms == Some(SmsState::Sent) && row.link_until.is_some();
        if self.changes() {
            return Some(WATCHED_SECONDS);
        }
        self.statements.iter().any(is_sent).then_some(REPORT_WAIT_SECONDS)
    }
}

/// One statement.
#[derive(Clone, Debug)]
pub struct StatementRow {
    /// Its id.
    pub id: String,
    /// `XX` and the last four characters of the product.
    pub masked: String,
    /// What that is.
    pub kind: Kind,
    /// How many entries it shows at most.
    pub count: i32,
    /// When it was asked for, `YYYY-MM-DD HH:MM`.
    pub ordered_at: String,
    /// Where it stands.
    pub state: StatementState,
    /// Until when its newest link works, in the same form; `None` if there is none that does.
    pub link_until: Option<String>,
    /// Until when it is kept; `None` if it is not there, or no more.
    pub kept_until: Option<String>,
    /// What became of the SMS with its newest link.
    pub sms: Option<SmsState>,
    /// Whether it can be downloaded and sent again: it is ready, and still kept.
    pub usable: bool,
    /// Whether it can be revoked: it is queued or usable.
    pub revocable: bool,
}

impl StatementRow {
    fn kind_text(&self) -> &'static str {
        kind_text(self.kind)
    }

    fn state_text(&self) -> &'static str {
        match self.state {
            StatementState::Queued => "statement-queued",
            StatementState::Ready if !self.usable => "statement-expired",
            StatementState::Ready => "statement-ready",
            StatementState::Failed => "statement-failed",
            StatementState::Revoked => "statement-revoked",
        }
    }

    fn look(&self) -> &'static str {
        match self.state {
            StatementState::Queued => "waiting",
            StatementState::Ready if self.usable => "good",
            StatementState::Failed => "bad",
            StatementState::Ready | StatementState::Revoked => "quiet",
        }
    }

    fn sms_text(&self) -> &'static str {
        self.sms.map_or("sms-none", sms_text)
    }
}

/// `/bank/notifications`.
#[derive(Debug, Template)]
#[template(path = "bank/pages/notifications.html")]
pub struct Notifications {
    /// What stands around the page; [`Place::Notifications`].
    pub frame: Frame,
    /// Newest first.
    pub messages: Vec<Message>,
    /// Address of the page with older ones.
    pub older: Option<String>,
    /// Address of the page with the newest, where these are not.
    pub newest: Option<String>,
}

/// One message.
#[derive(Clone, Debug)]
pub struct Message {
    /// What it says, codes and links blanked.
    pub text: String,
    /// When it was written, `YYYY-MM-DD HH:MM`.
    pub at: String,
    /// What it is for.
    pub purpose: Purpose,
    /// What became of its SMS.
    pub state: SmsState,
}

impl Message {
    fn title(&self) -> &'static str {
        match self.purpose {
            Purpose::Entry => "message-entry",
            Purpose::Code => "message-code",
            Purpose::Statement => "message-statement",
            Purpose::StatementFailed => "message-statement-failed",
            Purpose::DueReminder => "message-due-reminder",
            Purpose::Reply => "message-reply",
            Purpose::PaymentCode => "message-payment-code",
            Purpose::Hint => "message-hint",
            Purpose::OptOut => "message-opt-out",
            Purpose::OptIn => "message-opt-in",
        }
    }

    /// A failed statement is told here alone: there is no SMS whose fate could be told.
    fn state_text(&self) -> &'static str {
        if self.purpose == Purpose::StatementFailed { "sms-feed-only" } else { sms_text(self.state) }
    }

    fn look(&self) -> &'static str {
        match self.state {
            SmsState::Queued | SmsState::Sending => "waiting",
            SmsState::Sent | SmsState::Delivered => "good",
            SmsState::Undelivered | SmsState::Failed => "bad",
            SmsState::Suppressed => "quiet",
        }
    }
}

fn sms_text(state: SmsState) -> &'static str {
    match state {
        SmsState::Queued => "sms-queued",
        SmsState::Sending => "sms-sending",
        SmsState::Sent => "sms-sent",
        SmsState::Delivered => "sms-delivered",
        SmsState::Undelivered => "sms-undelivered",
        SmsState::Failed => "sms-failed",
        SmsState::Suppressed => "sms-suppressed",
    }
}
