//! `/keyinfo`, `/revoke`, `/return`, `/replace`. The key is the rest of the line; `<code>:<key>` where two products have it.

use futures_util::FutureExt;

use super::{Answer, say_text};
use crate::base::Fault;
use crate::keyhub::bot::plain::{After, Reply, Scene};
use crate::keyhub::keys::{self, Order};
use crate::keyhub::messages::{Args, Voice, safe};
use crate::keyhub::model::{Claim, Code, Delivery, Key, KeyState, Kind, masked};
use crate::keyhub::rules::dated;
use crate::keyhub::{Error, limits, store};

/// `/keyinfo <key>`
pub async fn info(scene: &Scene<'_, '_>, rest: &str) -> Answer {
    if rest.is_empty() {
        return Ok(None);
    }
    let voice = scene.voice();
    let key = match meant(scene, rest).await? {
        Ok(key) => key,
        Err(refusal) => return Ok(Some(refusal)),
    };
    let product = scene.products.iter().find(|product| product.code == key.product);
    let args = [
        ("key", safe(&key.text)),
        ("code", key.product.as_str().into()),
        ("label", safe(product.map_or("", |product| &product.label))),
        ("state", state(&voice, key.state).into()),
    ];
    let mut text = voice.text("keyinfo", &args);
    if let Some(claim) = &key.claim {
        let zone = product.map_or(&scene.stage.settings.zone, |product| &product.zone);
        text = format!("{text}\n{}", given(&voice, claim, &dated(claim.claimed_at, zone)));
    }
    Ok(Some(Reply::say(say_text(&voice, text))))
}

fn given(voice: &Voice<'_>, claim: &Claim, at: &str) -> String {
    let or_not_set = |value: &str| match value {
        "" => voice.text("not-set", &[]).into(),
        value => safe(value),
    };
    let kind = match claim.kind {
        Kind::Normal => "claim-kind-normal",
        Kind::Waitlist => "claim-kind-waitlist",
        Kind::Replacement => "claim-kind-replacement",
        Kind::Import => "claim-kind-import",
    };
    let delivery = match claim.delivery {
        Delivery::Pending => "delivery-pending",
        Delivery::Delivered => "delivery-delivered",
        Delivery::Undeliverable => "delivery-undeliverable",
    };
    let args = [
        ("at", at.into()),
        ("username", or_not_set(&claim.username)),
        ("user", or_not_set(&claim.user.map(|user| user.to_string()).unwrap_or_default())),
        ("country", or_not_set(&claim.country.name)),
        ("phone", or_not_set(&claim.phone.as_deref().map(masked).unwrap_or_default())),
        ("kind", voice.text(kind, &[]).into()),
        ("delivery", voice.text(delivery, &[]).into()),
    ];
    voice.text("keyinfo-claim", &args)
}

fn state(voice: &Voice<'_>, state: KeyState) -> String {
    let id = match state {
        KeyState::Free => "key-state-free",
        KeyState::Held => "key-state-held",
        KeyState::Claimed => "key-state-claimed",
        KeyState::Revoked => "key-state-revoked",
    };
    voice.text(id, &[])
}

/// `/revoke <key>`
pub async fn revoke(scene: &Scene<'_, '_>, rest: &str) -> Answer {
    if rest.is_empty() {
        return Ok(None);
    }
    let key = match meant(scene, rest).await? {
        Ok(key) => key,
        Err(refusal) => return Ok(Some(refusal)),
    };
    let (actor, now) = (scene.actor(), scene.stage.cx.now());
    let id = match keys::revoke(scene.tx, scene.stage.vault, order(&key, &actor), now).await {
        Ok(_) => "key-revoked",
        Err(Error::WrongState(_)) => "key-already-revoked",
        Err(error) => return Err(error.fault()),
    };
    Ok(Some(said(scene, id, &key, &[])))
}

