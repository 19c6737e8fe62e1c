//! One catalogue: the functions in code, their folders, their entries in the templates and their example events agree.

mod examples;
mod template;

use std::collections::BTreeSet;

use http::Method;
use shared::entry::Function;
use shared::entry::trigger::Route;
use shared::functions;

use crate::source::{names_in, read};

fn names() -> BTreeSet<String> {
    functions::all().iter().map(|function| function.name().to_owned()).collect()
}

/// The routes of a function as API Gateway knows them. It has none that end with a slash: `{proxy+}` takes it.
fn routes(function: &Function) -> BTreeSet<(String, String)> {
    let method = |route: &Route| route.method.as_ref().map_or("ANY", Method::as_str).to_owned();
    let rest = |path: &str| if path.ends_with('/') { "{proxy+}" } else { "" };
    let routes = function.trigger().routes();
    routes.iter().map(|route| (method(route), format!("{}{}", route.path, rest(&route.path)))).collect()
}

#[test]
fn names_are_told_once() {
    let all: Vec<_> = functions::all().iter().map(Function::name).collect();
    assert_eq!(all.len(), names().len(), "{all:?}");
    let fits = |name: &&str| name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    assert!(all.iter().all(fits), "{all:?}");
}

#[test]
fn routes_lead_to_one_function() {
    let mut taken = BTreeSet::new();
    for function in functions::all() {
        for route in routes(&function) {
            assert!(taken.insert(route.clone()), "{} is not the first with {route:?}", function.name());
        }
    }
}

#[test]
fn each_has_a_folder_with_the_same_six_lines() {
    let mut folders = names_in("functions");
    folders.retain(|name| name != "Cargo.toml");
    assert_eq!(folders, Vec::from_iter(names()));
    for name in names() {
        let function = name.replace('-', "_");
        let expected = format!(
            "//! See [`shared::functions::{function}`].\nuse shared::{{entry, functions}};\n\n\
             fn main() -> entry::Exit {{\n    entry::lambda::run(functions::{function}())\n}}\n"
        );
        assert_eq!(read(&format!("functions/{name}/main.rs")), expected, "{name}");
        assert_eq!(names_in(&format!("functions/{name}")), ["main.rs"]);
    }
}

#[test]
fn each_has_a_binary() {
    let manifest = read("functions/Cargo.toml");
    let (_, rest) = manifest.split_once("[[bin]]").expect("there are binaries");
    let binaries: BTreeSet<_> = rest.split("[[bin]]").map(|entry| entry.trim().to_owned()).collect();
    let expected =
        names().into_iter().map(|name| format!("name = \"{name}\"\npath = \"{name}/main.rs\"\ntest = false"));
    assert_eq!(binaries, expected.collect());
}
