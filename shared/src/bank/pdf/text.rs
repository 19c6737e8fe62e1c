//! Words and lines: what they measure, where they break, and whether they read as they were meant.

use super::face::{Face, Faces};
use super::typeface::Glyph;

/// Part of a line that is never broken.
#[derive(Debug)]
pub struct Word {
    text: String,
    glyphs: Vec<Glyph>,
    /// What follows it if another word does.
    pub blank: Glyph,
    /// Whether a reader finds the text in the glyphs; otherwise the file must tell it.
    pub is_legible: bool,
    is_rtl: bool,
}

impl Word {
    fn new(faces: &mut Faces, text: &str, mut glyphs: Vec<Glyph>) -> Self {
        let is_rtl = text.chars().all(is_rtl);
        if is_rtl {
            glyphs.reverse();
        }
        let blank = faces.blank(glyphs.last().map(|glyph| glyph.face));
        let is_legible = is_legible(text, &glyphs);
        Self { text: text.to_owned(), glyphs, blank, is_legible, is_rtl }
    }
}

/// Readers put together the texts of glyphs on a line, and make one blank of any blanks.
fn is_legible(text: &str, glyphs: &[Glyph]) -> bool {
    let is_on_the_line = |glyph: &Glyph| glyph.right == 0.0 && glyph.up == 0.0;
    let has_plain_blanks = text.split(' ').all(|part| !part.is_empty() && !part.contains(char::is_whitespace));
    has_plain_blanks && glyphs.iter().all(|glyph| is_on_the_line(glyph) && !glyph.text.is_empty())
}

/// Scripts from right to left. None of our fonts has them, but readers turn round what they find of them.
fn is_rtl(character: char) -> bool {
    matches!(character, '\u{590}'..='\u{8FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}'
        | '\u{10800}'..='\u{10FFF}' | '\u{1E800}'..='\u{1EFFF}')
}

/// A text ready to be measured and set.
#[derive(Debug)]
pub struct Text {
    /// What it says.
    pub text: String,
    /// Its words as they stand from left to right.
    pub words: Vec<Word>,
}

impl Text {
    /// Any text, in the regular face.
    pub fn new(faces: &mut Faces, text: &str) -> Self {
        let mut words: Vec<_> = split(text).into_iter().map(|word| shaped(faces, word)).collect();
        for rtl in words.chunk_by_mut(|left, right| left.is_rtl && right.is_rtl) {
            rtl.reverse();
        }
        Self { text: text.to_owned(), words }
    }

    /// A short text that stays on one line; in ASCII, the glyphs are put one after the other.
    pub fn cell(faces: &mut Faces, face: Face, text: &str) -> Self {
        if text.bytes().any(|byte| !matches!(byte, b' '..=b'~')) {
            return Self::new(faces, text);
        }
        let glyphs = faces.set_ascii(face, text);
        Self { text: text.to_owned(), words: vec![Word::new(faces, text, glyphs)] }
    }

    /// Its width on one line.
    pub fn width(&self, size: f32) -> f32 {
        width(&self.words, size)
    }

    /// The size, at most `size`, in which it fits on one line of `available`.
    pub fn fit(&self, size: f32, available: f32) -> f32 {
        shrunk(size, self.width(size), available)
    }

    /// The size, at most `size`, in which each of its words fits on a line of `available`.
    pub fn fit_words(&self, size: f32, available: f32) -> f32 {
        let widest = self.words.chunks(1).map(|word| width(word, size)).fold(0.0, f32::max);
        shrunk(size, widest, available)
    }

    /// Breaks it into lines of at most `available`, unless a single word is wider.
    pub fn lines(&self, size: f32, available: f32) -> Vec<&[Word]> {
        let mut lines = Vec::new();
        let mut rest = self.words.as_slice();
        while !rest.is_empty() {
            let fitting = (1..=rest.len()).take_while(|count| width(&rest[..*count], size) <= available).last();
            let (line, after) = rest.split_at(fitting.unwrap_or(1));
            lines.push(line);
            rest = after;
        }
        lines
    }
}

/// What words say.
pub fn told(words: &[Word]) -> String {
    let words: Vec<_> = words.iter().map(|word| word.text.as_str()).collect();
    words.join(" ")
}

/// The glyphs of words and of the blanks between them.
pub fn glyphs(words: &[Word]) -> Vec<&Glyph> {
    let mut glyphs = Vec::new();
    for (word, number) in words.iter().zip(1..) {
        glyphs.extend(&word.glyphs);
        glyphs.extend((number < words.len()).then_some(&word.blank));
    }
    glyphs
}

fn shaped(faces: &mut Faces, word: &str) -> Word {
    let glyphs = faces.shape(word);
    Word::new(faces, word, glyphs)
}

fn width(words: &[Word], size: f32) -> f32 {
    glyphs(words).iter().map(|glyph| glyph.advance).sum::<f32>() * size / 1000.0
}

fn shrunk(size: f32, width: f32, available: f32) -> f32 {
    if width > available { size * available / width } else { size }
}

/// Cuts at single blanks; what stands around several is kept together, or they would be lost.
fn split(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut start = 0;
    let bytes = text.as_bytes();
    for (at, _) in text.match_indices(' ') {
        let is_alone = at > start && bytes[at - 1] != b' ' && bytes.get(at + 1).is_some_and(|next| *next != b' ');
        if is_alone {
            words.push(&text[start..at]);
            start = at + 1;
        }
    }
    words.push(&text[start..]);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cut_at_single_blanks() {
        assert_eq!(split("a b c"), ["a", "b", "c"]);
        assert_eq!(split("a  b c"), ["a  b", "c"]);
        assert_eq!(split(" a b "), [" a", "b "]);
        assert_eq!(split("é b"), ["é", "b"]);
        assert_eq!(split(""), [""]);
    }
}
