//! Rules of the house: what may be named where.

use crate::source::{Source, forbid, names_in, none, read, rust};

const LINES_MAX: usize = 400;
const FUNCTION_LINES_MAX: usize = 70;
/// Folders of the library that are no domains, each with what it may use beside itself.
const LAYERS: [(&str, &[&str]); 5] = [
    ("base", &[]),
    ("db", &["base"]),
    ("clients", &["base", "db"]),
    ("entry", &["base", "db", "clients"]),
    ("panel", &["base", "db", "clients", "entry"]),
];
/// The folder that names all functions: no domain, and above them all.
const CATALOGUE: &str = "functions";
/// Who may look up: the API document and its page describe the whole catalogue, a refusal the methods of a path.
const DESCRIBES_ALL: [&str; 3] =
    ["shared/src/entry/openapi.rs", "shared/src/entry/docs.rs", "shared/src/entry/trigger.rs"];

fn library() -> Vec<Source> {
    rust(&["shared/src"])
}

fn product() -> Vec<Source> {
    rust(&["shared/src", "functions", "infra/local/src"])
}

fn everything() -> Vec<Source> {
    rust(&["shared", "functions", "infra", "tests"])
}

fn domains() -> Vec<String> {
    let mut folders = names_in("shared/src");
    folders.retain(|name| !name.contains('.') && name != CATALOGUE && LAYERS.iter().all(|(layer, _)| layer != name));
    folders
}

/// `rules.rs`, or a file in a folder of that name.
fn is(path: &str, name: &str) -> bool {
    path.ends_with(&format!("/{name}.rs")) || path.contains(&format!("/{name}/"))
}

#[test]
fn rules_dialogs_and_models_are_pure() {
    let words = [
        "async ",
        ".await",
        "tokio",
        "reqwest",
        "aws_",
        "Timestamp::now",
        "now_utc",
        "Instant::now",
        "SystemTime",
        "crate::entry",
        "GenericClient",
        "Transaction<",
        "db::Transaction",
        "random",
    ];
    forbid(&library(), &words, |path| ["rules", "dialog", "model", "csv"].iter().any(|name| is(path, name)));
}

#[test]
fn stores_decide_nothing_about_the_outside() {
    let words = ["crate::entry", "reqwest", "aws_", "super::rules", "Timestamp::now", ".now()"];
    forbid(&library(), &words, |path| is(path, "store"));
}

/// A use case decides and writes in a transaction it was handed; the rest is the business of who called it.
#[test]
fn use_cases_neither_commit_nor_send_nor_read_the_clock() {
    let words = ["Cx", ".commit", "deliver::at_once", ".now()"];
    let callers = ["bot", "api", "pages", "jobs", "panel"];
    // What reserves and releases slots, and the worker of the waiting line, call outside between two transactions.
    let workers = ["shared/src/keyhub/limits.rs", "shared/src/keyhub/waitlist.rs"];
    for domain in domains() {
        let folder = format!("shared/src/{domain}/");
        let is_use_case = |path: &str| {
            path.starts_with(&folder) && !workers.contains(&path) && !callers.iter().any(|name| is(path, name))
        };
        forbid(&library(), &words, is_use_case);
    }
}

#[test]
fn only_the_entry_knows_lambda() {
    let words = ["lambda_runtime", "lambda_http", "lambda_extension", "aws_lambda_events"];
    forbid(&product(), &words, |path| !path.starts_with("shared/src/entry/"));
}

#[test]
fn only_clients_know_aws() {
    let is_ours = |path: &str| path.starts_with("shared/") || path.starts_with("functions/");
    let may = |path: &str| path.starts_with("shared/src/clients/") || path == "shared/src/entry/cx.rs";
    forbid(&product(), &["aws_sdk_", "aws_config", "aws_smithy"], |path| is_ours(path) && !may(path));
}

#[test]
fn domains_never_import_each_other() {
    let domains = domains();
    assert!(domains.contains(&"keyhub".to_owned()), "{domains:?}");
    for domain in &domains {
        let others = domains.iter().filter(|other| *other != domain).map(|other| format!("crate::{other}"));
        let others: Vec<_> = others.collect();
        let words: Vec<_> = others.iter().map(String::as_str).collect();
        forbid(&library(), &words, |path| path.starts_with(&format!("shared/src/{domain}/")));
    }
}

/// Mentions of parts of the library that `source` stands below.
fn upward(source: &Source, domains: &[String]) -> Vec<String> {
    let Some(rest) = source.path.strip_prefix("shared/src/") else { return Vec::new() };
    let Some((_, below)) = LAYERS.iter().find(|(layer, _)| rest.starts_with(&format!("{layer}/"))) else {
        return Vec::new();
    };
    let layers =
        LAYERS.iter().map(|(layer, _)| *layer).filter(|layer| !below.contains(layer) && !rest.starts_with(layer));
    let mut above: Vec<_> =
        layers.chain(domains.iter().map(String::as_str)).map(|part| format!("crate::{part}::")).collect();
    if !DESCRIBES_ALL.contains(&source.path.as_str()) {
        above.push("crate::functions".to_owned());
    }
    // How a value is stored is told where the value is defined.
    source.wrong(|line| {
        let line = line.replace("crate::db::value::", "");
        above.iter().any(|part| line.contains(part.as_str()))
    })
}

