//! A font and the part of it that a file carries.
//!
//! `printpdf` without its default features puts one glyph after the other as the characters come, which is wrong for
//! every Indic script, and embeds a font whole. It takes glyphs by number, though. So words are shaped and fonts are cut
//! here, by allsorts, with which `printpdf` itself reads fonts: this costs no further crate, and of 184,277 words and
//! letter combinations of Hindi, Marathi and Nepali it shapes all but two as `HarfBuzz` does.
//!
//! A file numbers pairs of a glyph and a text. One glyph may stand for several texts (U+FFFD for all that no font has), and
//! a reader that puts together the texts in the order of the glyphs finds the word, letters moved by the script included.

use std::collections::{BTreeMap, HashMap};

use allsorts::binary::read::ReadScope;
use allsorts::font::MatchingPresentation;
use allsorts::glyph_position::{GlyphLayout, TextDirection};
use allsorts::gpos::Info;
use allsorts::gsub::{FeatureMask, FeatureMaskExt};
use allsorts::subset::{CmapTarget, SubsetProfile, subset};
use allsorts::tables::{OffsetTableFontProvider, OpenTypeFont};
use allsorts::{Font, tag};
use printpdf::{ParsedFont, PdfFont};

use super::face::Face;

/// What a file needs beside the outlines; glyphs are found by number, names are not needed.
const TABLES: [u32; 5] = [tag::CMAP, tag::HEAD, tag::HHEA, tag::HMTX, tag::MAXP];

/// A glyph in its place. Measures are thousandths of the font's size.
#[derive(Clone, Debug)]
pub struct Glyph {
    /// Whose it is.
    pub face: Face,
    /// Its number in the file.
    pub number: u16,
    /// What it says to a reader.
    pub text: String,
    /// How far right of the pen it stands.
    pub right: f32,
    /// How far above the line it stands.
    pub up: f32,
    /// How far it moves the pen.
    pub advance: f32,
    /// How far it moves the pen of a reader who knows the font only.
    pub width: f32,
}

/// A character as it is shown.
pub struct Sign {
    /// What is shown.
    pub shown: char,
    /// What it says: the same or what it replaces, with what is never seen beside it.
    pub text: String,
}

/// A font as a file carries it.
pub struct Embedded {
    /// Which.
    pub face: Face,
    /// Its outlines and measures.
    pub font: PdfFont,
    /// By their numbers in the file: which of these outlines.
    pub glyphs: Vec<u16>,
}

/// A font and what was used of it.
pub struct Typeface {
    face: Face,
    font: Font<OffsetTableFontProvider<'static>>,
    /// Glyphs with their texts, by their number in the file. Number 0 is what every font begins with.
    used: Vec<(u16, String)>,
    numbers: HashMap<(u16, String), u16>,
    plain: HashMap<char, Glyph>,
}

impl Typeface {
    /// The font, of which nothing is used.
    pub fn new(face: Face) -> Self {
        let file = ReadScope::new(face.bytes()).read::<OpenTypeFont<'_>>();
        let font = file.and_then(|file| file.table_provider(0)).and_then(Font::new);
        let font = font.expect("the font is ours and whole");
        Self { face, font, used: vec![(0, String::new())], numbers: HashMap::new(), plain: HashMap::new() }
    }

    fn find(&mut self, character: char) -> u16 {
        self.font.lookup_glyph_index(character, MatchingPresentation::NotRequired, None).0
    }

    /// Whether the font has a glyph for a character.
    pub fn has(&mut self, character: char) -> bool {
        self.find(character) != 0
    }

    /// Whether anything was taken from the font.
    pub fn is_used(&self) -> bool {
        self.used.len() > 1
    }

    /// The glyph of a character that stands for itself.
    pub fn plain(&mut self, character: char) -> Glyph {
        if let Some(glyph) = self.plain.get(&character) {
            return glyph.clone();
        }
        let found = self.find(character);
        let glyph = self.take(found, character.to_string());
        self.plain.insert(character, glyph.clone());
        glyph
    }

    /// The glyphs of a run in the order and the places that its script asks for.
    pub fn shape(&mut self, run: &[Sign]) -> Vec<Glyph> {
        // Noto has the same rules for Latin, Greek and Cyrillic.
        let script = if self.face == Face::Devanagari { tag::DEVA } else { tag::LATN };
        let text: String = run.iter().map(|sign| sign.shown).collect();
        let glyphs = self.font.map_glyphs(&text, script, MatchingPresentation::NotRequired);
        let features = FeatureMask::default_mask();
        // A rule of the font that cannot be followed leaves the glyphs as they were: less fine, but there.
        let shaped = self.font.shape(glyphs, script, None, features, &[], None, true);
        let shaped = shaped.unwrap_or_else(|(_, shaped)| shaped);
        let places = GlyphLayout::new(&mut self.font, &shaped, TextDirection::LeftToRight, false).glyph_positions();
        let places = places.unwrap_or_default();
        let mut glyphs = Vec::with_capacity(shaped.len());
        for (at, (info, text)) in shaped.iter().zip(texts(&shaped, run)).enumerate() {
            let mut glyph = self.take(info.glyph.glyph_index, text);
            if let Some(place) = places.get(at) {
                glyph.right = thousandths(place.x_offset);
                glyph.up = thousandths(place.y_offset);
                glyph.advance = thousandths(place.hori_advance);
            }
            glyphs.push(glyph);
        }
        glyphs
    }

