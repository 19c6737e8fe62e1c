//! `/block`, `/unblock`, `/premium`, `/resetlimit`, `/unbindphone`.

use super::{Answer, split};
use crate::base::Fault;
use crate::base::ids::UserId;
use crate::keyhub::Error;
use crate::keyhub::bot::plain::{Reply, Scene};
use crate::keyhub::messages::{Args, Voice, number, safe};
use crate::keyhub::model::Code;
use crate::keyhub::rules::told;
use crate::keyhub::users::{self, PREMIUM_DAYS_MAX, REASON_CHARS_MAX};

/// `/block <id> <reason>`
pub async fn block(scene: &Scene<'_, '_>, rest: &str) -> Answer {
    let (id, reason) = split(rest);
    if reason.is_empty() {
        return Ok(None);
    }
    let Some(user) = user(id) else { return Ok(Some(said(scene, "id-invalid", &[]))) };
    let reason: String = reason.chars().take(REASON_CHARS_MAX).collect();
    let blocked = users::block(scene.tx, scene.stage.vault, user, &reason, &scene.actor(), scene.stage.cx.now()).await;
    answer(scene, user, blocked.map(|()| ("user-blocked", vec![("reason", safe(&reason))]))).map(Some)
}

/// `/unblock <id>`
pub async fn unblock(scene: &Scene<'_, '_>, rest: &str) -> Answer {
    if rest.is_empty() {
        return Ok(None);
    }
    let Some(user) = user(split(rest).0) else { return Ok(Some(said(scene, "id-invalid", &[]))) };
    let (vault, now) = (scene.stage.vault, scene.stage.cx.now());
    let unblocked = users::unblock(scene.tx, vault, user, &scene.actor(), now).await;
    let id = |was_blocked| if was_blocked { "user-unblocked" } else { "user-not-blocked" };
    answer(scene, user, unblocked.map(|was_blocked| (id(was_blocked), Vec::new()))).map(Some)
}

/// `/premium <id> <days>`
pub async fn grant_premium(scene: &Scene<'_, '_>, rest: &str) -> Answer {
    let (id, days) = split(rest);
    if days.is_empty() {
        return Ok(None);
    }
    let Some(user) = user(id) else { return Ok(Some(said(scene, "id-invalid", &[]))) };
    let days = split(days).0.parse().ok().filter(|days| (1..=PREMIUM_DAYS_MAX).contains(days));
    let Some(days) = days else {
        return Ok(Some(said(scene, "days-invalid", &[("max", number(PREMIUM_DAYS_MAX))])));
    };
    let (vault, settings, now) = (scene.stage.vault, scene.stage.settings, scene.stage.cx.now());
    let granted = users::grant_premium(scene.tx, vault, user, days, &scene.actor(), now).await;
    let person = match granted {
        Ok(person) => person,
        Err(error) => return answer(scene, user, Err(error)).map(Some),
    };
    let until = told(person.premium_until.unwrap_or(now), &settings.zone);
    let voice = Voice { settings, lang: person.language, chat: user.into(), thread: None };
    let mut reply = answer(scene, user, Ok(("user-premium", vec![("until", until.as_str().into())])))?;
    reply.messages.push(voice.say("premium-granted", &[("until", until.as_str().into())]));
    Ok(Some(reply))
}

/// `/resetlimit <id> [code]`
pub async fn reset_limit(scene: &Scene<'_, '_>, rest: &str) -> Answer {
    if rest.is_empty() {
        return Ok(None);
    }
    let (id, code) = split(rest);
    let Some(user) = user(id) else { return Ok(Some(said(scene, "id-invalid", &[]))) };
    let code = match split(code).0 {
        "" => None,
        text => match scene.product(text) {
            Ok(product) => Some(&product.code),
            Err(unknown) => return Ok(Some(unknown)),
        },
    };
    let (vault, now) = (scene.stage.vault, scene.stage.cx.now());
    let reset = users::reset_limit(scene.tx, vault, user, code, &scene.actor(), now).await;
    let told = |code: Option<&Code>| match code {
        Some(code) => ("limit-reset-product", vec![("code", code.to_string().into())]),
        None => ("limit-reset", Vec::new()),
    };
    answer(scene, user, reset.map(|()| told(code))).map(Some)
}

/// `/unbindphone <id>`
pub async fn unbind_phone(scene: &Scene<'_, '_>, rest: &str) -> Answer {
    if rest.is_empty() {
        return Ok(None);
    }
    let Some(user) = user(split(rest).0) else { return Ok(Some(said(scene, "id-invalid", &[]))) };
    let (vault, now) = (scene.stage.vault, scene.stage.cx.now());
    let unbound = users::unbind_phone(scene.tx, vault, user, &scene.actor(), now).await;
    let id = |was_bound| if was_bound { "phone-unbound" } else { "phone-not-bound" };
    answer(scene, user, unbound.map(|was_bound| (id(was_bound), Vec::new()))).map(Some)
}

fn user(text: &str) -> Option<UserId> {
    text.parse().ok()
}

type Told<'a> = (&'static str, Vec<(&'static str, fluent_bundle::FluentValue<'a>)>);

/// Says what was done to `user`, or that there is no such user.
fn answer(scene: &Scene<'_, '_>, user: UserId, done: Result<Told<'_>, Error>) -> Result<Reply, Fault> {
    let (id, mut args) = match done {
        Ok(told) => told,
        Err(Error::NoSuchUser) => ("user-unknown", Vec::new()),
        Err(error) => return Err(error.fault()),
    };
    args.push(("user", user.to_string().into()));
    Ok(said(scene, id, &args))
}

fn said(scene: &Scene<'_, '_>, id: &str, args: Args<'_>) -> Reply {
    Reply::say(scene.voice().say(id, args))
}
