//! An operator's own words in place of ours.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};

use super::{Lang, empty};

/// Characters of a pattern: with its arguments filled in, it should still fit into one message of Telegram's.
const PATTERN_CHARS_MAX: usize = 3_000;

/// Why something is no text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotAText {
    /// There is no text of this name to be replaced.
    #[error("there is no text of this name")]
    UnknownText,
    /// It is empty, or Fluent does not read it as one text.
    #[error("it cannot be read as one text in Fluent's format")]
    Syntax,
    /// It uses an argument that the text does not get.
    #[error("the text has no argument called {0}")]
    UnknownArgument(String),
    /// It uses another text or a function.
    #[error("it uses something else than the text's own arguments")]
    Reference,
    /// Its markup is not closed as it was opened. Only who sends the text knows the markup, and says so.
    #[error("its markup is broken")]
    Markup,
    /// It is longer than 3000 characters.
    #[error("it is longer than {PATTERN_CHARS_MAX} characters")]
    TooLong,
}

/// Texts of an operator, by language and id. What is no text is left out: it was one when it was stored.
#[derive(Clone, Default)]
pub struct Overrides([Option<Arc<FluentBundle<FluentResource>>>; 2]);

impl Overrides {
    /// The text `id` with its arguments filled in, if there is one and nothing it asks for is missing.
    pub fn get(&self, lang: Lang, id: &str, args: &[(&'static str, FluentValue<'_>)]) -> Option<String> {
        let bundle = self.0[lang as usize].as_ref()?;
        let pattern = bundle.get_message(id)?.value()?;
        let args: FluentArgs<'_> = args.iter().map(|(name, value)| (*name, value.clone())).collect();
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, Some(&args), &mut errors).into_owned();
        if errors.is_empty() {
            return Some(text);
        }
        tracing::error!(text.id = id, text.language = lang.code(), "text of the operator is not usable");
        None
    }
}

impl FromIterator<(Lang, String, String)> for Overrides {
    fn from_iter<T: IntoIterator<Item = (Lang, String, String)>>(texts: T) -> Self {
        let mut sources = [String::new(), String::new()];
        for (lang, id, pattern) in texts {
            if read(&id, &pattern).is_ok() {
                sources[lang as usize].push_str(&source(&id, &pattern));
            } else {
                tracing::error!(text.id = id, text.language = lang.code(), "text of the operator is none");
            }
        }
        let bundle = |lang: Lang| {
            let source = std::mem::take(&mut sources[lang as usize]);
            let resource =
                FluentResource::try_new(source).ok().filter(|resource| resource.entries().next().is_some())?;
            let mut bundle = empty(lang);
            bundle.add_resource_overriding(resource);
            Some(Arc::new(bundle))
        };
        Self(Lang::ALL.map(bundle))
    }
}

impl fmt::Debug for Overrides {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Overrides")
    }
}

/// Whether `pattern` may stand in place of the text `id` of `ours`.
pub(super) fn check(ours: &FluentBundle<FluentResource>, id: &str, pattern: &str) -> Result<(), NotAText> {
    let original = ours.get_message(id).and_then(|message| message.value()).ok_or(NotAText::UnknownText)?;
    let mut known = Uses::default();
    known.of(original, Some(ours));
    let resource = read(id, pattern)?;
    let Some(Entry::Message(message)) = resource.entries().next() else { return Err(NotAText::Syntax) };
    let mut used = Uses::default();
    used.of(message.value.as_ref().ok_or(NotAText::Syntax)?, None);
    if used.others {
        return Err(NotAText::Reference);
    }
    match used.arguments.difference(&known.arguments).next() {
        Some(name) => Err(NotAText::UnknownArgument((*name).to_owned())),
        None => Ok(()),
    }
}

/// One message of Fluent; lines of the pattern stay lines.
fn source(id: &str, pattern: &str) -> String {
    let lines: Vec<String> = pattern.lines().map(|line| format!("    {line}\n")).collect();
    format!("{id} =\n{}", lines.concat())
}

/// The pattern as the only message of a resource, with nothing beside it.
fn read(id: &str, pattern: &str) -> Result<FluentResource, NotAText> {
    if pattern.chars().count() > PATTERN_CHARS_MAX {
        return Err(NotAText::TooLong);
    }
    let resource = FluentResource::try_new(source(id, pattern)).map_err(|_| NotAText::Syntax)?;
    let mut entries = resource.entries();
    let is_one = match (entries.next(), entries.next()) {
        (Some(Entry::Message(message)), None) => {
            message.id.name == id && message.value.is_some() && message.attributes.is_empty()
        }
        _ => false,
    };
    drop(entries);
    if is_one { Ok(resource) } else { Err(NotAText::Syntax) }
}

/// What a pattern uses.
#[derive(Default)]
struct Uses<'a> {
    arguments: BTreeSet<&'a str>,
    /// Whether it uses other texts or functions.
    others: bool,
}

