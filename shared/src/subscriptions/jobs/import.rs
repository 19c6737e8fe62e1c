//! `subscriptions-import`: the one-time import of the system before this one. Its three tables come as CSV, in the
//! event or in the bucket; each may be left out. With `"dry_run": true` the answer is the same, and nothing is changed.
//!
//! ```json
//! {"dry_run": true, "users": "chat_id,telegram_username,..", "plans": "id,period,price", "subscriptions": ".."}
//! {"objects": {"users": "import/users.csv", "plans": "..", "subscriptions": ".."}}
//! ```

use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::base::Fault;
use crate::db::outbox::{self, Outgoing};
use crate::entry::{Cx, deliver};
use crate::subscriptions::import::{self, Files};
use crate::subscriptions::messages::{self, ACCESS};
use crate::subscriptions::settings;

/// Members of one message about memberships to be verified.
const VERIFIED_TOGETHER: usize = 100;
/// Size of a file, in bytes.
const BYTES_MAX: usize = 64 * 1024 * 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    #[serde(default)]
    dry_run: bool,
    users: Option<String>,
    plans: Option<String>,
    subscriptions: Option<String>,
    #[serde(default)]
    objects: Objects,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Objects {
    users: Option<String>,
    plans: Option<String>,
    subscriptions: Option<String>,
}

/// Imports in one transaction, and has the memberships verified.
pub async fn run(cx: Cx, event: Json) -> Result<Json, Fault> {
    let asked: Asked = match serde_json::from_value(event) {
        Ok(asked) => asked,
        Err(error) => return Ok(json!({ "error": format!("the order cannot be read: {error}") })),
    };
    let Asked { dry_run, users, plans, subscriptions, objects } = asked;
    let mut files = Files { users, plans, subscriptions };
    for (file, object) in [
        (&mut files.users, objects.users),
        (&mut files.plans, objects.plans),
        (&mut files.subscriptions, objects.subscriptions),
    ] {
        let Some(key) = object else { continue };
        match fetched(&cx, &key).await? {
            Ok(text) => *file = Some(text),
            Err(why) => return Ok(json!({ "error": why })),
        }
    }
    let mut db = cx.db().await?;
    let settings = settings::load(&*db, cx.config().subscriptions()?).await?;
    let now = cx.now();
    let tx = db.begin().patient();
    let (report, notes) = import::run(&tx, &files, (settings.language, settings.rules.grace), now).await?;
    let mut answer = serde_json::to_value(&report).map_err(|error| Fault::stored("report of an import", error))?;
    answer["dry_run"] = json!(dry_run);
    if dry_run {
        tx.rollback().await?;
        return Ok(answer);
    }
    let verify = |ids: &[_]| Outgoing::queue(ACCESS, json!({ "verify": ids }));
    let mut messages = messages::outgoing(&tx, &settings, notes).await?;
    messages.extend(report.to_verify.chunks(VERIFIED_TOGETHER).map(verify));
    let pushed = tx.commit_with(outbox::push(&tx, &messages, now)).await?;
    drop(tx);
    tracing::info!(
        members.added = report.users.added,
        subscriptions.added = report.members.added,
        lines.bad = report.bad.len(),
        "the system before this one was imported"
    );
    deliver::at_once(&cx, &mut db, pushed).await;
    Ok(answer)
}

/// The text of an object, or why there is none.
async fn fetched(cx: &Cx, key: &str) -> Result<Result<String, String>, Fault> {
    let Some(bytes) = cx.objects().await?.get(key, BYTES_MAX).await? else {
        return Ok(Err(format!("there is no object called {key} of at most {BYTES_MAX} bytes")));
    };
    Ok(String::from_utf8(bytes).map_err(|_| format!("the object {key} is not UTF-8")))
}
