//! The file of keys: header `keys,country,username,phone`, and every field is text.
//!
//! Read here and not by the crate `csv`, which forgives an unclosed quote, takes a lone CR for a line end and loses the
//! line of a record that follows empty lines. It writes what we write.

use schemars::JsonSchema;
use serde::Serialize;

/// Size of a file, in bytes.
pub const BYTES_MAX: usize = 4 * 1024 * 1024;
/// Rows of a file, the header not counted.
pub const ROWS_MAX: usize = 50_000;
/// Length of a key, in characters.
pub const KEY_CHARS_MAX: usize = 256;

const COLUMNS: [&str; 4] = ["keys", "country", "username", "phone"];
const HEADER: &str = "keys,country,username,phone";

/// Why a file cannot be used at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is over [`BYTES_MAX`].
    #[error("it is larger than 4 MiB")]
    TooLarge,
    /// It has more than [`ROWS_MAX`] rows.
    #[error("it has more than 50,000 rows")]
    TooManyRows,
    /// It is not UTF-8.
    #[error("it is not UTF-8")]
    NotUtf8,
    /// Its first line is not the header.
    #[error("its first line is not `{HEADER}`")]
    WrongHeader,
    /// A quote is never closed.
    #[error("the quote opened in line {line} is not closed")]
    UnclosedQuote {
        /// Where it is opened.
        line: u32,
    },
}

impl Refused {
    /// The same for a program.
    pub fn code(self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::TooManyRows => "too_many_rows",
            Self::NotUtf8 => "not_utf8",
            Self::WrongHeader => "wrong_header",
            Self::UnclosedQuote { .. } => "unclosed_quote",
        }
    }
}

/// Why a row is not added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ImportReason")]
pub enum Reason {
    /// It is not four fields, or one of them goes on after its closing quote.
    Fields,
    /// The key is empty.
    Empty,
    /// The key has more than 256 characters.
    Long,
    /// The key begins or ends with a blank.
    Blanks,
    /// The key has control characters, or another field has NUL.
    Control,
    /// The product has this key already.
    Exists,
    /// The product has this key already, and its owner is not the one in the file.
    OwnerDiffers,
    /// The key stands further up in the file.
    Repeated,
}

/// What a [`Reason`] makes of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ImportStatus")]
pub enum Status {
    /// The key is there already.
    Duplicate,
    /// The row cannot be used.
    Invalid,
}

impl Reason {
    /// What it makes of a row.
    pub fn status(self) -> Status {
        match self {
            Self::Exists | Self::OwnerDiffers | Self::Repeated => Status::Duplicate,
            Self::Fields | Self::Empty | Self::Long | Self::Blanks | Self::Control => Status::Invalid,
        }
    }
}

/// Whom a key was given to, as it stands in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Owner {
    /// Name of the country.
    pub country: String,
    /// User name.
    pub username: String,
    /// Phone number.
    pub phone: String,
}

impl Owner {
    /// Whether the key was given to nobody.
    pub fn is_nobody(&self) -> bool {
        self.country.is_empty() && self.username.is_empty() && self.phone.is_empty()
    }
}

/// A key and whom it was given to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Its owner.
    pub owner: Owner,
}

/// A row of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The line it begins in; the header is in line 1.
    pub line: u32,
    /// What it says.
    pub entry: Result<Entry, Reason>,
}

/// The rows of a file, in their order.
pub fn read(file: &[u8]) -> Result<Vec<Row>, Refused> {
    if file.len() > BYTES_MAX {
        return Err(Refused::TooLarge);
    }
    let text = std::str::from_utf8(file).map_err(|_| Refused::NotUtf8)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (header, rest) = text.split_once('\n').unwrap_or((text, ""));
    if header.strip_suffix('\r').unwrap_or(header) != HEADER {
        return Err(Refused::WrongHeader);
    }
    let mut scanner = Scanner { rest, line: 2 };
    let mut rows = Vec::new();
    while let Some((line, fields)) = scanner.record()? {
        if rows.len() == ROWS_MAX {
            return Err(Refused::TooManyRows);
        }
        rows.push(Row { line, entry: fields.ok_or(Reason::Fields).and_then(entry) });
    }
    Ok(rows)
}

fn entry(fields: Vec<String>) -> Result<Entry, Reason> {
    let [key, country, username, phone] = <[String; COLUMNS.len()]>::try_from(fields).map_err(|_| Reason::Fields)?;
    check_key(&key)?;
    if [&country, &username, &phone].iter().any(|field| field.contains('\0')) {
        return Err(Reason::Control);
    }
    Ok(Entry { key, owner: Owner { country, username, phone } })
}

/// Whether `text` can be a key; what keeps it from being one.
pub fn check_key(text: &str) -> Result<(), Reason> {
    if text.is_empty() {
        Err(Reason::Empty)
    } else if text.chars().count() > KEY_CHARS_MAX {
        Err(Reason::Long)
    } else if text.trim() != text {
        Err(Reason::Blanks)
    } else if text.contains(char::is_control) {
        Err(Reason::Control)
    } else {
        Ok(())
    }
}

