//! `/stats`.

use super::{Answer, say_lines, split};
use crate::keyhub::bot::plain::{Reply, Scene};
use crate::keyhub::messages::{number, safe};
use crate::keyhub::stats::{self, BadDays, DAYS_MAX, Days};

/// `/stats [from] [to]`
pub async fn show(scene: &Scene<'_, '_>, rest: &str) -> Answer {
    let voice = scene.voice();
    let (now, zone) = (scene.stage.cx.now(), &scene.stage.settings.zone);
    let (from, to) = split(rest);
    let given = |text| Some(text).filter(|text: &&str| !text.is_empty());
    let days = match Days::read(given(from), given(split(to).0), now.to_zoned(zone.clone()).date()) {
        Ok(days) => days,
        Err(BadDays::NotADate(_) | BadDays::Reversed) => {
            return Ok(Some(Reply::say(voice.say("stats-dates-invalid", &[]))));
        }
        Err(BadDays::TooMany) => {
            return Ok(Some(Reply::say(voice.say("stats-range-too-long", &[("days", number(DAYS_MAX))]))));
        }
    };
    let report = stats::report(scene.tx, days, zone, now).await?;
    let line = |name: &str, n: i64| voice.text("stats-line", &[("name", safe(name)), ("n", number(n))]);
    let args =
        [("from", report.from.as_str().into()), ("to", report.to.as_str().into()), ("total", number(report.total))];
    let mut lines = vec![voice.text("stats", &args)];
    let busy = report.days.iter().filter(|of| of.claims > 0);
    let groups = [
        ("stats-days", busy.map(|of| line(&of.day, of.claims)).collect::<Vec<String>>()),
        ("stats-products", report.products.iter().map(|of| line(of.product.as_str(), of.claims)).collect()),
        ("stats-countries", report.countries.iter().map(|of| line(&of.name, of.claims)).collect()),
    ];
    for (id, group) in groups {
        if !group.is_empty() {
            lines.push(voice.text(id, &[]));
            lines.extend(group);
        }
    }
    let args = [
        ("undelivered", number(report.undelivered)),
        ("waiting", number(report.waiting)),
        ("premium", number(report.premium)),
    ];
    lines.push(voice.text("stats-state", &args));
    Ok(Some(say_lines(&voice, &lines)))
}
