//! Groups: links, requests to join, members, rights; and pictures.

use super::*;

const CLUB: &str = "-1009";

/// The bot administers the private group [`CLUB`] and hears of its members.
async fn club() -> Scene {
    let scene = scene().await;
    scene.telegram.group(CLUB, "Club");
    scene.bot.promote(CLUB);
    scene.bot.allow_updates(&["message", "chat_member", "chat_join_request", "my_chat_member"]);
    scene
}

impl Scene {
    fn link(&self, options: &Value) -> String {
        let mut body = json!({ "chat_id": CLUB });
        body.as_object_mut().unwrap().extend(options.as_object().unwrap().clone());
        self.bot.call("createChatInviteLink", body).unwrap()["invite_link"].as_str().unwrap().to_owned()
    }

    fn request_link(&self) -> String {
        self.link(&json!({ "creates_join_request": true, "name": "7" }))
    }

    fn of(user: i64) -> Value {
        json!({ "chat_id": CLUB, "user_id": user })
    }

    /// What waits for the bot of this kind, without the rest.
    fn take(&self, kind: &str) -> Vec<Value> {
        let all = self.bot.pending_updates().into_iter();
        all.filter_map(|mut update| update.get_mut(kind).map(Value::take)).collect()
    }
}

#[tokio::test]
async fn a_person_asks_by_a_link_and_is_let_in_once() {
    let scene = club().await;
    let url = scene.request_link();
    let update = scene.bot.ask_to_join(CLUB, 8, Some(&url));
    let asked = &update["chat_join_request"];
    assert_eq!((&asked["user_chat_id"], &asked["from"]["id"]), (&json!(8), &json!(8)));
    let link = &asked["invite_link"];
    let expected = (&json!(url), &json!(true), &json!("7"), &json!(1));
    let shown =
        (&link["invite_link"], &link["creates_join_request"], &link["name"], &link["pending_join_request_count"]);
    assert_eq!(shown, expected);
    let why = scene.bot.try_ask_to_join(CLUB, 8, Some(&url)).unwrap_err();
    assert_eq!(why.to_string(), "the administrators have not answered yet");
    scene.bot.call("sendMessage", json!({ "chat_id": 8, "text": "Wait, please." })).unwrap();
    assert_eq!(scene.bot.call("approveChatJoinRequest", Scene::of(8)).unwrap(), true);
    let why = "Bad Request: USER_ALREADY_PARTICIPANT";
    scene.refuses("approveChatJoinRequest", Scene::of(8), 400, why);
    scene.refuses("declineChatJoinRequest", Scene::of(8), 400, why);
    assert!(scene.telegram.is_inside(CLUB, 8));
    let [change] = &scene.take("chat_member")[..] else { panic!("there is one change") };
    assert_eq!(
        (&change["old_chat_member"]["status"], &change["new_chat_member"]["status"]),
        (&json!("left"), &json!("member"))
    );
    assert_eq!((&change["invite_link"]["invite_link"], change.get("via_join_request")), (&json!(url), None));
    assert_eq!(scene.bot.messages(CLUB.parse().unwrap())[0].content["new_chat_members"][0]["id"], 8);
    assert!(scene.bot.sent(CLUB.parse().unwrap()).is_empty());
}

#[tokio::test]
async fn a_request_is_answered_once() {
    let scene = club().await;
    let nobody = "Bad Request: HIDE_REQUESTER_MISSING";
    scene.refuses("approveChatJoinRequest", Scene::of(7), 400, nobody);
    let url = scene.request_link();
    assert_eq!(scene.telegram.follow_link(7, &url), Ok(Opened::Asked));
    assert_eq!((scene.take("chat_join_request").len(), scene.telegram.join_requests(CLUB)), (1, vec![7]));
    scene.bot.call("declineChatJoinRequest", Scene::of(7)).unwrap();
    scene.refuses("declineChatJoinRequest", Scene::of(7), 400, nobody);
    scene.refuses("approveChatJoinRequest", Scene::of(7), 400, nobody);
    assert_eq!((scene.telegram.status(CLUB, 7).as_str(), scene.take("chat_member").len()), ("left", 0));
    scene.bot.ask_to_join(CLUB, 7, None);
    assert!(scene.telegram.withdraw_request(CLUB, 7));
    scene.refuses("approveChatJoinRequest", Scene::of(7), 400, nobody);
    scene.bot.ask_to_join(CLUB, 7, None);
    scene.bot.call("approveChatJoinRequest", Scene::of(7)).unwrap();
    let change = scene.take("chat_member").remove(0);
    assert_eq!((&change["via_join_request"], change.get("invite_link")), (&json!(true), None));
    let private = json!({ "chat_id": 7, "user_id": 7 });
    scene.refuses("approveChatJoinRequest", private, 400, "Bad Request: the chat can't have join requests");
}