/// A record: the line it begins in, and its fields unless one goes on after its closing quote.
type Record = (u32, Option<Vec<String>>);

/// Takes records off the front of a text.
struct Scanner<'a> {
    rest: &'a str,
    line: u32,
}

impl<'a> Scanner<'a> {
    fn record(&mut self) -> Result<Option<Record>, Refused> {
        while let Some(rest) = self.rest.strip_prefix('\n').or_else(|| self.rest.strip_prefix("\r\n")) {
            self.rest = rest;
            self.line += 1;
        }
        if self.rest.is_empty() {
            return Ok(None);
        }
        let line = self.line;
        let mut fields = Vec::with_capacity(COLUMNS.len());
        let mut well_quoted = true;
        loop {
            let quoted = self.quoted()?;
            let (plain, more) = self.plain();
            well_quoted &= quoted.is_none() || plain.is_empty();
            fields.push(quoted.unwrap_or_else(|| plain.to_owned()));
            if !more {
                return Ok(Some((line, well_quoted.then_some(fields))));
            }
        }
    }

    /// A field in quotes up to its closing quote, if the next one is in quotes.
    fn quoted(&mut self) -> Result<Option<String>, Refused> {
        let Some(mut rest) = self.rest.strip_prefix('"') else { return Ok(None) };
        let opened = self.line;
        let mut field = String::new();
        loop {
            let Some((part, after)) = rest.split_once('"') else {
                return Err(Refused::UnclosedQuote { line: opened });
            };
            field.push_str(part);
            self.line += u32::try_from(part.matches('\n').count()).expect("a file is small");
            let Some(after_both) = after.strip_prefix('"') else {
                self.rest = after;
                return Ok(Some(field));
            };
            field.push('"');
            rest = after_both;
        }
    }

    /// What comes before the next comma or line end, and whether it was a comma.
    fn plain(&mut self) -> (&'a str, bool) {
        let end = self.rest.find([',', '\n']).unwrap_or(self.rest.len());
        let (field, rest) = self.rest.split_at(end);
        if let Some(rest) = rest.strip_prefix(',') {
            self.rest = rest;
            return (field, true);
        }
        self.rest = rest.strip_prefix('\n').unwrap_or(rest);
        self.line += 1;
        (field.strip_suffix('\r').unwrap_or(field), false)
    }
}

/// A file being written: CRLF, quotes only where needed.
pub struct Sheet(csv::Writer<Vec<u8>>);

impl Default for Sheet {
    fn default() -> Self {
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        writer.write_record(COLUMNS).expect(IN_MEMORY);
        Self(writer)
    }
}

impl Sheet {
    /// Writes a row.
    pub fn push(&mut self, entry: &Entry) {
        let Entry { key, owner: Owner { country, username, phone } } = entry;
        self.0.write_record([key, country, username, phone]).expect(IN_MEMORY);
    }

    /// The file.
    pub fn into_text(self) -> String {
        let file = self.0.into_inner().expect(IN_MEMORY);
        String::from_utf8(file).expect("made of texts")
    }
}

const IN_MEMORY: &str = "writing to memory, four fields a row, does not fail";

#[cfg(test)]
mod tests {
    use super::*;

    fn entry_of(fields: [&str; 4]) -> Entry {
        let [key, country, username, phone] = fields.map(str::to_owned);
        Entry { key, owner: Owner { country, username, phone } }
    }

    #[track_caller]
    fn check(rows: &str, expected: &[(u32, Result<[&str; 4], Reason>)]) {
        let read = read(format!("{HEADER}\n{rows}").as_bytes()).unwrap();
        let expected: Vec<Row> =
            expected.iter().map(|(line, entry)| Row { line: *line, entry: entry.map(entry_of) }).collect();
        assert_eq!(read, expected);
    }

    #[track_caller]
    fn check_refused(file: &[u8], expected: Refused) {
        assert_eq!(read(file), Err(expected));
    }

    #[test]
    fn everything_is_text() {
        check("007,NA,null,+1e9\n", &[(2, Ok(["007", "NA", "null", "+1e9"]))]);
        check("1.50,2025-03-01,true,\n", &[(2, Ok(["1.50", "2025-03-01", "true", ""]))]);
        check("A1, IN ,  ,\u{a0}\n", &[(2, Ok(["A1", " IN ", "  ", "\u{a0}"]))]);
        check("#1,,,", &[(2, Ok(["#1", "", "", ""]))]);
    }

    #[test]
    fn quotes_are_as_in_rfc_4180() {
        check("\"A,1\",\"\",\"say \"\"hi\"\"\",\"\"\n", &[(2, Ok(["A,1", "", "say \"hi\"", ""]))]);
        check("A1,\"two\r\nlines\",,\nA2,,,", &[(2, Ok(["A1", "two\r\nlines", "", ""])), (4, Ok(["A2", "", "", ""]))]);
        check("12\" pipe,a\"b\",,", &[(2, Ok(["12\" pipe", "a\"b\"", "", ""]))]);
        check("\"A\"1,,,\nA2,,,\"x\"", &[(2, Err(Reason::Fields)), (3, Ok(["A2", "", "", "x"]))]);
        check("\"A1\" ,,,\n", &[(2, Err(Reason::Fields))]);
        check("A1,,,\"x\r\"\r\nA2,,,\"y\"\r\n", &[(2, Ok(["A1", "", "", "x\r"])), (3, Ok(["A2", "", "", "y"]))]);
    }

