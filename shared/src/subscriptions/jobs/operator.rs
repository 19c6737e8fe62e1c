//! `subscriptions-operator`: what operators and the panel do beside the API. The answer to an order that is refused is
//! `{"error":".."}`, and nothing was changed.
//!
//! ```json
//! {"settings": true}                                                     all settings, and where they come from
//! {"set": {"name": "grace_days", "value": "2"}}   {"unset": "grace_days"}
//! {"texts": true}                                                        the operator's texts
//! {"set_text": {"language": "ru", "id": "..", "value": ".."}}   {"unset_text": {"language": "ru", "id": ".."}}
//! {"wallets": true}   {"wallet": "T.."}                                  new orders are paid to it, none to the old
//! {"refund_note": {"hash": "..", "log_index": 0, "note": ".."}}          a transfer was given back by hand
//! {"adjustment": {"chat_id": 1, "amount": "-1.5", "note": ".."}}         puts a balance right
//! {"ledger": 1}                                                          a member's balance and last entries
//! {"anonymise": 1}                                                       forgets a member's names
//! ```

use std::collections::BTreeMap;

use futures_util::future::try_join;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value as Json, json};

use crate::base::Fault;
use crate::base::config::{SUBSCRIPTIONS_OPERATORS as OPERATORS, SubscriptionRules, Subscriptions};
use crate::base::i18n::Lang;
use crate::base::tron::{Address, TxHash, Units};
use crate::db::{Connection, GenericClient, Transaction, audit, outbox};
use crate::entry::Cx;
use crate::subscriptions::model::{Alarm, EntryKind, LedgerEntry, MemberId, Note};
use crate::subscriptions::settings;
use crate::subscriptions::store::{self, ledger};
use crate::subscriptions::{DOMAIN, Error, alarms, assignment, members, messages as words, plans, settlement};

/// Who did it, in the audit and in ledgers.
const ACTOR: &str = "operator";
/// The setting that says which group it is about.
const GROUP: &str = "group_chat_id";
/// Kinds of alarms about that group's members.
const OF_THE_GROUP: [&str; 2] = ["access_fails", "group_admin"];
/// Characters of a setting's value.
const VALUE_CHARS_MAX: usize = 1_000;
/// Entries of a ledger that are shown.
const ENTRIES_MAX: i64 = 100;
/// Characters of a note.
const NOTE_CHARS_MAX: usize = 500;

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Order {
    Settings(IgnoredAny),
    Set { name: String, value: String },
    Unset(String),
    Texts(IgnoredAny),
    SetText { language: String, id: String, value: String },
    UnsetText { language: String, id: String },
    Wallets(IgnoredAny),
    Wallet(String),
    RefundNote { hash: String, log_index: i32, note: String },
    Adjustment { chat_id: i64, amount: String, note: String },
    Ledger(i64),
    Anonymise(i64),
}

/// Why an order is refused.
enum Refused {
    /// In words.
    Because(String),
    /// The machinery broke.
    Fault(Fault),
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        match error {
            Error::Fault(fault) => Self::Fault(fault),
            refusal => Self::Because(refusal.to_string()),
        }
    }
}

fn because(why: impl Into<String>) -> Refused {
    Refused::Because(why.into())
}

/// Carries out one order.
pub async fn run(cx: Cx, event: Json) -> Result<Json, Fault> {
    let order: Order = match serde_json::from_value(event) {
        Ok(order) => order,
        Err(error) => return Ok(json!({ "error": format!("the order cannot be read: {error}") })),
    };
    let config = cx.config().subscriptions()?;
    let now = cx.now();
    let mut db = cx.db().await?;
    let done = match order {
        Order::Settings(_) => listed(&db, config).await,
        Order::Texts(_) => texts(&db).await,
        Order::Wallets(_) => wallets(&db).await,
        Order::Ledger(chat_id) => ledger_of(&db, MemberId(chat_id)).await,
        change => carry_out(&mut db, config, change, now).await,
    };
    match done {
        Ok(answer) => Ok(answer),
        Err(Refused::Because(why)) => Ok(json!({ "error": why })),
        Err(Refused::Fault(fault)) => Err(fault),
    }
}