#[tokio::test]
async fn a_bot_may_write_to_who_asks_for_five_minutes() {
    let scene = club().await;
    scene.bot.ask_to_join(CLUB, 8, None);
    let hello = json!({ "chat_id": 8, "text": "Hello" });
    scene.bot.call("sendMessage", hello.clone()).unwrap();
    scene.advance(SignedDuration::from_mins(5));
    scene.refuses("sendMessage", hello, 403, "Forbidden: bot can't initiate conversation with a user");
}

#[tokio::test]
async fn links_that_are_over_lead_nowhere() {
    let scene = club().await;
    let soon = (*scene.now.lock().unwrap() + SignedDuration::from_hours(1)).as_second();
    let expiring = scene.link(&json!({ "creates_join_request": true, "expire_date": soon }));
    let revoked = scene.request_link();
    let body = json!({ "chat_id": CLUB, "invite_link": revoked });
    assert_eq!(scene.bot.call("revokeChatInviteLink", body).unwrap()["is_revoked"], true);
    let single = scene.link(&json!({ "member_limit": 1 }));
    assert_eq!(scene.telegram.live_links(CLUB), [expiring.clone(), single.clone()]);
    assert_eq!(scene.telegram.follow_link(7, &single), Ok(Opened::Joined));
    assert_eq!(scene.take("chat_member")[0]["invite_link"]["member_limit"], 1);
    scene.advance(SignedDuration::from_hours(1));
    for url in [&expiring, &revoked, &single, "https://t.me/+nosuch"] {
        let why = scene.telegram.follow_link(8, url).unwrap_err();
        assert_eq!(why.to_string(), "this invite link has expired", "{url}");
    }
    assert!(scene.bot.try_ask_to_join(CLUB, 8, Some(&expiring)).is_err());
    let past = json!({ "chat_id": CLUB, "expire_date": soon });
    scene.refuses("createChatInviteLink", past, 400, "Bad Request: EXPIRE_DATE_INVALID");
    let both = json!({ "chat_id": CLUB, "creates_join_request": true, "member_limit": 1 });
    let why = "Bad Request: member limit can't be specified for links requiring administrator approval";
    scene.refuses("createChatInviteLink", both, 400, why);
    let other = json!({ "chat_id": CLUB, "invite_link": "https://t.me/+nosuch" });
    scene.refuses("revokeChatInviteLink", other, 400, "Bad Request: INVITE_HASH_EXPIRED");
}