/// `/return <key>`
pub async fn give_back(scene: &Scene<'_, '_>, rest: &str, after: &mut Option<After>) -> Answer {
    if rest.is_empty() {
        return Ok(None);
    }
    let key = match meant(scene, rest).await? {
        Ok(key) => key,
        Err(refusal) => return Ok(Some(refusal)),
    };
    let (actor, now) = (scene.actor(), scene.stage.cx.now());
    let returned = match keys::give_back(scene.tx, scene.stage.vault, order(&key, &actor), now).await {
        Ok(returned) => returned,
        Err(error) => return refused(scene, &key, error).map(Some),
    };
    if let Some((user, token)) = returned.uncount {
        let (cx, product) = (scene.stage.cx.clone(), returned.product);
        *after = Some(async move { limits::uncount(&cx, user, &product, &token).await }.boxed());
    }
    let mut reply = said(scene, "key-returned", &key, &[]);
    reply.messages.extend(returned.messages);
    Ok(Some(reply))
}

/// `/replace <key>`
pub async fn replace(scene: &Scene<'_, '_>, rest: &str) -> Answer {
    if rest.is_empty() {
        return Ok(None);
    }
    let key = match meant(scene, rest).await? {
        Ok(key) => key,
        Err(refusal) => return Ok(Some(refusal)),
    };
    let (actor, now) = (scene.actor(), scene.stage.cx.now());
    let (vault, settings) = (scene.stage.vault, scene.stage.settings);
    let replaced = match keys::replace(scene.tx, vault, settings, order(&key, &actor), now).await {
        Ok(replaced) => replaced,
        Err(error) => return refused(scene, &key, error).map(Some),
    };
    let args = [("new", safe(&replaced.new.text)), ("user", replaced.person.id.to_string().into())];
    let mut reply = said(scene, "key-replaced", &key, &args);
    reply.messages.extend(replaced.messages);
    Ok(Some(reply))
}

fn order<'a>(key: &'a Key, actor: &'a str) -> Order<'a> {
    Order { key: &key.text, product: Some(&key.product), reason: "", actor }
}

/// The one key the admin means, or what is to be said instead.
async fn meant(scene: &Scene<'_, '_>, text: &str) -> Result<Result<Key, Reply>, Fault> {
    let voice = scene.voice();
    let unknown = || Reply::say(voice.say("key-unknown", &[("key", safe(text))]));
    let vault = scene.stage.vault;
    let mut found = match keys::find(scene.tx, vault, text).await {
        Ok(found) => found,
        Err(Error::NoSuchKey) => Vec::new(),
        Err(error) => return Err(error.fault()),
    };
    if found.is_empty()
        && let Some((code, key)) = text.split_once(':')
        && let Some(code) = Code::any_case(code)
    {
        found = store::keys::find(scene.tx, vault, key, Some(&code)).await?;
    }
    if let [first, _, ..] = found.as_slice() {
        let products: Vec<&str> = found.iter().map(|key| key.product.as_str()).collect();
        let args =
            [("products", products.join(", ").into()), ("code", first.product.as_str().into()), ("key", safe(text))];
        return Ok(Err(Reply::say(voice.say("key-ambiguous", &args))));
    }
    Ok(found.pop().ok_or_else(unknown))
}

fn said(scene: &Scene<'_, '_>, id: &str, key: &Key, more: Args<'_>) -> Reply {
    let names = [("key", safe(&key.text)), ("code", key.product.to_string().into())];
    Reply::say(scene.voice().say(id, &[names.as_slice(), more].concat()))
}

fn refused(scene: &Scene<'_, '_>, key: &Key, error: Error) -> Result<Reply, Fault> {
    match error {
        Error::WrongState(now) => {
            let state = state(&scene.voice(), now);
            Ok(said(scene, "key-not-claimed", key, &[("state", state.into())]))
        }
        Error::NoUser => Ok(said(scene, "key-without-user", key, &[])),
        Error::OutOfStock(_) => Ok(said(scene, "key-no-replacement", key, &[])),
        error => Err(error.fault()),
    }
}
