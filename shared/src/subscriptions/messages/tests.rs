use jiff::tz::TimeZone;

use super::admins::to_admin;
use super::notes::to_member;
use super::*;
use crate::base::Config;
use crate::subscriptions::model::{
    AdminNote, Alarm, ClaimReason, EventKind, Note, OrderId, OrderState, PlanId, Source, Subscription,
};

const WALLET: &str = "TZJozAg1ruapycCicgz31GxvYJ1FraLjZa";

fn settings() -> Settings {
    let given = |name: &str| match name {
        "SUBSCRIPTIONS_GROUP_CHAT_ID" => Some("-100"),
        "TELEGRAM_SUBSCRIPTIONS_USERNAME" => Some("gate_bot"),
        "SUBSCRIPTIONS_CHECKS_QUEUE_URL" => Some("http://checks"),
        "SUBSCRIPTIONS_ACCESS_QUEUE_URL" => Some("http://access"),
        _ => None,
    };
    let config = Config::from_lookup(|name| given(name).map(str::to_owned)).unwrap();
    let config = config.subscriptions().unwrap();
    let texts = Overrides::default();
    Settings { rules: config.rules.clone(), username: config.username.clone(), language: config.language, texts }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn hash() -> TxHash {
    "e0".repeat(32).parse().unwrap()
}

fn alice() -> Member {
    Member {
        chat_id: MemberId(1001),
        username: Some("alice".into()),
        first_name: Some("Al<b>ice".into()),
        last_name: Some("O'Neil & Sons".into()),
        language: Lang::En,
        at_private_group: false,
        group_status: None,
        date_joined: at("2026-11-01T00:00:00Z"),
        is_staff: false,
        blocked: false,
        reachable: true,
    }
}

fn order() -> Order {
    Order {
        id: OrderId::new(at("2026-11-20T08:00:00Z"), 7),
        member: MemberId(1001),
        plan: PlanId(1),
        period: "1 month".into(),
        days: 30,
        price: Units(100_000_000),
        wallet: WALLET.parse().unwrap(),
        due: Some(Units(100_000_100)),
        state: OrderState::Waiting,
        source: Source::Bot,
        created_at: at("2026-11-20T08:00:00Z"),
        expires_at: at("2026-11-21T08:00:00Z"),
        paid_at: None,
    }
}

fn subscription() -> Subscription {
    Subscription {
        member: MemberId(1001),
        plan: Some(PlanId(1)),
        starts_at: at("2026-11-20T08:16:21Z"),
        ends_at: at("2026-12-20T08:16:21Z"),
        set_at: at("2026-11-20T08:16:21Z"),
        last_hash: Some(hash()),
        last_price: Some(Units(100_000_000)),
    }
}

fn said(message: &Outgoing) -> &str {
    message.body["text"].as_str().expect("a text")
}

#[track_caller]
fn check_html(text: &str) {
    assert!(html::is_sound(text), "{text}");
    assert!(!text.contains("{ $"), "{text}");
    assert!(text.contains(' '), "only the name of a text: {text}");
}

#[test]
fn times_have_their_zone() {
    let end = at("2026-12-20T08:16:21Z");
    assert_eq!(dated(end, &TimeZone::get("Europe/Moscow").unwrap()), "20/12/2026 11:16:21 +03:00");
    assert_eq!(dated(end, &TimeZone::get("America/New_York").unwrap()), "20/12/2026 03:16:21 -05:00");
}

#[test]
fn admins_read_who_what_when_and_where_to_look() {
    let settings = settings();
    let of = Some(subscription());
    let notes = [
        AdminNote::Paid {
            member: alice(),
            order: order(),
            subscription: subscription(),
            renewed: false,
            hash: Some(hash()),
        },
        AdminNote::Paid {
            member: alice(),
            order: order(),
            subscription: subscription(),
            renewed: true,
            hash: Some(hash()),
        },
        AdminNote::Extended {
            member: alice(),
            period: Some("1 month".into()),
            subscription: subscription(),
            days: -3,
            actor: "telegram:5".into(),
            reason: "<waiting>".into(),
        },
        AdminNote::Removed { member: alice(), period: Some("1 month".into()), subscription: of },
    ];
    for note in &notes {
        for lang in Lang::ALL {
            let message = to_admin(&Voice { settings: &settings, lang, to: MemberId(5) }, note);
            let text = said(&message);
            check_html(text);
            for fact in [
                "Al&lt;b&gt;ice O'Neil &amp; Sons",
                "@alice",
                "1001",
                "1 month",
                "100 USDT",
                "20/11/2026 11:16:21 +03:00",
                "20/12/2026 11:16:21 +03:00",
                "https://tronscan.org/#/transaction/e0e0",
            ] {
                assert!(text.contains(fact), "{fact} in {text}");
            }
        }
    }
}

#[test]
fn every_alarm_and_waiting_payment_has_its_words() {
    let settings = settings();
    let held = |reason| AdminNote::Held { member: Some(alice()), hash: hash(), amount: Units(1), reason };
    let mut notes = vec![
        AdminNote::Unassigned { hash: hash(), amount: Units(100_000_000), at: at("2026-11-20T08:16:21Z") },
        AdminNote::Held { member: None, hash: hash(), amount: Units(1), reason: ClaimReason::Risky },
        held(ClaimReason::Ambiguous),
    ];
    let alarms = [
        Alarm::Disputed(hash()),
        Alarm::OneSided(hash()),
        Alarm::SourceAway,
        Alarm::NoDueFree,
        Alarm::NoWallet,
        Alarm::TelegramFails,
        Alarm::AccessFails(MemberId(7)),
        Alarm::GroupAdmin(MemberId(7)),
        Alarm::RightsMissing(vec!["can_invite_users".into()]),
        Alarm::NoAdminReachable,
        Alarm::OddRow("row <7>".into()),
    ];
    notes.extend(alarms.map(AdminNote::Alarm));
    for note in &notes {
        for lang in Lang::ALL {
            let message = to_admin(&Voice { settings: &settings, lang, to: MemberId(5) }, note);
            check_html(said(&message));
            assert!(said(&message).lines().count() > 1, "more than a title: {}", said(&message));
        }
    }
}

#[test]
fn every_reason_and_event_has_a_text() {
    let reasons = [
        ClaimReason::FailedOnChain,
        ClaimReason::WrongToken,
        ClaimReason::WrongWallet,
        ClaimReason::NoTransfer,
        ClaimReason::TooOld,
        ClaimReason::NotFound,
        ClaimReason::Used,
        ClaimReason::Risky,
        ClaimReason::Blocked,
        ClaimReason::NoMatchingOrder,
        ClaimReason::Ambiguous,
        ClaimReason::TooLarge,
    ];
    let events = [
        EventKind::Started,
        EventKind::Renewed,
        EventKind::Extended,
        EventKind::Shortened,
        EventKind::Expired,
        EventKind::Removed,
    ];
    for lang in Lang::ALL {
        for reason in reasons {
            let id = format!("reason-{}", reason.word().replace('_', "-"));
            assert!(TEXTS.has(lang, &id), "{id}");
        }
        for event in events {
            let id = format!("event-{}", event.word());
            assert!(TEXTS.has(lang, &id), "{id}");
        }
    }
}

#[test]
fn members_read_what_concerns_them() {
    let settings = settings();
    let member = MemberId(1001);
    let end = at("2026-12-20T08:16:21Z");
    let url = "https://t.me/+abc".to_owned();
    let reminder = |period: Option<&str>, price| Note::Reminder {
        member,
        ends_at: end,
        days_before: 7,
        period: period.map(str::to_owned),
        price,
    };
    let notes: [(Note, &[&str]); 12] = [
        (Note::Confirming { member, confirmations: 40 }, &["19/19"]),
        (Note::Missing { order: order(), missing: Units(5_000_000) }, &["5 USDT", "100.0001", WALLET]),
        (Note::Missing { order: Order { due: None, ..order() }, missing: Units(1) }, &["0.000001 USDT"]),
        (Note::Credited { member, amount: Units(30_000_000), balance: Units(30_000_100) }, &["30 USDT", "30.0001"]),
        (Note::ClaimRefused { member, hash: hash(), reason: ClaimReason::WrongToken }, &["e0e0"]),
        (Note::ClaimHeld { member, hash: hash() }, &["e0e0"]),
        (Note::Link { member, url, expires_at: end, ends_at: end }, &["https://t.me/+abc", "11:16:21"]),
        (Note::NewEnd { member, ends_at: end }, &["20/12/2026 11:16:21 +03:00"]),
        (reminder(Some("1 month"), Some(Units(100_000_000))), &["1 month", "100 USDT", "20/12/2026"]),
        (reminder(None, None), &["20/12/2026"]),
        (Note::YouWereRemoved { member }, &[]),
        (Note::LinkMisused { member }, &["/link"]),
    ];
    for (note, facts) in &notes {
        for lang in Lang::ALL {
            let message = to_member(&Voice { settings: &settings, lang, to: member }, note).unwrap();
            check_html(said(&message));
            for fact in *facts {
                assert!(said(&message).contains(fact), "{fact} in {}", said(&message));
            }
            let about = match note {
                Note::Reminder { .. } => format!("subscriptions.reminder:1001:{}:7", end.as_second()),
                _ => "subscriptions.member:1001".to_owned(),
            };
            assert_eq!(message.about, Some(about));
        }
    }
}

#[test]
fn a_reminder_has_the_operators_picture_if_its_text_fits_below() {
    let mut settings = settings();
    settings.rules.reminder_picture = Some("file-1".into());
    let note = Note::Reminder {
        member: MemberId(7),
        ends_at: at("2026-12-20T08:16:21Z"),
        days_before: 1,
        period: None,
        price: None,
    };
    let method = |settings: &Settings| {
        let message = to_member(&Voice { settings, lang: Lang::En, to: MemberId(7) }, &note).unwrap();
        assert_eq!(message.body["reply_markup"]["inline_keyboard"][0][0]["callback_data"], "plans");
        message.body["method"].clone()
    };
    assert_eq!(method(&settings), "sendPhoto");
    settings.texts = overrides(vec![(Lang::En, "reminder-without-price".into(), "x".repeat(1025))]);
    assert_eq!(method(&settings), "sendMessage");
}

#[test]
fn amounts_and_addresses_are_copied_as_they_are() {
    let settings = settings();
    let voice = Voice { settings: &settings, lang: Lang::Ru, to: MemberId(7) };
    let rows = voice.copies(&order(), Units(100_000_100));
    let copied = |row: &[InlineButton]| row[0].copy_text.as_ref().map(|copy| copy.text.clone());
    assert_eq!(rows.iter().map(|row| copied(row)).collect::<Vec<_>>(), [Some("100.0001".into()), Some(WALLET.into())]);
}

#[test]
fn broken_markup_is_no_text_but_plain_texts_have_none() {
    assert_eq!(check(Lang::En, "menu", "<b>Hi</b>"), Ok(()));
    assert_eq!(check(Lang::En, "menu", "<b>Hi"), Err(NotAText::Markup));
    assert_eq!(check(Lang::En, "button-plans", "<3"), Ok(()));
    assert_eq!(check(Lang::Ru, "new-end", "До { $end }"), Ok(()));
    assert_eq!(check(Lang::Ru, "new-end", "До { $start }"), Err(NotAText::UnknownArgument("start".into())));
}
