//! What template.yaml and its stacks deploy is what the catalogue names.

use std::collections::{BTreeMap, BTreeSet};

use shared::entry::{Function, Trigger};
use shared::functions;
use yaml_rust2::{Yaml, YamlLoader};

use super::{names, routes};
use crate::source::{Source, read, rust};

const TEMPLATE: &str = "template.yaml";
/// CloudFormation resolves no more in one template.
const SECRETS_MAX: usize = 60;
/// How often SQS delivers a message before it counts as poison.
const RECEIVES_MAX: i64 = 5;
/// A queue hides a message for so many times its function's time-out.
const VISIBILITY_FACTOR: i64 = 6;
/// Where SNS writes what became of SMS.
const SMS_LOG: &str = "sns/${AWS::Region}/${AWS::AccountId}/DirectPublishToPhoneNumber";
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

fn of_type<'a>(template: &'a Yaml, kind: &str) -> BTreeMap<&'a str, &'a Yaml> {
    entries(&template["Resources"]).filter(|(_, resource)| resource["Type"].as_str() == Some(kind)).collect()
}

/// A template with functions.
struct Template {
    content: Yaml,
    /// What names begin with.
    prefix: &'static str,
    /// Where the functions' packages are, seen from the template.
    packages: &'static str,
    /// What template.yaml hands over, by parameter.
    given: BTreeMap<String, String>,
}

impl Template {
    /// template.yaml, and those of its stacks that have functions.
    fn all() -> Vec<Self> {
        let content = load(TEMPLATE);
        let mut all = Vec::new();
        for stack in of_type(&content, "AWS::CloudFormation::Stack").values() {
            let properties = &stack["Properties"];
            let content = load(properties["TemplateURL"].as_str().expect("a stack has a template"));
            if content["Transform"].is_badvalue() {
                continue;
            }
            let given = entries(&properties["Parameters"]).filter_map(|(name, value)| Some((name, value.as_str()?)));
            let given: BTreeMap<_, _> = given.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            assert_eq!(given["Name"], "AWS::StackName");
            all.push(Self { content, prefix: "${Name}", packages: "../target/lambda", given });
        }
        let given = BTreeMap::new();
        all.push(Self { content, prefix: "${AWS::StackName}", packages: "target/lambda", given });
        all
    }

    fn functions(&self) -> BTreeMap<&str, &Yaml> {
        of_type(&self.content, "AWS::Serverless::Function")
    }

    /// What a reference leads to in template.yaml.
    fn resolved<'a>(&'a self, reference: &'a str) -> &'a str {
        self.given.get(reference).map_or(reference, String::as_str)
    }

    fn variables(&self, function: &Yaml) -> BTreeSet<String> {
        let holders = [&self.content["Globals"]["Function"], function];
        let all = holders.into_iter().flat_map(|holder| entries(&holder["Environment"]["Variables"]));
        all.map(|(name, _)| name.to_owned()).collect()
    }

    fn secrets(&self) -> usize {
        let mut all = Vec::new();
        texts(&self.content, &mut all);
        all.iter().map(|text| text.matches("{{resolve:secretsmanager:").count()).sum()
    }
}

/// `keyhub-webhook` as a resource: `KeyhubWebhook`.
fn resource_name(function: &str) -> String {
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    function.split('-').map(capital).collect()
}

/// The function's template and its properties there.
fn find<'a>(templates: &'a [Template], function: &str) -> (&'a Template, &'a Yaml) {
    let name = resource_name(function);
    let mut found = templates.iter().filter_map(|template| Some((template, *template.functions().get(&*name)?)));
    let (template, resource) = found.next().unwrap_or_else(|| panic!("{function} is not deployed"));
    assert!(found.next().is_none(), "{function} is deployed twice");
    (template, &resource["Properties"])
}

/// The settings that a function is deployed with.
pub(super) fn settings_of(function: &str) -> BTreeSet<String> {
    let templates = Template::all();
    let (template, properties) = find(&templates, function);
    template.variables(properties)
}

#[test]
fn each_is_deployed() {
    let templates = Template::all();
    let all: BTreeSet<_> =
        templates.iter().flat_map(|template| template.functions().into_keys()).map(str::to_owned).collect();
    assert_eq!(all, names().iter().map(|name| resource_name(name)).collect());
    for name in names() {
        let (template, properties) = find(&templates, &name);
        let Template { prefix, packages, .. } = template;
        assert_eq!(properties["FunctionName"].as_str(), Some(&*format!("{prefix}-{name}")));
        assert_eq!(properties["CodeUri"].as_str(), Some(&*format!("{packages}/{name}/")));
        assert!(properties["Description"].as_str().is_some_and(|text| text.ends_with('.')), "{name} says what it is");
    }
}

