//! What a message from a phone asks for: its whole text, or nothing.

use std::fmt;

use crate::base::Money;

/// Entries that `MINI` shows, at most and where no number is given.
pub const MINI_ENTRIES_MAX: i32 = 5;
/// Entries of a statement where no number is given.
pub const STATEMENT_ENTRIES: i32 = 10;

/// Words that end all messages, whoever sends them.
const STOP: [&[&str]; 10] = [
    &["STOP"],
    &["STOPALL"],
    &["STOP", "ALL"],
    &["UNSUBSCRIBE"],
    &["UNSUB"],
    &["CANCEL"],
    &["END"],
    &["QUIT"],
    &["REVOKE"],
    &["OPTOUT"],
];
/// Digits of a number of entries.
const COUNT_DIGITS_MAX: usize = 3;
/// Characters by which a product is named.
const LAST4_CHARS: usize = 4;

/// The last four characters of a product, as somebody typed them, in upper case. There need not be such a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Last4(String);

impl Last4 {
    fn read(token: &str) -> Option<Self> {
        (token.chars().count() == LAST4_CHARS).then(|| Self(token.to_owned()))
    }

    /// The four characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Last4 {
    /// With `?` for what cannot be in an id, so that nothing strange is sent back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '?' };
        f.write_str(&self.0.chars().map(plain).collect::<String>())
    }
}

/// How much is to be paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// All that is owed.
    Due,
    /// This much, above zero.
    Given(Money),
    /// What was given is no amount above zero.
    Invalid,
}

impl Amount {
    fn read(token: &str) -> Self {
        match Money::parse(token) {
            Ok(amount) if amount > Money::ZERO => Self::Given(amount),
            _ if token == "DUE" => Self::Due,
            _ => Self::Invalid,
        }
    }
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// `BAL [last4]`
    Balance(Option<Last4>),
    /// `MINI [last4] [n]`
    Mini(Option<Last4>, Option<i32>),
    /// `STMT [last4] [n]`
    Statement(Option<Last4>, Option<i32>),
    /// `PAY <amount or DUE> [card4] [FROM acct4]`
    Pay {
        /// How much.
        amount: Amount,
        /// Which card.
        card: Option<Last4>,
        /// From which account.
        from: Option<Last4>,
    },
    /// `YES [code]`; the code is all digits, whether or not there are six.
    Yes(Option<String>),
    /// `HELP`, `INFO`
    Help,
    /// `STOP` and its like.
    Stop,
    /// `START`, `UNSTOP`
    Start,
    /// Anything else.
    Unknown,
}

impl Command {
    /// Reads a message: blanks are collapsed, one `.`, `!` or `?` at its end is dropped, the case does not matter.
    pub fn read(text: &str) -> Self {
        let text = text.trim();
        let text = text.strip_suffix(['.', '!', '?']).unwrap_or(text).to_ascii_uppercase();
        let words: Vec<&str> = text.split_whitespace().collect();
        if STOP.contains(&words.as_slice()) {
            return Self::Stop;
        }
        let command = match words.as_slice() {
            ["BAL", rest @ ..] => balance(rest),
            ["MINI", rest @ ..] => which(rest).map(|(last4, count)| Self::Mini(last4, count)),
            ["STMT", rest @ ..] => which(rest).map(|(last4, count)| Self::Statement(last4, count)),
            ["PAY", amount, rest @ ..] => pay(amount, rest),
            ["YES", rest @ ..] => yes(rest),
            ["HELP" | "INFO"] => Some(Self::Help),
            ["START" | "UNSTOP"] => Some(Self::Start),
            _ => None,
        };
        command.unwrap_or(Self::Unknown)
    }
}

fn balance(rest: &[&str]) -> Option<Command> {
    match rest {
        [] => Some(Command::Balance(None)),
        [last4] => Some(Command::Balance(Some(Last4::read(last4)?))),
        _ => None,
    }
}

/// `[last4] [n]`. Four digits are a last4: a number of entries has three at most.
fn which(rest: &[&str]) -> Option<(Option<Last4>, Option<i32>)> {
    match rest {
        [] => Some((None, None)),
        [one] => match Last4::read(one) {
            Some(last4) => Some((Some(last4), None)),
            None => Some((None, Some(count(one)?))),
        },
        [last4, n] => Some((Some(Last4::read(last4)?), Some(count(n)?))),
        _ => None,
    }
}

fn count(token: &str) -> Option<i32> {
    let fits = token.len() <= COUNT_DIGITS_MAX && token.bytes().all(|byte| byte.is_ascii_digit());
    if fits { token.parse().ok() } else { None }
}

fn pay(amount: &str, rest: &[&str]) -> Option<Command> {
    let (card, from) = match rest {
        [] => (None, None),
        ["FROM"] => return None,
        ["FROM", from] => (None, Some(Last4::read(from)?)),
        [card] => (Some(Last4::read(card)?), None),
        [card, "FROM", from] => (Some(Last4::read(card)?), Some(Last4::read(from)?)),
        _ => return None,
    };
    Some(Command::Pay { amount: Amount::read(amount), card, from })
}

