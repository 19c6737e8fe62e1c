//! Telegram's HTML: a text with tags becomes a text with entities, or is refused in Telegram's words.

use super::message::Entity;

/// Tags Telegram knows, and the entity each makes.
const TAGS: &[(&str, &str)] = &[
    ("a", "text_link"),
    ("b", "bold"),
    ("strong", "bold"),
    ("i", "italic"),
    ("em", "italic"),
    ("u", "underline"),
    ("ins", "underline"),
    ("s", "strikethrough"),
    ("strike", "strikethrough"),
    ("del", "strikethrough"),
    ("span", "spoiler"),
    ("tg-spoiler", "spoiler"),
    ("tg-emoji", "custom_emoji"),
    ("code", "code"),
    ("pre", "pre"),
    ("blockquote", "blockquote"),
];

/// The plain text and its entities, or why it cannot be parsed (without the prefix `can't parse entities: `).
pub(super) fn parse(html: &str) -> Result<(String, Vec<Entity>), String> {
    let mut parser = Parser { html, at: 0, text: String::new(), units: 0, open: Vec::new(), entities: Vec::new() };
    while let Some(c) = parser.peek() {
        match c {
            '<' => parser.tag()?,
            '&' => parser.reference(),
            _ => parser.take(c),
        }
    }
    if let Some(open) = parser.open.last() {
        return Err(format!("Can't find end tag corresponding to start tag \"{}\"", open.tag));
    }
    let mut entities = parser.entities;
    entities.sort_by_key(|entity| (entity.offset, usize::MAX - entity.length));
    Ok((parser.text, entities))
}

struct Open {
    tag: &'static str,
    entity: &'static str,
    argument: Option<String>,
    offset: usize,
}

