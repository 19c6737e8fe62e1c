//! The site's cookies: who is logged in, who is visiting, and what is to be said once.

use crate::base::config::Bank;

/// Proves a login.
pub const LOGIN: &str = "bank_login";
/// Tells visitors without a login apart, for their forms.
pub const VISITOR: &str = "bank_visitor";
/// What the next page says.
pub const FLASH: &str = "bank_flash";

/// The cookies of a request.
#[derive(Clone, Copy, Debug)]
pub struct Jar<'a> {
    header: &'a str,
    secure: bool,
}

impl<'a> Jar<'a> {
    /// The cookies in the header `Cookie`.
    pub fn new(header: Option<&'a str>, secure: bool) -> Self {
        Self { header: header.unwrap_or_default(), secure }
    }

    /// The value of the cookie `name`, if it is there and not empty; the first if there are several.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        let name = full_name(name, self.secure);
        let mut pairs = self.header.split(';').filter_map(|pair| pair.trim().split_once('='));
        let (_, value) = pairs.find(|(key, _)| *key == name)?;
        let value = value.trim_matches('"');
        (!value.is_empty()).then_some(value)
    }
}

/// A browser keeps a cookie of this prefix only if it came from this very host, over TLS and for all paths.
fn full_name(name: &str, secure: bool) -> String {
    if secure { format!("__Host-{name}") } else { name.to_owned() }
}

/// What sets the cookie `name`, until the browser is closed or for `seconds`.
pub fn set(bank: &Bank, name: &str, value: &str, seconds: Option<i64>) -> String {
    written(bank.cookie_secure, name, value, seconds)
}

/// What removes the cookie `name`.
pub fn clear(bank: &Bank, name: &str) -> String {
    set(bank, name, "", Some(0))
}

fn written(secure: bool, name: &str, value: &str, seconds: Option<i64>) -> String {
    let age = seconds.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
    let secure_only = if secure { "; Secure" } else { "" };
    format!("{}={value}; Path=/; HttpOnly; SameSite=Lax{secure_only}{age}", full_name(name, secure))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(header: &str, secure: bool, expected: Option<&str>) {
        assert_eq!(Jar::new(Some(header), secure).get(LOGIN), expected, "{header}");
    }

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        check("bank_login=a", false, Some("a"));
        check("x=1; bank_login=a==; y=2", false, Some("a=="));
        check("x=1;bank_login=\"a\"", false, Some("a"));
        check("bank_login=a; bank_login=b", false, Some("a"));
        for header in ["", "bank_login", "bank_login=", "xbank_login=a", "bank_login2=a", "__Host-bank_login=a", ";;="]
        {
            check(header, false, None);
        }
        assert_eq!(Jar::new(None, true).get(LOGIN), None);
    }

    #[test]
    fn over_tls_only_a_cookie_of_this_host_counts() {
        check("bank_login=a; __Host-bank_login=b", true, Some("b"));
        check("bank_login=a", true, None);
    }

    #[test]
    fn scripts_and_other_sites_do_not_get_it() {
        assert_eq!(
            written(true, LOGIN, "a", Some(2_592_000)),
            "__Host-bank_login=a; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=2592000"
        );
        assert_eq!(written(false, FLASH, "", None), "bank_flash=; Path=/; HttpOnly; SameSite=Lax");
    }
}
