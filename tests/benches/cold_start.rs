//! What a cold start of keyhub-webhook costs, beside the least a Lambda in Rust can be.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{env, fs};

use flate2::Compression;
use flate2::write::DeflateEncoder;
use tests::Database;
use tests::bench::{Lambda, RuntimeApi, Samples, Table, describe, millis, ratio, release};

const RUNS: usize = 50;
/// Where systems keep their root certificates in one file; template.yaml names the one of Lambda.
const CERTIFICATES: [&str; 3] =
    ["/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/cert.pem"];

/// A program, and what it finds in its environment.
struct Case {
    name: &'static str,
    program: PathBuf,
    settings: Vec<(&'static str, String)>,
}

struct Start {
    init: Samples,
    resident: u64,
}

#[tokio::main]
async fn main() {
    println!("\nCold start: {}\n", describe());
    let database = Database::create(&format!("botyard_bench_{}", std::process::id())).await;
    let alone = settings();
    let with_postgres = [alone.as_slice(), &[("DATABASE_URL", database.url())]].concat();
    let case = |name, program, settings| Case { name, program: release(program), settings };
    let cases = [
        case("hello world", "examples/hello-lambda", Vec::new()),
        case("keyhub-webhook, no network", "keyhub-webhook", alone),
        case("keyhub-webhook, Postgres connected", "keyhub-webhook", with_postgres),
    ];
    let runs = if env::args().any(|arg| arg == "quick") { 3 } else { RUNS };
    let starts = measure(&cases, runs);
    let bare = starts[0].init.median();
    let head = ["function", "init p50 ms", "init p99 ms", "x hello", "resident MB", "binary MB", "zipped MB"];
    let mut table = Table::new(head);
    for (case, start) in cases.iter().zip(&starts) {
        let (size, zipped) = sizes(&case.program);
        let (p50, p99) = (start.init.median(), start.init.percentile(99));
        let name = case.name.to_owned();
        table.row([name, millis(p50), millis(p99), ratio(p50, bare), mb(start.resident), mb(size), mb(zipped)]);
    }
    println!("{table}\n{runs} starts each; init is from the start of the process to its first GET /next.");
}

/// Starts each in turn, so that what else the machine does meets all of them.
fn measure(cases: &[Case], runs: usize) -> Vec<Start> {
    let api = RuntimeApi::start();
    let mut inits: Vec<Vec<Duration>> = vec![Vec::new(); cases.len()];
    let mut resident = vec![0; cases.len()];
    // The first start of each reads it from disk.
    for run in 0..=runs {
        for (index, case) in cases.iter().enumerate() {
            let function = Lambda::start(&api, &case.program, &case.settings);
            if run > 0 {
                inits[index].push(function.init());
                resident[index] = function.resident().max(resident[index]);
            }
        }
    }
    let start = |(inits, resident)| Start { init: Samples::new(inits), resident };
    inits.into_iter().zip(resident).map(start).collect()
}

/// What template.yaml sets, as far as the start depends on it.
fn settings() -> Vec<(&'static str, String)> {
    let nowhere = "http://127.0.0.1:9".to_owned();
    let mut settings = vec![
        ("AWS_REGION", "us-east-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "secret".to_owned()),
        ("AWS_SESSION_TOKEN", "token".to_owned()),
        ("ENCRYPTION_KEY", "5a".repeat(32)),
        ("TELEGRAM_BASE_URL", nowhere.clone()),
        ("TELEGRAM_KEYHUB_TOKEN", "7000000001:secret".to_owned()),
        ("TELEGRAM_KEYHUB_USERNAME", "keyhub_bot".to_owned()),
        ("TELEGRAM_KEYHUB_SECRET", "secret".to_owned()),
        ("KEYHUB_OWNER", "@owner".to_owned()),
        ("KEYHUB_ADMINS", "1".to_owned()),
        ("KEYHUB_CHANNELS", "@test_channel=https://t.me/test_channel".to_owned()),
        ("KEYHUB_COUNTERS_TABLE", "counters".to_owned()),
        ("KEYHUB_RESTOCKED_QUEUE_URL", format!("{nowhere}/keyhub-restocked")),
    ];
    let bundle = CERTIFICATES.iter().find(|file| Path::new(file).is_file());
    settings.extend(bundle.map(|file| ("SSL_CERT_FILE", (*file).to_owned())));
    settings
}

/// Size of a program, and of what a zip makes of it.
fn sizes(program: &Path) -> (u64, u64) {
    let bytes = fs::read(program).expect("the program is readable");
    let mut zipped = DeflateEncoder::new(Vec::new(), Compression::default());
    zipped.write_all(&bytes).expect("memory takes everything");
    let zipped = zipped.finish().expect("memory takes everything");
    (bytes.len() as u64, zipped.len() as u64)
}

/// Millions of bytes, to a tenth.
fn mb(bytes: u64) -> String {
    let tenths = (bytes + 50_000) / 100_000;
    format!("{}.{}", tenths / 10, tenths % 10)
}
