//! `POST /api/v1/users/`.

use futures_util::future::join_all;
use http::Method;
use serde_json::{Value as Json, json};
use tests::Answer;
use tests::subscriptions::{ADMINS, Club};

use super::{ALICE, BOB, USERS, filled, register, sent, told};

async fn put(club: &Club, body: &str) -> Answer {
    sent(club, Method::POST, USERS, body).await
}

/// How many people are known besides the admins.
async fn known(club: &Club) -> i64 {
    club.count("member", &format!("chat_id > {}", ADMINS[2])).await
}

#[tokio::test]
async fn who_is_new_is_told_201_and_who_is_known_200() {
    let club = Club::new().await;
    let new = put(&club, r#"{"chat_id":1001,"telegram_username":"alice"}"#).await;
    let data = r#"{"chat_id":1001,"telegram_username":"alice","first_name":null,"last_name":null}"#;
    assert_eq!(told(&new), (201, format!(r#"{{"status":201,"data":{data}}}"#).as_str()));
    assert_eq!(new.header("content-type"), "application/json");
    let again = put(&club, r#"{"chat_id":1001,"telegram_username":"alice"}"#).await;
    assert_eq!(told(&again), (200, format!(r#"{{"status":200,"data":{data}}}"#).as_str()));
    assert_eq!(known(&club).await, 1);
}

#[tokio::test]
async fn given_fields_are_changed_and_others_stay() {
    let club = Club::new().await;
    let changed = async |body: Json, expected: [Option<&str>; 3]| {
        let answer = club.post(USERS, &body).await;
        let [username, first_name, last_name] = expected;
        let data = json!({
            "chat_id": ALICE, "telegram_username": username, "first_name": first_name, "last_name": last_name,
        });
        assert_eq!(answer.json()["data"], data, "{body}");
    };
    let whole = json!({ "chat_id": ALICE, "telegram_username": "alice", "first_name": "Ann", "last_name": "Lee" });
    changed(whole, [Some("alice"), Some("Ann"), Some("Lee")]).await;
    let name_alone = json!({ "chat_id": ALICE, "telegram_username": "bob" });
    changed(name_alone, [Some("bob"), Some("Ann"), Some("Lee")]).await;
    let last = json!({ "chat_id": ALICE, "telegram_username": "bob", "last_name": " Low " });
    changed(last, [Some("bob"), Some("Ann"), Some("Low")]).await;
    let none = json!({ "chat_id": ALICE, "telegram_username": "bob", "first_name": null, "last_name": "" });
    changed(none, [Some("bob"), None, None]).await;
}

#[tokio::test]
async fn other_fields_are_passed_over() {
    let club = Club::new().await;
    let body = json!({
        "chat_id": ALICE, "telegram_username": "alice", "is_staff": true, "blocked": true, "at_private_group": true,
        "status": [], "date_joined": {}, "": null,
    });
    assert_eq!(club.post(USERS, &body).await.status, 201);
    assert_eq!(club.count("member", "chat_id = 1001 and not (is_staff or blocked or at_private_group)").await, 1);
}

#[tokio::test]
async fn blanks_and_one_at_sign_are_dropped_and_numbers_may_be_texts() {
    let club = Club::new().await;
    for (body, chat_id, username) in [
        (r#"{"chat_id":"1001","telegram_username":"  @alice "}"#, 1001, "alice"),
        (r#"{"chat_id":" 1002 ","telegram_username":"@@alice"}"#, 1002, "@alice"),
        (r#"{"chat_id":1003,"telegram_username":777}"#, 1003, "777"),
        (r#"{"chat_id":0,"telegram_username":"@ zero"}"#, 0, "zero"),
        (r#"{"chat_id":9223372036854775807,"telegram_username":"Last One"}"#, i64::MAX, "Last One"),
        (
            r#"{"chat_id":"9223372036854775806","telegram_username":"'; drop table x; --"}"#,
            i64::MAX - 1,
            "'; drop table x; --",
        ),
    ] {
        let answer = put(&club, body).await;
        let data = json!({ "chat_id": chat_id, "telegram_username": username, "first_name": null, "last_name": null });
        assert_eq!((answer.status, answer.json()), (201, json!({ "status": 201, "data": data })), "{body}");
    }
}

#[tokio::test]
async fn a_username_held_by_somebody_else_is_taken_too() {
    let club = Club::new().await;
    for (id, username) in [(ALICE, "alice"), (BOB, "alice"), (1003, "ALICE")] {
        assert_eq!(register(&club, id, username).await.status, 201);
    }
    assert_eq!(club.count("member", "lower(telegram_username) = 'alice'").await, 3);
}

#[tokio::test]
async fn a_form_is_as_good_as_json() {
    let club = Club::new().await;
    let fields = [("chat_id", "1001"), ("telegram_username", " @alice"), ("first_name", "Ann & Юля"), ("more", "x")];
    let answer = filled(&club, Method::POST, USERS, &fields).await;
    let expected = concat!(
        r#"{"status":201,"data":{"chat_id":1001,"telegram_username":"alice","#,
        r#""first_name":"Ann & Юля","last_name":null}}"#
    );
    assert_eq!(told(&answer), (201, expected));
    let wrong = filled(&club, Method::POST, USERS, &[("chat_id", "x"), ("telegram_username", "@")]).await;
    let texts =
        json!({ "chat_id": ["A valid integer is required."], "telegram_username": ["This field may not be blank."] });
    assert_eq!((wrong.status, wrong.json()), (400, texts));
}

#[tokio::test]
async fn a_wrong_chat_id_is_told() {
    let club = Club::new().await;
    let low = "Ensure this value is greater than or equal to 0.";
    let high = "Ensure this value is less than or equal to 9223372036854775807.";
    let none = "A valid integer is required.";
    let huge = "9".repeat(400);
    for (value, text) in [
        ("-1", low),
        (r#""-1""#, low),
        ("-9223372036854775809", low),
        ("9223372036854775808", high),
        (r#""9223372036854775808""#, high),
        (&huge, high),
        ("1.5", none),
        (r#""abc""#, none),
        (r#""""#, none),
        (r#""10 01""#, none),
        ("true", none),
        ("[1001]", none),
        (r#"{"id":1001}"#, none),
        (r#""1001\u0000""#, none),
        ("null", "This field may not be null."),
    ] {
        let answer = put(&club, &format!(r#"{{"chat_id":{value},"telegram_username":"alice"}}"#)).await;
        assert_eq!((answer.status, answer.json()), (400, json!({ "chat_id": [text] })), "{value}");
    }
    let missing = put(&club, r#"{"telegram_username":"alice"}"#).await;
    assert_eq!(told(&missing), (400, r#"{"chat_id":["This field is required."]}"#));
    assert_eq!(known(&club).await, 0);
}

#[tokio::test]
async fn a_wrong_name_is_told() {
    let club = Club::new().await;
    let blank = "This field may not be blank.";
    let long = "Ensure this field has no more than 256 characters.";
    let no_text = "Not a valid string.";
    let nul = "Null characters are not allowed.";
    let check = async |field: &str, value: Json, text: &str| {
        let mut body = json!({ "chat_id": ALICE, "telegram_username": "alice" });
        body[field] = value;
        let answer = club.post(USERS, &body).await;
        assert_eq!((answer.status, answer.json()), (400, json!({ field: [text] })), "{body}");
    };
    for value in ["", "   ", "@", " @ "] {
        check("telegram_username", json!(value), blank).await;
    }
    check("telegram_username", json!(null), "This field may not be null.").await;
    for field in ["telegram_username", "first_name", "last_name"] {
        check(field, json!("a".repeat(257)), long).await;
        check(field, json!("ю".repeat(257)), long).await;
        check(field, json!(["alice"]), no_text).await;
        check(field, json!({ "name": "alice" }), no_text).await;
        check(field, json!("al\0ice"), nul).await;
    }
    let missing = put(&club, r#"{"chat_id":1001}"#).await;
    assert_eq!(told(&missing), (400, r#"{"telegram_username":["This field is required."]}"#));
    assert_eq!(known(&club).await, 0);
}

#[tokio::test]
async fn characters_are_counted_up_to_256() {
    let club = Club::new().await;
    let name = "ю".repeat(256);
    let body =
        json!({ "chat_id": ALICE, "telegram_username": format!(" @{name} "), "first_name": name, "last_name": name });
    let answer = club.post(USERS, &body).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!(answer.json()["data"]["telegram_username"], name);
}

#[tokio::test]
async fn all_wrong_fields_are_told_together() {
    let club = Club::new().await;
    let body = json!({ "chat_id": -5, "first_name": [], "last_name": "x".repeat(300) });
    let answer = club.post(USERS, &body).await;
    let expected = json!({
        "chat_id": ["Ensure this value is greater than or equal to 0."],
        "telegram_username": ["This field is required."],
        "first_name": ["Not a valid string."],
        "last_name": ["Ensure this field has no more than 256 characters."],
    });
    assert_eq!((answer.status, answer.json()), (400, expected));
    assert_eq!(answer.header("content-type"), "application/json", "a bare object, no problem details");
    let empty = put(&club, "{}").await;
    let both = json!({ "chat_id": ["This field is required."], "telegram_username": ["This field is required."] });
    assert_eq!((empty.status, empty.json()), (400, both));
}

#[tokio::test]
async fn a_body_that_is_no_object_is_told() {
    let club = Club::new().await;
    for (body, kind) in [
        ("[]", "list"),
        (r#"[{"chat_id":1001,"telegram_username":"alice"}]"#, "list"),
        (r#""alice""#, "str"),
        ("1001", "int"),
        ("1.5", "float"),
        ("true", "bool"),
    ] {
        let expected = format!(r#"{{"non_field_errors":["Invalid data. Expected a dictionary, but got {kind}."]}}"#);
        assert_eq!(told(&put(&club, body).await), (400, expected.as_str()), "{body}");
    }
}

#[tokio::test]
async fn of_many_at_once_one_is_new() {
    let club = Club::new().await;
    let names: Vec<String> = (0..20).map(|number| format!("alice{number}")).collect();
    let answers = join_all(names.iter().map(|name| register(&club, ALICE, name))).await;
    let count = |status| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((count(201), count(200)), (1, 19));
    assert_eq!(known(&club).await, 1);
}
