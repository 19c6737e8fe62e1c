//! A day's ends: what it costs to plan reminders and removals, and how their messages leave.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::{join, join_all};
use local::telegram::{Accepted, busiest};
use serde_json::{Value as Json, json};
use shared::entry::Function;
use shared::functions;
use tests::bench::{Table, cpu_time};

use crate::server;
use crate::system::{System, tick};

/// Days on which one member after another ends.
const DAYS: i64 = 100;
/// Environments of `subscriptions-access` at once, as the template allows.
const WORKERS: usize = 5;
/// How long messages are waited for.
const PATIENCE: Duration = Duration::from_mins(3);

/// The jobs of a day on which one member of a hundred ends, and the messages that follow.
pub fn measure(quick: bool) -> String {
    let members = if quick { 10_000 } else { 100_000 };
    let a_day = members / DAYS;
    let (ended, ending) = (1..=a_day, a_day + 1..=2 * a_day);
    let system = System::start();
    prepare(&system, members, a_day);
    let mut table = Table::new(["what", "planned", "CPU s, own", "CPU s, Postgres", "s"]);
    let reminders = "select count(*) from core.outbox where about like 'subscriptions.reminder:%'";
    let removals = "select count(*) from subscriptions.access_task";
    for (what, function, planned) in [
        ("reminders", functions::subscriptions_remind(), reminders),
        ("expiry, and removals put into their queue", functions::subscriptions_expire(), removals),
    ] {
        let [took, own, postgres] = plan(&system, &function);
        table.row([what.to_owned(), system.number(planned).to_string(), own, postgres, took]);
    }
    system.bring(ended.clone(), true);
    system.bring(ending.clone(), false);
    let took = deliver(&system, &ended);
    let sent = sent(&system.bot.accepted(), took, &[("reminders", &ending), ("removals", &ended)]);
    let inside = ended.filter(|id| system.is_inside(*id)).count();
    format!(
        "A day on which {a_day} of {members} members end. Aim: at most 10 s of CPU to plan it.\n\n{table}\n\
         Their messages, at 25 a second in all and 1 a second to each chat; the relay begins anew as soon as it ends, \
         {WORKERS} workers\nremove members, and there are no admins, each of whom would be told of each removal. \
         Aim: at most 25 in any\nsecond, none lost, none doubled.\n\n{sent}\n\
         Members still in the group whose time is over: {inside}.\n"
    )
}

/// The first `a_day` members have just ended, the next end within a day, the next within two, and so on. All reminders
/// of the days before were made.
fn prepare(system: &System, members: i64, a_day: i64) {
    let end = format!(
        "case when id <= {a_day} then today - id % 300 * interval '1 second'
              else today + ((id - 1) / {a_day} - 1) * interval '1 day' + interval '1 hour'
                   + id % {a_day} * interval '22 hours' / {a_day} end"
    );
    system.fill(&(1..=members), &format!("date_trunc('second', {end})"));
    system.execute(&format!(
        "update subscriptions.member set at_private_group = true, group_status = 'member' where chat_id <= {a_day};
         insert into subscriptions.reminder (chat_id, ends_at, days_before, state, at)
             select chat_id, ends_at, n, 'sent', ends_at - n * interval '1 day'
             from subscriptions.subscription, unnest(array[7, 3]) n
             where ends_at > now() and ends_at - n * interval '1 day' <= now()"
    ));
    system.execute("vacuum analyze subscriptions.reminder");
}

/// Fires a schedule: seconds by the clock, of CPU here, and of CPU of Postgres.
fn plan(system: &System, function: &Function) -> [String; 3] {
    system.wait(async {
        let cx = system.ready(function).await;
        let db = system.db().await;
        let backend: i32 = db.query_one("select pg_backend_pid()", &[]).await.expect("it answers").get(0);
        let (cpu, postgres, begun) = (cpu_time(), server::cpu_time(backend), Instant::now());
        system.serve(function, &cx, &tick(function)).await;
        let (took, cpu) = (begun.elapsed(), cpu_time().saturating_sub(cpu));
        let postgres = postgres.zip(server::cpu_time(backend)).map(|(from, to)| to.saturating_sub(from));
        [seconds(took), seconds(cpu), postgres.map_or_else(|| "unknown here".to_owned(), seconds)]
    })
}

fn seconds(time: Duration) -> String {
    format!("{:.2}", time.as_secs_f64())
}

/// Lets workers remove who has ended and the relay send what waits: how long until nothing does.
fn deliver(system: &System, ended: &RangeInclusive<i64>) -> Duration {
    let (relay, access) = (functions::outbox_relay(), functions::subscriptions_access());
    let (next, at_work) = (AtomicI64::new(*ended.start()), AtomicUsize::new(WORKERS));
    let remove = async || {
        let cx = system.ready(&access).await;
        loop {
            let id = next.fetch_add(1, Ordering::Relaxed);
            if !ended.contains(&id) {
                break;
            }
            let answer = system.serve(&access, &cx, &access_of(id)).await;
            assert_eq!(answer["batchItemFailures"], json!([]), "member {id}");
        }
        at_work.fetch_sub(1, Ordering::Relaxed);
    };
    let begun = Instant::now();
    let send = async {
        let (cx, db) = (system.ready(&relay).await, system.db().await);
        let waiting = "select count(*) from core.outbox where state = 'waiting'";
        while begun.elapsed() < PATIENCE {
            let is_last = at_work.load(Ordering::Relaxed) == 0;
            system.serve(&relay, &cx, &tick(&relay)).await;
            let waiting: i64 = db.query_one(waiting, &[]).await.expect("it answers").get(0);
            if is_last && waiting == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    system.wait(join(send, join_all((0..WORKERS).map(|_| remove()))));
    begun.elapsed()
}

/// The event in which the queue hands over a member.
fn access_of(id: i64) -> String {
    let record: Json = json!({ "messageId": id.to_string(), "body": json!({ "chat_id": id }).to_string() });
    json!({ "Records": [record] }).to_string()
}

/// What Telegram saw of them.
fn sent(accepted: &[Accepted], took: Duration, kinds: &[(&str, &RangeInclusive<i64>)]) -> String {
    let mut chats = BTreeMap::<i64, usize>::new();
    for message in accepted {
        *chats.entry(message.chat).or_default() += 1;
    }
    let mut table = Table::new(["what", "messages", "lost", "doubled"]);
    for (what, ids) in kinds {
        let counts = || (*ids).clone().map(|id| chats.get(&id).copied().unwrap_or_default());
        let (sum, lost) = (counts().sum::<usize>(), counts().filter(|count| *count == 0).count());
        let doubled: usize = counts().map(|count| count.saturating_sub(1)).sum();
        table.row([(*what).to_owned(), sum.to_string(), lost.to_string(), doubled.to_string()]);
    }
    let span = accepted.first().zip(accepted.last()).map(|(first, last)| last.at.duration_since(first.at));
    let intervals = u32::try_from(accepted.len().saturating_sub(1)).expect("not that many");
    let rate = span.map_or(0.0, |span| f64::from(intervals) / span.as_secs_f64());
    let most = busiest(accepted, Duration::from_secs(1));
    format!("{table}\n{rate:.1} messages a second, {most} in the busiest, {} s in all.", seconds(took))
}
