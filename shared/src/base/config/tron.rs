//! Where payments on TRON are looked up.

use super::{Secret, bad, base_url};
use crate::base::Fault;

/// Where payments on TRON are looked up.
#[derive(Debug)]
pub struct Tron {
    /// Base address of the explorer TronScan.
    pub tronscan_base_url: String,
    /// Base address of TronGrid, which lists an account's transfers.
    pub trongrid_base_url: String,
    /// Base address of the full node that has the solidified view.
    pub node_base_url: String,
    /// Key sent to all three; without it they answer less often.
    pub api_key: Option<Secret>,
}

pub(super) fn tron(get: &impl Fn(&'static str) -> Option<String>) -> Result<Tron, Fault> {
    Ok(Tron {
        tronscan_base_url: base_url(get, "TRONSCAN_BASE_URL", "https://apilist.tronscanapi.com"),
        trongrid_base_url: base_url(get, "TRONGRID_BASE_URL", "https://api.trongrid.io"),
        node_base_url: base_url(get, "TRON_NODE_BASE_URL", "https://api.trongrid.io"),
        api_key: get("TRON_API_KEY").map(|key| api_key(key.trim())).transpose()?,
    })
}

/// It travels in a header.
fn api_key(key: &str) -> Result<Secret, Fault> {
    let fits = key.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then(|| Secret::new(key)).ok_or_else(|| bad("TRON_API_KEY", "it must be visible ASCII characters"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(settings: &[(&'static str, &str)]) -> Result<Tron, Fault> {
        tron(&|key| settings.iter().find(|(name, _)| *name == key).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn the_public_services_are_asked_without_a_key_unless_told_otherwise() {
        let config = read(&[]).unwrap();
        assert_eq!(config.tronscan_base_url, "https://apilist.tronscanapi.com");
        assert_eq!(config.trongrid_base_url, "https://api.trongrid.io");
        assert_eq!(config.node_base_url, "https://api.trongrid.io");
        assert_eq!(config.api_key, None);
        let config = read(&[("TRON_NODE_BASE_URL", "http://127.0.0.1:1/"), ("TRON_API_KEY", " k-1 ")]).unwrap();
        assert_eq!(config.node_base_url, "http://127.0.0.1:1");
        assert_eq!(config.api_key, Some(Secret::new("k-1")));
    }

    #[test]
    fn a_key_that_no_header_can_carry_is_refused_without_being_shown() {
        let fault = read(&[("TRON_API_KEY", "hunter 2")]).unwrap_err();
        assert!(!crate::base::chain(&fault).contains("hunter"));
    }
}
