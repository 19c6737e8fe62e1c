//! What a person says of themselves when they sign up. A value that exists is valid.

use jiff::Unit;
use jiff::civil::Date;

/// Characters of an email address.
pub const EMAIL_CHARS_MAX: usize = 100;
/// Characters of a name.
pub const NAME_CHARS_MAX: usize = 100;
/// Characters of a password, fewest and most.
pub const PASSWORD_CHARS: (usize, usize) = (8, 128);
/// Digits of a phone number, fewest and most (the most is E.164's).
pub const CONTACT_DIGITS: (usize, usize) = (8, 15);
/// Age of a customer in years, youngest and oldest.
pub const AGE_YEARS: (i16, i16) = (18, 120);
/// Characters of one label of a host name.
const LABEL_CHARS_MAX: usize = 63;

/// Why a value is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// Too short or too long.
    #[error("too short or too long")]
    Length,
    /// A character that cannot be in it.
    #[error("it has a character that cannot be in it")]
    Characters,
    /// Not of the form.
    #[error("not of the form")]
    Format,
    /// Of the form, but out of range.
    #[error("out of range")]
    Range,
}

impl Invalid {
    /// The same for a program.
    pub fn code(self) -> &'static str {
        match self {
            Self::Length => "length",
            Self::Characters => "characters",
            Self::Format => "format",
            Self::Range => "range",
        }
    }
}

/// An email address as a browser's email field takes it (HTML Living Standard, "valid email address").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// Reads an address; blanks around it are dropped, as browsers do.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = text.trim_matches(|c: char| c.is_ascii_whitespace());
        if text.chars().count() > EMAIL_CHARS_MAX {
            return Err(Invalid::Length);
        }
        let (local, host) = text.split_once('@').ok_or(Invalid::Format)?;
        let fits = !local.is_empty() && local.bytes().all(is_local) && host.split('.').all(is_label);
        if fits { Ok(Self(text.to_owned())) } else { Err(Invalid::Format) }
    }

    /// As it was typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_local(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&byte)
}

fn is_label(label: &str) -> bool {
    let inner = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    inner && (1..=LABEL_CHARS_MAX).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
}

/// A person's name: plain text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(String);

impl Name {
    /// Reads a name; blanks around it are dropped.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = text.trim();
        if text.contains(char::is_control) {
            return Err(Invalid::Characters);
        }
        let fits = (1..=NAME_CHARS_MAX).contains(&text.chars().count());
        if fits { Ok(Self(text.to_owned())) } else { Err(Invalid::Length) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A phone number: country code and number, digits only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact(String);

impl Contact {
    /// Reads a number; `+`, blanks, `-`, `(` and `)` are dropped wherever they stand.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let is_dropped = |c: &char| c.is_whitespace() || "+-()".contains(*c);
        let digits: String = text.chars().filter(|c| !is_dropped(c)).collect();
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Invalid::Characters);
        }
        let fits = (CONTACT_DIGITS.0..=CONTACT_DIGITS.1).contains(&digits.len());
        if fits { Ok(Self(digits)) } else { Err(Invalid::Length) }
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A password, exactly as it was typed. It does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// Takes a new password.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let fits = (PASSWORD_CHARS.0..=PASSWORD_CHARS.1).contains(&text.chars().count());
        if fits { Ok(Self(text.to_owned())) } else { Err(Invalid::Length) }
    }

    /// The password itself, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(password)")
    }
}

