//! Which function a request is for, as API Gateway decides it: fixed segments before parameters.

use http::Method;
use percent_encoding::percent_decode_str;

/// Names and decoded values.
pub(super) type Parameters = Vec<(String, String)>;

/// Routes such as `GET /keyhub/products/{code}`, each with what it leads to.
#[derive(Debug)]
pub(super) struct Routes<T> {
    routes: Vec<Route<T>>,
}

/// One route.
#[derive(Debug)]
pub(super) struct Route<T> {
    /// `GET /keyhub/products/{code}`.
    pub key: String,
    /// What it leads to.
    pub target: T,
    method: Method,
    segments: Vec<Segment>,
}

#[derive(Debug)]
enum Segment {
    Fixed(String),
    Parameter(String),
}

impl Segment {
    fn is_parameter(&self) -> bool {
        matches!(self, Self::Parameter(_))
    }
}

impl<T> Routes<T> {
    /// Collects routes.
    pub fn new(routes: impl IntoIterator<Item = (Method, &'static str, T)>) -> Self {
        let mut routes: Vec<_> =
            routes.into_iter().map(|(method, path, target)| Route::new(method, path, target)).collect();
        routes.sort_by_cached_key(|route| route.segments.iter().map(Segment::is_parameter).collect::<Vec<_>>());
        Self { routes }
    }

    /// The route of a request and its path parameters, decoded.
    pub fn find(&self, method: &Method, path: &str) -> Option<(&Route<T>, Parameters)> {
        let path: Vec<_> = path.strip_prefix('/')?.split('/').collect();
        let mut same_method = self.routes.iter().filter(|route| route.method == *method);
        same_method.find_map(|route| Some((route, route.parameters(&path)?)))
    }
}

impl<T> Route<T> {
    fn new(method: Method, path: &str, target: T) -> Self {
        let segments = path.trim_start_matches('/').split('/').map(|segment| {
            let name = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
            name.map_or_else(|| Segment::Fixed(segment.to_owned()), |name| Segment::Parameter(name.to_owned()))
        });
        Self { key: format!("{method} {path}"), target, segments: segments.collect(), method }
    }

    fn parameters(&self, path: &[&str]) -> Option<Parameters> {
        if self.segments.len() != path.len() {
            return None;
        }
        let mut parameters = Vec::new();
        for (segment, found) in self.segments.iter().zip(path) {
            match segment {
                Segment::Fixed(text) if text == found => {}
                Segment::Parameter(name) if !found.is_empty() => {
                    parameters.push((name.clone(), percent_decode_str(found).decode_utf8_lossy().into_owned()));
                }
                _ => return None,
            }
        }
        Some(parameters)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_takes_the_most_fixed_route() {
        let paths =
            ["/a/{x}", "/a/b", "/a/{x}/keys", "/a/{x}/keys.csv", "/{q}/{r}/keys", "/{y}/b/keys", "/a/b/{z}", "/a"];
        let routes = Routes::new(paths.map(|path| (Method::GET, path, path)));
        for (path, expected) in [
            ("/a", Some(("/a", vec![]))),
            ("/a/b", Some(("/a/b", vec![]))),
            ("/a/c", Some(("/a/{x}", vec![("x", "c")]))),
            ("/a/c/keys.csv", Some(("/a/{x}/keys.csv", vec![("x", "c")]))),
            ("/a/b/keys", Some(("/a/b/{z}", vec![("z", "keys")]))),
            ("/c/b/keys", Some(("/{y}/b/keys", vec![("y", "c")]))),
            ("/a/K%2F1%20%C3%A9+", Some(("/a/{x}", vec![("x", "K/1 é+")]))),
            ("/a/", None),
            ("/a/b/", None),
            ("//a", None),
            ("/", None),
        ] {
            let found = routes.find(&Method::GET, path);
            let found = found.as_ref().map(|(route, parameters)| {
                (route.target, parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect())
            });
            assert_eq!(found, expected, "{path}");
        }
        assert!(routes.find(&Method::POST, "/a/b").is_none());
    }
}
