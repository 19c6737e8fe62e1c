//! Reply markups: what Telegram accepts as a keyboard.

use serde_json::Value;

use super::message::button_text;
use super::params::Params;
use super::refusal::Refusal;

/// Buttons in one keyboard.
const BUTTONS_MAX: usize = 100;
/// Bytes of callback data.
const DATA_BYTES_MAX: usize = 64;
/// Characters that a button copies.
const COPY_CHARS_MAX: usize = 256;

/// What a button can do; every inline button does exactly one of these.
const DEEDS: [&str; 8] = [
    "url",
    "callback_data",
    "copy_text",
    "pay",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
];

/// The `reply_markup` of a call, if it has one that Telegram accepts in such a chat.
pub(super) fn read(params: &Params, private: bool) -> Result<Option<Value>, Refusal> {
    let markup = params.structure("reply_markup")?;
    let Some(fields) = markup.as_object() else {
        return if markup.is_null() { Ok(None) } else { Err(Refusal::bad("object expected as reply markup")) };
    };
    if let Some(rows) = fields.get("inline_keyboard") {
        let buttons = rows_of(rows, "inline_keyboard")?;
        buttons.iter().try_for_each(|button| check_inline(button))?;
        let empty = buttons.is_empty();
        return Ok(if empty { None } else { Some(markup) });
    }
    if let Some(rows) = fields.get("keyboard") {
        let buttons = rows_of(rows, "keyboard")?;
        if buttons.is_empty() {
            return Ok(None);
        }
        buttons.iter().try_for_each(|button| check_reply(button, private))?;
        return Ok(Some(markup));
    }
    let known = fields.get("remove_keyboard") == Some(&Value::Bool(true))
        || fields.get("force_reply") == Some(&Value::Bool(true));
    Ok(Some(markup).filter(|_| known))
}

fn rows_of<'a>(rows: &'a Value, field: &str) -> Result<Vec<&'a Value>, Refusal> {
    let wrong = || Refusal::bad(format!("field \"{field}\" of the ReplyMarkup must be an Array of Arrays"));
    let mut buttons = Vec::new();
    for row in rows.as_array().ok_or_else(wrong)? {
        buttons.extend(row.as_array().ok_or_else(wrong)?);
    }
    if buttons.len() > BUTTONS_MAX {
        return Err(Refusal::bad("reply markup is too long"));
    }
    Ok(buttons)
}

fn check_inline(button: &Value) -> Result<(), Refusal> {
    let unreadable = |why: &str| Refusal::bad(format!("can't parse inline keyboard button: {why}"));
    if !button["text"].is_string() {
        return Err(unreadable("Can't find field \"text\""));
    }
    if button_text(button).is_empty() {
        return Err(Refusal::bad("BUTTON_TEXT_INVALID"));
    }
    let deeds: Vec<_> = DEEDS.iter().filter(|deed| is_given(&button[**deed])).collect();
    let [deed] = deeds.as_slice() else {
        let why =
            if deeds.is_empty() { "Text buttons are unallowed in the inline keyboard" } else { "Wrong button type" };
        return Err(unreadable(why));
    };
    match **deed {
        "callback_data" => {
            let data = button["callback_data"].as_str().unwrap_or_default();
            let fits = data.len() <= DATA_BYTES_MAX;
            fits.then_some(()).ok_or_else(|| Refusal::bad("BUTTON_DATA_INVALID"))
        }
        "copy_text" => {
            let text = button["copy_text"]["text"].as_str().unwrap_or_default();
            let fits = (1..=COPY_CHARS_MAX).contains(&text.chars().count());
            fits.then_some(()).ok_or_else(|| Refusal::bad("BUTTON_COPY_TEXT_INVALID"))
        }
        "url" => check_url(button["url"].as_str().unwrap_or_default()),
        _ => Ok(()),
    }
}

fn is_given(deed: &Value) -> bool {
    !matches!(deed, Value::Null | Value::Bool(false)) && deed != ""
}

fn check_url(url: &str) -> Result<(), Refusal> {
    let invalid = |why: &str| Err(Refusal::bad(format!("inline keyboard button URL '{url}' is invalid: {why}")));
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let scheme = scheme.to_ascii_lowercase();
    if matches!(scheme.as_str(), "tg" | "ton") {
        return Ok(());
    }
    if !matches!(scheme.as_str(), "http" | "https") {
        return invalid("Unsupported URL protocol");
    }
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default();
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    let labels =
        host.split('.').all(|label| !label.is_empty() && !label.contains(|c: char| !c.is_alphanumeric() && c != '-'));
    if host.contains('.') && labels && !url.contains(char::is_whitespace) { Ok(()) } else { invalid("Wrong HTTP URL") }
}

fn check_reply(button: &Value, private: bool) -> Result<(), Refusal> {
    if !button.is_string() && !button["text"].is_string() {
        return Err(Refusal::bad("can't parse keyboard button: Can't find field \"text\""));
    }
    if button_text(button).is_empty() {
        return Err(Refusal::bad("keyboard button text must be non-empty"));
    }
    match (private, button["request_contact"] == true, button["request_location"] == true) {
        (false, true, _) => Err(Refusal::bad("phone number can be requested in private chats only")),
        (false, _, true) => Err(Refusal::bad("location can be requested in private chats only")),
        _ => Ok(()),
    }
}
