//! Texts people read, in Project Fluent's format, and the languages they are written in.

use std::sync::OnceLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use serde::{Deserialize, Serialize};
use unic_langid::langid;

mod overrides;

pub use overrides::{NotAText, Overrides};

/// A language our texts are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// English.
    En,
    /// Russian.
    Ru,
}

impl Lang {
    /// Every language, for what must exist in each.
    pub const ALL: [Self; 2] = [Self::En, Self::Ru];

    /// The language of an IETF tag such as `ru-RU`, if we write it.
    pub fn from_tag(tag: &str) -> Option<Self> {
        match tag.split(['-', '_']).next()?.to_ascii_lowercase().as_str() {
            "en" => Some(Self::En),
            "ru" => Some(Self::Ru),
            _ => None,
        }
    }

    /// The two-letter code (ISO 639-1).
    pub fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ru => "ru",
        }
    }
}

crate::db::value::stored_as!(Lang, str, |lang| lang.code(), |code: &str| Lang::from_tag(code)
    .ok_or_else(|| format!("`{code}` is not a language of ours")));

/// The texts of one domain in every language. A bundle is parsed when its language is first needed.
pub struct Texts {
    sources: [&'static str; 2],
    bundles: [OnceLock<FluentBundle<FluentResource>>; 2],
}

impl Texts {
    /// The texts in the Fluent sources for English and Russian.
    pub const fn new(en: &'static str, ru: &'static str) -> Self {
        Self { sources: [en, ru], bundles: [const { OnceLock::new() }; 2] }
    }

    /// The text `id` with its arguments filled in; the bare id, and an error in the log, if there is none.
    pub fn get(&self, lang: Lang, id: &str, args: &[(&'static str, FluentValue<'_>)]) -> String {
        let bundle = self.bundle(lang);
        let Some(pattern) = bundle.get_message(id).and_then(|message| message.value()) else {
            tracing::error!(text.id = id, text.language = lang.code(), "text is missing");
            return id.to_owned();
        };
        let args: FluentArgs<'_> = args.iter().map(|(name, value)| (*name, value.clone())).collect();
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, Some(&args), &mut errors).into_owned();
        if !errors.is_empty() {
            tracing::error!(text.id = id, text.language = lang.code(), "text lacks an argument");
        }
        text
    }

    /// The same, in the operator's words where there are such.
    pub fn get_or(
        &self,
        overrides: &Overrides,
        lang: Lang,
        id: &str,
        args: &[(&'static str, FluentValue<'_>)],
    ) -> String {
        overrides.get(lang, id, args).unwrap_or_else(|| self.get(lang, id, args))
    }

    /// Whether `pattern` may stand in place of the text `id`: it can be read and uses no more than the text's own arguments.
    pub fn check(&self, lang: Lang, id: &str, pattern: &str) -> Result<(), NotAText> {
        overrides::check(self.bundle(lang), id, pattern)
    }

    /// Whether `id` exists in `lang`.
    pub fn has(&self, lang: Lang, id: &str) -> bool {
        self.bundle(lang).has_message(id)
    }

    fn bundle(&self, lang: Lang) -> &FluentBundle<FluentResource> {
        let index = lang as usize;
        self.bundles[index].get_or_init(|| {
            let resource = match FluentResource::try_new(self.sources[index].to_owned()) {
                Ok(resource) | Err((resource, _)) => resource,
            };
            let mut bundle = empty(lang);
            bundle.add_resource_overriding(resource);
            bundle
        })
    }
}

/// A bundle without texts.
fn empty(lang: Lang) -> FluentBundle<FluentResource> {
    let id = match lang {
        Lang::En => langid!("en"),
        Lang::Ru => langid!("ru"),
    };
    let mut bundle = FluentBundle::new_concurrent(vec![id]);
    // Isolating marks would stand between a person and the key they copy.
    bundle.set_use_isolating(false);
    bundle
}

/// Text from outside made safe for a message in Telegram's HTML.
pub fn escape_html(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            _ => safe.push(character),
        }
    }
    safe
}
