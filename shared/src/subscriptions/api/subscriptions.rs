//! `GET /api/v1/subscriptions`: how a member's subscription stands.

use futures_util::future::try_join;
use http::StatusCode;
use jiff::tz::{TimeZone, offset};
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use super::{TAG, first};
use crate::base::tron::Units;
use crate::db::Connection;
use crate::entry::openapi::Operation;
use crate::entry::{Cx, Problem, Request, Response, auth};
use crate::subscriptions::model::{MemberId, Status};
use crate::subscriptions::store::lists::{self, Standing, Term, Who};
use crate::subscriptions::{Error, members, rules, settings};

/// How a subscription stands. The first six fields are those of the first front end; their times are Moscow's.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Shown {
    /// User name, or the number as text.
    customer: String,
    /// Name of the plan bought last; null after a pure grant.
    plan: Option<String>,
    /// What was last charged, never today's price.
    price: Option<Units>,
    /// The transaction it was last paid with.
    transaction_hash: Option<String>,
    /// Start of the uninterrupted run, `dd/mm/yyyy HH:MM:SS`.
    start_date: String,
    /// Its end, written likewise.
    end_date: String,
    /// Number of the account at Telegram.
    chat_id: MemberId,
    /// Start of the uninterrupted run.
    starts_at: Timestamp,
    /// Its end.
    ends_at: Timestamp,
    /// How it stands at this moment.
    status: Status,
    /// Days left, each begun one counted; 0 when not active.
    days_left: i64,
    /// Whether the member is in the group.
    at_private_group: bool,
}

impl Shown {
    fn new(standing: Standing, grace: SignedDuration, now: Timestamp) -> Result<Self, Error> {
        let Standing { member, username, at_private_group, term } = standing;
        let Term { starts_at, ends_at, period, price, hash } = term.ok_or(Error::NoSubscription)?;
        Ok(Self {
            customer: username.unwrap_or_else(|| member.to_string()),
            plan: period,
            price,
            transaction_hash: hash,
            start_date: in_moscow(starts_at),
            end_date: in_moscow(ends_at),
            chat_id: member,
            starts_at,
            ends_at,
            status: rules::status(ends_at, grace, now),
            days_left: rules::days_left(ends_at, now),
            at_private_group,
        })
    }
}

/// `dd/mm/yyyy HH:MM:SS` in Moscow, whatever zone the business keeps.
fn in_moscow(time: Timestamp) -> String {
    let zone = TimeZone::get("Europe/Moscow").unwrap_or_else(|_| TimeZone::fixed(offset(3)));
    time.to_zoned(zone).strftime("%d/%m/%Y %H:%M:%S").to_string()
}

/// Whom the query means: `chat_id` wins over `telegram_username`. What cannot be anybody's is nobody's.
fn sought(request: &Request) -> Result<Who<'_>, Error> {
    let given = |name| request.query(name).filter(|text| !text.trim().is_empty());
    if let Some(id) = given("chat_id") {
        return id.trim().parse().map(Who::Id).map_err(|_| Error::NoSuchMember);
    }
    let name = members::bare(given("telegram_username").ok_or(Error::NoSuchMember)?);
    if name.is_empty() || name.contains('\0') { Err(Error::NoSuchMember) } else { Ok(Who::Name(name)) }
}

/// `GET /api/v1/subscriptions`
pub async fn show(cx: Cx, request: Request) -> Result<Response, Problem> {
    let (config, now) = (cx.config().subscriptions()?, cx.now());
    let who = sought(&request);
    let read = async |db: &Connection| {
        let standing = async {
            match &who {
                Ok(who) => lists::standing(db, *who).await,
                Err(_) => Ok(None),
            }
        };
        try_join(settings::load(db, config), standing).await
    };
    let (_, (settings, standing)) = auth::caller_and(&cx, &request, "subscriptions:read", read).await?;
    let standing = standing.ok_or(Error::NoSuchMember).map_err(first)?;
    let shown = Shown::new(standing, settings.rules.grace, now).map_err(first)?;
    Ok(Response::json(StatusCode::OK, &shown))
}

/// Its place in the API document.
pub fn show_operation() -> Operation {
    Operation::new(TAG, "How a member's subscription stands")
        .query(
            "telegram_username",
            "User name in any case, with or without `@`; of several members who bore it the last",
        )
        .query("chat_id", "Number of the account at Telegram; wins over the name")
        .answers::<Shown>(200, "The subscription, also if it is over")
        .answers_text(
            404,
            "application/json",
            "`{\"message\":\"User not found\"}`, or `{\"message\":\"Subscription not found\"}` if there never was one",
        )
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn bought() -> Standing {
        let term = Term {
            starts_at: at("2026-11-20T08:16:21Z"),
            ends_at: at("2026-12-20T08:16:21Z"),
            period: Some("1 month".to_owned()),
            price: Some(Units(100_000_000)),
            hash: Some("e046".to_owned()),
        };
        Standing {
            member: MemberId(1001),
            username: Some("alice".to_owned()),
            at_private_group: true,
            term: Some(term),
        }
    }

    fn shown(standing: Standing, now: &str) -> Json {
        serde_json::to_value(Shown::new(standing, SignedDuration::from_hours(48), at(now)).unwrap()).unwrap()
    }

    #[test]
    fn it_is_shown_as_callers_know_it() {
        let shown = Shown::new(bought(), SignedDuration::ZERO, at("2026-11-20T08:16:21Z")).unwrap();
        assert_eq!(
            serde_json::to_string(&shown).unwrap(),
            concat!(
                r#"{"customer":"alice","plan":"1 month","price":100,"transaction_hash":"e046","#,
                r#""start_date":"20/11/2026 11:16:21","end_date":"20/12/2026 11:16:21","chat_id":1001,"#,
                r#""starts_at":"2026-11-20T08:16:21Z","ends_at":"2026-12-20T08:16:21Z","status":"active","#,
                r#""days_left":30,"at_private_group":true}"#
            )
        );
    }

    #[test]
    fn the_clock_decides_how_it_stands() {
        for (now, status, days_left) in [
            ("2026-12-20T08:16:20Z", "active", 1),
            ("2026-12-20T08:16:21Z", "grace", 0),
            ("2026-12-22T08:16:21Z", "expired", 0),
        ] {
            let shown = shown(bought(), now);
            assert_eq!((&shown["status"], &shown["days_left"]), (&json!(status), &json!(days_left)), "{now}");
        }
    }

    #[test]
    fn a_grant_to_someone_without_a_name_is_shown_too() {
        let mut standing = bought();
        standing.username = None;
        let term = standing.term.take().unwrap();
        standing.term = Some(Term { period: None, price: None, hash: None, ..term });
        let shown = shown(standing, "2026-11-20T08:16:21Z");
        assert_eq!(shown["customer"], "1001");
        assert_eq!([&shown["plan"], &shown["price"], &shown["transaction_hash"]], [&Json::Null; 3]);
    }

    #[test]
    fn without_a_subscription_there_is_nothing_to_show() {
        let standing = Standing { term: None, ..bought() };
        let shown = Shown::new(standing, SignedDuration::ZERO, at("2026-11-20T08:16:21Z"));
        let response = Response::from(shown.map_err(first).unwrap_err());
        assert_eq!(response.status, StatusCode::NOT_FOUND);
        assert_eq!(&response.body[..], br#"{"message":"Subscription not found"}"#);
    }
}
