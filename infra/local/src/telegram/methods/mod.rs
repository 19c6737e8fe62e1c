//! The methods of the Bot API.

mod answers;
mod chats;
mod documents;
mod messages;
mod photos;
mod profile;

use serde_json::Value;

pub(super) use profile::{allowed_updates, point_webhook};

use super::params::Params;
use super::refusal::Refusal;
use super::world::State;

/// Calls `method` (in any case) as `bot`, and notes the call.
pub(super) fn call(state: &mut State, bot: i64, method: &str, params: &Params) -> Result<Value, Refusal> {
    let outcome = dispatch(state, bot, method, params);
    let at = state.now();
    let sent = outcome.as_ref().ok().filter(|_| method.to_ascii_lowercase().starts_with("send"));
    if let Some(chat) = sent.and_then(|message| message["chat"]["id"].as_i64()) {
        state.bot_mut(bot).pace.note(chat);
    }
    state.bot_mut(bot).calls.note(method, params.to_json(), at, outcome.clone());
    outcome
}

fn dispatch(state: &mut State, bot: i64, method: &str, params: &Params) -> Result<Value, Refusal> {
    match method.to_ascii_lowercase().as_str() {
        "getme" => Ok(profile::get_me(state, bot)),
        "setmycommands" => profile::set_my_commands(state, bot, params),
        "getmycommands" => profile::get_my_commands(state, bot, params),
        "deletemycommands" => profile::delete_my_commands(state, bot, params),
        "setwebhook" => profile::set_webhook(state, bot, params),
        "deletewebhook" => Ok(profile::delete_webhook(state, bot, params)),
        "getwebhookinfo" => Ok(state.bot(bot).post.info()),
        "sendmessage" => messages::send(state, bot, params),
        "editmessagetext" => messages::edit_text(state, bot, params),
        "editmessagereplymarkup" => messages::edit_reply_markup(state, bot, params),
        "deletemessage" => messages::delete_one(state, bot, params),
        "deletemessages" => messages::delete_many(state, bot, params),
        "sendchataction" => messages::send_chat_action(state, bot, params),
        "sendphoto" => photos::send(state, bot, params),
        "senddocument" => documents::send(state, bot, params),
        "getfile" => documents::get(state, params),
        "answercallbackquery" => answers::callback_query(state, bot, params),
        "sendinvoice" => answers::send_invoice(state, bot, params),
        "answerprecheckoutquery" => answers::pre_checkout_query(state, bot, params),
        "refundstarpayment" => answers::refund_star_payment(state, bot, params),
        "getchat" => chats::get(state, bot, params),
        "getchatmember" => chats::get_member(state, bot, params),
        "banchatmember" | "kickchatmember" => chats::ban(state, bot, params),
        "unbanchatmember" => chats::unban(state, bot, params),
        "createchatinvitelink" => chats::create_invite_link(state, bot, params),
        "revokechatinvitelink" => chats::revoke_invite_link(state, bot, params),
        "approvechatjoinrequest" => chats::answer_join_request(state, bot, params, true),
        "declinechatjoinrequest" => chats::answer_join_request(state, bot, params, false),
        _ => Err(Refusal::no_method()),
    }
}