    #[test]
    fn a_row_knows_the_line_it_begins_in() {
        let rows = "\n\r\nA1,,,\r\n\n\n\"A\n2\",,,\nA3,,,\n\n";
        check(rows, &[(4, Ok(["A1", "", "", ""])), (7, Err(Reason::Control)), (9, Ok(["A3", "", "", ""]))]);
    }

    #[test]
    fn a_bad_row_is_invalid_and_the_others_are_not() {
        check("A1\n", &[(2, Err(Reason::Fields))]);
        check("A1,,,,\nA2,,,\n", &[(2, Err(Reason::Fields)), (3, Ok(["A2", "", "", ""]))]);
        check("\"\"\n   \n", &[(2, Err(Reason::Fields)), (3, Err(Reason::Fields))]);
        check(",,,\n", &[(2, Err(Reason::Empty))]);
        check(&format!("{},,,\n", "я".repeat(257)), &[(2, Err(Reason::Long))]);
        check(" A1,,,\nA1\u{3000},,,\n   ,,,", &[2, 3, 4].map(|line| (line, Err(Reason::Blanks))));
        check(
            "A\t1,,,\nA\u{7f},,,\nA\r1,,,\nA\0,,,\nA1,\0,,",
            &[2, 3, 4, 5, 6].map(|line| (line, Err(Reason::Control))),
        );
        let longest = "я".repeat(256);
        check(&format!("{longest},,,\n"), &[(2, Ok([&longest, "", "", ""]))]);
    }

    #[test]
    fn the_header_is_exact() {
        assert_eq!(read(HEADER.as_bytes()), Ok(vec![]));
        assert_eq!(read(format!("\u{feff}{HEADER}\r\n").as_bytes()), Ok(vec![]));
        for header in ["", "\n", "Keys,country,username,phone", "keys,country,username", "keys;country;username;phone"]
        {
            check_refused(header.as_bytes(), Refused::WrongHeader);
            check_refused(format!("{header}\nA1,,,\n").as_bytes(), Refused::WrongHeader);
        }
        check_refused(format!("\n{HEADER}\n").as_bytes(), Refused::WrongHeader);
        check_refused(format!("{HEADER}\rA1,,,\r").as_bytes(), Refused::WrongHeader);
        check_refused(format!("{HEADER},\n").as_bytes(), Refused::WrongHeader);
    }

    #[test]
    fn an_unclosed_quote_refuses_the_file() {
        check_refused(format!("{HEADER}\nA1,,,\n\"A2,,,\nA3,,,\n").as_bytes(), Refused::UnclosedQuote { line: 3 });
        check_refused(format!("{HEADER}\n\"A\n1\",\"\n").as_bytes(), Refused::UnclosedQuote { line: 3 });
        check_refused(format!("{HEADER}\nA1,,,\"").as_bytes(), Refused::UnclosedQuote { line: 2 });
        check_refused(format!("{HEADER}\nA1,,,\"\"\"").as_bytes(), Refused::UnclosedQuote { line: 2 });
    }

    #[test]
    fn a_file_has_limits() {
        check_refused(b"keys,country,username,phone\n\xff,,,\n", Refused::NotUtf8);
        check_refused(&vec![b'x'; BYTES_MAX + 1], Refused::TooLarge);
        let full = format!("{HEADER}\n{}", "A1,,,\n".repeat(ROWS_MAX));
        assert_eq!(read(full.as_bytes()).map(|rows| rows.len()), Ok(ROWS_MAX));
        check_refused(format!("{full}A1").as_bytes(), Refused::TooManyRows);
    }

    #[test]
    fn what_was_written_reads_back_and_quotes_are_rare() {
        let rows = [
            ["A1", "", "", ""],
            ["A 2;'#", "Côte d'Ivoire", "alice", "007"],
            ["A,3", "Korea, Republic of", "a \"b\"", "two\r\nlines"],
        ];
        let mut sheet = Sheet::default();
        for row in rows {
            sheet.push(&entry_of(row));
        }
        let text = sheet.into_text();
        let expected = "keys,country,username,phone\r\nA1,,,\r\nA 2;'#,Côte d'Ivoire,alice,007\r\n\
                        \"A,3\",\"Korea, Republic of\",\"a \"\"b\"\"\",\"two\r\nlines\"\r\n";
        assert_eq!(text, expected);
        let read: Vec<Entry> = read(text.as_bytes()).unwrap().into_iter().map(|row| row.entry.unwrap()).collect();
        assert_eq!(read, rows.map(entry_of));
    }
}
