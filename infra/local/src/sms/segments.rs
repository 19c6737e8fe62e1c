//! How many pieces a text is cut into on its way to a phone.

/// GSM 03.38, the basic table without its escape character.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
                     ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// Its extension, each of whose characters takes two places.
const EXTENDED: &str = "^{}\\[~]|€\u{c}";

/// How a text is written on the air.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// The alphabet of GSM: 160 places, 153 in each piece of a longer text.
    Gsm7,
    /// Any character: 70 places, 67 in each piece of a longer text.
    Ucs2,
}

impl Encoding {
    /// The one that `text` needs.
    pub fn of(text: &str) -> Self {
        if text.chars().all(|c| BASIC.contains(c) || EXTENDED.contains(c)) { Self::Gsm7 } else { Self::Ucs2 }
    }

    /// `GSM-7` or `UCS-2`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gsm7 => "GSM-7",
            Self::Ucs2 => "UCS-2",
        }
    }

    fn places(self, c: char) -> usize {
        match self {
            Self::Gsm7 => 1 + usize::from(EXTENDED.contains(c)),
            Self::Ucs2 => c.len_utf16(),
        }
    }

    /// Places in a text of one piece, and in each piece of a longer one.
    fn room(self) -> (usize, usize) {
        match self {
            Self::Gsm7 => (160, 153),
            Self::Ucs2 => (70, 67),
        }
    }
}

/// The number of pieces of `text`; no character is cut in two.
pub fn segments(text: &str) -> usize {
    let encoding = Encoding::of(text);
    let (single, piece) = encoding.room();
    let mut total = 0;
    let (mut pieces, mut used) = (1, 0);
    for c in text.chars() {
        let places = encoding.places(c);
        total += places;
        used += places;
        if used > piece {
            pieces += 1;
            used = places;
        }
    }
    if total <= single { 1 } else { pieces }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: usize) {
        assert_eq!(segments(text), expected, "{} characters", text.chars().count());
    }

    #[test]
    fn texts_of_the_gsm_alphabet_have_160_places_then_153() {
        check("", 1);
        check(&"a".repeat(160), 1);
        check(&"a".repeat(161), 2);
        check(&"a".repeat(306), 2);
        check(&"a".repeat(307), 3);
        check(&"€".repeat(80), 1);
        check(&"€".repeat(81), 2);
        // The escaped character does not fit into the last place of the first piece.
        check(&format!("{}€{}", "a".repeat(152), "a".repeat(152)), 3);
        check(&format!("{}€{}", "a".repeat(152), "a".repeat(151)), 2);
    }

    #[test]
    fn other_texts_have_70_places_then_67() {
        check(&"я".repeat(70), 1);
        check(&"я".repeat(71), 2);
        check(&"я".repeat(135), 3);
        check(&"😀".repeat(35), 1);
        check(&"😀".repeat(36), 2);
        check("`", 1);
        assert_eq!(Encoding::of("`"), Encoding::Ucs2);
        assert_eq!(Encoding::of("INR 10.25 [x] @ £5_"), Encoding::Gsm7);
    }
}
