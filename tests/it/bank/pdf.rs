//! The statement's file, as the programs that people open files with see it: qpdf and poppler.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs, process};

use proptest::char;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use shared::bank::pdf::{Row, Statement, encrypted};

const PASSWORD: &str = "1990-04-05";
pub const HEADERS: [&str; 5] = ["Transaction ID", "Amount Credit", "Amount Debit", "Transaction Date", "Balance"];
/// A3 in points, and what is left free beside the table.
const PAGE_WIDTH: f32 = 842.0;
const MARGIN: f32 = 42.0;

/// Whether the programs are there; `infra/test` says so where it could not install them.
pub fn without_readers() -> bool {
    let none = env::var("BOTYARD_PDF_READERS").is_ok_and(|readers| readers == "none");
    if none {
        eprintln!("left out: there is no qpdf and poppler");
    }
    none
}

/// A file that is gone with the test.
pub struct File(PathBuf);

impl File {
    pub fn new(bytes: &[u8]) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("statement-{}-{}.pdf", process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let file = Self(env::temp_dir().join(name));
        fs::write(&file.0, bytes).expect("a file can be written");
        file
    }

    fn of(statement: &Statement) -> Self {
        Self::new(&encrypted(statement, PASSWORD).expect("a statement"))
    }

    /// What a program of poppler makes of it with the right password.
    fn poppler(&self, program: &str, arguments: &[&str]) -> String {
        let output = run(Command::new(program).args(["-upw", PASSWORD]).args(arguments).arg(&self.0).arg("-"));
        assert!(output.status.success(), "{program} {arguments:?}: {output:?}");
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    fn poppler_info(&self) -> String {
        let output = run(Command::new("pdfinfo").args(["-upw", PASSWORD]).arg(&self.0).env("TZ", "UTC"));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// What `pdftotext` reads on it.
    pub fn text(&self) -> String {
        self.poppler("pdftotext", &[])
    }

    /// The lines of one page, with blanks between the columns.
    pub fn lines(&self, page: usize) -> Vec<String> {
        let page = page.to_string();
        let text = self.poppler("pdftotext", &["-layout", "-f", &page, "-l", &page]);
        text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    }

    pub fn qpdf(&self, password: &str, arguments: &[&str]) -> Output {
        run(Command::new("qpdf").arg(format!("--password={password}")).args(arguments).arg(&self.0))
    }

    pub fn pages(&self) -> usize {
        let output = self.qpdf(PASSWORD, &["--show-npages"]);
        String::from_utf8_lossy(&output.stdout).trim().parse().expect("a number of pages")
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn run(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|error| panic!("{command:?}: {error}; infra/test installs what is missing"))
}

fn statement(name: &str, rows: usize) -> Statement {
    let fact = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    Statement {
        heading: format!("Statement for: {name} for the SB XX1A2B"),
        facts: vec![
            fact("Period", "2023-11-01 to 2023-11-20"),
            fact("Closing balance", "989.75"),
            fact("Currency", "INR"),
        ],
        rows: (0..rows).map(row).collect(),
        title: "Statement for the SB XX1A2B".to_owned(),
        made_at: "2023-11-20T10:11:12Z".parse().expect("a time"),
    }
}

fn row(number: usize) -> Row {
    let (amount, none) = (format!("{number}.25"), "0.00".to_owned());
    let (credit, debit) = if number.is_multiple_of(3) { (amount, none) } else { (none, amount) };
    Row {
        transaction_id: format!("0f2c1d2e-aaaa-4bbb-8ccc-{number:012}"),
        credit,
        debit,
        date: format!("2023-11-20 10:{:02}:{:02}", number / 60 % 60, number % 60),
        balance: format!("{}.75", 989 + number),
    }
}

#[track_caller]
fn check_name(name: &str) {
    let text = File::of(&statement(name, 1)).text();
    let heading = format!("Statement for: {name} for the SB XX1A2B\n");
    assert!(text.contains(&heading), "{name:?} is read as {:?}", text.lines().next());
}

#[test]
fn a_name_is_read_as_it_was_written() {
    if without_readers() {
        return;
    }
    check_name("Alice O'Brien");
    check_name("José Müller-Łukasiewicz Šťastný");
    check_name("Алексей Ёлкин-Їжак");
    check_name("Ωμέγα Αθηνά");
    check_name("क्षितिज शर्मा");
    check_name("राष्ट्रपति कार्त्तिकेय ज्ञानेश्वर हर्षवर्धन श्रीमती");
    check_name("Алексей क्षितिज García-दुर्गा (किशोर)");
}

#[test]
fn a_name_is_plain_text() {
    if without_readers() {
        return;
    }
    check_name("<b>Bob</b> &amp; <script>alert(1)</script>");
    check_name(r"Bob \ ( ) [ ] { } % / %PDF- \n \101 ) Tj ET endstream");
    check_name("${name} {0} %s #{x}");
}

#[test]
fn a_name_without_glyphs_is_read_all_the_same() {
    if without_readers() {
        return;
    }
    check_name("王小明 Wang");
    check_name("John 😀 Smith 👩\u{200D}👩\u{200D}👧 🙏🏽");
    check_name("ไทย தமிழ்");
    // Accents by themselves, a joiner, blanks that are no blanks.
    check_name("Zoe\u{308} Va\u{302}\u{301}n x\u{200D}y A\u{A0}B C  D");
}

#[test]
fn a_long_name_stays_on_the_page() {
    if without_readers() {
        return;
    }
    let words = "Wolfeschlegelsteinhausenbergerdorff ".repeat(3);
    let names =
        ["W".repeat(100), words[..100].trim().to_owned(), "M".repeat(50) + " " + &"M".repeat(49), "क्षि".repeat(25)];
    for name in names {
        check_name(&name);
        let boxes = File::of(&statement(&name, 0)).poppler("pdftotext", &["-bbox"]);
        let edges = |key: &str| -> Vec<f32> {
            let values = boxes.split(key).skip(1).map(|rest| rest.split('"').nth(1).expect("a value").parse());
            values.map(|value| value.expect("a number")).collect()
        };
        let (left, right) = (edges("xMin="), edges("xMax="));
        assert!(left.len() > 10 && left.iter().all(|x| *x >= MARGIN - 1.0), "{name}: {left:?}");
        assert!(right.iter().all(|x| *x <= PAGE_WIDTH - MARGIN + 1.0), "{name}: {right:?}");
    }
}

#[test]
fn any_text_makes_a_file_that_opens() {
    if without_readers() {
        return;
    }
    let joining = ['\u{200C}', '\u{200D}', '\u{94D}', '\u{93F}', '\u{930}', '\u{301}', ' '];
    let character = prop_oneof![
        char::range('\u{900}', '\u{97F}'),
        select(joining.to_vec()),
        char::range(' ', '\u{52F}'),
        any::<char>(),
    ];
    let texts = vec(vec(character, 0..20).prop_map(String::from_iter), 200);
    let texts = texts.new_tree(&mut TestRunner::deterministic()).expect("texts").current();
    let mut statement = statement("Alice", texts.len());
    for (row, text) in statement.rows.iter_mut().zip(texts) {
        row.transaction_id = text;
    }
    let file = File::of(&statement);
    assert_eq!(file.qpdf(PASSWORD, &["--check"]).status.code(), Some(0));
    assert!(file.text().contains("Statement for: Alice"));
}

#[track_caller]
fn check_rows(count: usize) {
    let statement = statement("Alice", count);
    let file = File::of(&statement);
    let pages = file.pages();
    let mut rows = Vec::new();
    for page in 1..=pages {
        let lines = file.lines(page);
        assert!(lines.contains(&HEADERS.join(" ")), "{count} rows, page {page}: {lines:?}");
        assert!(lines.contains(&format!("Page {page} of {pages}")), "{count} rows, page {page}: {lines:?}");
        assert_eq!(lines.iter().any(|line| line.starts_with("Statement for: ")), page == 1);
        rows.extend(lines.into_iter().filter(|line| line.starts_with("0f2c1d2e")));
    }
    let written = statement.rows.iter().map(|Row { transaction_id, credit, debit, date, balance }| {
        format!("{transaction_id} {credit} {debit} {date} {balance}")
    });
    assert_eq!(rows, written.collect::<Vec<_>>());
    assert_eq!(pages, if count < 50 { 1 } else { count / 50 });
}

#[test]
fn rows_stand_in_their_order_under_a_header_on_every_page() {
    if without_readers() {
        return;
    }
    check_rows(1);
    check_rows(5);
    check_rows(500);
}

#[test]
fn amounts_stand_in_their_columns() {
    if without_readers() {
        return;
    }
    let boxes = File::of(&statement("Alice", 5)).poppler("pdftotext", &["-bbox"]);
    let middle = |word: &str| {
        let line = boxes.lines().find(|line| line.contains(&format!(">{word}<"))).expect(word);
        let edge = |key: &str| -> f32 {
            let value = line.split(key).nth(1).and_then(|rest| rest.split('"').nth(1)).expect(key);
            value.parse().expect("a number")
        };
        f32::midpoint(edge("xMin="), edge("xMax="))
    };
    let column = |left: f32, width: f32| MARGIN + left + width / 2.0;
    assert!((middle("3.25") - column(252.0, 120.0)).abs() < 1.0, "a credit");
    assert!((middle("4.25") - column(372.0, 120.0)).abs() < 1.0, "a debit");
    assert!((middle("0f2c1d2e-aaaa-4bbb-8ccc-000000000000") - column(0.0, 252.0)).abs() < 1.0, "an id");
}

#[test]
fn without_rows_it_says_so() {
    if without_readers() {
        return;
    }
    let file = File::of(&statement("Alice", 0));
    let lines = file.lines(1);
    for line in [&HEADERS.join(" "), "There are no transactions.", "Closing balance: 989.75", "Page 1 of 1"] {
        assert!(lines.iter().any(|it| it == line), "{line}: {lines:?}");
    }
}

#[track_caller]
pub fn check_refused(file: &File, password: &str) {
    let qpdf = file.qpdf(password, &["--check"]);
    let said = String::from_utf8_lossy(&qpdf.stderr);
    assert!(qpdf.status.code() == Some(2) && said.contains("invalid password"), "{password}: {qpdf:?}");
    let poppler = run(Command::new("pdftotext").args(["-upw", password]).arg(&file.0).arg("-"));
    let said = String::from_utf8_lossy(&poppler.stderr);
    assert!(!poppler.status.success() && said.contains("Incorrect password"), "{password}: {poppler:?}");
    assert!(poppler.stdout.is_empty());
}

#[test]
fn it_opens_with_the_date_of_birth_only() {
    if without_readers() {
        return;
    }
    let file = File::of(&statement("Alice", 5));
    for password in ["", "05041990", "1990-04-06", "1990-04-05 ", "alice"] {
        check_refused(&file, password);
    }
    let qpdf = file.qpdf(PASSWORD, &["--check"]);
    assert_eq!(qpdf.status.code(), Some(0), "{qpdf:?}");
    assert!(file.text().starts_with("Statement for: Alice for the SB XX1A2B\n"));
}

#[test]
fn an_empty_password_is_refused() {
    encrypted(&statement("Alice", 1), "").expect_err("it would open for everyone");
}

#[test]
fn it_is_encrypted_with_aes_256_of_revision_6() {
    if without_readers() {
        return;
    }
    let file = File::of(&statement("Alice", 5));
    let shown = file.qpdf(PASSWORD, &["--show-encryption"]);
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    for line in [
        "R = 6",
        "Supplied password is user password",
        "extract for any purpose: allowed",
        "print high resolution: allowed",
        "modify anything: not allowed",
        "stream encryption method: AESv3",
        "string encryption method: AESv3",
        "file encryption method: AESv3",
    ] {
        assert!(shown.lines().any(|it| it == line), "{line}: {shown}");
    }
    assert!(!shown.contains("Supplied password is owner password"), "{shown}");
    let info = file.poppler_info();
    assert!(
        info.contains("algorithm:AES-256") && info.contains("(A3)") && info.contains("PDF version:     2.0"),
        "{info}"
    );
    assert!(info.contains("Title:           Statement for the SB XX1A2B"), "{info}");
    assert!(info.contains("CreationDate:    Mon Nov 20 10:11:12 2023"), "{info}");
}

#[test]
fn nothing_of_it_is_in_the_clear() {
    let bytes = encrypted(&statement("Alice", 5), PASSWORD).expect("a statement");
    assert!(bytes.starts_with(b"%PDF-2.0\n"));
    for word in ["Statement", "Alice", "XX1A2B", "0f2c1d2e", "20231120", "Botyard", PASSWORD] {
        let utf16: Vec<u8> = word.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for hidden in
            [word.as_bytes(), &utf16, hex::encode(word).as_bytes(), hex::encode_upper(utf16.clone()).as_bytes()]
        {
            assert!(!bytes.windows(hidden.len()).any(|part| part == hidden), "{word}");
        }
    }
}

#[test]
fn two_files_of_a_statement_differ_in_their_keys_only() {
    if without_readers() {
        return;
    }
    let statement = statement("क्षितिज García", 60);
    let (left, right) = (File::of(&statement), File::of(&statement));
    assert_ne!(fs::read(&left.0).expect("a file"), fs::read(&right.0).expect("a file"));
    let plain = |file: &File| {
        let arguments = ["--decrypt", "--static-id", "--qdf", "--no-original-object-ids"];
        let output =
            run(Command::new("qpdf").arg(format!("--password={PASSWORD}")).args(arguments).arg(&file.0).arg("-"));
        assert!(output.status.success(), "{output:?}");
        // The first half of the id is kept; it is random.
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.lines().filter(|line| !line.contains("/ID [")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(plain(&left).len() > 1_000);
    assert_eq!(plain(&left), plain(&right));
}

#[test]
fn fonts_are_embedded_in_parts_and_the_file_is_small() {
    if without_readers() {
        return;
    }
    let file = File::of(&statement("Алексей क्षितिज García", 500));
    let fonts = run(Command::new("pdffonts").args(["-upw", PASSWORD]).arg(&file.0));
    let fonts = String::from_utf8_lossy(&fonts.stdout).into_owned();
    let fonts: Vec<Vec<&str>> = fonts.lines().skip(2).map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(fonts.len(), 3, "{fonts:?}");
    for font in &fonts {
        assert_eq!(font[1..7], ["CID", "TrueType", "Identity-H", "yes", "yes", "yes"], "{font:?}");
    }
    let length = fs::metadata(&file.0).expect("a file").len();
    assert!(length < 80_000, "{length} bytes");
    let length = fs::metadata(&File::of(&statement("Alice", 5)).0).expect("a file").len();
    assert!(length < 16_000, "{length} bytes");
}

#[test]
fn the_table_is_beige_below_a_grey_header() {
    if without_readers() {
        return;
    }
    let file = File::of(&statement("Alice", 5));
    // One pixel is one point.
    let picture = run(Command::new("pdftoppm").args(["-r", "72", "-upw", PASSWORD]).arg(&file.0)).stdout;
    let width = 842;
    let pixels = &picture[picture.len() - width * 1191 * 3..];
    let count = |colour: [u8; 3]| pixels.chunks_exact(3).filter(|pixel| *pixel == colour).count();
    let (grey, beige, white) = (count([115, 115, 115]), count([245, 245, 220]), count([255, 255, 255]));
    assert!((15_000..20_000).contains(&grey), "{grey} grey of 757 x 26");
    assert!((50_000..76_000).contains(&beige), "{beige} beige of 757 x 100");
    assert!(white > 850_000, "{white}");
}
