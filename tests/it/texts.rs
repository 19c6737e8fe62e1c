//! Texts exist in every language, with the same arguments, and all of them are used.

use std::collections::{BTreeMap, BTreeSet};

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};

use crate::source::{files, names_in, read, rust};

/// Arguments and other texts that one text uses.
#[derive(Debug, Default, PartialEq, Eq)]
struct Uses {
    arguments: BTreeSet<String>,
    texts: BTreeSet<String>,
}

type Texts = BTreeMap<String, Uses>;

fn parse(file: &str, source: &str) -> Texts {
    let resource = fluent_syntax::parser::parse(source).unwrap_or_else(|(_, errors)| panic!("{file}: {errors:?}"));
    let mut texts = Texts::new();
    for entry in resource.body {
        let (id, pattern) = match &entry {
            Entry::Message(message) => (message.id.name.to_owned(), message.value.as_ref()),
            Entry::Term(term) => (format!("-{}", term.id.name), Some(&term.value)),
            Entry::Junk { content } => panic!("{file}: cannot be read: {content}"),
            _ => continue,
        };
        let mut uses = Uses::default();
        note_pattern(pattern.unwrap_or_else(|| panic!("{file}: {id} says nothing")), &mut uses);
        assert!(texts.insert(id.clone(), uses).is_none(), "{file}: {id} is there twice");
    }
    texts
}

fn note_pattern(pattern: &Pattern<&str>, uses: &mut Uses) {
    for element in &pattern.elements {
        if let PatternElement::Placeable { expression } = element {
            note(expression, uses);
        }
    }
}

fn note(expression: &Expression<&str>, uses: &mut Uses) {
    match expression {
        Expression::Inline(inline) => note_inline(inline, uses),
        Expression::Select { selector, variants } => {
            note_inline(selector, uses);
            for variant in variants {
                note_pattern(&variant.value, uses);
            }
        }
    }
}

fn note_inline(inline: &InlineExpression<&str>, uses: &mut Uses) {
    match inline {
        InlineExpression::VariableReference { id } => {
            uses.arguments.insert(id.name.to_owned());
        }
        InlineExpression::MessageReference { id, .. } => {
            uses.texts.insert(id.name.to_owned());
        }
        InlineExpression::TermReference { id, .. } => {
            uses.texts.insert(format!("-{}", id.name));
        }
        InlineExpression::FunctionReference { arguments, .. } => {
            arguments.positional.iter().for_each(|argument| note_inline(argument, uses));
        }
        InlineExpression::Placeable { expression } => note(expression, uses),
        InlineExpression::StringLiteral { .. } | InlineExpression::NumberLiteral { .. } => {}
    }
}

fn texts(language: &str, file: &str) -> Texts {
    let path = format!("shared/locales/{language}/{file}");
    parse(&path, &read(&path))
}

#[test]
fn every_language_has_the_same_texts_with_the_same_arguments() {
    let files = names_in("shared/locales/en");
    assert_eq!(files, names_in("shared/locales/ru"));
    for file in files {
        let (english, russian) = (texts("en", &file), texts("ru", &file));
        let ids = |texts: &Texts| texts.keys().cloned().collect::<Vec<_>>();
        assert_eq!(ids(&english), ids(&russian), "{file}");
        for (id, uses) in &english {
            assert_eq!(uses.arguments, russian[id].arguments, "{file}: arguments of {id}");
            for other in &uses.texts {
                assert!(english.contains_key(other), "{file}: {id} uses {other}, which is not there");
            }
        }
    }
}

/// Names of functions that take the id of a text.
fn takers(code: &str) -> BTreeSet<&str> {
    let functions = code.split("fn ").skip(1);
    functions
        .filter_map(|function| {
            let (name, rest) = function.split_once('(')?;
            let arguments = rest.split_once(')')?.0;
            let takes = arguments.split(',').any(|argument| argument.trim().starts_with("id: &"));
            takes.then(|| name.split('<').next().unwrap_or(name))
        })
        .collect()
}

/// Ids given to `takers` as literals, after plain arguments at most.
fn given<'a>(code: &'a str, takers: &BTreeSet<&str>) -> BTreeSet<&'a str> {
    let mut ids = BTreeSet::new();
    for taker in takers {
        for (at, _) in code.match_indices(&format!("{taker}(")) {
            let is_word = |c: char| c.is_alphanumeric() || c == '_';
            if !code[..at].ends_with(is_word) && !code[..at].ends_with("fn ") {
                ids.extend(first_literal(&code[at + taker.len() + 1..]));
            }
        }
    }
    ids
}

fn first_literal(arguments: &str) -> Option<&str> {
    let arguments = arguments.trim_start();
    if let Some(literal) = arguments.strip_prefix('"') {
        return literal.split_once('"').map(|(literal, _)| literal);
    }
    let (first, rest) = arguments.split_once(',')?;
    let is_plain = first.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '&'));
    if is_plain { first_literal(rest) } else { None }
}

#[test]
fn every_text_that_is_asked_for_exists_and_every_text_is_asked_for() {
    for file in names_in("shared/locales/en") {
        let domain = file.strip_suffix(".ftl").expect("texts are in Fluent files");
        let english = texts("en", &file);
        let mut sources = rust(&[&format!("shared/src/{domain}")]);
        sources.retain(|source| !source.path.contains("/store"));
        let code: Vec<String> = sources
            .iter()
            .map(|source| source.code().into_iter().map(|(_, line)| line).collect::<Vec<_>>().join("\n"))
            .collect();
        let code = code.join("\n");
        let takers = takers(&code);
        let mut asked = given(&code, &takers);
        // Pages ask in their templates.
        let pages = files(&[&format!("shared/src/{domain}")], "html");
        asked.extend(pages.iter().flat_map(|page| given(page.text(), &takers)));
        assert!(asked.len() > english.len() / 4, "{domain}: only {} texts are seen being asked for", asked.len());
        let missing: Vec<_> = asked.iter().filter(|id| !english.contains_key(**id)).collect();
        assert!(missing.is_empty(), "{file} lacks {missing:?}");
        let literals: BTreeSet<&str> = sources.iter().flat_map(crate::source::Source::literals).collect();
        let beginnings: Vec<&str> = literals
            .iter()
            .filter_map(|text| text.split_once('{'))
            .map(|(start, _)| start)
            .filter(|start| start.ends_with('-'))
            .collect();
        let in_texts: BTreeSet<&String> = english.values().flat_map(|uses| &uses.texts).collect();
        let unused: Vec<_> = english
            .keys()
            .filter(|id| !literals.contains(id.as_str()) && !asked.contains(id.as_str()) && !in_texts.contains(id))
            .filter(|id| !beginnings.iter().any(|start| id.starts_with(start)))
            .collect();
        assert!(unused.is_empty(), "{file}: nobody says {unused:?}");
    }
}

#[test]
fn calls_are_seen() {
    let code = "fn say(&self, id: &str) {}\nfn text(lang: Lang, id: &str, args: Args) {}\nfn other(name: &str) {}\n
        voice.say(\"hello\"); text(lang, \"bye\", &[]); text(self.lang,\n \"more\", &[]); text(of(lang), \"no\"); other(\"no\"); hearsay(\"no\"); say(id)";
    assert_eq!(takers(code), BTreeSet::from(["say", "text"]));
    assert_eq!(given(code, &takers(code)), BTreeSet::from(["hello", "bye", "more"]));
}
