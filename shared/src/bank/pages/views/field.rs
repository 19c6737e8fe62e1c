//! Fields of forms, and what can be wrong with them.

use crate::bank::model::Kind;

/// A field of a form with what was typed into it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Field {
    /// What was typed.
    pub value: String,
    /// What is wrong with it.
    pub mistake: Option<Mistake>,
}

impl Field {
    /// A field that is right, or was not judged.
    pub fn filled(value: impl Into<String>) -> Self {
        Self { value: value.into(), mistake: None }
    }

    /// A field that is wrong.
    pub fn wrong(value: impl Into<String>, mistake: Mistake) -> Self {
        Self { value: value.into(), mistake: Some(mistake) }
    }

    /// Whether something is wrong with it.
    pub fn is_wrong(&self) -> bool {
        self.mistake.is_some()
    }
}

/// What is wrong with a field, to be told beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// `email`: not of the form of an address, or over 100 characters.
    Email,
    /// `name`: not 1 to 100 characters, or with control characters.
    Name,
    /// `password`: not 8 to 128 characters.
    Password,
    /// `contact`: not 8 to 15 digits.
    Contact,
    /// `contact`: somebody else has verified it.
    NumberTaken,
    /// `dob`: no real date.
    Date,
    /// `dob`: a real date, but the age is not 18 to 120.
    Age,
    /// `code`: not six digits.
    CodeForm,
    /// `code`: not the one that was sent.
    CodeWrong {
        /// Tries that are left for it.
        left: u32,
    },
    /// `code`: too old, tried too often, or none was sent.
    CodeExpired,
    /// `amount_to_pay`: no amount above zero with at most two decimals.
    Amount,
    /// `transaction_count`: not 1 to 500.
    Count,
    /// `bank_account_number`, `credit_card_number`: none was chosen where there are several.
    Choice(Kind),
}

impl Mistake {
    /// The text about it.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Email => "mistake-email",
            Self::Name => "mistake-name",
            Self::Password => "mistake-password",
            Self::Contact => "mistake-contact",
            Self::NumberTaken => "flash-number-taken",
            Self::Date => "mistake-date",
            Self::Age => "mistake-age",
            Self::CodeForm => "mistake-code-form",
            Self::CodeWrong { .. } => "mistake-code-wrong",
            Self::CodeExpired => "mistake-code-expired",
            Self::Amount => "mistake-amount",
            Self::Count => "mistake-count",
            Self::Choice(Kind::Savings) => "mistake-choose-account",
            Self::Choice(Kind::Card) => "mistake-choose-card",
        }
    }

    /// The number in the text.
    pub(super) fn number(self) -> i64 {
        match self {
            Self::CodeWrong { left } => left.into(),
            _ => 0,
        }
    }
}

/// The fields that are wrong, under their names.
pub(super) fn mistakes(fields: &[(&'static str, &Field)]) -> Vec<(&'static str, Mistake)> {
    fields.iter().filter_map(|(name, field)| Some((*name, field.mistake?))).collect()
}
