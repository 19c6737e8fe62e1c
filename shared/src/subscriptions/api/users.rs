//! `/api/v1/users`: people, as front ends and operators know them.

use http::StatusCode;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::body::Body;
use super::codes::Fields;
use super::fields::{self, Wrong};
use super::{TAG, begin, end, member, member_id};
use crate::entry::http::{Started, finish, start};
use crate::entry::openapi::Operation;
use crate::entry::{Cx, Problem, Request, Response};
use crate::subscriptions::members::{self, Names};
use crate::subscriptions::model::{Member, MemberId};

/// Length of a reason, in characters.
const REASON_CHARS_MAX: usize = 200;

/// A person to be known.
#[derive(Debug, JsonSchema)]
pub struct NewUser {
    /// Number of their account at Telegram, 0 or more; may stand in a text.
    pub chat_id: i64,
    /// User name of at most 256 characters; one `@` before it is dropped.
    pub telegram_username: String,
    /// At most 256 characters.
    pub first_name: Option<String>,
    /// At most 256 characters.
    pub last_name: Option<String>,
}

/// A person who is known now.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Registered {
    /// 201 if they are new, else 200.
    status: u16,
    /// Who they are.
    data: Registration,
}

/// Who somebody is.
#[derive(Debug, Serialize, JsonSchema)]
struct Registration {
    /// Number of their account at Telegram.
    chat_id: MemberId,
    /// User name without `@`.
    telegram_username: Option<String>,
    /// First name, if one is known.
    first_name: Option<String>,
    /// Last name, if one is known.
    last_name: Option<String>,
}

fn read(body: &Body) -> Result<(MemberId, Names), Problem> {
    let mut wrong = Wrong::default();
    let chat_id = wrong.check("chat_id", fields::chat_id(body.get("chat_id")));
    let username = wrong.check("telegram_username", fields::username(body.get("telegram_username")));
    let first_name = wrong.check("first_name", fields::name(body.get("first_name"))).flatten();
    let last_name = wrong.check("last_name", fields::name(body.get("last_name"))).flatten();
    wrong.settle()?;
    let (chat_id, username) = chat_id.zip(username).expect("nothing is wrong, so both are there");
    Ok((chat_id, Names { username, first_name, last_name }))
}

/// `POST /api/v1/users`
pub async fn register(cx: Cx, request: Request) -> Result<Response, Problem> {
    let (chat_id, names) = read(&Body::read(&request)?)?;
    let now = cx.now();
    let mut db = cx.db().await?;
    let tx = db.begin();
    let write = match start(&tx, &request, now).await? {
        Started::New(write) => write,
        Started::Answered(response) => return Ok(response),
    };
    let (member, is_new) = members::register(&tx, chat_id, &names, now).await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    let data = Registration {
        chat_id: member.chat_id,
        telegram_username: member.username,
        first_name: member.first_name,
        last_name: member.last_name,
    };
    let response = Response::json(status, &Registered { status: status.as_u16(), data });
    finish(tx, write, &response, &[], now).await?;
    Ok(response)
}

/// Its place in the API document.
pub fn register_operation() -> Operation {
    Operation::new(TAG, "Makes a person known, or changes their names")
        .takes::<NewUser>("The person, in JSON or as a form; other fields are passed over")
        .repeatable()
        .answers::<Registered>(200, "The person was known; the names given are changed")
        .answers::<Registered>(201, "The person is new")
        .answers_text(400, "application/json", "Wrong fields by name, each with a list of texts; or broken JSON")
}

/// A person as operators see them.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Member")]
#[expect(clippy::struct_excessive_bools, reason = "callers know these names")]
pub struct MemberBody {
    /// Number of their account at Telegram.
    chat_id: MemberId,
    /// User name without `@`.
    telegram_username: Option<String>,
    /// First name.
    first_name: Option<String>,
    /// Last name.
    last_name: Option<String>,
    /// Whether they are in the group, as far as Telegram said.
    at_private_group: bool,
    /// Since when they are known.
    date_joined: Timestamp,
    /// Whether they are an admin.
    is_staff: bool,
    /// Whether they are kept out of the group.
    blocked: bool,
    /// Whether the bot can write to them.
    reachable: bool,
}