fn yes(rest: &[&str]) -> Option<Command> {
    match rest {
        [] => Some(Command::Yes(None)),
        [code] if code.bytes().all(|byte| byte.is_ascii_digit()) => Some(Command::Yes(Some((*code).to_owned()))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &Command) {
        assert_eq!(Command::read(text), *expected, "{text:?}");
    }

    fn last4(text: &str) -> Last4 {
        Last4(text.to_owned())
    }

    #[test]
    fn blanks_case_and_one_mark_at_the_end_do_not_matter() {
        for text in ["BAL", "bal", " Bal ", "\r\nBAL\t", "BAL.", "bal!", "Bal?", "bal ?", "BAL . "] {
            check(text, &Command::Balance(None));
        }
        check("  mini \n 90ab   3! ", &Command::Mini(Some(last4("90AB")), Some(3)));
        for text in
            ["BAL..", "BAL?!", ".BAL", "BAL,", "BAL;", "B AL", "BALANCE", "BAL now please", "ＢＡＬ", "", " ", "."]
        {
            check(text, &Command::Unknown);
        }
    }

    #[test]
    fn four_characters_name_a_product_and_up_to_three_digits_count() {
        check("BAL 90ab", &Command::Balance(Some(last4("90AB"))));
        check("BAL 1234", &Command::Balance(Some(last4("1234"))));
        check("BAL नमसत", &Command::Balance(Some(last4("नमसत"))));
        for text in ["BAL 5", "BAL 123", "BAL XX90AB", "BAL 90AB 90AB", "BAL 90AB 5"] {
            check(text, &Command::Unknown);
        }
        check("MINI", &Command::Mini(None, None));
        check("MINI 3", &Command::Mini(None, Some(3)));
        check("MINI 0", &Command::Mini(None, Some(0)));
        check("MINI 005", &Command::Mini(None, Some(5)));
        check("MINI 0005", &Command::Mini(Some(last4("0005")), None));
        check("MINI 1234 5", &Command::Mini(Some(last4("1234")), Some(5)));
        check("MINI 90AB", &Command::Mini(Some(last4("90AB")), None));
        check("STMT", &Command::Statement(None, None));
        check("stmt 500", &Command::Statement(None, Some(500)));
        check("STMT 1000", &Command::Statement(Some(last4("1000")), None));
        check("STMT 90ab 999", &Command::Statement(Some(last4("90AB")), Some(999)));
        for text in [
            "MINI 3 90AB",
            "MINI 3 4",
            "MINI -1",
            "MINI +1",
            "MINI 12345",
            "MINI 90AB 1234",
            "STMT 90AB 10 X",
            "STMT ٣",
        ] {
            check(text, &Command::Unknown);
        }
    }

    #[test]
    fn a_payment_names_its_amount_first() {
        let pay = |amount, card: Option<Last4>, from: Option<Last4>| Command::Pay { amount, card, from };
        let given = |minor| Amount::Given(Money(minor));
        check("PAY 200", &pay(given(20_000), None, None));
        check("pay 0.5.", &pay(given(50), None, None));
        check("PAY 1234", &pay(given(123_400), None, None));
        check("PAY 1234 1234", &pay(given(123_400), Some(last4("1234")), None));
        check("Pay due!", &pay(Amount::Due, None, None));
        check("PAY DUE 3C4D", &pay(Amount::Due, Some(last4("3C4D")), None));
        check("pay due from 1a2b", &pay(Amount::Due, None, Some(last4("1A2B"))));
        check("PAY 10.25 3c4d from 1a2b", &pay(given(1025), Some(last4("3C4D")), Some(last4("1A2B"))));
        check("PAY 1000000000.00", &pay(given(100_000_000_000), None, None));
        for text in [
            "PAY 0",
            "PAY 0.00",
            "PAY -5",
            "PAY 1.234",
            "PAY 1e3",
            "PAY +5",
            "PAY 1,000",
            "PAY 1000000000.01",
            "PAY ALL",
            "PAY .5",
        ] {
            check(text, &pay(Amount::Invalid, None, None));
        }
        check("PAY MORE 3C4D FROM 1A2B", &pay(Amount::Invalid, Some(last4("3C4D")), Some(last4("1A2B"))));
        let others = [
            "PAY",
            "PAY 5 FROM",
            "PAY 5 6",
            "PAY 5 3C4D 1A2B",
            "PAY 5 FROM 1A2B 3C4D",
            "PAY 5 3C4D FROM",
            "PAY 5 3C4D OF 1A2B",
        ];
        for text in others {
            check(text, &Command::Unknown);
        }
    }

    #[test]
    fn a_confirmation_has_digits_or_nothing() {
        check("yes", &Command::Yes(None));
        check("YES!", &Command::Yes(None));
        check("Yes 012345.", &Command::Yes(Some("012345".to_owned())));
        check("YES 1", &Command::Yes(Some("1".to_owned())));
        for text in ["YES please", "YES 123 456", "YES 12345a", "YES123456", "123456", "YES -12345", "Y 123456"] {
            check(text, &Command::Unknown);
        }
    }

    #[test]
    fn words_that_stop_and_start_stand_alone() {
        let stop = "stop,STOPALL,Stop All,stop  all.,UNSUBSCRIBE,unsub,Cancel,END,quit!,Revoke,OptOut,stop?";
        for text in stop.split(',') {
            check(text, &Command::Stop);
        }
        for text in ["STOP IT", "PLEASE STOP", "STOP ALL NOW", "STOP-ALL", "OPT OUT", "CANCELLED", "ALL"] {
            check(text, &Command::Unknown);
        }
        for (text, expected) in
            [("start", Command::Start), ("Unstop.", Command::Start), ("help?", Command::Help), ("INFO", Command::Help)]
        {
            check(text, &expected);
        }
        for text in ["START NOW", "HELP ME", "INFO BAL", "HELPME"] {
            check(text, &Command::Unknown);
        }
    }

    #[test]
    fn nothing_strange_is_said_back() {
        assert_eq!(last4("9\0€\u{1F600}").to_string(), "9???");
        assert_eq!(last4("90AB").to_string(), "90AB");
    }
}
