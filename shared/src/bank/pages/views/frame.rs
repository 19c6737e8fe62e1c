//! What stands around every page, and the words it speaks in.

use fluent_bundle::FluentValue;

use super::flash::Flash;
use crate::bank::model::Kind;
use crate::base::i18n::{Lang, Texts};

static TEXTS: Texts =
    Texts::new(include_str!("../../../../locales/en/bank.ftl"), include_str!("../../../../locales/ru/bank.ftl"));

/// A fingerprint of what the pages load: a new release is loaded at once, the same one never again.
const VERSION: u32 = {
    let style = fingerprint(0x811c_9dc5, include_bytes!("../assets/bank.css"));
    let script = fingerprint(style, include_bytes!("../assets/bank.js"));
    fingerprint(script, include_bytes!("../assets/icon.svg"))
};

/// What stands around a page.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The language of the page.
    pub lang: Lang,
    /// Which page it is.
    pub place: Place,
    /// `csrf_token` of every form.
    pub csrf: String,
    /// Who is logged in.
    pub visitor: Option<Visitor>,
    /// What is to be said once.
    pub flash: Option<Flash>,
    /// Code of the currency: `INR`.
    pub currency: String,
    /// Name of the time zone in which times are written: `UTC`.
    pub zone: String,
}

/// Who is logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visitor {
    /// Name, plain text.
    pub name: String,
    /// Whether the phone number is verified; if not, every page asks to do so.
    pub verified: bool,
}

/// A page, as the navigation knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// `/bank/`.
    Home,
    /// `/bank/signup`.
    SignUp,
    /// `/bank/login`.
    Login,
    /// `/bank/verify`.
    Verify,
    /// `/bank/transactions`.
    Transactions,
    /// `/bank/pay_credit_card`.
    Pay,
    /// `/bank/statements`.
    Statements,
    /// `/bank/notifications`.
    Notifications,
    /// Any other.
    Elsewhere,
}

impl Frame {
    /// The text `id`.
    pub(super) fn t(&self, id: &str) -> String {
        TEXTS.get(self.lang, id, &[])
    }

    /// The text `id` with one argument.
    pub(super) fn t_with(&self, id: &str, name: &'static str, value: &str) -> String {
        TEXTS.get(self.lang, id, &[(name, FluentValue::from(value))])
    }

    /// The text `id` with the number `n`.
    pub(super) fn t_count(&self, id: &str, n: i64) -> String {
        TEXTS.get(self.lang, id, &[("n", FluentValue::from(n))])
    }

    /// What is to be said once.
    pub(super) fn said(&self, flash: &Flash) -> String {
        let amount = FluentValue::from(flash.amount());
        let currency = FluentValue::from(self.currency.as_str());
        let args = [("n", FluentValue::from(flash.minutes())), ("amount", amount), ("currency", currency)];
        TEXTS.get(self.lang, flash.text(), &args)
    }

    /// Where a file of the pages is loaded from.
    #[expect(clippy::unused_self, reason = "templates ask the frame for all that is the same on every page")]
    pub(super) fn asset(&self, name: &str) -> String {
        format!("/bank/assets/{name}?v={VERSION:08x}")
    }

    /// Whether the visitor is asked to verify the phone number here.
    pub(super) fn asks_to_verify(&self) -> bool {
        self.place != Place::Verify && self.visitor.as_ref().is_some_and(|visitor| !visitor.verified)
    }
}

/// The text about what a product is.
pub(super) fn kind_text(kind: Kind) -> &'static str {
    match kind {
        Kind::Savings => "kind-savings",
        Kind::Card => "kind-card",
    }
}

/// FNV-1a, 32 bits.
const fn fingerprint(mut hash: u32, bytes: &[u8]) -> u32 {
    let mut at = 0;
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u32).wrapping_mul(0x0100_0193);
        at += 1;
    }
    hash
}