#[tokio::test]
async fn who_is_banned_stays_out_until_he_is_unbanned() {
    let scene = club().await;
    let url = scene.request_link();
    scene.telegram.set_member(CLUB, 7, "member", true);
    scene.bot.call("unbanChatMember", json!({ "chat_id": CLUB, "user_id": 7, "only_if_banned": true })).unwrap();
    assert!(scene.telegram.is_inside(CLUB, 7), "only the banned are unbanned");
    scene.bot.call("banChatMember", Scene::of(7)).unwrap();
    assert_eq!(scene.bot.call("getChatMember", Scene::of(7)).unwrap()["status"], "kicked");
    assert!(scene.telegram.follow_link(7, &url).is_err());
    scene.bot.call("unbanChatMember", json!({ "chat_id": CLUB, "user_id": 7, "only_if_banned": true })).unwrap();
    let seen: Vec<_> = scene.take("chat_member").iter().map(|c| c["new_chat_member"]["status"].clone()).collect();
    assert_eq!(seen, ["member", "kicked", "left"]);
    assert_eq!(scene.telegram.follow_link(7, &url), Ok(Opened::Asked));
    scene.telegram.set_member(CLUB, 8, "administrator", true);
    let why = "Bad Request: user is an administrator of the chat";
    scene.refuses("banChatMember", Scene::of(8), 400, why);
    scene.telegram.set_member(CLUB, 8, "creator", true);
    scene.refuses("banChatMember", Scene::of(8), 400, "Bad Request: can't remove chat owner");
    scene.refuses("banChatMember", Scene::of(scene.bot.id()), 400, "Bad Request: can't restrict self");
    scene.telegram.leave(CLUB, 8).unwrap();
    assert!(scene.telegram.leave(CLUB, 8).is_err() && scene.telegram.join(CLUB, 8).is_err());
}

#[tokio::test]
async fn each_right_is_given_and_taken_by_itself() {
    let scene = club().await;
    let url = scene.request_link();
    scene.bot.ask_to_join(CLUB, 7, Some(&url));
    let rights = || {
        let me = scene.bot.call("getChatMember", Scene::of(scene.bot.id())).unwrap();
        (me["status"].clone(), me["can_invite_users"] == true, me["can_restrict_members"] == true)
    };
    assert_eq!(rights(), (json!("administrator"), true, true));
    scene.bot.set_right(CLUB, "can_restrict_members", false);
    assert_eq!(rights(), (json!("administrator"), true, false));
    let why = "Bad Request: not enough rights to restrict/unrestrict chat member";
    scene.refuses("banChatMember", Scene::of(7), 400, why);
    scene.refuses("unbanChatMember", Scene::of(7), 400, why);
    scene.bot.set_right(CLUB, "can_invite_users", false);
    assert_eq!(rights(), (json!("administrator"), false, false));
    let why = "Bad Request: not enough rights to manage chat invite link";
    scene.refuses("createChatInviteLink", json!({ "chat_id": CLUB }), 400, why);
    scene.refuses("revokeChatInviteLink", json!({ "chat_id": CLUB, "invite_link": url }), 400, why);
    let why = "Bad Request: not enough rights to manage chat join requests";
    scene.refuses("approveChatJoinRequest", Scene::of(7), 400, why);
    assert!(scene.bot.try_ask_to_join(CLUB, 8, Some(&url)).is_err(), "nobody tells the bot");
    scene.bot.set_right(CLUB, "can_invite_users", true);
    scene.bot.call("approveChatJoinRequest", Scene::of(7)).unwrap();
    scene.bot.set_status(CLUB, "left");
    let why = "Forbidden: bot is not a member of the supergroup chat";
    scene.refuses("getChatMember", Scene::of(7), 403, why);
}

#[tokio::test]
async fn another_bot_sees_only_the_beginning_of_a_link() {
    let scene = club().await;
    let other = scene.telegram.add_bot("556:secret", "other_bot");
    other.promote(CLUB);
    let url = scene.request_link();
    scene.bot.ask_to_join(CLUB, 7, Some(&url));
    let update = other.pending_updates().remove(0);
    let seen = update["chat_join_request"]["invite_link"]["invite_link"].as_str().unwrap().to_owned();
    assert!(seen.ends_with('…') && url.starts_with(seen.trim_end_matches('…')) && seen != url, "{seen}");
    let refusal = other.call("revokeChatInviteLink", json!({ "chat_id": CLUB, "invite_link": url })).unwrap_err();
    assert_eq!(refusal.description, "Bad Request: INVITE_HASH_EXPIRED");
}

