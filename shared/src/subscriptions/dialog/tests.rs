use super::*;

const ORDER: &str = "01JDVC0000FFFFFFFFFFFFFFFF";

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).unwrap()
}

fn hash() -> TxHash {
    "a1".repeat(32).parse().unwrap()
}

fn order() -> OrderId {
    ORDER.parse().unwrap()
}

fn say(dialog: &Dialog, line: &str, is_admin: bool, second: i64) -> (Dialog, Act) {
    turn(dialog.clone(), text(line, "b"), is_admin, at(second))
}

fn press(dialog: &Dialog, data: &str, is_admin: bool, second: i64) -> (Dialog, Act) {
    turn(dialog.clone(), Input::Press(button(data)), is_admin, at(second))
}

#[test]
fn what_is_not_known_gets_the_menu() {
    for line in ["/start", "/start deep", "hello", "/nothing", "", hash().as_str()] {
        assert_eq!(say(&Dialog::Idle, line, true, 0), (Dialog::Idle, Act::Menu), "{line}");
    }
}

#[test]
fn commands_of_admins_are_the_menu_to_others() {
    for name in ADMIN_COMMANDS {
        assert_eq!(say(&Dialog::Idle, &format!("/{name} x"), false, 0).1, Act::Menu);
        assert!(matches!(say(&Dialog::Idle, &format!("/{name} x"), true, 0).1, Act::Admin(_)), "{name}");
    }
    for name in &USER_COMMANDS[1..] {
        assert_ne!(say(&Dialog::Idle, &format!("/{name}"), false, 0).1, Act::Menu, "{name}");
    }
}

#[test]
fn a_hash_is_waited_for_half_an_hour() {
    let (asked, act) = press(&Dialog::Idle, &format!("paid:{ORDER}"), false, 0);
    assert_eq!(act, Act::AskHash(Some(order())));
    let claim = Act::Claim { order: Some(order()), hash: hash() };
    assert_eq!(say(&asked, hash().as_str(), false, 1799), (Dialog::Idle, claim));
    assert_eq!(say(&asked, hash().as_str(), false, 1800), (Dialog::Idle, Act::Menu));
    assert_eq!(say(&asked, "I paid!", false, 5), (asked.clone(), Act::AskHashAgain));
    let (bare, act) = say(&Dialog::Idle, "/paid", false, 0);
    assert_eq!(act, Act::AskHash(None));
    assert_eq!(say(&bare, hash().as_str(), false, 1).1, Act::Claim { order: None, hash: hash() });
}

#[test]
fn looking_around_does_not_lose_the_question() {
    let asked = say(&Dialog::Idle, "/paid", false, 0).0;
    for data in ["plans", "status", "history", "help", "link", "x"] {
        assert_eq!(press(&asked, data, false, 1).0, asked, "{data}");
    }
    assert_eq!(say(&asked, "/status", false, 1).0, Dialog::Idle);
    assert_eq!(press(&asked, "plan:1", false, 1), (Dialog::Idle, Act::Order(PlanId(1))));
}

#[test]
fn a_deed_needs_its_own_question_and_is_done_once() {
    let deed = Deed::Kick { member: MemberId(7) };
    let asked = Dialog::Confirming { question: 5, deed: deed.clone(), until: at(1800) };
    let done = (Dialog::Idle, Act::Do(deed));
    assert_eq!(press(&asked, "yes:5", true, 1799), done);
    assert_eq!(press(&done.0, "yes:5", true, 1799).1, Act::Invalid);
    assert_eq!(press(&asked, "no:5", true, 0), (Dialog::Idle, Act::Drop));
    assert_eq!(press(&asked, "yes:4", true, 0), (asked.clone(), Act::Invalid));
    assert_eq!(press(&asked, "yes:5", false, 0).1, Act::Invalid, "they are no admin any more");
    assert_eq!(press(&asked, "yes:5", true, 1800).1, Act::Invalid);
    assert_eq!(say(&asked, "/stats", true, 0).0, Dialog::Idle, "another command takes the question back");
}

#[test]
fn links_are_asked_for_twice_a_minute() {
    let asked = Talk { link_at: Some(at(0)), ..Talk::default() };
    assert_eq!(Talk::default().link_wait(at(0)), None);
    assert_eq!(asked.link_wait(at(0)), Some(30));
    assert_eq!(asked.link_wait(at(29)), Some(1));
    assert_eq!(asked.link_wait(at(30)), None);
}

#[test]
fn stored_states_stay_readable() {
    #[track_caller]
    fn check(dialog: Dialog, link_at: Option<Timestamp>, stored: &str) {
        let talk = Talk { dialog, link_at };
        assert_eq!(serde_json::to_string(&talk).unwrap(), stored);
        assert_eq!(serde_json::from_str::<Talk>(stored).unwrap(), talk);
    }
    let until = at(0);
    check(Dialog::Idle, None, r#"{"at":"idle"}"#);
    check(Dialog::Idle, Some(at(0)), r#"{"at":"idle","link_at":"2023-11-14T22:13:20Z"}"#);
    check(
        Dialog::AwaitingHash { order: None, until },
        None,
        r#"{"at":"awaiting_hash","until":"2023-11-14T22:13:20Z"}"#,
    );
    check(
        Dialog::AwaitingHash { order: Some(order()), until },
        None,
        r#"{"at":"awaiting_hash","order":"01JDVC0000FFFFFFFFFFFFFFFF","until":"2023-11-14T22:13:20Z"}"#,
    );
    let deeds = [
        (
            Deed::Extend { member: MemberId(7), days: -3, reason: "x".into() },
            r#"{"deed":"extend","member":7,"days":-3,"reason":"x"}"#.to_owned(),
        ),
        (Deed::Kick { member: MemberId(7) }, r#"{"deed":"kick","member":7}"#.to_owned()),
        (Deed::Ban { member: MemberId(7) }, r#"{"deed":"ban","member":7}"#.to_owned()),
        (Deed::Unban { member: MemberId(7) }, r#"{"deed":"unban","member":7}"#.to_owned()),
        (
            Deed::Assign { hash: hash(), log_index: 2, member: MemberId(7), plan: Some(PlanId(1)) },
            format!(r#"{{"deed":"assign","hash":"{}","log_index":2,"member":7,"plan":1}}"#, hash()),
        ),
        (
            Deed::Assign { hash: hash(), log_index: 0, member: MemberId(7), plan: None },
            format!(r#"{{"deed":"assign","hash":"{}","log_index":0,"member":7}}"#, hash()),
        ),
    ];
    for (deed, stored) in deeds {
        let stored = format!(r#"{{"at":"confirming","question":5,"deed":{stored},"until":"2023-11-14T22:13:20Z"}}"#);
        check(Dialog::Confirming { question: 5, deed, until }, None, &stored);
    }
}
