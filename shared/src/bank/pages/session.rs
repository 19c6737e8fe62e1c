//! Who is logged in.

use super::cookies::{Jar, LOGIN};
use crate::bank::logins;
use crate::bank::model::Customer;
use crate::base::Fault;
use crate::db::GenericClient;
use crate::entry::{Cx, Request};

/// The customer whose login the request shows, if it is one that still holds.
pub async fn signed_in(cx: &Cx, db: &impl GenericClient, request: &Request) -> Result<Option<Customer>, Fault> {
    let secure = cx.config().bank()?.cookie_secure;
    match Jar::new(request.header("cookie"), secure).get(LOGIN) {
        Some(token) => logins::who(db, token, cx.now()).await,
        None => Ok(None),
    }
}