/// Carries out a change, in one transaction with its line in the audit. What is to be said leaves through the relay.
async fn carry_out(db: &mut Connection, config: &Subscriptions, order: Order, now: Timestamp) -> Result<Json, Refused> {
    let tx = db.begin();
    let mut messages = Vec::new();
    let answer = match order {
        Order::Set { name, value } => set(&tx, config, &name, Some(value.trim()), now).await,
        Order::Unset(name) => set(&tx, config, &name, None, now).await,
        Order::SetText { language, id, value } => set_text(&tx, &language, &id, Some(&value), now).await,
        Order::UnsetText { language, id } => set_text(&tx, &language, &id, None, now).await,
        Order::Wallet(address) => set_wallet(&tx, &address, now).await,
        Order::RefundNote { hash, log_index, note } => refund(&tx, &hash, log_index, &note, now).await,
        Order::Adjustment { chat_id, amount, note } => {
            let settings = settings::load(&tx, config).await?;
            let adjusted = adjust(&tx, &settings.rules, MemberId(chat_id), (&amount, &note), now).await;
            let (answer, notes) = adjusted?;
            messages = words::outgoing(&tx, &settings, notes).await?;
            Ok(answer)
        }
        Order::Anonymise(chat_id) => {
            members::anonymise(&tx, MemberId(chat_id), ACTOR, now).await?;
            Ok(json!({ "chat_id": chat_id, "anonymised": true }))
        }
        Order::Settings(_) | Order::Texts(_) | Order::Wallets(_) | Order::Ledger(_) => {
            Err(because("that changes nothing"))
        }
    }?;
    for message in &mut messages {
        message.at_once = false;
    }
    tx.commit_with(outbox::push(&tx, &messages, now)).await?;
    Ok(answer)
}

async fn stored(db: &impl GenericClient) -> Result<BTreeMap<String, String>, Fault> {
    let all = store::settings::all(db).await?;
    Ok(all.into_iter().filter_map(|(language, name, value)| language.is_none().then_some((name, value))).collect())
}

async fn listed(db: &Connection, config: &Subscriptions) -> Result<Json, Refused> {
    let stored = stored(db).await?;
    let setting = |name: &'static str| match stored.get(name) {
        Some(value) => json!({ "name": name, "value": value, "from": "operator" }),
        None => json!({ "name": name, "value": config.given(name), "from": "environment" }),
    };
    let settings: Vec<Json> = OPERATORS.iter().map(|(name, ..)| setting(name)).collect();
    Ok(json!({ "settings": settings }))
}

async fn set(
    tx: &Transaction<'_>,
    config: &Subscriptions,
    name: &str,
    value: Option<&str>,
    now: Timestamp,
) -> Result<Json, Refused> {
    let Some((name, ..)) = OPERATORS.iter().find(|(known, ..)| *known == name) else {
        let known: Vec<&str> = OPERATORS.iter().map(|(name, ..)| *name).collect();
        return Err(because(format!("there is no such setting; there are {}", known.join(", "))));
    };
    if value.is_some_and(|value| value.chars().count() > VALUE_CHARS_MAX || value.chars().any(char::is_control)) {
        return Err(because(format!("a value is one line of at most {VALUE_CHARS_MAX} characters")));
    }
    let mut next = stored(tx).await?;
    let old = next.remove(*name);
    if let Some(value) = value {
        next.insert((*name).to_owned(), value.to_owned());
    }
    match config.with(&next) {
        Ok(_) => {}
        Err(Fault::BadSetting { key, why }) => {
            let wrong = OPERATORS.iter().find(|(_, variable, _)| *variable == key).map_or(key, |(name, ..)| *name);
            return Err(because(format!("{wrong}: {why}")));
        }
        Err(Fault::Setting(_)) => return Err(because(format!("{name} cannot be empty"))),
        Err(fault) => return Err(fault.into()),
    }
    if *name == GROUP && old.as_deref().unwrap_or(&config.given(name)) != value.unwrap_or(&config.given(name)) {
        store::access::forget_group(tx).await?;
        alarms::clear_kinds(tx, &OF_THE_GROUP, now).await?;
    }
    store::settings::put(tx, name, value, now).await?;
    note(tx, "set", &format!("setting:{name}"), (old.map(Json::from), value.map(Json::from)), now).await?;
    Ok(json!({ "name": name, "value": value.map_or_else(|| config.given(name), str::to_owned) }))
}

async fn texts(db: &Connection) -> Result<Json, Refused> {
    let all = store::settings::all(db).await?.into_iter();
    let text = |(language, id, value): (Option<Lang>, String, String)| {
        language.map(|language| json!({ "language": language, "id": id, "value": value }))
    };
    Ok(json!({ "texts": all.filter_map(text).collect::<Vec<_>>() }))
}

async fn set_text(
    tx: &Transaction<'_>,
    language: &str,
    id: &str,
    value: Option<&str>,
    now: Timestamp,
) -> Result<Json, Refused> {
    let lang = Lang::ALL.into_iter().find(|lang| lang.code() == language);
    let lang = lang.ok_or_else(|| because("the language is en or ru"))?;
    if let Some(value) = value {
        words::check(lang, id, value).map_err(|why| because(why.to_string()))?;
    }
    store::settings::put_text(tx, (lang, id), value, now).await?;
    note(tx, "set_text", &format!("text:{language}:{id}"), (None, value.map(Json::from)), now).await?;
    Ok(json!({ "language": language, "id": id, "value": value }))
}

