//! Whether Telegram reads a text's markup: it refuses a message whole over one tag left open.

/// Tags that Telegram knows.
const TAGS: [&str; 14] =
    ["a", "b", "blockquote", "code", "del", "em", "i", "ins", "pre", "s", "strike", "strong", "tg-spoiler", "u"];

/// Whether every tag is known, opened and closed in order, and nothing else looks like one.
pub fn is_sound(text: &str) -> bool {
    let mut open: Vec<&str> = Vec::new();
    let mut pieces = text.split('<');
    pieces.next();
    for piece in pieces {
        let Some((tag, _)) = piece.split_once('>') else { return false };
        let (name, closes) = tag.strip_prefix('/').map_or((tag, false), |name| (name, true));
        let name = name.split_whitespace().next().unwrap_or_default();
        if !TAGS.contains(&name) || closes && open.pop() != Some(name) {
            return false;
        }
        if !closes {
            open.push(name);
        }
    }
    open.is_empty()
}

#[cfg(test)]
mod tests {
    use super::is_sound;

    #[test]
    fn tags_are_known_and_closed_in_order() {
        for sound in [
            "",
            "a > b",
            "<b>x</b> and <i>y</i>",
            "<b>bold <i>both</i></b>",
            "<a href=\"https://x.org\">x</a>",
            "{ $n -> [one] <b>one</b> *[other] <b>more</b> }",
            "&lt;b>",
        ] {
            assert!(is_sound(sound), "{sound}");
        }
        for broken in ["<b>x", "x</b>", "<b><i>x</b></i>", "1 < 2", "<p>x</p>", "<b", "<>", "</>", "<B>x</B>"] {
            assert!(!is_sound(broken), "{broken}");
        }
    }
}
