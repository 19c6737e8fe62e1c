//! Sending, editing and deleting messages.

use jiff::SignedDuration;
use serde_json::Value;

use crate::telegram::entities;
use crate::telegram::html;
use crate::telegram::markup;
use crate::telegram::message::{Entity, Message};
use crate::telegram::params::Params;
use crate::telegram::refusal::Refusal;
use crate::telegram::rooms::Draft;
use crate::telegram::world::{Kind, Room, State};

/// UTF-16 code units in a message.
const TEXT_MAX: usize = 4096;
/// Messages deleted by one call.
const DELETED_MAX: usize = 100;
/// Older messages cannot be deleted.
const DELETABLE: SignedDuration = SignedDuration::from_hours(48);

pub(super) fn send(state: &mut State, bot: i64, params: &Params) -> Result<Value, Refusal> {
    let room = writable_room(state, bot, params)?;
    let (text, entities) = formatted(params, "text", "entities")?;
    check_length(&text, TEXT_MAX, "message text is empty", "message is too long")?;
    let draft = draft(state, bot, room, params)?;
    let message = state.add_message(room, Draft { text, entities, ..draft });
    Ok(state.message_json(room, &message))
}

/// A message of `bot` with the keyboard and the reply that the call names, and nothing in it yet.
pub(super) fn draft(state: &State, bot: i64, room: Room, params: &Params) -> Result<Draft, Refusal> {
    let reply_markup = markup::read(params, matches!(room, Room::Private { .. }))?;
    let reply_to = reply_to(state, room, params)?;
    Ok(Draft { from: bot, reply_markup, reply_to, ..Draft::default() })
}

fn reply_to(state: &State, room: Room, params: &Params) -> Result<Option<i64>, Refusal> {
    let reply = params.structure("reply_parameters")?;
    let replied = reply["message_id"].as_i64().or_else(|| params.int("reply_to_message_id"));
    let Some(replied) = replied else { return Ok(None) };
    let optional = reply["allow_sending_without_reply"] == true || params.flag("allow_sending_without_reply");
    match state.message(room, replied) {
        Some(_) => Ok(Some(replied)),
        None if optional => Ok(None),
        None => Err(Refusal::bad("message to be replied not found")),
    }
}

/// The room that `chat_id` names, if the bot may write there.
pub(super) fn writable_room(state: &State, bot: i64, params: &Params) -> Result<Room, Refusal> {
    let room = state.room(bot, &params.text("chat_id"))?;
    match room {
        Room::Private { user, .. } if state.bots.contains_key(&user) => {
            Err(Refusal::forbidden("bots can't send messages to bots"))
        }
        Room::Private { user, .. } => match state.rooms.get(&room) {
            Some(log) if log.blocked => Err(Refusal::forbidden("bot was blocked by the user")),
            Some(log) if log.started => Ok(room),
            _ if state.may_greet(bot, user) => Ok(room),
            _ => Err(Refusal::forbidden("bot can't initiate conversation with a user")),
        },
        Room::Group(id) => {
            let group = &state.groups[&id];
            let member = group.member(bot);
            let kind = group.kind.as_str();
            match group.kind {
                _ if member.status == "kicked" => {
                    Err(Refusal::forbidden(&format!("bot was kicked from the {kind} chat")))
                }
                _ if !member.is_inside => Err(Refusal::forbidden(&format!("bot is not a member of the {kind} chat"))),
                Kind::Channel if !member.is_admin() => {
                    Err(Refusal::bad("need administrator rights in the channel chat"))
                }
                _ => Ok(room),
            }
        }
    }
}

/// A text parameter with what is marked in it, by tags, by entities or by itself.
pub(super) fn formatted(params: &Params, field: &str, list: &str) -> Result<(String, Vec<Entity>), Refusal> {
    let raw = params.text(field);
    let given = params.structure(if field == "caption" { "caption_entities" } else { list })?;
    let (text, mut marked) = match params.text("parse_mode").to_ascii_lowercase().as_str() {
        "html" => html::parse(&raw).map_err(|why| Refusal::bad(format!("can't parse entities: {why}")))?,
        "" | "none" => {
            let entities = serde_json::from_value(given).unwrap_or_default();
            (raw, entities)
        }
        "markdown" | "markdownv2" => return Err(Refusal::bad("can't parse entities: this fake reads only HTML")),
        _ => return Err(Refusal::bad("unsupported parse_mode")),
    };
    let text = text.trim_end().to_owned();
    let units = text.encode_utf16().count();
    marked.retain(|entity| entity.offset < units);
    for entity in &mut marked {
        entity.length = entity.length.min(units - entity.offset);
    }
    marked.extend(entities::detect(&text, &marked));
    marked.sort_by_key(|entity| (entity.offset, usize::MAX - entity.length));
    Ok((text, marked))
}

fn check_length(text: &str, max: usize, empty: &str, long: &str) -> Result<(), Refusal> {
    match text.encode_utf16().count() {
        _ if text.trim().is_empty() => Err(Refusal::bad(empty)),
        units if units > max => Err(Refusal::bad(long)),
        _ => Ok(()),
    }
}