struct Parser<'a> {
    html: &'a str,
    /// Byte offset of what comes next.
    at: usize,
    text: String,
    /// Length of `text` in UTF-16 code units.
    units: usize,
    open: Vec<Open>,
    entities: Vec<Entity>,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.html[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn push(&mut self, c: char) {
        self.text.push(c);
        self.units += c.len_utf16();
    }

    fn take(&mut self, c: char) {
        self.at += c.len_utf8();
        self.push(c);
    }

    /// Everything up to the first character for which `ends` holds.
    fn until(&mut self, ends: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let word = &rest[..rest.find(ends).unwrap_or(rest.len())];
        self.at += word.len();
        word
    }

    fn skip_blanks(&mut self) {
        self.until(|c| !c.is_ascii_whitespace());
    }

    /// `&lt;` and the like; what is no reference stays as it is.
    fn reference(&mut self) {
        match decode(self.rest()) {
            Some((c, length)) => {
                self.at += length;
                self.push(c);
            }
            None => self.take('&'),
        }
    }

    fn tag(&mut self) -> Result<(), String> {
        let begin = self.at;
        self.at += 1;
        if self.peek() == Some('/') {
            self.at += 1;
            return self.end_tag(begin);
        }
        let name = self.until(|c| c.is_ascii_whitespace() || c == '>').to_ascii_lowercase();
        if self.rest().is_empty() {
            return Err(format!("Unclosed start tag at byte offset {begin}"));
        }
        let known = TAGS.iter().find(|(tag, _)| *tag == name);
        let (tag, entity) = *known.ok_or_else(|| format!("Unsupported start tag \"{name}\" at byte offset {begin}"))?;
        let argument = self.attributes(tag, begin)?;
        if tag == "span" && argument.as_deref() != Some("tg-spoiler") {
            return Err(format!("Tag \"span\" must have class \"tg-spoiler\" at byte offset {begin}"));
        }
        self.open.push(Open { tag, entity, argument, offset: self.units });
        Ok(())
    }

    /// Reads up to and including `>`; gives the one attribute that matters to `tag`.
    fn attributes(&mut self, tag: &str, begin: usize) -> Result<Option<String>, String> {
        let unclosed = || format!("Unclosed start tag \"{tag}\" at byte offset {begin}");
        let mut argument = None;
        loop {
            self.skip_blanks();
            if self.peek().ok_or_else(unclosed)? == '>' {
                self.at += 1;
                return Ok(argument);
            }
            let name = self.until(|c| c.is_ascii_whitespace() || matches!(c, '=' | '>' | '/' | '"' | '\''));
            if name.is_empty() {
                return Err(format!("Empty attribute name in the tag \"{tag}\" at byte offset {begin}"));
            }
            self.skip_blanks();
            if self.peek().ok_or_else(unclosed)? != '=' {
                continue;
            }
            self.at += 1;
            self.skip_blanks();
            let value = self.value()?;
            let matters = matches!((tag, name), ("a", "href") | ("span" | "code", "class") | ("tg-emoji", "emoji-id"));
            if matters {
                argument = Some(value);
            }
        }
    }

    fn value(&mut self) -> Result<String, String> {
        let Some(quote @ ('"' | '\'')) = self.peek() else {
            let begin = self.at;
            let token = self.until(|c| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '-'));
            let ends = self.peek().is_none_or(|c| c.is_ascii_whitespace() || c == '>');
            return if ends {
                Ok(token.to_ascii_lowercase())
            } else {
                Err(format!("Unexpected end of name token at byte offset {begin}"))
            };
        };
        self.at += 1;
        let mut raw = self.until(|c| c == quote);
        self.at = (self.at + 1).min(self.html.len());
        let mut value = String::new();
        while let Some(c) = raw.chars().next() {
            let (c, length) = decode(raw).filter(|_| c == '&').unwrap_or((c, c.len_utf8()));
            value.push(c);
            raw = &raw[length..];
        }
        Ok(value)
    }

    fn end_tag(&mut self, begin: usize) -> Result<(), String> {
        let found = self.until(|c| c.is_ascii_whitespace() || c == '>').to_ascii_lowercase();
        self.skip_blanks();
        if self.peek() != Some('>') {
            return Err(format!("Unclosed end tag at byte offset {begin}"));
        }
        self.at += 1;
        let open = self.open.pop().ok_or_else(|| format!("Unexpected end tag at byte offset {begin}"))?;
        if !found.is_empty() && found != open.tag {
            let tag = open.tag;
            return Err(format!(
                "Unmatched end tag at byte offset {begin}, expected \"</{tag}>\", found \"</{found}>\""
            ));
        }
        if self.units > open.offset {
            self.close(open);
        }
        Ok(())
    }

    fn close(&mut self, open: Open) {
        let length = self.units - open.offset;
        let mut entity = Entity::new(open.entity, open.offset, length);
        match open.tag {
            "a" => {
                let url = open.argument.filter(|url| !url.is_empty());
                let Some(url) = url.or_else(|| self.text_at(open.offset)) else { return };
                entity.url = Some(url);
            }
            "code" => {
                let language = open.argument.as_deref().and_then(|class| class.strip_prefix("language-"));
                let within_pre =
                    self.open.last().is_some_and(|outer| outer.tag == "pre" && outer.offset == open.offset);
                if let (Some(language), true) = (language, within_pre) {
                    let language = language.to_owned();
                    self.open.last_mut().expect("it was looked at").argument = Some(language);
                    return;
                }
            }
            "pre" => entity.language = open.argument,
            "tg-emoji" => entity.custom_emoji_id = open.argument,
            _ => {}
        }
        self.entities.push(entity);
    }

    fn text_at(&self, offset: usize) -> Option<String> {
        let units: Vec<u16> = self.text.encode_utf16().skip(offset).collect();
        let text = String::from_utf16_lossy(&units);
        (text.contains('.') && !text.contains(char::is_whitespace)).then_some(text)
    }
}

