//! The faces of a statement: which of them has a character, and what a word is made of.

use printpdf::FontId;

use super::typeface::{Embedded, Glyph, Sign, Typeface};

/// Shown for what no font has.
const REPLACEMENT: char = '\u{FFFD}';

/// One of our fonts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Face {
    /// Latin, Greek and Cyrillic.
    Regular,
    /// ASCII.
    Bold,
    /// Devanagari.
    Devanagari,
}

impl Face {
    const ALL: [Self; 3] = [Self::Regular, Self::Bold, Self::Devanagari];

    /// The font's name in a page.
    pub fn id(self) -> FontId {
        let name = match self {
            Self::Regular => "R",
            Self::Bold => "B",
            Self::Devanagari => "D",
        };
        FontId(name.to_owned())
    }

    /// The font's name in the file: six letters say that it is a part of the font.
    pub fn name(self) -> &'static str {
        match self {
            Self::Regular => "BYARDR+NotoSans-Regular",
            Self::Bold => "BYARDB+NotoSans-Bold",
            Self::Devanagari => "BYARDD+NotoSansDevanagari-Regular",
        }
    }

    /// The font, as `infra/fonts` makes it.
    pub fn bytes(self) -> &'static [u8] {
        match self {
            Self::Regular => include_bytes!("fonts/NotoSans-Regular.ttf"),
            Self::Bold => include_bytes!("fonts/NotoSans-Bold.ttf"),
            Self::Devanagari => include_bytes!("fonts/NotoSansDevanagari-Regular.ttf"),
        }
    }
}

/// The faces of one file.
pub struct Faces([Typeface; Face::ALL.len()]);

impl Faces {
    /// The faces of a new file, which uses nothing of them yet.
    pub fn new() -> Self {
        Self(Face::ALL.map(Typeface::new))
    }

    fn of(&mut self, face: Face) -> &mut Typeface {
        &mut self.0[face as usize]
    }

    /// What stands between words, in the face of what is before it: some readers lose a blank that is a run of its own.
    pub fn blank(&mut self, before: Option<Face>) -> Glyph {
        self.of(before.unwrap_or(Face::Regular)).plain(' ')
    }

    /// The glyphs of a word in the order they stand. What they say together is the word.
    pub fn shape(&mut self, word: &str) -> Vec<Glyph> {
        let runs = self.runs(word);
        runs.into_iter().flat_map(|(face, run)| self.of(face).shape(&run)).collect()
    }

    /// A glyph for each character of an ASCII text, without kerning: a table has thousands of them.
    pub fn set_ascii(&mut self, face: Face, text: &str) -> Vec<Glyph> {
        let face = self.of(face);
        text.chars().map(|character| face.plain(character)).collect()
    }

    /// Cuts a word where the font changes; what no font has becomes [`REPLACEMENT`], what is never seen goes with what
    /// stands before it.
    fn runs(&mut self, word: &str) -> Vec<(Face, Vec<Sign>)> {
        let mut runs: Vec<(Face, Vec<Sign>)> = Vec::new();
        let mut unseen = String::new();
        for character in word.chars() {
            let last = runs.last().map(|(face, _)| *face);
            let Some((face, shown)) = self.place(character, last) else {
                let before = runs.last_mut().and_then(|(_, run)| run.last_mut());
                before.map_or(&mut unseen, |sign| &mut sign.text).push(character);
                continue;
            };
            let mut text = std::mem::take(&mut unseen);
            text.push(character);
            let sign = Sign { shown, text };
            match runs.last_mut() {
                Some((same, run)) if *same == face => run.push(sign),
                _ => runs.push((face, vec![sign])),
            }
        }
        runs
    }

    fn place(&mut self, character: char, last: Option<Face>) -> Option<(Face, char)> {
        // The joiners choose between forms of Devanagari letters; after others they say nothing.
        if matches!(character, '\u{200C}' | '\u{200D}') && last == Some(Face::Devanagari) {
            return Some((Face::Devanagari, character));
        }
        if is_never_seen(character) {
            return None;
        }
        let face = [Face::Regular, Face::Devanagari].into_iter().find(|face| self.of(*face).has(character));
        Some(face.map_or((Face::Regular, REPLACEMENT), |face| (face, character)))
    }

    /// What the file must carry: of each font the glyphs that were used.
    pub fn embed(self) -> Vec<Embedded> {
        self.0.into_iter().filter(Typeface::is_used).map(Typeface::embed).collect()
    }
}

/// Characters that steer others and have no look of their own (Unicode: default ignorable).
fn is_never_seen(character: char) -> bool {
    matches!(character,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFF8}' | '\u{1BCA0}'..='\u{1BCA3}'
        | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}
