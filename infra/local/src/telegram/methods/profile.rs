//! What a bot says of itself: its name, its commands, where it wants its updates.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::telegram::delivery::Webhook;
use crate::telegram::params::Params;
use crate::telegram::refusal::Refusal;
use crate::telegram::world::{Room, State};

/// Commands in one list.
const COMMANDS_MAX: usize = 100;
/// Connections to one webhook when the bot names no number.
const CONNECTIONS: i64 = 40;

pub(super) fn get_me(state: &State, bot: i64) -> Value {
    let mut me = state.user_json(bot);
    me["can_join_groups"] = true.into();
    me["can_read_all_group_messages"] = false.into();
    me["supports_inline_queries"] = false.into();
    me["can_connect_to_business"] = false.into();
    me["has_main_web_app"] = false.into();
    me
}

/// The scope as a key: `default`, `all_private_chats`, `chat:7` ..
fn scope(params: &Params) -> Result<String, Refusal> {
    let scope = params.structure("scope")?;
    if scope.is_null() {
        return Ok("default".to_owned());
    }
    let part = |name: &str| {
        let value = &scope[name];
        value.as_str().map_or_else(|| value.to_string(), str::to_owned)
    };
    match scope["type"].as_str().unwrap_or_default() {
        plain @ ("default" | "all_private_chats" | "all_group_chats" | "all_chat_administrators") => {
            Ok(plain.to_owned())
        }
        one @ ("chat" | "chat_administrators") if !scope["chat_id"].is_null() => {
            Ok(format!("{one}:{}", part("chat_id")))
        }
        "chat_member" => Ok(format!("chat_member:{}:{}", part("chat_id"), part("user_id"))),
        _ => Err(Refusal::bad("can't parse BotCommandScope: Unsupported type specified")),
    }
}

fn language(params: &Params) -> Result<String, Refusal> {
    let language = params.text("language_code");
    let fits = language.is_empty() || (language.len() == 2 && language.chars().all(|c| c.is_ascii_lowercase()));
    if fits { Ok(language) } else { Err(Refusal::bad("BOT_COMMAND_LANGUAGE_CODE_INVALID")) }
}

pub(super) fn set_my_commands(state: &mut State, bot: i64, params: &Params) -> Result<Value, Refusal> {
    let key = (scope(params)?, language(params)?);
    check_scope_chat(state, bot, &key.0)?;
    let commands = params.structure("commands")?;
    let commands = commands.as_array().ok_or_else(|| Refusal::bad("expected an Array of BotCommand"))?;
    if commands.len() > COMMANDS_MAX {
        return Err(Refusal::bad("BOT_COMMANDS_TOO_MUCH"));
    }
    for command in commands {
        let name = command["command"].as_str().unwrap_or_default().trim_start_matches('/');
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if !(1..=32).contains(&name.len()) || !name.chars().all(fits) {
            return Err(Refusal::bad("BOT_COMMAND_INVALID"));
        }
        let description = command["description"].as_str().unwrap_or_default().encode_utf16().count();
        if !(1..=256).contains(&description) {
            return Err(Refusal::bad("BOT_COMMAND_DESCRIPTION_INVALID"));
        }
    }
    state.bot_mut(bot).commands.insert(key, commands.clone());
    tell_commands(state, bot);
    Ok(true.into())
}

fn check_scope_chat(state: &State, bot: i64, scope: &str) -> Result<(), Refusal> {
    let Some(chat) = scope.strip_prefix("chat:") else { return Ok(()) };
    let room = state.room(bot, chat)?;
    let unknown = matches!(room, Room::Private { .. }) && !state.rooms.get(&room).is_some_and(|log| log.started);
    if unknown { Err(Refusal::bad("chat not found")) } else { Ok(()) }
}

pub(super) fn get_my_commands(state: &State, bot: i64, params: &Params) -> Result<Value, Refusal> {
    let key = (scope(params)?, language(params)?);
    Ok(state.bot(bot).commands.get(&key).cloned().unwrap_or_default().into())
}

pub(super) fn delete_my_commands(state: &mut State, bot: i64, params: &Params) -> Result<Value, Refusal> {
    let key = (scope(params)?, language(params)?);
    state.bot_mut(bot).commands.remove(&key);
    tell_commands(state, bot);
    Ok(true.into())
}

fn tell_commands(state: &State, bot: i64) {
    for room in state.rooms.keys() {
        if matches!(room, Room::Private { bot: of, .. } if *of == bot) {
            state.tell(*room, json!({ "type": "commands" }));
        }
    }
}

/// The kinds in `allowed_updates`, if the call names them; an empty list means the default ones.
pub(crate) fn allowed_updates(params: &Params) -> Result<Option<BTreeSet<String>>, Refusal> {
    let list = params.structure("allowed_updates")?;
    if list.is_null() {
        return Ok(None);
    }
    let list =
        list.as_array().ok_or_else(|| Refusal::bad("can't parse allowed_updates: expected an Array of String"))?;
    Ok(Some(list.iter().filter_map(Value::as_str).map(str::to_owned).collect()))
}

pub(super) fn set_webhook(state: &mut State, bot: i64, params: &Params) -> Result<Value, Refusal> {
    let url = params.text("url");
    let drop_pending = params.flag("drop_pending_updates");
    if url.is_empty() {
        state.bot_mut(bot).post.stop(drop_pending);
        return Ok(true.into());
    }
    let secret = params.text("secret_token");
    let connections = params.int("max_connections").unwrap_or(CONNECTIONS).clamp(1, 100);
    let webhook = Webhook { url, secret, max_connections: usize::try_from(connections).expect("it is 1 to 100") };
    let allowed = allowed_updates(params)?;
    check_webhook(&webhook)?;
    let post = &mut state.bot_mut(bot).post;
    post.stop(drop_pending);
    post.webhook = Some(webhook);
    if allowed.is_some() {
        post.allowed = allowed;
    }
    Ok(true.into())
}

/// Sets a webhook as the bot's owner would, without going through the API.
pub(crate) fn point_webhook(state: &mut State, bot: i64, url: &str, secret: &str) -> Result<(), Refusal> {
    let fields = json!({ "url": url, "secret_token": secret });
    let params = Params::new(fields.as_object().cloned().expect("it is an object"));
    set_webhook(state, bot, &params).map(|_| ())
}

fn check_webhook(webhook: &Webhook) -> Result<(), Refusal> {
    let secret = &webhook.secret;
    if secret.len() > 256 {
        return Err(Refusal::bad("secret token is too long"));
    }
    if !secret.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')) {
        return Err(Refusal::bad("secret token contains unallowed characters"));
    }
    // Telegram wants HTTPS; on this machine plain HTTP to this machine stands for it.
    let host = webhook.url.strip_prefix("http://").map(|rest| rest.split(['/', ':']).next().unwrap_or_default());
    let local = host.is_some_and(|host| matches!(host, "127.0.0.1" | "localhost"));
    if local || webhook.url.starts_with("https://") {
        Ok(())
    } else {
        Err(Refusal::bad("bad webhook: An HTTPS URL must be provided for webhook"))
    }
}

pub(super) fn delete_webhook(state: &mut State, bot: i64, params: &Params) -> Value {
    state.bot_mut(bot).post.stop(params.flag("drop_pending_updates"));
    true.into()
}
