//! Which function a request is for, as API Gateway decides it: fixed segments before parameters, `{name+}` last.

use http::Method;
use shared::entry::trigger::{Route, match_path};

/// Names and decoded values.
pub(super) type Parameters = Vec<(String, String)>;

/// Routes such as `GET /keyhub/products/{code}`, each with what it leads to.
#[derive(Debug)]
pub(super) struct Routes<T> {
    routes: Vec<(Route, T)>,
}

impl<T> Routes<T> {
    /// Collects routes.
    pub fn new(routes: impl IntoIterator<Item = (Route, T)>) -> Self {
        let mut routes: Vec<_> = routes.into_iter().collect();
        routes.sort_by_cached_key(|(route, _)| route.rank());
        Self { routes }
    }

    /// The route of a request, what it leads to, and the path parameters, decoded.
    pub fn find(&self, method: &Method, path: &str) -> Option<(&Route, &T, Parameters)> {
        let (route, target) = self.routes.iter().find(|(route, _)| route.takes(method, path))?;
        Some((route, target, match_path(&route.path, path).into_iter().collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(path: &'static str) -> (Route, &'static str) {
        (Route { method: Some(Method::GET), path: path.into() }, path)
    }

    fn any(path: &'static str) -> (Route, &'static str) {
        (Route { method: None, path: path.into() }, path)
    }

    #[track_caller]
    fn check(routes: &Routes<&'static str>, path: &str, expected: Option<(&str, &[(&str, &str)])>) {
        let found = routes.find(&Method::GET, path);
        let found = found.as_ref().map(|(_, target, parameters)| {
            let parameters = parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            (**target, parameters.collect::<Vec<_>>())
        });
        assert_eq!(found, expected.map(|(route, parameters)| (route, parameters.to_vec())), "{path}");
    }

    #[test]
    fn a_request_takes_the_most_fixed_route() {
        let paths =
            ["/a/{x}", "/a/b", "/a/{x}/keys", "/a/{x}/keys.csv", "/{q}/{r}/keys", "/{y}/b/keys", "/a/b/{z}", "/a"];
        let routes = Routes::new(paths.map(get));
        check(&routes, "/a", Some(("/a", &[])));
        check(&routes, "/a/b", Some(("/a/b", &[])));
        check(&routes, "/a/c", Some(("/a/{x}", &[("x", "c")])));
        check(&routes, "/a/c/keys.csv", Some(("/a/{x}/keys.csv", &[("x", "c")])));
        check(&routes, "/a/b/keys", Some(("/a/b/{z}", &[("z", "keys")])));
        check(&routes, "/c/b/keys", Some(("/{y}/b/keys", &[("y", "c")])));
        check(&routes, "/a/K%2F1%20%C3%A9+", Some(("/a/{x}", &[("x", "K/1 é+")])));
        for path in ["/a/", "/a/b/", "//a", "/"] {
            check(&routes, path, None);
        }
        assert!(routes.find(&Method::POST, "/a/b").is_none());
    }

    #[test]
    fn what_takes_the_rest_of_a_path_comes_last() {
        let routes =
            [any("/{all+}"), any("/a/{all+}"), get("/a/{all+}"), get("/a/{x}/c"), get("/a/{x}/c/{all+}"), any("/a/b")];
        let routes = Routes::new(routes);
        check(&routes, "/a/b", Some(("/a/b", &[])));
        check(&routes, "/a/b/c", Some(("/a/{x}/c", &[("x", "b")])));
        check(&routes, "/a/b/c/", Some(("/a/{x}/c/{all+}", &[("all", ""), ("x", "b")])));
        check(&routes, "/a/", Some(("/a/{all+}", &[("all", "")])));
        check(&routes, "/a/b/d", Some(("/a/{all+}", &[("all", "b/d")])));
        check(&routes, "/a", Some(("/{all+}", &[("all", "a")])));
        let key = |method| routes.find(&method, "/a/b/d").map(|(route, ..)| route.to_string());
        assert_eq!(key(Method::GET).as_deref(), Some("GET /a/{all+}"));
        assert_eq!(key(Method::PUT).as_deref(), Some("ANY /a/{all+}"));
    }
}