async fn wallets(db: &Connection) -> Result<Json, Refused> {
    let wallets = store::plans::wallets(db).await?;
    let wallets = wallets.iter().map(|wallet| {
        let (active_from, retired_at) = (wallet.active_from, wallet.retired_at);
        json!({ "address": wallet.address, "active_from": active_from, "retired_at": retired_at })
    });
    Ok(json!({ "wallets": wallets.collect::<Vec<_>>() }))
}

async fn set_wallet(tx: &Transaction<'_>, address: &str, now: Timestamp) -> Result<Json, Refused> {
    let address: Address = address.trim().parse().map_err(|_| because("it is not an address of TRON"))?;
    let old = store::plans::active_wallet(tx).await?.map(|wallet| wallet.address);
    if old.as_ref() != Some(&address) {
        plans::set_wallet(tx, &address, ACTOR, now).await?;
        alarms::clear(tx, &Alarm::NoWallet, now).await?;
    }
    let retired = old.filter(|old| *old != address);
    Ok(json!({ "wallet": address, "retired": retired }))
}

async fn refund(tx: &Transaction<'_>, hash: &str, log_index: i32, note: &str, now: Timestamp) -> Result<Json, Refused> {
    let hash: TxHash = hash.trim().parse().map_err(|_| because("a hash has 64 hexadecimal digits"))?;
    assignment::refund(tx, (&hash, log_index), ACTOR, noted(note)?, now).await?;
    Ok(json!({ "hash": hash, "log_index": log_index, "state": "returned" }))
}

/// A member's balance, and the last entries of their ledger, the newest first.
async fn ledger_of(db: &Connection, member: MemberId) -> Result<Json, Refused> {
    store::members::find(db, member).await?.ok_or(Error::NoSuchMember)?;
    let (balance, entries) = try_join(ledger::balance(db, member), ledger::entries(db, member, ENTRIES_MAX)).await?;
    let entry = |entry: &LedgerEntry| {
        let (hash, log_index) = entry.transfer.as_ref().map(|(hash, log_index)| (hash, log_index)).unzip();
        json!({
            "kind": entry.kind, "amount": entry.amount.to_string(), "transaction_hash": hash, "log_index": log_index,
            "order": entry.order, "actor": entry.actor, "note": entry.note, "at": entry.at,
        })
    };
    let entries: Vec<Json> = entries.iter().map(entry).collect();
    Ok(json!({ "chat_id": member, "balance": balance.to_string(), "entries": entries }))
}

/// Puts a balance right. What it covers now of orders that were paid in part is settled.
async fn adjust(
    tx: &Transaction<'_>,
    rules: &SubscriptionRules,
    member: MemberId,
    (amount, note_text): (&str, &str),
    now: Timestamp,
) -> Result<(Json, Vec<Note>), Refused> {
    let units = Units::parse(amount.trim()).ok().filter(|units| *units != Units::ZERO);
    let amount = units.ok_or_else(|| because("the amount is USDT such as -1.5, and not 0"))?;
    let text = noted(note_text)?;
    let member = store::members::lock(tx, member).await?.ok_or(Error::NoSuchMember)?;
    let id = member.chat_id;
    let balance = ledger::balance(tx, id).await? + amount;
    if amount < Units::ZERO && balance < Units::ZERO {
        return Err(because("the balance would be below 0"));
    }
    let entry = LedgerEntry {
        kind: EntryKind::Adjustment,
        amount,
        transfer: None,
        order: None,
        actor: ACTOR.to_owned(),
        note: Some(text.to_owned()),
        at: now,
    };
    ledger::add(tx, id, &entry).await?;
    let new = json!({ "amount": amount.to_string(), "balance": balance.to_string() });
    note(tx, "adjust", &format!("member:{id}"), (None, Some(new)), now).await?;
    let mut notes = Vec::new();
    if amount > Units::ZERO && !member.blocked {
        let settled = settlement::settle(tx, rules, &member, (None, amount), (None, ACTOR), now).await?;
        // Nothing has arrived that the member would have to be told of.
        notes.extend(settled.1.into_iter().filter(|note| !matches!(note, Note::Credited { .. })));
    }
    let balance = ledger::balance(tx, id).await?;
    Ok((json!({ "chat_id": id, "balance": balance.to_string() }), notes))
}

fn noted(note: &str) -> Result<&str, Refused> {
    let note = note.trim();
    let fits = (1..=NOTE_CHARS_MAX).contains(&note.chars().count()) && !note.contains('\0');
    if fits { Ok(note) } else { Err(because(format!("a note has 1 to {NOTE_CHARS_MAX} characters"))) }
}

async fn note(
    tx: &Transaction<'_>,
    action: &'static str,
    subject: &str,
    (old, new): (Option<Json>, Option<Json>),
    now: Timestamp,
) -> Result<(), Fault> {
    audit::note(tx, audit::Entry { domain: DOMAIN, actor: ACTOR, action, subject, old, new }, now).await
}
