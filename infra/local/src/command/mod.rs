//! The program `botyard`: what it is asked to do, and doing it.

mod bank_seed;
mod defaults;
mod functions;
mod signals;
mod up;
mod with;

use std::ffi::OsString;
use std::process::ExitCode;

use futures_util::FutureExt;
use shared::base::chain;
use tokio::runtime::Runtime;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::project::Project;
use crate::settings::Settings;
use crate::trouble::Trouble;
use bank_seed::BankSeed;
use functions::ApiKeys;

const USAGE: &str = "\
Usage: botyard <command>

  up                                          runs everything on this machine until Ctrl-C
  with -- <program> [argument]..              runs a program with a throwaway PostgreSQL and AWS emulator
  migrate                                     applies the migrations that are missing
  api-key create --name <name> --scope <scope> [--scope <scope>]..
  api-key revoke <id>
  api-key list
  bank-seed --product <id> [--entries <n>] [--seed <n>] [--url <address>] [--key <API key>]
                                              posts entries: debits of 1000.00 to 1000000.00, credits of 100.00 to 100000.00
  bank-seed --customer <email> [--url <address>] [--key <API key>]
                                              signs a customer up and opens a savings account and a card

migrate and api-key use DATABASE_URL; without it, the database of `up`, which must be running.
bank-seed asks the bank at --url; without it, that of `up`, and with its API key.";

#[derive(Debug, PartialEq, Eq)]
enum Command {
    Help,
    Up,
    With(Vec<OsString>),
    Migrate,
    ApiKey(ApiKeys),
    BankSeed(BankSeed),
}

/// Does what `arguments` (without the program's own name) say.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<_> = arguments.into_iter().collect();
    let Some(command) = Command::read(&arguments) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    command.run().unwrap_or_else(|trouble| {
        eprintln!("botyard: {}", chain(&trouble));
        ExitCode::FAILURE
    })
}

impl Command {
    fn read(arguments: &[OsString]) -> Option<Self> {
        let words: Vec<_> = arguments.iter().map(|word| word.to_str()).collect();
        match words[..] {
            [Some("help" | "-h" | "--help")] => Some(Self::Help),
            [Some("up")] => Some(Self::Up),
            [Some("with"), Some("--"), _, ..] => Some(Self::With(arguments[2..].to_vec())),
            [Some("migrate")] => Some(Self::Migrate),
            [Some("api-key"), Some("list")] => Some(Self::ApiKey(ApiKeys::List)),
            [Some("api-key"), Some("revoke"), Some(id)] => Some(Self::ApiKey(ApiKeys::Revoke(id.parse().ok()?))),
            [Some("api-key"), Some("create"), ref options @ ..] => Some(Self::ApiKey(create(options)?)),
            [Some("bank-seed"), ref options @ ..] => Some(Self::BankSeed(BankSeed::read(options)?)),
            _ => None,
        }
    }

    fn run(self) -> Result<ExitCode, Trouble> {
        if self == Self::Help {
            println!("{USAGE}");
            return Ok(ExitCode::SUCCESS);
        }
        let project = Project::find()?;
        let mut settings = Settings::load(&project)?;
        if self == Self::Up {
            defaults::point_sdk_at_emulator(&mut settings)?;
        }
        start_log(&settings);
        let runtime = Runtime::new().map_err(|error| Trouble::because("Cannot start threads", error))?;
        runtime.block_on(async {
            match self {
                Self::Help => Ok(ExitCode::SUCCESS),
                Self::Up => up::run(&project, settings).boxed().await.map(|()| ExitCode::SUCCESS),
                Self::With(command) => with::run(&project, command).await,
                Self::Migrate => functions::migrate(&project, settings).await.map(|()| ExitCode::SUCCESS),
                Self::BankSeed(seed) => seed.run(&project, &settings).await.map(|()| ExitCode::SUCCESS),
                Self::ApiKey(request) => {
                    functions::api_key(&project, settings, request).await.map(|()| ExitCode::SUCCESS)
                }
            }
        })
    }
}

fn create(options: &[Option<&str>]) -> Option<ApiKeys> {
    let (pairs, rest) = options.as_chunks::<2>();
    let mut name = None;
    let mut scopes = Vec::new();
    for pair in pairs {
        match pair {
            [Some("--name"), Some(value)] => name = Some((*value).to_owned()),
            [Some("--scope"), Some(value)] => scopes.push((*value).to_owned()),
            _ => return None,
        }
    }
    let complete = rest.is_empty() && !scopes.is_empty();
    Some(ApiKeys::Create { name: name.filter(|_| complete)?, scopes })
}

/// One readable line per event, on standard error: standard output belongs to what was asked for. Of other people's
/// code only warnings are of interest.
fn start_log(settings: &Settings) {
    let level = settings.get("LOG_LEVEL").and_then(|level| level.trim().parse().ok()).unwrap_or(tracing::Level::INFO);
    let ours = Targets::new().with_target("local", level).with_target("shared", level);
    let filter = ours.with_default(level.min(tracing::Level::WARN));
    let lines = tracing_subscriber::fmt::layer().compact().with_target(false).with_writer(std::io::stderr);
    tracing_subscriber::registry().with(filter).with(lines).init();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read_or_refused() {
        let create = |name: &str, scopes: &[&str]| {
            let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
            Some(Command::ApiKey(ApiKeys::Create { name: name.to_owned(), scopes }))
        };
        for (line, expected) in [
            ("up", Some(Command::Up)),
            ("up now", None),
            ("", None),
            ("with -- cargo test", Some(Command::With(vec!["cargo".into(), "test".into()]))),
            ("with cargo", None),
            ("with --", None),
            ("api-key list", Some(Command::ApiKey(ApiKeys::List))),
            ("api-key revoke 7", Some(Command::ApiKey(ApiKeys::Revoke(7)))),
            ("api-key revoke x", None),
            ("api-key create --name ops --scope a --scope b", create("ops", &["a", "b"])),
            ("api-key create --scope a --name ops", create("ops", &["a"])),
            ("api-key create --name ops", None),
            ("api-key create --name ops --scope", None),
            ("bank-seed", None),
            ("bank-seed --product", None),
            ("bank-seed --product p --customer a@b.example", None),
            ("bank-seed --product p --entries many", None),
            ("bank-seed --customer a@b.example --seed 1", None),
        ] {
            let words: Vec<_> = line.split_whitespace().map(OsString::from).collect();
            assert_eq!(Command::read(&words), expected, "{line}");
        }
    }
}