/// Reads a date of birth, `YYYY-MM-DD`, of somebody whose age is that of a customer on `today`.
pub fn birth(text: &str, today: Date) -> Result<Date, Invalid> {
    let is_plain = text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() });
    let day: Date = text.parse().ok().filter(|_| is_plain).ok_or(Invalid::Format)?;
    let age = day.until((Unit::Year, today)).map_err(|_| Invalid::Range)?.get_years();
    if day <= today && (AGE_YEARS.0..=AGE_YEARS.1).contains(&age) { Ok(day) } else { Err(Invalid::Range) }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn an_email_address_is_what_a_browser_takes() {
        for text in
            ["a@b", "alice@example.com", " A.b+c@Ex-ample.CO.in ", "!#$%&'*+/=?^_`{|}~-.@x", &("a".repeat(98) + "@b")]
        {
            assert_eq!(Email::parse(text).map(|email| email.0), Ok(text.trim().to_owned()), "{text}");
        }
        let long_label = format!("a@{}", "b".repeat(64));
        let wrong = [
            "",
            "a",
            "@b",
            "a@",
            "a@b@c",
            "a b@c",
            "a@-b",
            "a@b-",
            "a@b..c",
            "a@.b",
            "a@b.",
            "a@b_c",
            "é@b",
            "a@é",
            "a\0@b",
            "a@b\n.c",
            "(a)@b",
            &long_label,
        ];
        for text in wrong {
            assert_eq!(Email::parse(text), Err(Invalid::Format), "{text}");
        }
        assert_eq!(Email::parse(&("a".repeat(99) + "@b")), Err(Invalid::Length));
    }

    #[test]
    fn a_name_is_a_line_of_text() {
        let check = |text: &str| Name::parse(text).map(|name| name.0);
        assert_eq!(check(" Анна Ивановна "), Ok("Анна Ивановна".to_owned()));
        assert_eq!(check("<b>"), Ok("<b>".to_owned()));
        assert_eq!(check(&"я".repeat(100)), Ok("я".repeat(100)));
        assert_eq!(check(&"я".repeat(101)), Err(Invalid::Length));
        assert_eq!(check("  "), Err(Invalid::Length));
        for text in ["a\0b", "a\nb", "a\u{7f}b", "a\u{85}b"] {
            assert_eq!(check(text), Err(Invalid::Characters), "{text:?}");
        }
    }

    #[test]
    fn a_number_is_eight_to_fifteen_digits() {
        let check = |text: &str| Contact::parse(text).map(|contact| contact.0);
        assert_eq!(check("+91 (900) 000-0001"), Ok("919000000001".to_owned()));
        assert_eq!(check("12345678"), Ok("12345678".to_owned()));
        assert_eq!(check("123456789012345"), Ok("123456789012345".to_owned()));
        for text in ["", "+", "1234567", "1234567890123456"] {
            assert_eq!(check(text), Err(Invalid::Length), "{text}");
        }
        for text in ["abc", "9190000000O1", "٩١٩٠٠٠٠٠٠٠٠١", "91.9000.00001", "919000000001\0"] {
            assert_eq!(check(text), Err(Invalid::Characters), "{text}");
        }
    }

    #[test]
    fn a_password_is_counted_in_characters_and_does_not_print() {
        let check = |text: &str| Password::parse(text).is_ok();
        assert!(check("12345678") && check("пароль12") && check(&"я".repeat(128)) && check(" spaced "));
        assert!(!check("1234567") && !check("пароль1") && !check(&"x".repeat(129)));
        assert_eq!(format!("{:?}", Password::parse("12345678").unwrap()), "(password)");
    }

    #[test]
    fn a_customer_is_eighteen_to_a_hundred_and_twenty() {
        let today = date(2025, 3, 1);
        let check = |text: &str| birth(text, today);
        assert_eq!(check("1990-04-05"), Ok(date(1990, 4, 5)));
        assert_eq!(check("2007-03-01"), Ok(date(2007, 3, 1)));
        assert_eq!(check("2007-03-02"), Err(Invalid::Range));
        assert_eq!(check("1904-03-02"), Ok(date(1904, 3, 2)));
        assert_eq!(check("1904-03-01"), Err(Invalid::Range));
        assert_eq!(check("2025-03-02"), Err(Invalid::Range));
        assert_eq!(check("9999-12-31"), Err(Invalid::Range));
        for text in
            ["", "2023-02-30", "1990-4-5", "05/04/1990", "1990-04-05T00:00", "19900405", "1990-04-05 ", "+1990-04-0"]
        {
            assert_eq!(check(text), Err(Invalid::Format), "{text}");
        }
    }

    #[test]
    fn who_is_born_on_a_leap_day_grows_up_on_the_day_after() {
        assert_eq!(birth("2008-02-29", date(2026, 2, 28)), Err(Invalid::Range));
        assert_eq!(birth("2008-02-29", date(2026, 3, 1)), Ok(date(2008, 2, 29)));
    }
}
