//! Admins in chat: each command is one of the back office's use cases, in words.

use super::plain::{After, Reply, Scene};
use crate::base::Fault;
use crate::clients::telegram::SendMessage;
use crate::db::outbox::Outgoing;
use crate::keyhub::dialog::Command;
use crate::keyhub::messages::{Voice, safe};
use crate::keyhub::model::{Code, Product};

mod keys;
mod products;
mod restock;
mod stats;
mod users;

pub use restock::{decide, prepare, report as restock};

/// What a command says; nothing if it lacks what it needs.
type Answer = Result<Option<Reply>, Fault>;

/// Serves a command.
pub async fn command(scene: &Scene<'_, '_>, command: &Command, after: &mut Option<After>) -> Result<Reply, Fault> {
    let rest = command.rest.as_str();
    let said = match command.name.as_str() {
        "products" => products::list(scene).await?,
        "addproduct" => products::add(scene, rest).await?,
        "setproduct" => products::set(scene, rest).await?,
        "restock" => restock::ask(scene, rest),
        "export" => products::export(scene, rest).await?,
        "keyinfo" => keys::info(scene, rest).await?,
        "revoke" => keys::revoke(scene, rest).await?,
        "return" => keys::give_back(scene, rest, after).await?,
        "replace" => keys::replace(scene, rest).await?,
        "block" => users::block(scene, rest).await?,
        "unblock" => users::unblock(scene, rest).await?,
        "premium" => users::grant_premium(scene, rest).await?,
        "resetlimit" => users::reset_limit(scene, rest).await?,
        "unbindphone" => users::unbind_phone(scene, rest).await?,
        "stats" => stats::show(scene, rest).await?,
        _ => None,
    };
    Ok(said.unwrap_or_else(|| usage(scene, &command.name)))
}

fn usage(scene: &Scene<'_, '_>, command: &str) -> Reply {
    let voice = scene.voice();
    let id = if command == "premium" { "usage-premium-grant".to_owned() } else { format!("usage-{command}") };
    Reply::say(voice.say("usage", &[("usage", voice.text(&id, &[]).into())]))
}

impl Scene<'_, '_> {
    /// The admin as the audit names them.
    fn actor(&self) -> String {
        format!("telegram:{}", self.person.id)
    }

    /// The product an admin means by `text`, or that there is none.
    fn product(&self, text: &str) -> Result<&Product, Reply> {
        let code = Code::any_case(text);
        let found = code.and_then(|code| self.products.iter().find(|product| product.code == code));
        found.ok_or_else(|| Reply::say(self.voice().say("product-unknown", &[("code", safe(text))])))
    }
}

/// The first word of a line, and the rest of it.
fn split(line: &str) -> (&str, &str) {
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    (word, rest.trim_start())
}

/// Says lines; what is too long for one message is sent as several.
fn say_lines(voice: &Voice<'_>, lines: &[String]) -> Reply {
    Reply::say(say_text(voice, lines.join("\n")))
}

fn say_text(voice: &Voice<'_>, text: String) -> Outgoing {
    voice.send(SendMessage::new(voice.chat, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_word_and_the_rest() {
        assert_eq!(split("F  Mac OS"), ("F", "Mac OS"));
        assert_eq!(split("F"), ("F", ""));
        assert_eq!(split(""), ("", ""));
    }
}
