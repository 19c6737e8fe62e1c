//! The one HTTP client of a process.

use std::time::Duration;

use crate::base::Fault;
use crate::db::tls;

/// How long to wait for a connection to any outside service.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long an outside call may take in all.
pub const TOTAL_TIMEOUT: Duration = Duration::from_secs(10);

/// Makes the client: rustls on ring, compiled-in roots, no proxy, no redirects.
pub fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls::config())
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(TOTAL_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .expect("the TLS settings are our own")
}

/// A failed call of `service`, without the address: it may carry a token.
pub fn fault(service: &'static str, error: reqwest::Error) -> Fault {
    Fault::outside(service, error.without_url())
}