impl<'a> Uses<'a> {
    /// Adds what `pattern` uses, and what the texts of `ours` use that it refers to.
    fn of(&mut self, pattern: &'a Pattern<&'a str>, ours: Option<&'a FluentBundle<FluentResource>>) {
        for element in &pattern.elements {
            if let PatternElement::Placeable { expression } = element {
                self.expression(expression, ours);
            }
        }
    }

    fn expression(&mut self, expression: &'a Expression<&'a str>, ours: Option<&'a FluentBundle<FluentResource>>) {
        match expression {
            Expression::Inline(inline) => self.inline(inline, ours),
            Expression::Select { selector, variants } => {
                self.inline(selector, ours);
                for variant in variants {
                    self.of(&variant.value, ours);
                }
            }
        }
    }

    fn inline(&mut self, inline: &'a InlineExpression<&'a str>, ours: Option<&'a FluentBundle<FluentResource>>) {
        match inline {
            InlineExpression::VariableReference { id } => {
                self.arguments.insert(id.name);
            }
            InlineExpression::Placeable { expression } => self.expression(expression, ours),
            InlineExpression::StringLiteral { .. } | InlineExpression::NumberLiteral { .. } => {}
            InlineExpression::MessageReference { id, .. } => {
                self.others = true;
                let other = ours.and_then(|ours| ours.get_message(id.name)).and_then(|message| message.value());
                if let Some(other) = other {
                    self.of(other, ours);
                }
            }
            InlineExpression::FunctionReference { .. } | InlineExpression::TermReference { .. } => self.others = true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Texts;
    use super::*;

    static TEXTS: Texts =
        Texts::new("a = A { $n } { b }\nb = B { $m }\nc = C", "a = А { $n } { b }\nb = Б { $m }\nc = В");

    fn overrides(texts: &[(Lang, &str, &str)]) -> Overrides {
        texts.iter().map(|(lang, id, text)| (*lang, (*id).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn the_operator_has_the_last_word_in_their_language() {
        let own = overrides(&[(Lang::Ru, "c", "Своё\n\nслово")]);
        assert_eq!(TEXTS.get_or(&own, Lang::Ru, "c", &[]), "Своё\n\nслово");
        assert_eq!(TEXTS.get_or(&own, Lang::En, "c", &[]), "C");
        assert_eq!(TEXTS.get_or(&Overrides::default(), Lang::Ru, "c", &[]), "В");
    }

    #[test]
    fn arguments_and_plurals_work() {
        let own = overrides(&[(Lang::Ru, "a", "{ $n ->\n    [one] день\n   *[many] дней\n}, { $m }")]);
        let said = |n: i64| TEXTS.get_or(&own, Lang::Ru, "a", &[("n", n.into()), ("m", "x".into())]);
        assert_eq!((said(1), said(5)), ("день, x".to_owned(), "дней, x".to_owned()));
    }

    #[test]
    fn what_cannot_be_said_is_said_in_our_words() {
        let own =
            overrides(&[(Lang::En, "c", "{ $lost }"), (Lang::En, "b", "{ broken"), (Lang::En, "a", "Mine { $n }")]);
        assert_eq!(TEXTS.get_or(&own, Lang::En, "c", &[]), "C");
        assert_eq!(TEXTS.get_or(&own, Lang::En, "b", &[("m", 1.into())]), "B 1");
        assert_eq!(TEXTS.get_or(&own, Lang::En, "a", &[("n", 2.into()), ("m", 1.into())]), "Mine 2");
    }

    #[track_caller]
    fn check(id: &str, pattern: &str, expected: Option<&NotAText>) {
        assert_eq!(TEXTS.check(Lang::En, id, pattern).err().as_ref(), expected, "{id} = {pattern}");
    }

    #[test]
    fn a_text_uses_its_own_arguments_and_nothing_else() {
        check("a", "<b>{ $n }</b>\nand { $m }", None);
        check("a", "no arguments", None);
        check("c", "{ $n }", Some(&NotAText::UnknownArgument("n".into())));
        check("b", "{ $m ->\n [one] { $x }\n *[other] y\n}", Some(&NotAText::UnknownArgument("x".into())));
        check("a", "{ b }", Some(&NotAText::Reference));
        check("a", "{ -term }", Some(&NotAText::Reference));
        check("a", "{ NUMBER($n) }", Some(&NotAText::Reference));
        check("d", "text", Some(&NotAText::UnknownText));
        check("-d", "text", Some(&NotAText::UnknownText));
        for broken in ["", "  \n ", "{ $n", "{ }", ".x = y", "text\n.x = y", "}"] {
            check("a", broken, Some(&NotAText::Syntax));
        }
        check("c", &"x".repeat(3_001), Some(&NotAText::TooLong));
    }
}
