//! Finds what Telegram marks in a text by itself: commands, mentions, addresses.

use super::message::Entity;

/// Commands, mentions and links in `text` that lie outside `taken`.
pub(super) fn detect(text: &str, taken: &[Entity]) -> Vec<Entity> {
    let mut found = Vec::new();
    let mut at = 0;
    let mut units = 0;
    let mut before = None;
    while let Some(c) = text[at..].chars().next() {
        let starts = before.is_none_or(|c: char| c.is_whitespace() || matches!(c, '(' | '"' | ',' | ':'));
        let word = starts.then(|| entity_at(&text[at..])).flatten();
        let (kind, length) = word.unwrap_or(("", 0));
        let entity = Entity::new(kind, units, text[at..at + length].encode_utf16().count());
        let free = !taken.iter().any(|taken| overlaps(taken, &entity));
        let step = if length > 0 && free { length } else { c.len_utf8() };
        if length > 0 && free {
            found.push(entity);
        }
        let passed = &text[at..at + step];
        before = passed.chars().next_back();
        units += passed.encode_utf16().count();
        at += step;
    }
    found
}

fn overlaps(a: &Entity, b: &Entity) -> bool {
    a.offset < b.offset + b.length && b.offset < a.offset + a.length
}

/// What starts right here, and its length in bytes.
fn entity_at(text: &str) -> Option<(&'static str, usize)> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let word = |text: &str| text.find(|c| !is_word(c)).unwrap_or(text.len());
    if let Some(rest) = text.strip_prefix('/') {
        let name = word(rest);
        let bot = rest[name..].strip_prefix('@').map_or(0, |bot| word(bot) + 1);
        return (1..=32).contains(&name).then_some(("bot_command", 1 + name + bot));
    }
    if let Some(rest) = text.strip_prefix('@') {
        let name = word(rest);
        return (name >= 3).then_some(("mention", 1 + name));
    }
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    let address = rest.find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"')).unwrap_or(rest.len());
    let address = rest[..address].trim_end_matches(['.', ',', ')', '!', '?', ':', ';']).len();
    (address > 0).then_some(("url", text.len() - rest.len() + address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[(&str, usize, usize)]) {
        let found = detect(text, &[]);
        let found: Vec<_> = found.iter().map(|e| (e.kind.as_str(), e.offset, e.length)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn commands_mentions_and_links_are_marked() {
        check("/help requestkey", &[("bot_command", 0, 5)]);
        check("/requestkey@keyhub_bot", &[("bot_command", 0, 22)]);
        check("😀 /help", &[("bot_command", 3, 5)]);
        check("and/or 1/2", &[]);
        check("ask @owner.", &[("mention", 4, 6)]);
        check("see https://t.me/test_channel, please", &[("url", 4, 25)]);
    }
}