/// The bot's own message that a call wants to edit.
fn editable(state: &State, bot: i64, params: &Params) -> Result<(Room, Message), Refusal> {
    let room = state.room(bot, &params.text("chat_id"))?;
    let id = params.int("message_id").ok_or_else(|| Refusal::bad("message identifier is not specified"))?;
    let message = state.message(room, id).ok_or_else(|| Refusal::bad("message to edit not found"))?;
    let other_keyboard = message.reply_markup.as_ref().is_some_and(|markup| markup.get("inline_keyboard").is_none());
    if message.from != bot || other_keyboard {
        return Err(Refusal::bad("message can't be edited"));
    }
    Ok((room, message.clone()))
}

fn store_edit(state: &mut State, room: Room, old: &Message, mut new: Message) -> Result<Value, Refusal> {
    if *old == new {
        return Err(Refusal::bad(
            "message is not modified: specified new message content and reply markup are exactly the same as a current \
             content and reply markup of the message",
        ));
    }
    new.edited = Some(state.now());
    let stored = state.log(room).get_mut(new.message_id);
    new.clone_into(stored.expect("the message was found just now"));
    state.tell_message(room, "edited", &new);
    Ok(state.message_json(room, &new))
}

pub(super) fn edit_text(state: &mut State, bot: i64, params: &Params) -> Result<Value, Refusal> {
    let (room, old) = editable(state, bot, params)?;
    if !old.content.is_empty() {
        return Err(Refusal::bad("there is no text in the message to edit"));
    }
    let (text, entities) = formatted(params, "text", "entities")?;
    check_length(&text, TEXT_MAX, "message text is empty", "MESSAGE_TOO_LONG")?;
    let reply_markup = inline_only(markup::read(params, true)?)?;
    let new = Message { text, entities, reply_markup, ..old.clone() };
    store_edit(state, room, &old, new)
}

pub(super) fn edit_reply_markup(state: &mut State, bot: i64, params: &Params) -> Result<Value, Refusal> {
    let (room, old) = editable(state, bot, params)?;
    let reply_markup = inline_only(markup::read(params, true)?)?;
    let new = Message { reply_markup, ..old.clone() };
    store_edit(state, room, &old, new)
}

fn inline_only(markup: Option<Value>) -> Result<Option<Value>, Refusal> {
    match markup {
        Some(markup) if markup.get("inline_keyboard").is_none() => Err(Refusal::bad("inline keyboard expected")),
        markup => Ok(markup),
    }
}

fn check_deletable(state: &State, bot: i64, room: Room, message: &Message) -> Result<(), Refusal> {
    let old = state.now().duration_since(message.date) >= DELETABLE;
    let allowed = match room {
        Room::Private { .. } => !old,
        Room::Group(id) => state.groups[&id].member(bot).is_admin() || (message.from == bot && !old),
    };
    allowed.then_some(()).ok_or_else(|| Refusal::bad("message can't be deleted for everyone"))
}

pub(super) fn delete_one(state: &mut State, bot: i64, params: &Params) -> Result<Value, Refusal> {
    let room = state.room(bot, &params.text("chat_id"))?;
    let id = params.int("message_id").ok_or_else(|| Refusal::bad("message identifier is not specified"))?;
    let message = state.message(room, id).ok_or_else(|| Refusal::bad("message to delete not found"))?;
    check_deletable(state, bot, room, message)?;
    state.delete_messages(room, &[id]);
    Ok(true.into())
}

pub(super) fn delete_many(state: &mut State, bot: i64, params: &Params) -> Result<Value, Refusal> {
    let room = state.room(bot, &params.text("chat_id"))?;
    let ids = params.structure("message_ids")?;
    let ids = ids.as_array().filter(|ids| !ids.is_empty());
    let ids = ids.ok_or_else(|| Refusal::bad("message identifiers are not specified"))?;
    if ids.len() > DELETED_MAX {
        return Err(Refusal::bad("too many message identifiers specified"));
    }
    let ids: Option<Vec<i64>> = ids.iter().map(Value::as_i64).collect();
    let ids = ids.ok_or_else(|| Refusal::bad("message identifier must be a Number"))?;
    let known: Vec<i64> = ids.into_iter().filter(|id| state.message(room, *id).is_some()).collect();
    for id in &known {
        let message = state.message(room, *id).expect("the unknown ones are left out");
        check_deletable(state, bot, room, message)?;
    }
    if !known.is_empty() {
        state.delete_messages(room, &known);
    }
    Ok(true.into())
}

pub(super) fn send_chat_action(state: &mut State, bot: i64, params: &Params) -> Result<Value, Refusal> {
    let room = writable_room(state, bot, params)?;
    let action = params.text("action");
    if action.is_empty() {
        return Err(Refusal::bad("wrong parameter action in request"));
    }
    state.tell(room, serde_json::json!({ "type": "action", "action": action }));
    Ok(true.into())
}