#[tokio::test]
async fn members_write_in_a_group_and_bots_read_what_they_may() {
    let scene = club().await;
    let reader = scene.telegram.add_bot("556:secret", "other_bot");
    reader.set_status(CLUB, "member");
    scene.telegram.set_member(CLUB, 7, "member", true);
    assert_eq!(scene.take("message")[0]["new_chat_members"][0]["id"], 7);
    reader.pending_updates();
    scene.telegram.say_in_group(CLUB, 7, "hello").unwrap();
    scene.telegram.say_in_group(CLUB, 7, "/help").unwrap();
    assert!(scene.telegram.say_in_group(CLUB, 8, "hello").is_err());
    assert_eq!((scene.bot.pending_count(), reader.pending_count()), (2, 1));
    scene.bot.call("banChatMember", Scene::of(7)).unwrap();
    let gone = scene.bot.messages(CLUB.parse().unwrap()).pop().unwrap();
    assert_eq!((gone.from, &gone.content["left_chat_member"]["id"]), (scene.bot.id(), &json!(7)));
}

#[tokio::test]
async fn photos_come_by_address_by_upload_and_again() {
    let scene = scene().await;
    let photo = |photo: &str| json!({ "chat_id": 7, "photo": photo, "caption": "<b>Plan</b>", "parse_mode": "HTML" });
    let mut by_address = photo("https://example.com/renew.png");
    by_address["reply_markup"] = json!({ "inline_keyboard": [[{ "text": "Renew", "callback_data": "plan:1" }]] });
    let sent = scene.bot.call("sendPhoto", by_address).unwrap();
    assert_eq!((&sent["caption"], &sent["caption_entities"][0]["type"]), (&json!("Plan"), &json!("bold")));
    let id = sent["photo"][0]["file_id"].as_str().unwrap();
    let again = scene.bot.call("sendPhoto", photo(id)).unwrap();
    assert_eq!(again["photo"][0]["file_id"], id);
    assert_eq!(scene.bot.sent(7)[0].button_texts(), ["Renew"]);
    let edit = json!({ "chat_id": 7, "message_id": sent["message_id"], "text": "x" });
    scene.refuses("editMessageText", edit, 400, "Bad Request: there is no text in the message to edit");
    let bad = |given: &str, why: &str| scene.refuses("sendPhoto", photo(given), 400, &format!("Bad Request: {why}"));
    bad("", "there is no photo in the request");
    bad("renew.png", "wrong file identifier/HTTP URL specified");
    bad("http://localhost/renew.png", "wrong file identifier/HTTP URL specified");
    bad("https://pictures.invalid/renew.png", "failed to get HTTP URL content");
    for (bytes, status) in [(&b"\x89PNG\r\n\x1a\n.."[..], 200), (b"text", 400)] {
        let part = reqwest::multipart::Part::bytes(bytes.to_vec()).file_name("renew.png");
        let form = reqwest::multipart::Form::new().text("chat_id", "7").part("photo", part);
        let url = format!("{}/bot{TOKEN}/sendPhoto", scene.telegram.base_url());
        assert_eq!(scene.http.post(url).multipart(form).send().await.unwrap().status(), status);
    }
    let long = json!({ "chat_id": 7, "photo": id, "caption": "x".repeat(1_025) });
    scene.refuses("sendPhoto", long, 400, "Bad Request: message caption is too long");
}

#[tokio::test]
async fn what_was_accepted_is_noted_with_the_machines_time() {
    let scene = scene().await;
    let before = std::time::Instant::now();
    scene.bot.call("sendMessage", json!({ "chat_id": 7, "text": "x" })).unwrap();
    scene.bot.call("sendChatAction", json!({ "chat_id": 7, "action": "typing" })).unwrap();
    scene.bot.call("sendMessage", json!({ "chat_id": 8, "text": "x" })).unwrap_err();
    scene.bot.call("sendMessage", json!({ "chat_id": -100, "text": "x" })).unwrap();
    let accepted = scene.bot.accepted();
    assert_eq!(accepted.iter().map(|message| message.chat).collect::<Vec<_>>(), [7, -100]);
    assert!(accepted.iter().all(|message| message.at >= before && message.at <= std::time::Instant::now()));
    assert_eq!((busiest(&accepted, Duration::from_mins(1)), busiest_chat(&accepted, Duration::from_mins(1))), (2, 1));
}
