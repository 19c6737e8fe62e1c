//! One catalogue: the functions in code, their folders, their entries in template.yaml and their example events agree.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use shared::entry::{Function, Trigger};
use shared::functions;
use tests::{Call, World};
use yaml_rust2::{Yaml, YamlLoader};

use crate::source::{names_in, read};

const TEMPLATE: &str = "template.yaml";
/// CloudFormation resolves no more in one template.
const SECRETS_MAX: usize = 60;
/// How often SQS delivers a message before it counts as poison.
const RECEIVES_MAX: i64 = 5;
/// A queue hides a message for so many times its function's time-out.
const VISIBILITY_FACTOR: i64 = 6;
/// Variables of the environment that are not our settings.
const NOT_OURS: [&str; 2] = ["SSL_CERT_FILE", "SECRETS_REVISION"];
/// Settings of local runs, or read by the AWS SDK itself.
const NOT_DEPLOYED: [&str; 0] = [];

fn load(path: &str) -> Yaml {
    let mut documents = YamlLoader::load_from_str(&read(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    documents.pop().unwrap_or_else(|| panic!("{path} is empty"))
}

fn entries(map: &Yaml) -> impl Iterator<Item = (&str, &Yaml)> {
    map.as_hash().into_iter().flatten().filter_map(|(name, value)| Some((name.as_str()?, value)))
}

fn names() -> BTreeSet<String> {
    functions::all().iter().map(|function| function.name().to_owned()).collect()
}

/// `keyhub-webhook` as a resource: `KeyhubWebhook`.
fn resource_name(function: &str) -> String {
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    function.split('-').map(capital).collect()
}

/// The functions of the template by resource name.
fn resources(template: &Yaml) -> BTreeMap<&str, &Yaml> {
    let of_type = |resource: &Yaml| resource["Type"].as_str() == Some("AWS::Serverless::Function");
    entries(&template["Resources"]).filter(|(_, resource)| of_type(resource)).collect()
}

#[test]
fn names_are_told_once() {
    let all: Vec<_> = functions::all().iter().map(Function::name).collect();
    assert_eq!(all.len(), names().len(), "{all:?}");
    let fits = |name: &&str| name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    assert!(all.iter().all(fits), "{all:?}");
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

#[test]
fn each_is_deployed() {
    let template = load(TEMPLATE);
    let resources = resources(&template);
    let expected: BTreeMap<_, _> = names().into_iter().map(|name| (resource_name(&name), name)).collect();
    assert_eq!(
        resources.keys().map(|name| (*name).to_owned()).collect::<Vec<_>>(),
        expected.keys().cloned().collect::<Vec<_>>()
    );
    for (resource, name) in &expected {
        let properties = &resources[resource.as_str()]["Properties"];
        assert_eq!(properties["FunctionName"].as_str(), Some(&*format!("${{AWS::StackName}}-{name}")));
        assert_eq!(properties["CodeUri"].as_str(), Some(&*format!("target/lambda/{name}/")));
        assert!(properties["Description"].as_str().is_some_and(|text| text.ends_with('.')), "{name} says what it is");
    }
}

#[test]
fn each_is_triggered_as_the_catalogue_says() {
    let template = load(TEMPLATE);
    let resources = resources(&template);
    for function in functions::all() {
        let name = function.name();
        let events: Vec<_> =
            entries(&resources[resource_name(name).as_str()]["Properties"]["Events"]).map(|(_, event)| event).collect();
        let text = |event: &Yaml, field: &str| event["Properties"][field].as_str().unwrap_or_default().to_owned();
        let route = |method: &str, path: &str| {
            let [event] = events.as_slice() else { panic!("{name} has one event") };
            assert_eq!(event["Type"].as_str(), Some("HttpApi"), "{name}");
            assert_eq!((text(event, "Method"), text(event, "Path")), (method.to_owned(), path.to_owned()), "{name}");
            assert_eq!(
                (text(event, "ApiId"), text(event, "PayloadFormatVersion")),
                ("Api".into(), "2.0".into()),
                "{name}"
            );
        };
        match function.trigger() {
            Trigger::Http { method, path } => route(method.as_str(), path),
            Trigger::Telegram { path } => route("POST", path),
            Trigger::Schedule { expression } => {
                let [event] = events.as_slice() else { panic!("{name} has one event") };
                assert_eq!(event["Type"].as_str(), Some("ScheduleV2"), "{name}");
                assert_eq!(text(event, "ScheduleExpression"), *expression, "{name}");
                let input = format!(r#"{{"function":"{name}","scheduled_at":"<aws.scheduler.scheduled-time>"}}"#);
                assert_eq!(text(event, "Input"), input, "{name}");
            }
            Trigger::Queue { queue } => check_queue(&function, queue, &resources, &events),
            Trigger::Direct => assert!(events.is_empty(), "{name}"),
        }
    }
}

fn check_queue(function: &Function, queue: &str, resources: &BTreeMap<&str, &Yaml>, events: &[&Yaml]) {
    let name = function.name();
    let [event] = events else { panic!("{name} has one event") };
    assert_eq!(event["Type"].as_str(), Some("SQS"), "{name}");
    let reports = &event["Properties"]["FunctionResponseTypes"];
    assert_eq!(
        reports.as_vec().map(|types| types.iter().filter_map(Yaml::as_str).collect()),
        Some(vec!["ReportBatchItemFailures"])
    );
    let source = event["Properties"]["Queue"]
        .as_str()
        .and_then(|queue| queue.strip_prefix("Queues.Outputs."))
        .unwrap_or_default();
    let stack = load("infra/queues.yaml");
    let arn = stack["Outputs"][source]["Value"].as_str().and_then(|arn| arn.strip_suffix(".Arn"));
    let definition =
        &stack["Resources"][arn.unwrap_or_else(|| panic!("{name} reads {source}, which is no queue"))]["Properties"];
    assert_eq!(definition["QueueName"].as_str(), Some(&*format!("${{Name}}-{queue}")));
    let timeout = resources[resource_name(name).as_str()]["Properties"]["Timeout"]
        .as_i64()
        .expect("a queue function has a time-out");
    assert_eq!(definition["VisibilityTimeout"].as_i64(), Some(VISIBILITY_FACTOR * timeout), "{name}");
    assert_eq!(definition["RedrivePolicy"]["maxReceiveCount"].as_i64(), Some(RECEIVES_MAX), "{name}");
}

/// Texts anywhere below `value`.
fn texts<'a>(value: &'a Yaml, found: &mut Vec<&'a str>) {
    match value {
        Yaml::String(text) => found.push(text),
        Yaml::Array(values) => values.iter().for_each(|value| texts(value, found)),
        Yaml::Hash(map) => map.values().for_each(|value| texts(value, found)),
        _ => {}
    }
}

/// `Stack.Outputs.Name` anywhere in `text`.
fn outputs(text: &str) -> Vec<(&str, &str)> {
    let is_name = |c: char| c.is_ascii_alphanumeric();
    let found = text.match_indices(".Outputs.").map(|(at, dot)| {
        let before = &text[..at];
        let start = before.rfind(|c| !is_name(c)).map_or(0, |place| place + 1);
        let after = &text[at + dot.len()..];
        (&before[start..], &after[..after.find(|c| !is_name(c)).unwrap_or(after.len())])
    });
    found.collect()
}

#[test]
fn stacks_give_what_the_template_takes_and_take_what_it_gives() {
    let template = load(TEMPLATE);
    let of_type = |resource: &Yaml| resource["Type"].as_str() == Some("AWS::CloudFormation::Stack");
    let stacks: BTreeMap<_, _> = entries(&template["Resources"]).filter(|(_, resource)| of_type(resource)).collect();
    let load = |name: &str| {
        let stack = stacks.get(name).unwrap_or_else(|| panic!("there is no stack {name}"));
        load(stack["Properties"]["TemplateURL"].as_str().unwrap_or_else(|| panic!("{name} has no template")))
    };
    let mut all = Vec::new();
    texts(&template, &mut all);
    let taken: BTreeSet<_> = all.iter().flat_map(|text| outputs(text)).collect();
    assert!(taken.contains(&("Database", "UrlSecret")), "{taken:?}");
    for (stack, output) in taken {
        assert!(!load(stack)["Outputs"][output]["Value"].is_badvalue(), "{stack} has no output {output}");
    }
    for (name, stack) in &stacks {
        let given: BTreeSet<_> = entries(&stack["Properties"]["Parameters"]).map(|(name, _)| name).collect();
        let wanted = load(name);
        let wanted: BTreeMap<_, _> = entries(&wanted["Parameters"])
            .map(|(name, parameter)| (name.to_owned(), parameter["Default"].is_badvalue()))
            .collect();
        for parameter in &given {
            assert!(wanted.contains_key(*parameter), "{name} takes no {parameter}");
        }
        for (parameter, _) in wanted.iter().filter(|(_, required)| **required) {
            assert!(given.contains(parameter.as_str()), "{name} is not given {parameter}");
        }
    }
}

#[test]
fn secrets_are_few_enough_to_be_resolved() {
    let mut all = Vec::new();
    let template = load(TEMPLATE);
    texts(&template, &mut all);
    let secrets: usize = all.iter().map(|text| text.matches("{{resolve:secretsmanager:").count()).sum();
    assert!((names().len()..=SECRETS_MAX).contains(&secrets), "{secrets} references");
}

#[test]
fn what_is_set_is_read_and_what_is_read_is_set() {
    let template = load(TEMPLATE);
    let variables = |holder: &Yaml| {
        let names: Vec<_> = entries(&holder["Environment"]["Variables"]).map(|(name, _)| name.to_owned()).collect();
        names
    };
    let mut set: BTreeSet<String> = variables(&template["Globals"]["Function"]).into_iter().collect();
    for function in resources(&template).values() {
        set.extend(variables(&function["Properties"]));
    }
    set.retain(|name| !NOT_OURS.contains(&name.as_str()));
    let source = crate::source::Source::new("config.rs", &read("shared/src/base/config.rs"));
    let is_setting = |text: &&str| text.len() > 4 && text.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    let read: BTreeSet<String> = source.literals().into_iter().filter(is_setting).map(str::to_owned).collect();
    let read = read.into_iter().filter(|name| !NOT_DEPLOYED.contains(&name.as_str())).collect::<BTreeSet<_>>();
    assert_eq!(set, read);
}

#[test]
fn each_has_an_example_event() {
    let expected: BTreeSet<_> = names().into_iter().map(|name| format!("{name}.json")).collect();
    assert_eq!(names_in("events"), Vec::from_iter(expected));
    for function in functions::all() {
        let event: serde_json::Value =
            serde_json::from_str(&read(&format!("events/{}.json", function.name()))).unwrap();
        match function.trigger() {
            Trigger::Http { method, path } => assert_eq!(event["routeKey"], format!("{method} {path}")),
            Trigger::Telegram { path } => assert_eq!(event["routeKey"], format!("POST {path}")),
            Trigger::Schedule { .. } => assert_eq!(event["function"], function.name()),
            Trigger::Queue { queue } => {
                let arn = event["Records"][0]["eventSourceARN"].as_str().unwrap_or_default();
                assert!(arn.ends_with(&format!("-{queue}")), "{arn}");
            }
            Trigger::Direct => assert!(event.is_object()),
        }
    }
}

/// The example event, with the secrets of this world in place of its own.
fn example(world: &World, function: &Function, api_key: &str) -> String {
    let mut event: serde_json::Value =
        serde_json::from_str(&read(&format!("events/{}.json", function.name()))).unwrap();
    for (header, secret) in
        [("x-api-key", api_key), ("x-telegram-bot-api-secret-token", world.setting("TELEGRAM_KEYHUB_SECRET"))]
    {
        if event["headers"].get(header).is_some() {
            event["headers"][header] = secret.into();
        }
    }
    event.to_string()
}

#[tokio::test]
async fn each_accepts_its_example_event() {
    let world = World::new().await;
    let api_key = world.api_key(&["keyhub:read", "keyhub:write", "keyhub:export"]).await;
    for function in functions::all() {
        let name = function.name();
        let answer = world.invoke(&world.function(name), &example(&world, &function, &api_key)).await;
        let answer = answer.unwrap_or_else(|fault| panic!("{name}: {}", shared::base::chain(&fault)));
        match function.trigger() {
            // What the examples name need not exist here.
            Trigger::Http { .. } => {
                assert!(matches!(answer["statusCode"].as_u64(), Some(200 | 201 | 404 | 409)), "{name}: {answer}");
            }
            Trigger::Telegram { .. } => assert_eq!(answer["statusCode"], 200, "{name}: {answer}"),
            Trigger::Queue { .. } => assert_eq!(answer, json!({ "batchItemFailures": [] }), "{name}"),
            Trigger::Schedule { .. } => assert_eq!(answer, json!({ "ok": true }), "{name}"),
            Trigger::Direct => assert!(answer.get("error").is_none(), "{name}: {answer}"),
        }
    }
    assert_eq!(world.send(Call::get("/health")).await.status, 200);
}
