//! The conversation: what was heard, where the person stands, what is to be done. Pure.

use serde::{Deserialize, Serialize};

use crate::keyhub::model::Code;

mod input;

pub use crate::clients::telegram::{Command, command};
pub use input::{Button, Input, button, text};

/// Where a person stands. Stored forms outlive releases: a test fixes each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "snake_case")]
pub enum Dialog {
    /// Nowhere in particular.
    #[default]
    Idle,
    /// An admin was asked for the CSV of a product.
    Restocking {
        /// The product.
        product: Code,
    },
    /// Asked whether all data are to be erased.
    Forgetting,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// The about text.
    Greet,
    /// The list of commands, or one entry of it.
    Help(Option<String>),
    /// One key of this product, in the dialogue of a list if it was pressed there.
    Attempt {
        /// The product.
        code: Code,
        /// The dialogue.
        dialogue: Option<String>,
    },
    /// `/shareinfo<code>`: an attempt if the product exists, else an unknown command.
    ShareInfo(Command, Code),
    /// The product list.
    List,
    /// Goes on with what is pending, or the list.
    GoOn,
    /// Asks for the contact.
    SharePhone,
    /// Asks for the place.
    ShareLocation,
    /// Limits and last keys.
    Status,
    /// A page of the own keys.
    MyKeys(i64),
    /// A page of the waiting entries.
    Waitlist(i64),
    /// Joins the waiting line.
    Notify(Code),
    /// Leaves a waiting line.
    Leave(i64),
    /// State of premium.
    Premium,
    /// Sends the invoice.
    Invoice,
    /// How to get help with a payment.
    PaySupport,
    /// Removes keyboards.
    RemoveKeyboard,
    /// Asks whether to erase.
    AskForget,
    /// Erases, or does not.
    Forget(bool),
    /// A command of an admin.
    Admin(Command),
    /// A CSV for a product.
    Restock(Code),
    /// Applies a dry run, or drops it.
    DecideRestock {
        /// The dry run.
        id: String,
        /// Whether to apply it.
        apply: bool,
    },
    /// T9
    Unknown(String),
    /// One line that points to `/help`.
    Hint,
    /// An alert: this button does nothing.
    Invalid,
    /// Silence.
    Nothing,
}

/// Commands of admins; for anyone else they are unknown.
pub const ADMIN_COMMANDS: [&str; 15] = [
    "addproduct",
    "block",
    "export",
    "keyinfo",
    "products",
    "refund",
    "replace",
    "resetlimit",
    "restock",
    "return",
    "revoke",
    "setproduct",
    "stats",
    "unbindphone",
    "unblock",
];

/// Commands of everyone, without those per product.
pub const USER_COMMANDS: [&str; 11] = [
    "forgetme",
    "help",
    "keystatus",
    "mykeys",
    "paysupport",
    "premium",
    "removekeyboard",
    "requestkey",
    "sharephone",
    "shareloc",
    "waitlist",
];

/// What is to be done about `input`, and where the person stands then.
pub fn turn(dialog: Dialog, input: Input, is_admin: bool) -> (Dialog, Act) {
    match (dialog, input) {
        (dialog, Input::ForAnother) => (dialog, Act::Nothing),
        (_, Input::Command(command)) => by_command(command, is_admin),
        (Dialog::Forgetting, Input::Press(Button::Forget(yes))) => (Dialog::Idle, Act::Forget(yes)),
        (dialog, Input::Press(Button::Forget(_) | Button::Unknown)) => (dialog, Act::Invalid),
        (dialog, Input::Press(Button::Restock { .. })) if !is_admin => (dialog, Act::Invalid),
        (dialog, Input::Press(button)) => (dialog, by_button(button)),
        (dialog, Input::Document(_)) if !is_admin => (dialog, Act::Hint),
        (dialog, Input::Document(caption)) => by_document(dialog, caption.as_deref()),
        (dialog, Input::Other) => (dialog, Act::Hint),
    }
}

fn by_command(command: Command, is_admin: bool) -> (Dialog, Act) {
    let code_after = |prefix: &str, text: &str| {
        let code = text.strip_prefix(prefix)?;
        let is_lower = !code.chars().any(|c| c.is_ascii_uppercase());
        Code::any_case(code).filter(|_| is_lower)
    };
    let word = command.rest.split_whitespace().next().unwrap_or_default();
    let act = match command.name.as_str() {
        "start" => match word.to_ascii_lowercase().strip_prefix("product_").and_then(Code::any_case) {
            Some(code) => Act::Attempt { code, dialogue: None },
            None => Act::Greet,
        },
        "help" => Act::Help((!word.is_empty()).then(|| word.trim_start_matches('/').to_owned())),
        "sharephone" => Act::SharePhone,
        "shareloc" => Act::ShareLocation,
        "requestkey" => Act::List,
        "keystatus" => Act::Status,
        "mykeys" => Act::MyKeys(1),
        "waitlist" => Act::Waitlist(1),
        "premium" if is_admin && !command.rest.is_empty() => Act::Admin(command),
        "premium" => Act::Premium,
        "paysupport" => Act::PaySupport,
        "removekeyboard" => Act::RemoveKeyboard,
        "forgetme" => return (Dialog::Forgetting, Act::AskForget),
        name if is_admin && ADMIN_COMMANDS.contains(&name) => {
            let product = (name == "restock").then(|| Code::any_case(word)).flatten();
            let next = product.map_or(Dialog::Idle, |product| Dialog::Restocking { product });
            return (next, Act::Admin(command));
        }
        name => match code_after("shareinfo", name) {
            Some(code) => Act::ShareInfo(command, code),
            None => Act::Unknown(command.name),
        },
    };
    (Dialog::Idle, act)
}

