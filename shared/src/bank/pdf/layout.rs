//! What stands where on the pages: A3 upright, in points.

use printpdf::PdfPage;

use super::face::{Face, Faces};
use super::page::{Colour, Page};
use super::text::Text;
use super::{Row, Statement};

const WIDTH: f32 = 841.89;
const HEIGHT: f32 = 1190.55;
const MARGIN: f32 = 42.0;
const INNER_WIDTH: f32 = WIDTH - 2.0 * MARGIN;
const BOTTOM: f32 = 60.0;
const FOOT: f32 = 32.0;

const HEADING: f32 = 20.0;
/// A heading that would be smaller on one line stands on several.
const HEADING_MIN: f32 = 10.0;
const HEADING_OF_LINES: f32 = 14.0;
const FACT: f32 = 11.0;
const CELL: f32 = 10.0;
/// From line to line, in sizes.
const LEADING: f32 = 1.5;
/// Height of capital letters, in sizes.
const CAPITALS: f32 = 0.714;

const COLUMNS: [(&str, f32); 5] = [
    ("Transaction ID", 252.0),
    ("Amount Credit", 120.0),
    ("Amount Debit", 120.0),
    ("Transaction Date", 144.0),
    ("Balance", INNER_WIDTH - 636.0),
];
const HEADER_HEIGHT: f32 = 26.0;
const ROW_HEIGHT: f32 = 20.0;
/// Left free beside a cell's text.
const PADDING: f32 = 5.0;
const NO_ROWS: &str = "There are no transactions.";

const LINE: f32 = 0.5;
const BLACK: Colour = [0.0, 0.0, 0.0];
const WHITE: Colour = [1.0, 1.0, 1.0];
const GREY: Colour = [0.45, 0.45, 0.45];
/// The colour of that name in CSS.
const BEIGE: Colour = [0.961, 0.961, 0.863];

/// The pages of a statement.
pub fn pages(statement: &Statement, faces: &mut Faces) -> Vec<PdfPage> {
    let mut first = Page::default();
    let mut top = heading(&mut first, faces, &statement.heading);
    for (name, value) in &statement.facts {
        top -= FACT * LEADING;
        fact(&mut first, faces, &format!("{name}: {value}"), top);
    }
    let mut pages = vec![first];
    top -= FACT * LEADING;
    let mut rows = statement.rows.as_slice();
    loop {
        let page = pages.last_mut().expect("there is a first page");
        rows = table(page, faces, rows, top);
        if rows.is_empty() {
            break;
        }
        pages.push(Page::default());
        top = HEIGHT - MARGIN;
    }
    let count = pages.len();
    for (page, number) in pages.iter_mut().zip(1..) {
        let text = Text::cell(faces, Face::Regular, &format!("Page {number} of {count}"));
        page.ink(GREY);
        centred(page, &text, (MARGIN, FOOT), INNER_WIDTH, CELL);
    }
    pages.into_iter().map(|page| page.finish((WIDTH, HEIGHT), LINE)).collect()
}

/// Writes the heading, smaller or on several lines where it is long; gives where it ends.
fn heading(page: &mut Page, faces: &mut Faces, heading: &str) -> f32 {
    let text = Text::new(faces, heading);
    let top = HEIGHT - MARGIN - HEADING;
    let size = text.fit(HEADING, INNER_WIDTH);
    page.ink(BLACK);
    if size >= HEADING_MIN {
        page.write(&text.words, (MARGIN, top), size);
        return top - HEADING * LEADING / 2.0;
    }
    let size = text.fit_words(HEADING_OF_LINES, INNER_WIDTH);
    let lines = text.lines(size, INNER_WIDTH);
    page.write_as_one(&text.text, &lines, (MARGIN, top), size, size * LEADING);
    lines.iter().fold(top + size * LEADING, |top, _| top - size * LEADING) - HEADING * LEADING / 2.0
}

fn fact(page: &mut Page, faces: &mut Faces, fact: &str, y: f32) {
    let text = Text::new(faces, fact);
    let size = text.fit(FACT, INNER_WIDTH);
    page.write(&text.words, (MARGIN, y), size);
}

/// Draws the table with as many rows as the page takes; gives the others.
fn table<'a>(page: &mut Page, faces: &mut Faces, rows: &'a [Row], top: f32) -> &'a [Row] {
    let body = top - HEADER_HEIGHT;
    page.fill((MARGIN, body), (INNER_WIDTH, HEADER_HEIGHT), GREY);
    page.ink(WHITE);
    let titles = COLUMNS.map(|(title, _)| title);
    let y = baseline(body, HEADER_HEIGHT);
    cells(page, faces, Face::Bold, titles, y);
    page.ink(BLACK);
    let mut lines = vec![top, body];
    let mut y = body - ROW_HEIGHT;
    let mut written = 0;
    while y >= BOTTOM {
        let Some(row) = rows.get(written) else { break };
        let Row { transaction_id, credit, debit, date, balance } = row;
        cells(page, faces, Face::Regular, [transaction_id, credit, debit, date, balance], baseline(y, ROW_HEIGHT));
        lines.push(y);
        y -= ROW_HEIGHT;
        written += 1;
    }
    if rows.is_empty() {
        centred(page, &Text::new(faces, NO_ROWS), (MARGIN, baseline(y, ROW_HEIGHT)), INNER_WIDTH, CELL);
        lines.push(y);
    }
    let bottom = lines.last().copied().unwrap_or(body);
    page.fill((MARGIN, bottom), (INNER_WIDTH, body - bottom), BEIGE);
    for y in lines {
        page.stroke((MARGIN, y), (MARGIN + INNER_WIDTH, y));
    }
    let (mut x, last) = (MARGIN, if rows.is_empty() { body } else { bottom });
    page.stroke((x, top), (x, bottom));
    for (_, width) in &COLUMNS[..COLUMNS.len() - 1] {
        x += width;
        page.stroke((x, top), (x, last));
    }
    page.stroke((MARGIN + INNER_WIDTH, top), (MARGIN + INNER_WIDTH, bottom));
    &rows[written..]
}

fn cells(page: &mut Page, faces: &mut Faces, face: Face, texts: [&str; COLUMNS.len()], y: f32) {
    let mut x = MARGIN;
    for (text, (_, width)) in texts.into_iter().zip(COLUMNS) {
        if !text.is_empty() {
            centred(page, &Text::cell(faces, face, text), (x, y), width, CELL);
        }
        x += width;
    }
}

/// Writes in the middle of `width`, smaller where it would not fit.
fn centred(page: &mut Page, text: &Text, (x, y): (f32, f32), width: f32, size: f32) {
    let size = text.fit(size, width - 2.0 * PADDING);
    page.write(&text.words, (x + (width - text.width(size)) / 2.0, y), size);
}

/// Where letters stand so that capitals are in the middle of a row.
fn baseline(bottom: f32, height: f32) -> f32 {
    bottom + (height - CAPITALS * CELL) / 2.0
}