#[test]
fn each_is_triggered_as_the_catalogue_says() {
    let templates = Template::all();
    for function in functions::all() {
        let name = function.name();
        let (template, properties) = find(&templates, name);
        let events: Vec<_> = entries(&properties["Events"]).map(|(_, event)| event).collect();
        match function.trigger() {
            Trigger::Http { .. } | Trigger::Elsewhere { .. } | Trigger::Telegram { .. } => {
                check_routes(&function, &events);
            }
            Trigger::Schedule { expression } => {
                let [event] = events.as_slice() else { panic!("{name} has one event") };
                assert_eq!(event["Type"].as_str(), Some("ScheduleV2"), "{name}");
                let event = &event["Properties"];
                assert_eq!(event["ScheduleExpression"].as_str(), Some(*expression), "{name}");
                let input = format!(r#"{{"function":"{name}","scheduled_at":"<aws.scheduler.scheduled-time>"}}"#);
                assert_eq!(event["Input"].as_str(), Some(&*input), "{name}");
            }
            Trigger::Queue { queue } => {
                let [event] = events.as_slice() else { panic!("{name} has one event") };
                check_queue(template, (name, queue), event, properties["Timeout"].as_i64());
            }
            Trigger::Logs => check_logs(name, &events),
            Trigger::Direct => assert!(events.is_empty(), "{name}"),
        }
    }
}

fn check_routes(function: &Function, events: &[&Yaml]) {
    let name = function.name();
    let mut found = BTreeSet::new();
    for event in events {
        assert_eq!(event["Type"].as_str(), Some("HttpApi"), "{name}");
        let text = |field: &str| event["Properties"][field].as_str().unwrap_or_default().to_owned();
        assert_eq!((&*text("ApiId"), &*text("PayloadFormatVersion")), ("Api", "2.0"), "{name}");
        assert!(found.insert((text("Method"), text("Path"))), "{name} has a route twice");
    }
    assert_eq!(found, routes(function), "{name}");
}

fn check_queue(template: &Template, (name, queue): (&str, &str), event: &Yaml, timeout: Option<i64>) {
    assert_eq!(event["Type"].as_str(), Some("SQS"), "{name}");
    let reports = &event["Properties"]["FunctionResponseTypes"];
    assert_eq!(
        reports.as_vec().map(|types| types.iter().filter_map(Yaml::as_str).collect()),
        Some(vec!["ReportBatchItemFailures"])
    );
    let source = template.resolved(event["Properties"]["Queue"].as_str().unwrap_or_default());
    let source = source.strip_prefix("Queues.Outputs.").unwrap_or_default();
    let stack = load("infra/queues.yaml");
    let arn = stack["Outputs"][source]["Value"].as_str().and_then(|arn| arn.strip_suffix(".Arn"));
    let definition =
        &stack["Resources"][arn.unwrap_or_else(|| panic!("{name} reads {source}, which is no queue"))]["Properties"];
    assert_eq!(definition["QueueName"].as_str(), Some(&*format!("${{Name}}-{queue}")));
    let timeout = timeout.expect("a queue function has a time-out");
    assert_eq!(definition["VisibilityTimeout"].as_i64(), Some(VISIBILITY_FACTOR * timeout), "{name}");
    assert_eq!(definition["RedrivePolicy"]["maxReceiveCount"].as_i64(), Some(RECEIVES_MAX), "{name}");
}

/// SNS writes what it could not deliver to a group of its own.
fn check_logs(name: &str, events: &[&Yaml]) {
    let mut groups = BTreeSet::new();
    for event in events {
        assert_eq!(event["Type"].as_str(), Some("CloudWatchLogs"), "{name}");
        let event = &event["Properties"];
        assert!(event["FilterPattern"].as_str().is_some_and(|pattern| pattern.contains("$.status")), "{name}");
        let mut named = Vec::new();
        texts(&event["LogGroupName"], &mut named);
        groups.extend(named.into_iter().filter(|group| group.starts_with(SMS_LOG)).map(str::to_owned));
    }
    assert_eq!(groups, BTreeSet::from([SMS_LOG.to_owned(), format!("{SMS_LOG}/Failure")]), "{name}");
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
    let stacks = of_type(&template, "AWS::CloudFormation::Stack");
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
    let counts: Vec<_> = Template::all().iter().map(Template::secrets).collect();
    assert!(counts.iter().all(|count| (1..=SECRETS_MAX).contains(count)), "{counts:?} references");
}

#[test]
fn what_is_set_is_read_and_what_is_read_is_set() {
    let mut set = BTreeSet::new();
    for template in Template::all() {
        set.extend(template.functions().values().flat_map(|function| template.variables(&function["Properties"])));
    }
    set.retain(|name| !NOT_OURS.contains(&name.as_str()));
    let sources = rust(&["shared/src/base/config"]);
    let is_setting = |text: &&str| text.len() > 4 && text.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    let literals = sources.iter().flat_map(Source::literals);
    let read: BTreeSet<String> = literals.filter(is_setting).map(str::to_owned).collect();
    let read = read.into_iter().filter(|name| !NOT_DEPLOYED.contains(&name.as_str())).collect::<BTreeSet<_>>();
    assert_eq!(set, read);
}
