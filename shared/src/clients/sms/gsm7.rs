//! How many parts a text travels in: the alphabet of GSM 03.38 in seven bits, anything else in UCS-2.

/// The default alphabet, in the order of its codes; the place of the escape character (0x1B) is left out.
const DEFAULT: &str = concat!(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ",
    " !\"#¤%&'()*+,-./0123456789:;<=>?",
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§",
    "¿abcdefghijklmnopqrstuvwxyzäöñüà",
);
/// The extension table: each takes two places, an escape and a code.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

/// Septets of a text in one part, and of each part where there are several.
const GSM7: (usize, usize) = (160, 153);
/// The same in UTF-16 units.
const UCS2: (usize, usize) = (70, 67);

/// Whether `text` is written in the alphabet of GSM alone.
pub fn is_gsm7(text: &str) -> bool {
    text.chars().all(|character| septets(character).is_some())
}

/// How many parts `text` travels in. Neither an escaped character nor a surrogate pair is torn.
pub fn segments(text: &str) -> usize {
    let widths: Option<Vec<usize>> = text.chars().map(septets).collect();
    match widths {
        Some(widths) => parts(&widths, GSM7),
        None => parts(&text.chars().map(char::len_utf16).collect::<Vec<_>>(), UCS2),
    }
}

fn septets(character: char) -> Option<usize> {
    if DEFAULT.contains(character) {
        return Some(1);
    }
    EXTENSION.contains(character).then_some(2)
}

fn parts(widths: &[usize], (alone, among_others): (usize, usize)) -> usize {
    if widths.iter().sum::<usize>() <= alone {
        return 1;
    }
    let (mut parts, mut filled) = (1, 0);
    for width in widths {
        if filled + width > among_others {
            (parts, filled) = (parts + 1, 0);
        }
        filled += width;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_alphabet_is_the_standards() {
        assert_eq!(DEFAULT.chars().count(), 127);
        for (code, character) in [(0x00, '@'), (0x0A, '\n'), (0x10, 'Δ'), (0x1A, 'Ξ')] {
            assert_eq!(DEFAULT.chars().nth(code), Some(character));
        }
        // Behind the escape character's place.
        for (code, character) in [(0x1F, 'É'), (0x24, '¤'), (0x41, 'A'), (0x5F, '§'), (0x61, 'a'), (0x7F, 'à')] {
            assert_eq!(DEFAULT.chars().nth(code - 1), Some(character));
        }
        for code in 0x20..0x7f_u8 {
            let character = char::from(code);
            assert_eq!(is_gsm7(&character.to_string()), character != '`', "{character}");
        }
    }

    #[track_caller]
    fn check(text: &str, expected: usize) {
        assert_eq!(segments(text), expected, "{} characters, GSM-7: {}", text.chars().count(), is_gsm7(text));
    }

    #[test]
    fn seven_bits_hold_160_or_153_in_each_part() {
        check("", 1);
        check(&"x".repeat(160), 1);
        check(&"x".repeat(161), 2);
        check(&"x".repeat(306), 2);
        check(&"x".repeat(307), 3);
    }

    #[test]
    fn an_escaped_character_takes_two_places_in_one_part() {
        check(&"[".repeat(80), 1);
        check(&format!("{}x", "[".repeat(80)), 2);
        // 153 is odd: the 77th does not fit into the first part.
        check(&"[".repeat(152), 2);
        check(&"[".repeat(153), 3);
        check(&format!("{}€{}", "x".repeat(151), "x".repeat(153)), 2);
        check(&format!("{}€{}", "x".repeat(152), "x".repeat(152)), 3);
    }

    #[test]
    fn anything_else_holds_70_or_67_in_each_part() {
        check(&"я".repeat(70), 1);
        check(&"я".repeat(71), 2);
        check(&"я".repeat(134), 2);
        check(&"я".repeat(135), 3);
        // One character is enough, and the escaped ones then take one place.
        check(&format!("`{}", "[".repeat(69)), 1);
    }

    #[test]
    fn a_surrogate_pair_is_not_torn() {
        check(&"😀".repeat(35), 1);
        check(&"😀".repeat(66), 2);
        check(&"😀".repeat(67), 3);
        check(&format!("{}😀{}", "я".repeat(66), "я".repeat(65)), 2);
        check(&format!("{}😀{}", "я".repeat(66), "я".repeat(66)), 3);
    }
}
