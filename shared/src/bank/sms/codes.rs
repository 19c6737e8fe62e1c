//! Error codes of carriers (specs/bank.md 5.2), and our own.

use super::model::Category;

/// Nobody knows whether the message was sent, and it is not tried again.
pub const OUTCOME_UNKNOWN: &str = "outcome unknown";
/// The number wants no messages.
pub const OPTED_OUT: &str = "opted out";
/// The message waited so long that it is no news.
pub const EXPIRED: &str = "expired";

/// Plivo's codes, what they say and what they mean for us.
const PLIVO: [(u16, &str, Category); 16] = [
    (10, "invalid message", Category::Final),
    (20, "network error", Category::Passing),
    (30, "taken for spam", Category::Final),
    (40, "invalid source", Category::Final),
    (50, "invalid destination", Category::Final),
    (70, "destination unavailable for good", Category::Final),
    (80, "destination unavailable for now", Category::Passing),
    (90, "no route", Category::Final),
    (100, "barred by the network", Category::Final),
    (110, "too long", Category::Final),
    (200, "opted out", Category::OptedOut),
    (300, "dispatch failed", Category::Passing),
    (420, "expired on its way", Category::Final),
    (450, "country barred", Category::Final),
    (900, "no credit", Category::Account),
    (1000, "unknown", Category::Passing),
];

/// What a code of Plivo's says and means. One that is not in the list is final.
pub fn plivo(code: u16) -> (&'static str, Category) {
    let known = PLIVO.iter().find(|(known, ..)| *known == code);
    known.map_or(("not in Plivo's list", Category::Final), |(_, words, category)| (words, *category))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_codes_are_worth_another_try() {
        let of = |category| {
            let codes = PLIVO.iter().filter(move |(_, _, of)| *of == category).map(|(code, ..)| *code);
            codes.collect::<Vec<_>>()
        };
        assert_eq!(of(Category::Passing), [20, 80, 300, 1000]);
        assert_eq!(of(Category::OptedOut), [200]);
        assert_eq!(of(Category::Account), [900]);
        assert_eq!(of(Category::Final), [10, 30, 40, 50, 70, 90, 100, 110, 420, 450]);
    }

    #[test]
    fn a_code_that_nobody_knows_is_final() {
        for code in [0, 21, 999, u16::MAX] {
            assert_eq!(plivo(code).1, Category::Final, "{code}");
        }
        assert_eq!(plivo(30), ("taken for spam", Category::Final));
    }
}
