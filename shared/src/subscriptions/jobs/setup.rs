//! Tells Telegram the bot's commands and where its updates go.

use serde_json::Value as Json;

use crate::base::Fault;
use crate::base::ids::UserId;
use crate::entry::Cx;
use crate::entry::introduce::{Introduction, introduce};
use crate::subscriptions::dialog::{ADMIN_COMMANDS, USER_COMMANDS};
use crate::subscriptions::messages::text;
use crate::subscriptions::settings;
use crate::subscriptions::store::members;

/// Kinds of update the bot wants. Telegram sends the last two to administrators of a chat that ask for them only.
pub const ALLOWED_UPDATES: [&str; 5] =
    ["message", "callback_query", "my_chat_member", "chat_member", "chat_join_request"];

/// `subscriptions-setup`: tells Telegram the commands, and the webhook if `{"webhook_url":".."}` is given.
pub async fn run(cx: Cx, event: Json) -> Result<Json, Fault> {
    let config = cx.config().subscriptions()?;
    let telegram = cx.telegram(config.token()?);
    let (settings, staff) = {
        let db = cx.db().await?;
        tokio::try_join!(settings::load(&*db, config), members::staff(&*db))?
    };
    let bot = Introduction {
        commands: &USER_COMMANDS,
        admin_commands: &ADMIN_COMMANDS,
        admins: staff.iter().map(|member| UserId(member.chat_id.0)).collect(),
        language: settings.language,
        secret: config.secret()?,
        allowed_updates: &ALLOWED_UPDATES,
    };
    introduce(&telegram, &bot, |lang, name| text(&settings.texts, lang, &format!("command-{name}"), &[]), &event).await
}