    /// The glyph with this text, where the pen is.
    fn take(&mut self, found: u16, text: String) -> Glyph {
        let key = (found, text);
        let number = self.numbers.get(&key).copied().unwrap_or_else(|| {
            let number = u16::try_from(self.used.len()).expect("a statement has fewer than 65,536 different glyphs");
            self.used.push(key.clone());
            self.numbers.insert(key.clone(), number);
            number
        });
        let width = f32::from(self.width(found));
        Glyph { face: self.face, number, text: key.1, right: 0.0, up: 0.0, advance: width, width }
    }

    fn width(&mut self, found: u16) -> u16 {
        self.font.horizontal_advance(found).unwrap_or(0)
    }

    /// The part of the font that was used.
    pub fn embed(mut self) -> Embedded {
        let mut kept = vec![0];
        let mut places = HashMap::from([(0, 0)]);
        let mut glyphs = Vec::with_capacity(self.used.len());
        let mut widths = BTreeMap::new();
        for ((found, _), number) in std::mem::take(&mut self.used).into_iter().zip(0..) {
            // A part of a font counts its glyphs as this list does.
            let place = *places.entry(found).or_insert_with(|| {
                kept.push(found);
                u16::try_from(kept.len() - 1).expect("a font has at most 65,536 glyphs")
            });
            glyphs.push(place);
            widths.insert(number, self.width(found));
        }
        let profile = SubsetProfile::Custom(TABLES.to_vec());
        let bytes = subset(&self.font.font_table_provider, &kept, &profile, CmapTarget::Unicode);
        let bytes = bytes.expect("the font is ours and whole");
        let mut font = ParsedFont::from_bytes(&bytes, 0, &mut Vec::new()).expect("a part of a font is a font");
        font.font_name = Some(self.face.name().to_owned());
        font.glyph_widths = widths;
        Embedded { face: self.face, font: PdfFont::new(font), glyphs }
    }
}

/// Deals the text of a run to its glyphs so that it is read in their order.
///
/// A script that moves letters (Devanagari) moves them within a syllable: that is the shortest piece with the same
/// characters in both orders. In it each glyph says as many characters as it was made of, whichever they are.
fn texts(shaped: &[Info], run: &[Sign]) -> Vec<String> {
    let shown: Vec<String> = shaped.iter().map(characters).collect();
    let mut texts = Vec::with_capacity(shown.len());
    let (mut glyphs, mut signs) = (shown.as_slice(), run);
    while !glyphs.is_empty() {
        let (count, taken) = piece(glyphs, signs);
        let (syllable, after) = glyphs.split_at(count);
        let (said, rest) = signs.split_at(taken);
        let mut said = said.iter();
        for (glyph, left) in syllable.iter().zip((0..count).rev()) {
            let share = glyph.chars().count().min(said.len().saturating_sub(left));
            let share = if left == 0 { said.len() } else { share };
            texts.push(said.by_ref().take(share).map(|sign| sign.text.as_str()).collect());
        }
        (glyphs, signs) = (after, rest);
    }
    texts
}

/// How many glyphs, and how many signs, are the shortest piece with the same characters in both.
fn piece(glyphs: &[String], signs: &[Sign]) -> (usize, usize) {
    let mut shown = Vec::new();
    for (glyph, count) in glyphs.iter().zip(1..) {
        shown.extend(glyph.chars());
        shown.sort_unstable();
        let Some(said) = signs.get(..shown.len()) else { break };
        let mut said: Vec<char> = said.iter().map(|sign| sign.shown).collect();
        said.sort_unstable();
        if !shown.is_empty() && said == shown {
            return (count, said.len());
        }
    }
    (glyphs.len(), signs.len())
}

/// The characters a glyph was made of; of several made of the same the first has them.
fn characters(info: &Info) -> String {
    if info.glyph.multi_subst_dup() { String::new() } else { info.glyph.unicodes.iter().collect() }
}

/// The fonts count in thousandths of their size.
fn thousandths(units: i32) -> f32 {
    i16::try_from(units).map_or(0.0, f32::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(face: Face, text: &str, said: &[&str]) {
        let run: Vec<_> = text.chars().map(|shown| Sign { shown, text: shown.to_string() }).collect();
        let glyphs = Typeface::new(face).shape(&run);
        assert_eq!(glyphs.iter().map(|glyph| glyph.text.as_str()).collect::<Vec<_>>(), said, "{text}");
    }

    #[test]
    fn glyphs_say_the_word_in_their_order() {
        check(Face::Regular, "AZ", &["A", "Z"]);
        // The vowel stands before its consonant; the consonants of the second syllable are one glyph.
        check(Face::Devanagari, "\u{915}\u{93F}", &["\u{915}", "\u{93F}"]);
        check(Face::Devanagari, "\u{924}\u{915}\u{94D}\u{937}", &["\u{924}", "\u{915}\u{94D}\u{937}"]);
        // The first consonant stands above the last vowel.
        check(Face::Devanagari, "\u{930}\u{94D}\u{92E}\u{93E}", &["\u{930}", "\u{94D}", "\u{92E}\u{93E}"]);
        // The joiner has no glyph.
        check(Face::Devanagari, "\u{915}\u{94D}\u{200C}\u{937}", &["\u{915}", "\u{94D}", "\u{200C}\u{937}"]);
    }

    #[test]
    fn a_glyph_has_a_number_for_each_text() {
        let mut typeface = Typeface::new(Face::Regular);
        let signs = ["\u{738B}", "\u{5C0F}", "\u{738B}"].map(|text| Sign { shown: '\u{FFFD}', text: text.to_owned() });
        let numbers: Vec<_> = typeface.shape(&signs).iter().map(|glyph| glyph.number).collect();
        assert_eq!(numbers, [1, 2, 1]);
        assert_eq!(typeface.embed().glyphs, [0, 1, 1]);
    }
}
