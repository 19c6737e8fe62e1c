//! What the subscriptions start with, beside the plans of the schema: the wallet of the first installation.

use crate::base::Fault;
use crate::entry::Cx;
use crate::subscriptions::{plans, store};

/// Sets the first wallet where there is none. Once there is one, only an operator changes it.
pub async fn run(cx: &Cx) -> Result<(), Fault> {
    let Ok(config) = cx.config().subscriptions() else { return Ok(()) };
    let Some(wallet) = &config.first_wallet else { return Ok(()) };
    let mut db = cx.db().await?;
    if !store::plans::wallets(&*db).await?.is_empty() {
        return Ok(());
    }
    let tx = db.begin();
    plans::set_wallet(&tx, wallet, "migrate", cx.now()).await?;
    tx.commit().await
}
