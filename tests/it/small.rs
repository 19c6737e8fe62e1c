//! Functions small enough to test the entry by, without a domain.

use http::{Method, StatusCode};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use shared::base::Fault;
use shared::base::ids::{BotId, ChatId};
use shared::clients::telegram::{Event, Update};
use shared::db::audit::{self, Entry};
use shared::db::outbox::{self, End, Outgoing};
use shared::db::{GenericClient, Transaction};
use shared::entry::converse::{self, Who};
use shared::entry::deliver::{self, Listener};
use shared::entry::http::{Started, finish, start};
use shared::entry::{Access, Cx, Function, Message, Problem, Request, Response};
use tests::{Call, World};

/// The bot of the fixture.
pub const BOT: BotId = BotId("keyhub");
/// The scope that [`notes`] asks for.
pub const SCOPE: &str = "keyhub:write";
const HEARD: Listener =
    Listener { prefix: "test.heard:", still: None, hear: |tx, rest, end, now| Box::pin(hear(tx, rest, end, now)) };

/// `POST /notes/{subject}` with `{"note"}` writes one line of audit, repeatably.
pub fn notes() -> Function {
    Function::http("test-notes", (Method::POST, "/notes/{subject}"), Access::Scope(SCOPE), write_note)
}

async fn write_note(cx: Cx, request: Request) -> Result<Response, Problem> {
    #[derive(Deserialize)]
    struct Body {
        note: String,
    }
    let body: Body = request.json()?;
    let mut db = cx.db().await?;
    let tx = db.begin();
    let write = match start(&tx, &request, cx.now()).await? {
        Started::New(write) => write,
        Started::Answered(response) => {
            tx.rollback().await?;
            return Ok(response);
        }
    };
    note(&tx, &request.actor(), request.param("subject"), &body.note, cx.now()).await?;
    let row = tx.query_one("select max(audit_id) as id from core.audit", &[]).await?;
    let id: i64 = row.get("id");
    let response = Response::json(StatusCode::CREATED, &json!({ "id": id, "note": body.note }));
    let response = response.header(http::header::LOCATION, &format!("/notes/{id}"));
    finish(tx, write, &response, &[], cx.now()).await?;
    Ok(response)
}

async fn note(tx: &Transaction<'_>, actor: &str, subject: &str, note: &str, now: Timestamp) -> Result<(), Fault> {
    let new = Some(json!({ "note": note }));
    audit::note(tx, Entry { domain: "test", actor, action: "note", subject, old: None, new }, now).await
}

/// `POST /telegram/test`: a bot that counts what a person wrote, and says the count and the text.
pub fn counting_bot() -> Function {
    let function = Function::telegram("test-webhook", "/telegram/test", |config| config.keyhub()?.secret(), count);
    function.sends(&[deliver::TELEGRAM], &[])
}

async fn count(cx: Cx, update: Update) -> Result<(), Fault> {
    let Event::Message(message) = update.event else { return Ok(()) };
    let (Some(from), Some(text)) = (message.from, message.text) else { return Ok(()) };
    let who = Who { bot: BOT, update: update.update_id, user: from.id };
    let mut db = cx.db().await?;
    let tx = db.begin();
    let Some(turn) = converse::open::<u32>(&tx, who, cx.now()).await? else { return tx.rollback().await };
    let next = turn.dialog + 1;
    let said = deliver::say(BOT, message.chat.id, shared::base::i18n::escape_html(&format!("{next} {text}")));
    let pushed = converse::close(&tx, who, &next, &[said], cx.now()).await?;
    drop(tx);
    deliver::at_once(&cx, &mut db, pushed).await;
    Ok(())
}

/// A delivery to [`counting_bot`].
pub fn delivery(world: &World, update: &Json) -> Call {
    delivery_of(world, update.to_string())
}

/// A delivery of any body to [`counting_bot`].
pub fn delivery_of(world: &World, body: impl Into<Vec<u8>>) -> Call {
    let secret = world.setting("TELEGRAM_KEYHUB_SECRET");
    Call::post("/telegram/test").header("x-telegram-bot-api-secret-token", secret).body("application/json", body)
}

/// Reads the restocked queue: a body `{"note"}` writes one line of audit, any other fails.
pub fn reader() -> Function {
    Function::queue("keyhub-restocked", "keyhub-restocked", read)
}

async fn read(cx: Cx, message: Message) -> Result<(), Fault> {
    #[derive(Deserialize)]
    struct Body {
        note: String,
    }
    let body: Body = serde_json::from_str(&message.body).map_err(|error| Fault::Event("a note", error))?;
    let mut db = cx.db().await?;
    let tx = db.begin();
    note(&tx, "queue", &message.id, &body.note, cx.now()).await?;
    tx.commit().await
}

/// Leaves messages in the outbox and sends them, as every domain does: see [`Say`].
pub fn teller() -> Function {
    Function::direct("test-tell", tell).sends(&[deliver::TELEGRAM, deliver::QUEUE, deliver::EVENT], &[HEARD])
}

/// The real `outbox-relay` with the listener of [`teller`].
pub fn relay() -> Function {
    let relay = Function::schedule("outbox-relay", "rate(1 minute)", deliver::sweep);
    relay.sends(&[deliver::TELEGRAM, deliver::QUEUE, deliver::EVENT], &[HEARD])
}

/// The event of [`teller`].
#[derive(Debug, Deserialize)]
struct Say {
    chat: i64,
    texts: Vec<String>,
    #[serde(default = "yes")]
    at_once: bool,
    thread: Option<String>,
    about: Option<String>,
}

fn yes() -> bool {
    true
}

async fn tell(cx: Cx, event: Json) -> Result<Json, Fault> {
    let say: Say = serde_json::from_value(event).map_err(|error| Fault::Event("what to say", error))?;
    let message = |text: &String| {
        let mut message = deliver::say(BOT, ChatId(say.chat), text);
        message.at_once = say.at_once;
        message.thread.clone_from(&say.thread);
        message.about.clone_from(&say.about);
        message
    };
    send_out(&cx, &say.texts.iter().map(message).collect::<Vec<_>>()).await?;
    Ok(Json::Null)
}

/// Writes `messages` and sends them.
pub async fn send_out(cx: &Cx, messages: &[Outgoing]) -> Result<(), Fault> {
    let mut db = cx.db().await?;
    let tx = db.begin();
    let pushed = tx.commit_with(outbox::push(&tx, messages, cx.now())).await?;
    drop(tx);
    deliver::at_once(cx, &mut db, pushed).await;
    Ok(())
}

async fn hear(tx: &Transaction<'_>, rest: &str, end: End, now: Timestamp) -> Result<(), Fault> {
    note(tx, "listener", rest, &format!("{end:?}"), now).await
}

/// How many lines of audit the functions above wrote.
pub async fn noted(world: &World) -> i64 {
    world.number("select count(*) from core.audit where domain = 'test'").await
}
