//! Tells Telegram a bot's commands and where its updates go.

use serde_json::{Value as Json, json};

use crate::base::i18n::Lang;
use crate::base::ids::UserId;
use crate::base::{Fault, Secret};
use crate::clients::telegram::{BotCommand, Reply, SetMyCommands, SetWebhook, Telegram};

/// What a bot is introduced with.
pub struct Introduction<'a> {
    /// Names of the commands of everyone.
    pub commands: &'a [&'a str],
    /// Names of those of admins.
    pub admin_commands: &'a [&'a str],
    /// The admins.
    pub admins: Vec<UserId>,
    /// Language of those whose own we do not write.
    pub language: Lang,
    /// What Telegram sends along with each update.
    pub secret: &'a Secret,
    /// Kinds of update the bot wants.
    pub allowed_updates: &'a [&'a str],
}

/// Sets the menus, and the webhook if `{"webhook_url":".."}` is given; `describe` words a command in a language.
pub async fn introduce(
    telegram: &Telegram,
    bot: &Introduction<'_>,
    describe: impl Fn(Lang, &str) -> String,
    event: &Json,
) -> Result<Json, Fault> {
    let commands = |lang: Lang, names: &[&str]| -> Vec<BotCommand> {
        let command = |name: &&str| BotCommand { command: (*name).to_owned(), description: describe(lang, name) };
        names.iter().map(command).collect()
    };
    let mut told = 0;
    for (lang, language_code) in [(bot.language, ""), (Lang::En, "en"), (Lang::Ru, "ru")] {
        let user = commands(lang, bot.commands);
        let mut admin = user.clone();
        admin.extend(commands(lang, bot.admin_commands));
        let scope = json!({ "type": "all_private_chats" });
        let mut menus = vec![SetMyCommands { commands: user, scope, language_code }];
        menus.extend(bot.admins.iter().map(|id| SetMyCommands {
            commands: admin.clone(),
            scope: json!({ "type": "chat", "chat_id": id }),
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
        let webhook = SetWebhook { url, secret_token: bot.secret.expose(), allowed_updates: bot.allowed_updates };
        answer["webhook"] = match telegram.call::<bool>("setWebhook", &webhook).await? {
            Reply::Done(done) => json!(done),
            Reply::Refused(why) => json!(why),
            Reply::Forbidden | Reply::TooMany(_) => json!(false),
        };
    }
    Ok(answer)
}