impl From<Member> for MemberBody {
    fn from(member: Member) -> Self {
        Self {
            chat_id: member.chat_id,
            telegram_username: member.username,
            first_name: member.first_name,
            last_name: member.last_name,
            at_private_group: member.at_private_group,
            date_joined: member.date_joined,
            is_staff: member.is_staff,
            blocked: member.blocked,
            reachable: member.reachable,
        }
    }
}

/// What is to change about a person; what is left out stays.
#[derive(Debug, JsonSchema)]
pub struct MemberChange {
    /// Whether they are an admin.
    pub is_staff: Option<bool>,
    /// Whether they are kept out of the group.
    pub blocked: Option<bool>,
    /// Why they are kept out, 1 to 200 characters.
    pub reason: Option<String>,
}

/// `PATCH /api/v1/users/{chat_id}`
pub async fn update(cx: Cx, request: Request) -> Result<Response, Problem> {
    let body = Body::read(&request)?;
    let mut fields = Fields::of(&body);
    let (is_staff, blocked) = (fields.flag("is_staff"), fields.flag("blocked"));
    let reason = fields.line("reason", REASON_CHARS_MAX);
    fields.settle()?;
    let (now, actor) = (cx.now(), request.actor());
    let mut db = cx.db().await?;
    let tx = db.begin().queueing();
    let (settings, started) = begin(&cx, &tx, &request, now).await?;
    let write = match started {
        Started::New(write) => write,
        Started::Answered(response) => return Ok(response),
    };
    let id = member_id(&request)?;
    let mut notes = Vec::new();
    if let Some(is_staff) = is_staff {
        notes.extend(members::set_staff(&tx, id, is_staff, &actor, now).await?);
    }
    if let Some(blocked) = blocked {
        notes.extend(members::set_blocked(&tx, id, blocked, reason, &actor, now).await?);
    }
    let response = Response::json(StatusCode::OK, &MemberBody::from(member(&tx, &request).await?));
    end(&cx, tx, (write, response), &settings, notes, now).await
}

/// Its place in the API document.
pub fn update_operation() -> Operation {
    Operation::new(TAG, "Makes a person an admin, or keeps them out of the group")
        .takes::<MemberChange>("What is to change")
        .repeatable()
        .answers::<MemberBody>(200, "The person")
        .refuses(404, "There is no such person")
        .refuses(422, "Fields are not valid")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::subscriptions::api::body::of_json;

    #[test]
    fn fields_nobody_asked_for_are_passed_over() {
        let body = of_json(&json!({ "chat_id": "1001", "telegram_username": 7, "last_name": "", "is_staff": true }));
        let names = Names { username: "7".to_owned(), first_name: None, last_name: Some(None) };
        assert_eq!(read(&body).unwrap(), (MemberId(1001), names));
    }

    #[test]
    fn every_wrong_field_is_told() {
        let body = of_json(&json!({ "chat_id": -1, "telegram_username": "", "first_name": [], "last_name": "a\u{0}" }));
        let response = Response::from(read(&body).unwrap_err());
        let told: serde_json::Value = serde_json::from_slice(&response.body).unwrap();
        let expected = json!({
            "chat_id": ["Ensure this value is greater than or equal to 0."],
            "telegram_username": ["This field may not be blank."],
            "first_name": ["Not a valid string."],
            "last_name": ["Null characters are not allowed."],
        });
        assert_eq!((response.status, told), (StatusCode::BAD_REQUEST, expected));
    }

    #[test]
    fn the_answer_has_the_fields_callers_know() {
        let data = Registration {
            chat_id: MemberId(1001),
            telegram_username: Some("alice".to_owned()),
            first_name: None,
            last_name: None,
        };
        assert_eq!(
            serde_json::to_string(&Registered { status: 201, data }).unwrap(),
            r#"{"status":201,"data":{"chat_id":1001,"telegram_username":"alice","first_name":null,"last_name":null}}"#
        );
    }
}
