//! Counts, people and money, for admins.

use super::super::{Reply, Scene};
use super::{Answer, Stop};
use crate::subscriptions::dialog::ADMIN_COMMANDS;
use crate::subscriptions::messages::{amount, number, person, plan, safe};
use crate::subscriptions::model::Status;
use crate::subscriptions::rules;
use crate::subscriptions::store::{ledger, reports};

/// People in one answer.
const PEOPLE_MAX: i64 = 20;
/// Days that the money and the losses are counted over.
const STATS_DAYS: i32 = 30;
/// Days of the subscriptions that end soon.
const SOON_DAYS: i32 = 7;

/// `/admin`
pub async fn counts(scene: &Scene<'_, '_>) -> Answer {
    let voice = &scene.voice;
    let n = reports::counts(scene.tx, scene.settings.rules.grace, scene.now).await?;
    let args = [
        ("members", number(n.members)),
        ("active", number(n.active)),
        ("grace", number(n.grace)),
        ("inside", number(n.inside)),
        ("blocked", number(n.blocked)),
        ("unreachable", number(n.unreachable)),
        ("orders", number(n.open_orders)),
        ("checking", number(n.checking)),
        ("held", number(n.held)),
        ("unassigned", number(n.unassigned)),
        ("alarms", number(n.alarms)),
    ];
    let usage = |name: &&str| voice.text(&format!("usage-{name}"), &[]);
    let commands: Vec<String> = ADMIN_COMMANDS.iter().map(usage).collect();
    let text = format!("{}\n\n{}", voice.text("admin-counts", &args), commands.join("\n"));
    Ok(Reply::say(voice.send(text, Vec::new())))
}

/// `/find TEXT`
pub async fn find(scene: &Scene<'_, '_>, text: &str) -> Answer {
    let wanted = text.trim().trim_start_matches('@');
    if wanted.is_empty() {
        return Err(Stop::Usage);
    }
    let voice = &scene.voice;
    let found = reports::find(scene.tx, wanted, PEOPLE_MAX).await?;
    if found.is_empty() {
        return Ok(scene.say("find-none", &[("text", safe(text))]));
    }
    let line = |found: &reports::Found| {
        let mut lines = vec![person(voice, &found.member)];
        match found.ends_at {
            Some(end) => {
                let id = match rules::status(end, scene.settings.rules.grace, scene.now) {
                    Status::Active => "find-active",
                    Status::Grace => "find-grace",
                    Status::Expired => "find-expired",
                };
                lines.push(plan(voice, found.period.as_deref(), found.last_price));
                lines.push(voice.text(id, &[("end", voice.time(end))]));
            }
            None => lines.push(voice.text("admin-no-subscription", &[])),
        }
        let marks = [
            (found.member.at_private_group, "mark-inside"),
            (found.member.is_staff, "mark-staff"),
            (found.member.blocked, "mark-blocked"),
            (!found.member.reachable, "mark-unreachable"),
        ];
        let marks: Vec<String> = marks.iter().filter(|(is, _)| *is).map(|(_, id)| voice.text(id, &[])).collect();
        if !marks.is_empty() {
            lines.push(marks.join(", "));
        }
        lines.join("\n")
    };
    let people: Vec<String> = found.iter().map(line).collect();
    Ok(Reply::say(voice.send(people.join("\n\n"), Vec::new())))
}

/// `/stats`
pub async fn stats(scene: &Scene<'_, '_>) -> Answer {
    let (voice, now, grace) = (&scene.voice, scene.now, scene.settings.rules.grace);
    let (soon, since) = (now + rules::days(SOON_DAYS), now - rules::days(STATS_DAYS));
    let (stats, income) =
        tokio::try_join!(reports::stats(scene.tx, soon, since, grace, now), ledger::income(scene.tx, since))?;
    let lines: Vec<String> = income
        .iter()
        .map(|(period, sum)| voice.text("stats-income", &[("plan", safe(period)), ("sum", amount(*sum))]))
        .collect();
    let lines = if lines.is_empty() { voice.text("stats-no-income", &[]) } else { lines.join("\n") };
    let args = [
        ("active", number(stats.active)),
        ("soon", number(stats.ending)),
        ("income", lines.into()),
        ("total", amount(income.iter().map(|(_, sum)| *sum).sum())),
        ("unassigned", amount(stats.unassigned)),
        ("lost", number(stats.lost)),
    ];
    Ok(scene.say("stats", &args))
}
