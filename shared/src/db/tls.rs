//! TLS to Postgres, with the same stack as everything else: rustls on ring, roots compiled in.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

/// TLS settings for every connection this process makes. RDS Proxy shows a certificate of a public authority.
pub fn config() -> ClientConfig {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring speaks TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth()
}

/// Makes the TLS sessions of Postgres connections, where the address asks for TLS.
pub fn connector() -> MakeRustlsConnect {
    MakeRustlsConnect::new(config())
}