/// The character that a reference at the start of `text` stands for, and how many bytes it takes.
fn decode(text: &str) -> Option<(char, usize)> {
    for (name, c) in [("&lt;", '<'), ("&gt;", '>'), ("&amp;", '&'), ("&quot;", '"')] {
        if text.starts_with(name) {
            return Some((c, name.len()));
        }
    }
    let digits = text.strip_prefix("&#")?;
    let (digits, radix, prefix) = match digits.strip_prefix('x') {
        Some(hex) => (hex, 16, 3),
        None => (digits, 10, 2),
    };
    let length = digits.find(|c: char| !c.is_digit(radix)).unwrap_or(digits.len());
    let code = u32::from_str_radix(&digits[..length], radix).ok()?;
    let c = char::from_u32(code).filter(|c| *c != '\0')?;
    let semicolon = usize::from(digits[length..].starts_with(';'));
    Some((c, prefix + length + semicolon))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn parses(html: &str, text: &str, entities: &[(&str, usize, usize)]) {
        let (plain, found) = parse(html).unwrap();
        let found: Vec<_> = found.iter().map(|e| (e.kind.as_str(), e.offset, e.length)).collect();
        assert_eq!((plain.as_str(), found.as_slice()), (text, entities));
    }

    #[track_caller]
    fn fails(html: &str, why: &str) {
        assert_eq!(parse(html).unwrap_err(), why);
    }

    #[test]
    fn tags_become_entities_counted_in_utf16() {
        parses("plain", "plain", &[]);
        parses("your key is \n<code>A1</code>", "your key is \nA1", &[("code", 13, 2)]);
        parses("😀<b>x</b>", "😀x", &[("bold", 2, 1)]);
        parses("<b>a<i>b</i></b>", "ab", &[("bold", 0, 2), ("italic", 1, 1)]);
        parses("<B>a</B>", "a", &[("bold", 0, 1)]);
        parses("<a href=\"https://t.me/x?a=1&amp;b=2\">x</a>", "x", &[("text_link", 0, 1)]);
        parses("<pre><code class=\"language-rust\">x</code></pre>", "x", &[("pre", 0, 1)]);
        parses("<span class=\"tg-spoiler\">x</span>", "x", &[("spoiler", 0, 1)]);
        parses("<b></b>x", "x", &[]);
        parses("<b>x</>", "x", &[("bold", 0, 1)]);
        parses("&lt;b&gt; &amp; &quot;&#65;&#x42; &nbsp; & &;", "<b> & \"AB &nbsp; & &;", &[]);
    }

    #[test]
    fn a_link_keeps_its_address() {
        let (_, entities) = parse("<a href='https://e.org/?a=1&amp;b=2'>x</a>").unwrap();
        assert_eq!(entities[0].url.as_deref(), Some("https://e.org/?a=1&b=2"));
    }

    #[test]
    fn what_does_not_parse_is_named() {
        fails("<br>", "Unsupported start tag \"br\" at byte offset 0");
        fails("a < b", "Unsupported start tag \"\" at byte offset 2");
        fails("a <b", "Unclosed start tag at byte offset 2");
        fails("a < b>c", "Unsupported start tag \"\" at byte offset 2");
        fails("<b>x", "Can't find end tag corresponding to start tag \"b\"");
        fails("x</b>", "Unexpected end tag at byte offset 1");
        fails("<b>x</i>", "Unmatched end tag at byte offset 4, expected \"</b>\", found \"</i>\"");
        fails("<b>x</b", "Unclosed end tag at byte offset 4");
        fails("<span>x</span>", "Tag \"span\" must have class \"tg-spoiler\" at byte offset 0");
        fails("<a href=\"x", "Unclosed start tag \"a\" at byte offset 0");
        fails("<a href=x/y>x</a>", "Unexpected end of name token at byte offset 8");
        fails("<b =1>x</b>", "Empty attribute name in the tag \"b\" at byte offset 0");
    }
}
