//! The settings of the moment: the environment's, with what the operator stored in their place.

use std::collections::BTreeMap;

use super::messages;
use super::store::settings as store;
use crate::base::Fault;
use crate::base::config::{SubscriptionRules, Subscriptions};
use crate::base::i18n::{Lang, Overrides};
use crate::db::GenericClient;

/// The settings of the moment.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What the operator may change.
    pub rules: SubscriptionRules,
    /// User name of the bot, without `@`.
    pub username: String,
    /// Language of those whose own we do not write.
    pub language: Lang,
    /// The operator's texts.
    pub texts: Overrides,
}

/// Reads them. Of one that is stored and cannot be used any more the environment's holds,
/// and the log says so.
pub async fn load(db: &impl GenericClient, config: &Subscriptions) -> Result<Settings, Fault> {
    let (mut settings, mut texts) = (BTreeMap::new(), Vec::new());
    for (language, name, value) in store::all(db).await? {
        match language {
            Some(language) => texts.push((language, name, value)),
            None => drop(settings.insert(name, value)),
        }
    }
    let mut rules = config.rules.clone();
    if !settings.is_empty() {
        // One that cannot be used any more does not take the others with it.
        settings.retain(|name, value| {
            let alone = config.with(&BTreeMap::from([(name.clone(), value.clone())]));
            if let Err(fault) = &alone {
                tracing::error!(
                    setting.name = name,
                    error = crate::base::chain(fault),
                    "a stored setting is not usable"
                );
            }
            alone.is_ok()
        });
        rules = config.with(&settings)?;
    }
    let texts = messages::overrides(texts);
    Ok(Settings { rules, username: config.username.clone(), language: config.language, texts })
}