#[test]
fn dependencies_point_one_way() {
    let domains = domains();
    none(&library().iter().flat_map(|source| upward(source, &domains)).collect::<Vec<_>>());
}

#[test]
fn the_way_is_checked() {
    let domains = ["keyhub".to_owned()];
    let check = |path, text| upward(&Source::new(path, text), &domains).len();
    assert_eq!(check("shared/src/db/x.rs", "use crate::entry::Cx;\nuse crate::base::Fault;\n"), 1);
    assert_eq!(check("shared/src/base/x.rs", "use crate::db::Row;\ncrate::db::value::stored_as!(X);\n"), 1);
    assert_eq!(
        check("shared/src/entry/x.rs", "use crate::keyhub::claim;\nuse crate::functions::all;\n// crate::keyhub::x\n"),
        2
    );
    assert_eq!(check("shared/src/keyhub/x.rs", "use crate::entry::Cx;\n"), 0);
}

#[test]
fn only_the_clock_tells_the_time() {
    let words = ["Timestamp::now", "now_utc", "SystemTime::now", "Zoned::now", "Utc::now"];
    forbid(&product(), &words, |path| path.starts_with("shared/") && path != "shared/src/base/clock.rs");
}

#[test]
fn nothing_is_unwrapped_allowed_or_left_for_later() {
    let sources = rust(&["shared", "functions", "infra", "tests/support"]);
    forbid(&sources, &[".unwrap()", ".unwrap_err()"], |_| true);
    let words = ["TODO", "FIXME", "XXX", "#[allow", "#![allow", "dbg!(", "todo!(", "unimplemented!(", "#[ignore"];
    let mut left = Vec::new();
    for source in everything() {
        let lines = (1..).zip(source.text().lines());
        let found = lines.filter(|(_, line)| words.iter().any(|word| line.contains(word)));
        left.extend(found.map(|(number, line)| format!("{}:{number}: {}", source.path, line.trim())));
    }
    left.retain(|line| !line.starts_with("tests/it/architecture.rs"));
    none(&left);
}

#[test]
fn files_fit_in_a_head() {
    let long = everything().into_iter().map(|source| (source.text().lines().count(), source.path));
    let long = long.filter(|(lines, _)| *lines > LINES_MAX).map(|(lines, path)| format!("{path}: {lines} lines"));
    none(&long.collect::<Vec<_>>());
}

/// Functions over [`FUNCTION_LINES_MAX`].
fn long_functions(source: &Source) -> Vec<String> {
    let lines: Vec<&str> = source.text().lines().collect();
    let mut long = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let indent = &line[..line.len() - code.len()];
        let words =
            code.split(' ').take_while(|word| word.starts_with("pub") || ["async", "const", "fn"].contains(word));
        if !words.clone().any(|word| word == "fn") {
            continue;
        }
        let end = lines[at..]
            .iter()
            .position(|line| *line == format!("{indent}}}") || line.ends_with(';') && at + 1 == lines.len());
        let length = end.map_or(0, |end| end + 1);
        if length > FUNCTION_LINES_MAX && !code.ends_with(';') && !code.ends_with('}') {
            long.push(format!("{}:{}: {length} lines", source.path, at + 1));
        }
    }
    long
}

#[test]
fn functions_fit_on_a_screen() {
    none(&everything().iter().flat_map(long_functions).collect::<Vec<_>>());
}

#[test]
fn long_functions_are_found() {
    let function = |lines: usize| {
        format!("pub async fn f(\n    a: u8,\n) {{\n{}}}\n\nfn g() {{}}\n", "    a;\n".repeat(lines - 4))
    };
    assert_eq!(long_functions(&Source::new("x.rs", &function(FUNCTION_LINES_MAX))), Vec::<String>::new());
    assert_eq!(long_functions(&Source::new("x.rs", &function(FUNCTION_LINES_MAX + 1))).len(), 1);
}

#[test]
fn every_member_keeps_the_lints() {
    let root = read("Cargo.toml");
    let members = root.split_once("members = [").and_then(|(_, rest)| rest.split_once(']')).expect("a workspace").0;
    for member in members.split('"').skip(1).step_by(2) {
        let manifest = read(&format!("{member}/Cargo.toml"));
        assert!(manifest.contains("[lints]\nworkspace = true"), "{member}");
        let versions = manifest
            .lines()
            .filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()) && line.contains("version = \""));
        let versions = versions.map(|line| format!("{member}: {line}: versions are at the root"));
        none(&versions.collect::<Vec<_>>());
    }
}
