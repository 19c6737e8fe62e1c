//! What section 4 says around the scenarios: who is blocked, who is too fast, who wants to be forgotten.

use jiff::SignedDuration;
use local::telegram::Place;
use serde_json::{Value as Json, json};
use tests::{ADMIN, ALICE, BOB, CHANNEL, World};

use super::{LIST, LOCATION_FIRST, PHONE_FIRST, limit_reached, stored, with_key, world};

#[tokio::test]
async fn a_block_comes_before_everything() {
    let world = world().await;
    world.introduce(ALICE).await;
    let list = world.say(ALICE, "/requestkey").await.message().message_id;
    let _ = world.say(ADMIN, "/block 7 resale of <keys>").await;
    world.telegram.set_member(CHANNEL, ALICE, "left", false);
    let before = stored(&world).await;
    world.bot.forget_calls();
    for line in ["/requestkey", "/shareinfoa", "/shareinfoc", "/sharephone", "/shareloc", "/start product_b"] {
        let refused = world.say(ALICE, line).await;
        assert!(refused.text().contains("resale of <keys>"), "{line}: {}", refused.text());
    }
    let pressed = world.press_on(ALICE, list, "A").await;
    assert!(pressed.text().contains("resale of <keys>"), "{}", pressed.text());
    let _ = pressed.popup();
    assert_eq!((world.bot.calls("getChatMember").len(), world.lookups()), (0, 0), "nothing further is called");
    assert_eq!(stored(&world).await, before);
    let _ = world.say(ADMIN, "/unblock 7").await;
    world.telegram.set_member(CHANNEL, ALICE, "member", true);
    assert_eq!(world.press_on(ALICE, list, "A").await.key(), Some("A1"));
    let audited = world.column("select action from core.audit where actor = 'telegram:1' order by audit_id").await;
    assert_eq!(audited.len(), 2, "{audited:?}");
}

#[tokio::test]
async fn thirty_updates_a_minute_are_answered() {
    let world = world().await;
    world.introduce(BOB).await;
    for n in 1..=30 {
        assert!(world.say(ALICE, "hello").await.text().contains("/help"), "update {n}");
    }
    let notice = world.say(ALICE, "/help").await.text().to_owned();
    assert!(!notice.contains("@owner"), "not the help, but a notice: {notice}");
    let before = stored(&world).await;
    for line in ["/help", "/requestkey", "/shareinfoa", "/keystatus", "hello"] {
        assert_eq!(world.say(ALICE, line).await.texts(), Vec::<&str>::new(), "{line}");
    }
    assert_eq!(world.share_contact(ALICE, "919000000001").await.texts(), Vec::<&str>::new());
    assert_eq!(stored(&world).await, before);
    assert_eq!(world.say(BOB, "/shareinfoa").await.key(), Some("A1"), "others are served");
    world.advance(SignedDuration::from_secs(59));
    assert_eq!(world.say(ALICE, "/help").await.texts(), Vec::<&str>::new());
    world.advance(SignedDuration::from_secs(1));
    assert_eq!(world.say(ALICE, "/requestkey").await.text(), PHONE_FIRST);
}

#[tokio::test]
async fn a_press_that_comes_too_fast_is_answered_once() {
    let world = world().await;
    world.introduce(ALICE).await;
    let list = world.say(ALICE, "/requestkey").await.message().message_id;
    for _ in 0..30 {
        let _ = world.say(ALICE, "hello").await;
    }
    let pressed = world.press_on(ALICE, list, "A").await;
    assert_eq!((pressed.popups.len(), pressed.key()), (1, None));
    world.advance(SignedDuration::from_mins(1));
    assert_eq!(world.press_on(ALICE, list, "A").await.key(), Some("A1"));
}

#[tokio::test]
async fn a_location_is_of_the_day_of_its_message() {
    let world = World::setup().at("2025-03-01T23:59:58Z").start().await.stocked().await;
    let _ = world.share_contact(ALICE, "919000000001").await;
    let late = world.bot.share_location(ALICE, Place::at(12.9716, 77.5946));
    world.set_time("2025-03-02T00:00:05Z");
    let _ = world.hand_over(ALICE, late).await;
    assert_eq!(world.say(ALICE, "/shareinfoa").await.text(), LOCATION_FIRST, "it was sent yesterday");
    assert_eq!(world.share_location(ALICE).await.texts()[1..], with_key("India", "alice", "A1"));
}

#[tokio::test]
async fn coordinates_end_with_their_day() {
    let world = world().await;
    world.introduce(ALICE).await;
    let places = "select count(*) from keyhub.person where place is not null";
    world.run("keyhub-privacy").await;
    assert_eq!(world.number(places).await, 1);
    world.set_time("2025-03-02T00:00:00Z");
    world.run("keyhub-privacy").await;
    assert_eq!(world.number(places).await, 0);
    assert_eq!(world.say(ALICE, "/shareinfoa").await.text(), LOCATION_FIRST);
}

