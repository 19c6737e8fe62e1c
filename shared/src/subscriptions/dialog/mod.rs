//! The conversation: what was heard, where the person stands, what is to be done. Pure.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::model::{MemberId, OrderId, PlanId};
use crate::base::tron::TxHash;

mod input;

pub use crate::clients::telegram::Command;
pub use input::{Button, Input, button, text};

/// How long a hash is waited for, and a question of an admin's command may be answered.
pub const WAIT: SignedDuration = SignedDuration::from_mins(30);
/// Time between two links.
pub const LINK_INTERVAL: SignedDuration = SignedDuration::from_secs(30);

/// What is kept of a conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Talk {
    /// Where the person stands.
    #[serde(flatten)]
    pub dialog: Dialog,
    /// When they last asked for a link and got one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link_at: Option<Timestamp>,
}

impl Talk {
    /// Seconds after which another link may be asked for; nothing if it may be now.
    pub fn link_wait(&self, now: Timestamp) -> Option<i64> {
        let left = LINK_INTERVAL - now.duration_since(self.link_at?);
        (left > SignedDuration::ZERO).then(|| left.as_secs() + i64::from(left.subsec_nanos() > 0))
    }
}

/// Where a person stands. Stored forms outlive releases: a test fixes each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "snake_case")]
pub enum Dialog {
    /// Nowhere in particular.
    #[default]
    Idle,
    /// Asked for the hash of a payment.
    AwaitingHash {
        /// The order that was paid, if one was named.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        order: Option<OrderId>,
        /// Until when.
        until: Timestamp,
    },
    /// An admin was asked whether they mean it.
    Confirming {
        /// Number of the question, so that the buttons of an older one do nothing.
        question: i64,
        /// What is to be done.
        deed: Deed,
        /// Until when.
        until: Timestamp,
    },
}

/// What an admin does after a question. Stored forms outlive releases: a test fixes each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "deed", rename_all = "snake_case")]
pub enum Deed {
    /// Moves an end.
    Extend {
        /// Whose.
        member: MemberId,
        /// By how many days; below zero they are taken away.
        days: i32,
        /// Why.
        reason: String,
    },
    /// Ends a subscription now.
    Kick {
        /// Whose.
        member: MemberId,
    },
    /// Keeps a member out.
    Ban {
        /// Whom.
        member: MemberId,
    },
    /// Lets a member in again.
    Unban {
        /// Whom.
        member: MemberId,
    },
    /// Gives a payment to a member.
    Assign {
        /// The transaction.
        hash: TxHash,
        /// The transfer's place in its log.
        log_index: i32,
        /// To whom.
        member: MemberId,
        /// The plan it is for; without one it becomes balance.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        plan: Option<PlanId>,
    },
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// The menu.
    Menu,
    /// The plans.
    Plans,
    /// An order for this plan.
    Order(PlanId),
    /// Asks for the hash, of this order's payment if one is named.
    AskHash(Option<OrderId>),
    /// Asks for it again: the text had none, or several.
    AskHashAgain,
    /// Claims a transaction.
    Claim {
        /// For this order, if one was named.
        order: Option<OrderId>,
        /// The transaction.
        hash: TxHash,
    },
    /// Pays an order from the balance.
    PayFromBalance(OrderId),
    /// Takes an order back.
    Cancel(OrderId),
    /// How things stand.
    Status,
    /// A link into the group.
    Link,
    /// What happened.
    History,
    /// Who helps.
    Help,
    /// A command of an admin.
    Admin(Command),
    /// What an admin meant.
    Do(Deed),
    /// What an admin did not mean.
    Drop,
    /// An alert: this button does nothing any more.
    Invalid,
    /// Silence.
    Nothing,
}

/// Commands of everyone, in the order of the menu.
pub const USER_COMMANDS: [&str; 7] = ["start", "plans", "paid", "status", "link", "history", "help"];

/// Commands of admins; anyone else gets the menu.
pub const ADMIN_COMMANDS: [&str; 9] =
    ["admin", "find", "extend", "kick", "ban", "unban", "unassigned", "assign", "stats"];

/// What is to be done about `input`, and where the person stands then.
pub fn turn(dialog: Dialog, input: Input, is_admin: bool, now: Timestamp) -> (Dialog, Act) {
    let dialog = still(dialog, now);
    match (dialog, input) {
        (dialog, Input::ForAnother) => (dialog, Act::Nothing),
        (_, Input::Command(command)) => by_command(command, is_admin, now),
        (Dialog::Confirming { question, deed, .. }, Input::Press(Button::Answer { question: answered, yes }))
            if question == answered && is_admin =>
        {
            (Dialog::Idle, if yes { Act::Do(deed) } else { Act::Drop })
        }
        (dialog, Input::Press(button)) => by_button(dialog, button, now),
        (Dialog::AwaitingHash { order, .. }, Input::Hash(hash)) => (Dialog::Idle, Act::Claim { order, hash }),
        (dialog @ Dialog::AwaitingHash { .. }, Input::Other) => (dialog, Act::AskHashAgain),
        (_, Input::Hash(_) | Input::Other) => (Dialog::Idle, Act::Menu),
    }
}

/// What is left of `dialog` at `now`.
fn still(dialog: Dialog, now: Timestamp) -> Dialog {
    match dialog {
        Dialog::AwaitingHash { until, .. } | Dialog::Confirming { until, .. } if until <= now => Dialog::Idle,
        dialog => dialog,
    }
}

fn by_command(command: Command, is_admin: bool, now: Timestamp) -> (Dialog, Act) {
    let act = match command.name.as_str() {
        "plans" => Act::Plans,
        "paid" => return ask_hash(None, now),
        "status" => Act::Status,
        "link" => Act::Link,
        "history" => Act::History,
        "help" => Act::Help,
        name if is_admin && ADMIN_COMMANDS.contains(&name) => Act::Admin(command),
        _ => Act::Menu,
    };
    (Dialog::Idle, act)
}

/// A button leaves the person where they were, unless it leads elsewhere.
fn by_button(dialog: Dialog, button: Button, now: Timestamp) -> (Dialog, Act) {
    match button {
        Button::Menu => (Dialog::Idle, Act::Menu),
        Button::Plans => (dialog, Act::Plans),
        Button::Plan(plan) => (Dialog::Idle, Act::Order(plan)),
        Button::Paid(order) => ask_hash(order, now),
        Button::FromBalance(order) => (Dialog::Idle, Act::PayFromBalance(order)),
        Button::Cancel(order) => (Dialog::Idle, Act::Cancel(order)),
        Button::Status => (dialog, Act::Status),
        Button::Link => (dialog, Act::Link),
        Button::History => (dialog, Act::History),
        Button::Help => (dialog, Act::Help),
        Button::Answer { .. } | Button::Unknown => (dialog, Act::Invalid),
    }
}

fn ask_hash(order: Option<OrderId>, now: Timestamp) -> (Dialog, Act) {
    (Dialog::AwaitingHash { order: order.clone(), until: now + WAIT }, Act::AskHash(order))
}

#[cfg(test)]
mod tests;
