//! Tells Telegram the bot's commands and where its updates go.

use serde_json::{Value as Json, json};

use super::super::dialog::{ADMIN_COMMANDS, USER_COMMANDS};
use super::super::messages::text;
use super::super::settings::{self, Settings};
use super::super::store::members;
use crate::base::Fault;
use crate::base::i18n::Lang;
use crate::clients::telegram::{BotCommand, Reply, SetMyCommands, SetWebhook};
use crate::entry::Cx;

/// Kinds of update the bot wants. Telegram sends the last two to administrators of a chat that ask for them only.
pub const ALLOWED_UPDATES: [&str; 5] = ["message", "callback_query", "my_chat_member", "chat_member", "chat_join_request"];

/// `subscriptions-setup`: tells Telegram the commands, and the webhook if `{"webhook_url":".."}` is given.
pub async fn run(cx: Cx, event: Json) -> Result<Json, Fault> {
    let config = cx.config().subscriptions()?;
    let telegram = cx.telegram(config.token()?);
    let (settings, staff) = {
        let db = cx.db().await?;
        tokio::try_join!(settings::load(&*db, config), members::staff(&*db))?
    };
    let mut told = 0;
    for (lang, language_code) in [(settings.language, ""), (Lang::En, "en"), (Lang::Ru, "ru")] {
        let user = commands(&settings, lang, &USER_COMMANDS);
        let mut admin = user.clone();
        admin.extend(commands(&settings, lang, &ADMIN_COMMANDS));
        let scope = json!({ "type": "all_private_chats" });
        let mut menus = vec![SetMyCommands { commands: user, scope, language_code }];
        menus.extend(staff.iter().map(|member| SetMyCommands {
            commands: admin.clone(),
            scope: json!({ "type": "chat", "chat_id": member.chat_id }),
            language_code,
        }));
        for menu in menus {
            // An admin who never started the bot has no chat yet; the menu comes with the next setup.
            if let Reply::Done(true) = telegram.call::<bool>("setMyCommands", &menu).await? {
                told += 1;
            }
        }
    }
    let mut answer = json!({ "menus": told });
    if let Some(url) = event["webhook_url"].as_str() {
        let secret_token = config.secret()?.expose();
        let webhook = SetWebhook { url, secret_token, allowed_updates: &ALLOWED_UPDATES };
        answer["webhook"] = match telegram.call::<bool>("setWebhook", &webhook).await? {
            Reply::Done(done) => json!(done),
            Reply::Refused(why) => json!(why),
            Reply::Forbidden | Reply::TooMany(_) => json!(false),
        };
    }
    Ok(answer)
}

fn commands(settings: &Settings, lang: Lang, names: &[&str]) -> Vec<BotCommand> {
    let command = |name: &&str| BotCommand {
        command: (*name).to_owned(),
        description: text(&settings.texts, lang, &format!("command-{name}"), &[]),
    };
    names.iter().map(command).collect()
}
