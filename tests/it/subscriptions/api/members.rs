//! `PATCH /api/v1/users/{chat_id}/`.

use http::Method;
use serde_json::json;
use tests::Call;
use tests::subscriptions::Club;

use super::{ALICE, filled, invalid, refused, register, sent, told};

const ALICES: &str = "/api/v1/users/1001/";

#[tokio::test]
async fn an_admin_is_made_and_the_member_shown() {
    let club = Club::new().await;
    register(&club, ALICE, "alice").await;
    let joined = club.world.now();
    club.world.advance(jiff::SignedDuration::from_secs(90));
    let answer = sent(&club, Method::PATCH, ALICES, r#"{"is_staff":true}"#).await;
    let expected = |is_staff: bool, blocked: bool| {
        json!({
            "chat_id": ALICE, "telegram_username": "alice", "first_name": null, "last_name": null,
            "at_private_group": false, "date_joined": joined, "is_staff": is_staff, "blocked": blocked,
            "reachable": true,
        })
    };
    assert_eq!((answer.status, answer.json()), (200, expected(true, false)));
    let blocked = sent(&club, Method::PATCH, ALICES, r#"{"blocked":true,"is_staff":false,"reason":"spam"}"#).await;
    assert_eq!((blocked.status, blocked.json()), (200, expected(false, true)));
    assert_eq!(club.count("member", "chat_id = 1001 and blocked and block_reason = 'spam'").await, 1);
    let nothing = sent(&club, Method::PATCH, ALICES, "{}").await;
    assert_eq!((nothing.status, nothing.json()), (200, expected(false, true)), "what is left out stays");
    let form = filled(&club, Method::PATCH, ALICES, &[("blocked", "false")]).await;
    assert_eq!((form.status, form.json()), (200, expected(false, false)));
    let audited = "select actor || ' ' || action from core.audit where subject = 'member:1001' order by audit_id";
    let audited = club.world.column(audited).await;
    let actions: Vec<_> = audited.iter().filter_map(|line| line.split_once(' ')).collect();
    assert_eq!(
        actions.iter().map(|(_, action)| *action).collect::<Vec<_>>(),
        ["set_staff", "set_staff", "set_blocked", "set_blocked"]
    );
    assert!(actions.iter().all(|(actor, _)| actor.starts_with("api_key:")), "{audited:?}");
}

#[tokio::test]
async fn who_is_blocked_leaves_and_who_is_let_back_gets_a_link() {
    let club = Club::new().await;
    club.member(ALICE, "alice").await;
    club.buy_and_join(ALICE, "1 month").await;
    let shown = club.patch(ALICES, &json!({})).await;
    assert_eq!(shown["at_private_group"], true);
    club.patch(ALICES, &json!({ "blocked": true, "reason": "spam" })).await;
    club.settle().await;
    assert!(!club.is_inside(ALICE));
    club.patch(ALICES, &json!({ "blocked": false })).await;
    club.settle().await;
    club.join(ALICE).await;
    assert!(club.is_inside(ALICE));
}

#[tokio::test]
async fn nobody_is_not_found() {
    let club = Club::new().await;
    for id in ["1001", "-1", "abc", "1.5", "99999999999999999999", "%20", "@alice", "1%00"] {
        for body in [r#"{"is_staff":true}"#, r#"{"blocked":true}"#, "{}"] {
            let answer = sent(&club, Method::PATCH, &format!("/api/v1/users/{id}/"), body).await;
            refused(&answer, 404, "not_found");
        }
    }
}

#[tokio::test]
async fn wrong_fields_are_told_by_codes() {
    let club = Club::new().await;
    register(&club, ALICE, "alice").await;
    let patch = async |body: &str| sent(&club, Method::PATCH, ALICES, body).await;
    invalid(&patch(r#"{"is_staff":"yes","blocked":1}"#).await, &[("is_staff", "type"), ("blocked", "type")]);
    invalid(&patch(r#"{"is_staff":null}"#).await, &[("is_staff", "type")]);
    invalid(&patch(r#"{"blocked":true,"reason":["spam"]}"#).await, &[("reason", "type")]);
    invalid(&patch(r#"{"blocked":true,"reason":"a\u0000b"}"#).await, &[("reason", "characters")]);
    let long = json!({ "blocked": true, "reason": "x".repeat(201) }).to_string();
    invalid(&patch(&long).await, &[("reason", "length")]);
    assert_eq!(club.count("member", "chat_id = 1001 and (blocked or is_staff)").await, 0);
    let list = patch("[]").await;
    assert_eq!(told(&list).0, 400, "{}", list.text());
    let by_name = Call::patch("/api/v1/users/alice/").key(&club.key).json(&json!({ "blocked": true }));
    refused(&club.world.send(by_name).await, 404, "not_found");
}