#[tokio::test]
async fn erasure_forgets_the_person_and_keeps_the_limit() {
    let world = world().await;
    world.introduce(ALICE).await;
    for key in ["A1", "A2"] {
        assert_eq!(world.say(ALICE, "/shareinfoa").await.key(), Some(key));
    }
    let _ = world.say(ALICE, "/shareinfoc").await;
    let _ = world.press(ALICE, "Notify me").await;
    let asked = world.say(ALICE, "/forgetme").await;
    assert!(asked.text().contains("Premium is lost"), "said beforehand: {}", asked.text());
    let before = stored(&world).await;
    let kept = world.press(ALICE, "Keep it").await;
    let _ = kept.popup();
    assert_eq!(stored(&world).await, before);
    let _ = world.say(ALICE, "/forgetme").await;
    let gone = world.press(ALICE, "Erase my data").await;
    let _ = (gone.popup(), gone.text());
    let people = "select (select count(*) from keyhub.person) + (select count(*) from keyhub.waiting_entry)";
    assert_eq!(world.number(people).await, 0);
    let left =
        "select concat_ws(',', coalesce(user_id::text, '-'), username, coalesce(phone::text, '-'), country_iso, state)
                from keyhub.claim order by claim_id";
    assert_eq!(world.column(left).await, ["-,,-,IN,active"; 2], "the claims stay used");
    let counter = world.counter(ALICE, "A").await;
    let erased = ["last_key", "last_access_at", "last_country"].map(|name| &counter[name]);
    assert_eq!((erased, &counter["keycount_total"]), ([&Json::Null; 3], &json!(0)));
    assert!(world.say(ALICE, "/keystatus").await.text().contains("A - Android: none"));
    world.introduce(ALICE).await;
    let refused = world.say(ALICE, "/shareinfoa").await;
    let limit = limit_reached(2, "per day", "A", "2025-03-02 00:00:00 UTC");
    assert!(refused.text().starts_with(&limit), "erasure resets no limit: {}", refused.text());
    assert_eq!(world.say(ALICE, "/shareinfob").await.key(), Some("B1"));
}

#[tokio::test]
async fn erasure_lifts_no_block() {
    let world = world().await;
    world.introduce(ALICE).await;
    let _ = world.say(ADMIN, "/block 7 resale").await;
    let _ = world.say(ALICE, "/forgetme").await;
    let _ = world.press(ALICE, "Erase my data").await;
    assert!(world.say(ALICE, "/requestkey").await.text().contains("resale"));
    let _ = world.say(ADMIN, "/unblock 7").await;
    assert_eq!(world.say(ALICE, "/requestkey").await.text(), PHONE_FIRST);
}

#[tokio::test]
async fn admins_set_single_keys_right() {
    let world = world().await;
    world.introduce(ALICE).await;
    for key in ["A1", "A2"] {
        assert_eq!(world.say(ALICE, "/shareinfoa").await.key(), Some(key));
    }
    let before = world.messages(ALICE).len();
    let replaced = world.say(ADMIN, "/replace A2").await;
    assert!(replaced.text().contains("A3"), "{}", replaced.text());
    let sent: Vec<String> = world.texts(ALICE).split_off(before);
    assert!(sent.iter().any(|text| text == "your key is \nA3"), "{sent:?}");
    let _ = world.say(ADMIN, "/return A1").await;
    let states =
        "select concat_ws(' ', text, state) from keyhub.product_key where product = 'A' order by position limit 3";
    assert_eq!(world.column(states).await, ["A1 free", "A2 revoked", "A3 claimed"]);
    assert_eq!(world.say(ALICE, "/shareinfoa").await.key(), Some("A1"), "the returned claim no longer counts");
    let refused = world.say(ALICE, "/shareinfoa").await;
    assert!(
        refused.text().starts_with("You have reached the limit of 2 keys"),
        "a revoked one does: {}",
        refused.text()
    );
    let _ = world.say(ADMIN, "/revoke A4").await;
    assert_eq!(world.say(BOB, "/requestkey").await.text(), PHONE_FIRST);
    world.introduce(BOB).await;
    assert_eq!(world.say(BOB, "/shareinfoa").await.key(), Some("A5"));
    let stats = world.say(ADMIN, "/stats").await.text().to_owned();
    assert!(stats.contains("India") && stats.contains("2025-03-01"), "{stats}");
}

#[tokio::test]
async fn admins_set_people_right() {
    let world = world().await;
    world.introduce(ALICE).await;
    for key in ["A1", "A2"] {
        assert_eq!(world.say(ALICE, "/shareinfoa").await.key(), Some(key));
    }
    world.advance(SignedDuration::from_secs(1));
    let _ = world.say(ADMIN, "/resetlimit 7 A").await;
    assert_eq!(world.say(ALICE, "/shareinfoa").await.key(), Some("A3"));
    let _ = world.say(ADMIN, "/premium 7 3").await;
    for n in 4..=12 {
        assert_eq!(world.say(ALICE, "/shareinfoa").await.key(), Some(format!("A{n}").as_str()));
    }
    assert!(world.say(ALICE, "/premium").await.text().contains("2025-03-04"));
    let _ = world.say(ADMIN, "/unbindphone 7").await;
    world.advance(SignedDuration::from_mins(1));
    assert_eq!(world.say(ALICE, "/requestkey").await.text(), PHONE_FIRST);
    let noted = world.share_contact(BOB, "919000000001").await;
    assert_eq!(
        noted.texts(),
        ["You choose to send your contact no.: '919000000001'", LIST],
        "another account can have it"
    );
    for line in ["/resetlimit 99", "/premium 99 3", "/unbindphone 99", "/block 99 x", "/premium 7 0", "/premium 7 x"] {
        assert!(!world.say(ADMIN, line).await.text().is_empty(), "{line}");
    }
}

#[tokio::test]
async fn russian_is_spoken_to_who_speaks_it() {
    let world = world().await;
    let english = world.say(ALICE, "/help").await.text().to_owned();
    for (language, is_russian) in [("ru", true), ("ru-RU", true), ("de", false), ("", false), ("en-GB", false)] {
        world.telegram.person(ALICE, "Alice", Some("alice"), language);
        let help = world.say(ALICE, "/help").await.text().to_owned();
        assert_eq!(help == english, !is_russian, "{language}");
        assert_eq!(help.contains("Пожалуйста") || help.contains("ключ"), is_russian, "{language}: {help}");
    }
}
