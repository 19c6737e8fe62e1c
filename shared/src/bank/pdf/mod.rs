//! The statement as a PDF that opens with a password only. It is made and encrypted in memory.

mod face;
mod layout;
mod page;
mod seal;
mod text;
mod typeface;

use std::collections::BTreeMap;

use jiff::Timestamp;
use lopdf::{Dictionary, Document, Object, Stream};
use printpdf::{PdfDocument, PdfSaveOptions};

use crate::base::Fault;
use face::Faces;

/// What a statement says; all texts are ready to be printed.
#[derive(Clone, Debug)]
pub struct Statement {
    /// Whose statement of which product it is, above everything else.
    pub heading: String,
    /// Names and values below the heading: the period, balances, totals, the currency.
    pub facts: Vec<(String, String)>,
    /// The entries, in the order they are printed.
    pub rows: Vec<Row>,
    /// What readers show as the name of the document.
    pub title: String,
    /// When it is made.
    pub made_at: Timestamp,
}

/// One entry of a statement.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its id.
    pub transaction_id: String,
    /// What it adds for the customer.
    pub credit: String,
    /// What it takes from the customer.
    pub debit: String,
    /// When it was posted.
    pub date: String,
    /// The balance after it.
    pub balance: String,
}

/// The statement as a PDF that opens with `password` only.
pub fn encrypted(statement: &Statement, password: &str) -> Result<Vec<u8>, Fault> {
    if password.is_empty() {
        return Err(Fault::GaveUp("a PDF with an empty password opens for everyone"));
    }
    let document = laid_out(statement);
    let document = document.and_then(|document| seal::seal(document, &statement.title, statement.made_at, password));
    document.map_err(|error| Fault::outside("lopdf", error))
}

fn laid_out(statement: &Statement) -> lopdf::Result<Document> {
    let mut faces = Faces::new();
    let mut document = PdfDocument::new(&statement.title);
    document.pages = layout::pages(statement, &mut faces);
    let mut glyphs = BTreeMap::new();
    for embedded in faces.embed() {
        document.resources.fonts.map.insert(embedded.face.id(), embedded.font);
        glyphs.insert(embedded.face.name(), embedded.glyphs);
    }
    let options = PdfSaveOptions { optimize: false, subset_fonts: false, secure: true, image_optimization: None };
    let mut document = document.to_lopdf_document(&options, &mut Vec::new());
    map_glyphs(&mut document, &glyphs)?;
    Ok(document)
}

/// Tells which outline belongs to which number. `printpdf` can only write that they are numbered alike.
fn map_glyphs(document: &mut Document, glyphs: &BTreeMap<&str, Vec<u16>>) -> lopdf::Result<()> {
    for (name, glyphs) in glyphs {
        let map = Stream::new(Dictionary::new(), glyphs.iter().flat_map(|glyph| glyph.to_be_bytes()).collect());
        let map = document.add_object(map);
        for object in document.objects.values_mut() {
            let Ok(font) = object.as_dict_mut() else { continue };
            if !font.get(b"BaseFont").and_then(Object::as_name).is_ok_and(|it| it == name.as_bytes()) {
                continue;
            }
            for part in font.get_mut(b"DescendantFonts")?.as_array_mut()? {
                part.as_dict_mut()?.set("CIDToGIDMap", map);
            }
        }
    }
    Ok(())
}
