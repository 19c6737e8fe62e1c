//! A page as `printpdf` takes it. Measures are points from its lower left corner.

use std::collections::BTreeMap;

use printpdf::{
    Codepoint, Color, DictItem, Line, LinePoint, Op, PaintMode, PdfFontHandle, PdfPage, Point, Pt, Rect, Rgb, TextItem,
    TextMatrix,
};

use super::face::Face;
use super::text::{Word, glyphs, told};
use super::typeface::Glyph;

/// A colour by its parts, 0 to 1.
pub type Colour = [f32; 3];

/// What is drawn, and above it what is written.
#[derive(Default)]
pub struct Page {
    drawn: Vec<Op>,
    written: Vec<Op>,
    font: Option<(Face, f32)>,
    colour: Option<Colour>,
}

impl Page {
    /// Fills a rectangle.
    pub fn fill(&mut self, (x, y): (f32, f32), (width, height): (f32, f32), colour: Colour) {
        let rectangle = Rect {
            x: Pt(x),
            y: Pt(y),
            width: Pt(width),
            height: Pt(height),
            mode: Some(PaintMode::Fill),
            winding_order: None,
        };
        self.drawn.push(Op::SetFillColor { col: rgb(colour) });
        self.drawn.push(Op::DrawRectangle { rectangle });
    }

    /// Draws a thin line.
    pub fn stroke(&mut self, from: (f32, f32), to: (f32, f32)) {
        let point = |(x, y)| LinePoint { p: Point { x: Pt(x), y: Pt(y) }, bezier: false };
        self.drawn.push(Op::DrawLine { line: Line { points: vec![point(from), point(to)], is_closed: false } });
    }

    /// Sets the colour of what is written from here on.
    pub fn ink(&mut self, colour: Colour) {
        if self.colour.replace(colour) != Some(colour) {
            self.written.push(Op::SetFillColor { col: rgb(colour) });
        }
    }

    /// Writes words on a line.
    pub fn write(&mut self, words: &[Word], (x, y): (f32, f32), size: f32) {
        self.move_to(x, y);
        let mut rest = words.len();
        let mut blank_before = None;
        for words in words.chunk_by(|left, right| left.is_legible == right.is_legible) {
            rest -= words.len();
            let blank_after = words.last().filter(|_| rest > 0).map(|word| &word.blank);
            if words[0].is_legible {
                // Blanks beside words that are marked are written with those that are not.
                let around = blank_before.into_iter().chain(glyphs(words)).chain(blank_after);
                self.show(&around.collect::<Vec<_>>(), size);
                blank_before = None;
            } else {
                self.told(&told(words), |page| page.show(&glyphs(words), size));
                blank_before = blank_after;
            }
        }
    }

    /// Writes lines below each other that a reader takes for one: `text`.
    pub fn write_as_one(&mut self, text: &str, lines: &[&[Word]], (x, y): (f32, f32), size: f32, leading: f32) {
        self.told(text, |page| {
            let mut y = y;
            for words in lines {
                page.move_to(x, y);
                page.show(&glyphs(words), size);
                y -= leading;
            }
        });
    }

    /// Marks what `write` writes with the text it stands for (`/ActualText`; ISO 32000-2, 14.9.4).
    fn told(&mut self, text: &str, write: impl FnOnce(&mut Self)) {
        let mut utf16 = vec![0xFE, 0xFF];
        utf16.extend(text.encode_utf16().flat_map(u16::to_be_bytes));
        let map = BTreeMap::from([("ActualText".to_owned(), DictItem::Bytes(utf16))]);
        let properties = DictItem::Dict { map };
        self.written.push(Op::BeginMarkedContentWithProperties { tag: "Span".to_owned(), properties });
        write(self);
        self.written.push(Op::EndMarkedContentWithProperties);
    }

    fn move_to(&mut self, x: f32, y: f32) {
        self.written
            .push(Op::SetTextMatrix { matrix: TextMatrix::Raw([1.0, 0.0, 0.0, 1.0, hundredth(x), hundredth(y)]) });
    }

    /// Shows glyphs from where the pen is, each run of one font and one height in one piece.
    fn show(&mut self, glyphs: &[&Glyph], size: f32) {
        for run in glyphs.chunk_by(|left, right| (left.face, left.up) == (right.face, right.up)) {
            let Glyph { face, up, .. } = *run[0];
            if self.font.replace((face, size)) != Some((face, size)) {
                self.written.push(Op::SetFont { font: PdfFontHandle::External(face.id()), size: Pt(size) });
            }
            if up != 0.0 {
                self.written.push(Op::SetLineOffset { multiplier: hundredth(up * size / 1000.0) });
            }
            self.written.push(Op::ShowText { items: items(run) });
            if up != 0.0 {
                self.written.push(Op::SetLineOffset { multiplier: 0.0 });
            }
        }
    }

    /// The page in its size.
    pub fn finish(self, (width, height): (f32, f32), line: f32) -> PdfPage {
        let mut ops = vec![Op::SetOutlineThickness { pt: Pt(line) }];
        ops.extend(self.drawn);
        ops.push(Op::StartTextSection);
        ops.extend(self.written);
        ops.push(Op::EndTextSection);
        PdfPage::new(Pt(width).into(), Pt(height).into(), ops)
    }
}

/// Glyphs and the ways between them, which count to the left.
fn items(glyphs: &[&Glyph]) -> Vec<TextItem> {
    let mut items = Vec::new();
    let mut codes = Vec::new();
    for glyph in glyphs {
        if glyph.right != 0.0 {
            items.push(TextItem::GlyphIds(std::mem::take(&mut codes)));
            items.push(TextItem::Offset(-glyph.right));
        }
        let back = glyph.right + glyph.width - glyph.advance;
        codes.push(Codepoint::with_cid(glyph.number, back, glyph.text.clone()));
    }
    items.push(TextItem::GlyphIds(codes));
    items
}

fn rgb([r, g, b]: Colour) -> Color {
    Color::Rgb(Rgb { r, g, b, icc_profile: None })
}

/// Nobody sees less, and it is written shorter.
fn hundredth(points: f32) -> f32 {
    (points * 100.0).round() / 100.0
}
