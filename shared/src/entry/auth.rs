//! API keys of back-office callers: `X-Api-Key` missing is 401, wrong or without the scope 403.

use futures_util::future::join;
use http::{HeaderValue, StatusCode};

use super::{Cx, Problem, Request};
use crate::base::Fault;
use crate::db::api_keys::{self, Caller};
use crate::db::{Connection, GenericClient};

const HEADER: &str = "x-api-key";

/// What a scope brings along.
const BRINGS: [(&str, &[&str]); 1] = [("subscriptions:admin", &["subscriptions:read", "subscriptions:write"])];

/// The caller, if they may do what asks for `scope`. Looked at before path and body are.
pub async fn caller(cx: &Cx, request: &Request, scope: &str) -> Result<Caller, Problem> {
    caller_with_one(cx, request, &[scope]).await
}

/// The same for what one of several scopes is enough for.
pub async fn caller_with_one(cx: &Cx, request: &Request, scopes: &[&str]) -> Result<Caller, Problem> {
    let key = key(request)?;
    let db = cx.db().await?;
    admitted(find(&*db, key).await?, scopes)
}

/// The caller, and what `read` reads in the same round trip; it is thrown away if they may not. For functions that
/// [check their caller themselves](super::Function::admits_itself).
pub async fn caller_and<T>(
    cx: &Cx,
    request: &Request,
    scope: &str,
    read: impl AsyncFnOnce(&Connection) -> Result<T, Fault>,
) -> Result<(Caller, T), Problem> {
    let key = key(request)?;
    let db = cx.db().await?;
    let (found, read) = join(find(&*db, key), read(&db)).await;
    Ok((admitted(found?, &[scope])?, read?))
}

/// The key as it was sent.
fn key(request: &Request) -> Result<&HeaderValue, Problem> {
    request.headers.get(HEADER).filter(|key| !key.is_empty()).ok_or_else(|| {
        let detail = "Send an API key in the header X-Api-Key.";
        Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
    })
}

async fn find(db: &impl GenericClient, key: &HeaderValue) -> Result<Option<Caller>, Fault> {
    match key.to_str() {
        Ok(key) => api_keys::find(db, key).await,
        Err(_) => Ok(None),
    }
}

fn admitted(found: Option<Caller>, scopes: &[&str]) -> Result<Caller, Problem> {
    match found {
        Some(caller) if scopes.iter().any(|scope| may(&caller, scope)) => Ok(caller),
        Some(_) => {
            let detail = format!("This API key does not have the scope {}.", scopes.join(" or "));
            Err(Problem::new(StatusCode::FORBIDDEN, "forbidden", detail))
        }
        None => Err(Problem::new(StatusCode::FORBIDDEN, "forbidden", "This API key is not valid.")),
    }
}

/// Whether the caller's key carries `scope`, or one that brings it along.
fn may(caller: &Caller, scope: &str) -> bool {
    caller.may(scope) || BRINGS.iter().any(|(held, brought)| brought.contains(&scope) && caller.may(held))
}

#[cfg(test)]
mod tests {
    use super::super::keys::SCOPES;
    use super::*;

    #[test]
    fn only_the_admin_of_subscriptions_may_more_than_the_key_says() {
        let caller = |held: &str| Caller { api_key_id: 1, name: "test".into(), scopes: vec![held.into()] };
        for held in SCOPES {
            let may: Vec<_> = SCOPES.iter().filter(|scope| may(&caller(held), scope)).collect();
            match *held {
                "subscriptions:admin" => {
                    assert_eq!(may, [&"subscriptions:read", &"subscriptions:write", &"subscriptions:admin"]);
                }
                _ => assert_eq!(may, [held]),
            }
        }
    }
}