fn by_button(button: Button) -> Act {
    match button {
        Button::Product { dialogue, code } => Act::Attempt { code, dialogue: Some(dialogue) },
        Button::Notify(code) => Act::Notify(code),
        Button::Joined => Act::GoOn,
        Button::Leave(entry) => Act::Leave(entry),
        Button::KeysPage(page) => Act::MyKeys(page),
        Button::WaitPage(page) => Act::Waitlist(page),
        Button::BuyPremium => Act::Invoice,
        Button::Restock { id, apply } => Act::DecideRestock { id, apply },
        Button::Forget(_) | Button::Unknown => Act::Invalid,
    }
}

fn by_document(dialog: Dialog, caption: Option<&str>) -> (Dialog, Act) {
    let captioned = caption.and_then(command).filter(|(command, _)| command.name == "restock");
    let named = captioned.and_then(|(command, _)| Code::any_case(command.rest.split_whitespace().next()?));
    match (named, dialog) {
        (Some(product), _) | (None, Dialog::Restocking { product }) => (Dialog::Idle, Act::Restock(product)),
        (None, dialog) => (dialog, Act::Hint),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(line: &str, is_admin: bool) -> Act {
        turn(Dialog::Idle, text(line, "keys_bot"), is_admin).1
    }

    fn code(text: &str) -> Code {
        text.parse().unwrap()
    }

    #[test]
    fn commands_are_lower_case_words_with_an_optional_bot() {
        assert_eq!(said("/help", false), Act::Help(None));
        assert_eq!(said("/help@Keys_Bot", false), Act::Help(None));
        assert_eq!(said("/help@other_bot", false), Act::Nothing);
        assert_eq!(said("/Help", false), Act::Unknown("Help".into()));
        assert_eq!(said("/keystatus and more", false), Act::Status);
        assert_eq!(said(" /help", false), Act::Hint);
        assert_eq!(said("/", false), Act::Unknown(String::new()));
        assert_eq!(said("/help /requestkey", false), Act::Help(Some("requestkey".into())));
    }

    #[test]
    fn a_product_is_asked_for_by_command_or_link() {
        let attempt = |text: &str| Act::Attempt { code: code(text), dialogue: None };
        assert_eq!(said("/start product_b", false), attempt("B"));
        assert_eq!(said("/start product_B", false), attempt("B"));
        assert_eq!(said("/start product_", false), Act::Greet);
        assert!(matches!(said("/shareinfoa", false), Act::ShareInfo(_, found) if found == code("A")));
        assert_eq!(said("/shareinfoA", false), Act::Unknown("shareinfoA".into()));
        assert_eq!(said("/shareinfo", false), Act::Unknown("shareinfo".into()));
    }

    #[test]
    fn admin_commands_are_unknown_to_others() {
        for name in ADMIN_COMMANDS {
            assert_eq!(said(&format!("/{name} x"), false), Act::Unknown(name.into()));
            assert!(matches!(said(&format!("/{name} x"), true), Act::Admin(_)), "{name}");
        }
        assert_eq!(said("/premium 7 30", false), Act::Premium);
        assert!(matches!(said("/premium 7 30", true), Act::Admin(_)));
        assert_eq!(said("/premium", true), Act::Premium);
    }

    #[test]
    fn a_document_is_a_restock_by_caption_or_after_the_command() {
        let document = |dialog, caption: Option<&str>, is_admin| {
            turn(dialog, Input::Document(caption.map(str::to_owned)), is_admin)
        };
        let waiting = turn(Dialog::Idle, text("/restock f", "b"), true).0;
        assert_eq!(waiting, Dialog::Restocking { product: code("F") });
        assert_eq!(document(waiting.clone(), None, true), (Dialog::Idle, Act::Restock(code("F"))));
        assert_eq!(document(waiting, Some("/restock A"), true), (Dialog::Idle, Act::Restock(code("A"))));
        assert_eq!(document(Dialog::Idle, Some("hello"), true), (Dialog::Idle, Act::Hint));
        assert_eq!(document(Dialog::Idle, Some("/restock A"), false), (Dialog::Idle, Act::Hint));
    }

    #[test]
    fn erasure_needs_its_question() {
        let yes = Input::Press(button("forget:yes"));
        assert_eq!(turn(Dialog::Idle, yes.clone(), false).1, Act::Invalid);
        let (asked, _) = turn(Dialog::Idle, text("/forgetme", "b"), false);
        assert_eq!(turn(asked.clone(), yes, false), (Dialog::Idle, Act::Forget(true)));
        assert_eq!(turn(asked, text("/help", "b"), false).0, Dialog::Idle, "another command takes the question back");
    }

    #[test]
    fn stored_states_stay_readable() {
        let stored = |dialog: &Dialog| serde_json::to_string(dialog).unwrap();
        assert_eq!(stored(&Dialog::Idle), r#"{"at":"idle"}"#);
        assert_eq!(stored(&Dialog::Restocking { product: code("A") }), r#"{"at":"restocking","product":"A"}"#);
        assert_eq!(stored(&Dialog::Forgetting), r#"{"at":"forgetting"}"#);
    }
}
