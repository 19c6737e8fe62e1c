//! [`Trigger`]: what calls a function, and the routes of the HTTP API by which it is called.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use http::Method;
use percent_encoding::percent_decode_str;

use super::Problem;

/// What calls a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// Routes of the HTTP API: one, or those of a web site's pages.
    Http {
        /// Method and path of each, with `{name}` for parameters.
        routes: Vec<(Method, &'static str)>,
        /// Whether a path may have one more slash at its end.
        slash: bool,
    },
    /// Requests below a path, with whatever method, that no other route of the HTTP API takes.
    Elsewhere {
        /// The path, its last segment `{proxy+}`.
        path: &'static str,
    },
    /// A bot's webhook, a `POST` route of the HTTP API.
    Telegram {
        /// Its path.
        path: &'static str,
    },
    /// Messages of an SQS queue.
    Queue {
        /// Name of the queue.
        queue: &'static str,
    },
    /// The clock.
    Schedule {
        /// EventBridge schedule expression, in UTC.
        expression: &'static str,
    },
    /// What a service of AWS writes to its log group in CloudWatch.
    Logs,
    /// Only who invokes it by name.
    Direct,
}

impl Trigger {
    /// The routes of the HTTP API that lead to the function. API Gateway has none that end with a slash, so that a path that
    /// may have one has a second route, whose `{proxy+}` takes it and more; what is more is refused by the function.
    pub fn routes(&self) -> Vec<Route> {
        match self {
            Self::Http { routes, slash } => {
                let both = |(method, path): &(Method, &'static str)| {
                    let slashed = slash.then(|| Route::new(Some(method.clone()), format!("{path}/{{proxy+}}")));
                    [Some(Route::new(Some(method.clone()), *path)), slashed]
                };
                routes.iter().flat_map(both).flatten().collect()
            }
            Self::Elsewhere { path } => vec![Route::new(None, *path)],
            Self::Telegram { path } => vec![Route::new(Some(Method::POST), *path)],
            Self::Queue { .. } | Self::Schedule { .. } | Self::Logs | Self::Direct => Vec::new(),
        }
    }

    /// The path that a request came by, as the catalogue writes it, and its parameters, decoded; of several that fit, the one
    /// with fewer parameters. An empty path if none fits.
    pub(super) fn find(&self, method: &Method, path: &str) -> (&'static str, BTreeMap<String, String>) {
        let path = self.trimmed(path);
        let parameters = |route: &&str| route.matches('{').count();
        let route = match self {
            Self::Http { routes, .. } => {
                let fitting = routes.iter().filter(|(of, route)| of == method && fits(route, path));
                fitting.map(|(_, route)| *route).min_by_key(parameters).unwrap_or_default()
            }
            Self::Elsewhere { path } | Self::Telegram { path } => path,
            Self::Queue { .. } | Self::Schedule { .. } | Self::Logs | Self::Direct => "",
        };
        (route, match_path(route, path))
    }

    /// The methods with which the function takes `path`, unless it takes what is nowhere else.
    fn methods(&self, path: &str) -> Vec<Method> {
        let path = self.trimmed(path);
        match self {
            Self::Http { routes, .. } => {
                routes.iter().filter(|(_, route)| fits(route, path)).map(|(method, _)| method.clone()).collect()
            }
            Self::Telegram { path: route } if fits(route, path) => vec![Method::POST],
            _ => Vec::new(),
        }
    }

    fn trimmed<'a>(&self, path: &'a str) -> &'a str {
        match self {
            Self::Http { slash: true, .. } => path.strip_suffix('/').unwrap_or(path),
            _ => path,
        }
    }
}

/// The refusal of a request for `path` that no route takes: 405 where the catalogue has the path with other methods, else 404.
pub fn nowhere(path: &str) -> Problem {
    let methods = methods_of(path);
    if methods.is_empty() { Problem::not_found("There is no such path.") } else { Problem::not_allowed(&methods) }
}

fn methods_of(path: &str) -> Vec<Method> {
    let all = crate::functions::all();
    let mut methods: Vec<_> = all.iter().flat_map(|function| function.trigger().methods(path)).collect();
    methods.sort_by(|one, other| one.as_str().cmp(other.as_str()));
    methods.dedup();
    methods
}

/// A route of the HTTP API, as API Gateway has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Its method; any if there is none.
    pub method: Option<Method>,
    /// Its path, with `{name}` for a segment and `{name+}` at the end for all that follows.
    pub path: Cow<'static, str>,
}

impl Route {
    fn new(method: Option<Method>, path: impl Into<Cow<'static, str>>) -> Self {
        Self { method, path: path.into() }
    }

    /// Whether a request comes by this route, unless one of lower [`Route::rank`] takes it.
    pub fn takes(&self, method: &Method, path: &str) -> bool {
        self.method.as_ref().is_none_or(|own| own == method) && fits(&self.path, path)
    }

    /// What is compared where several routes fit: routes without `{name+}` come first, then those with fixed segments early,
    /// then those with a method.
    pub fn rank(&self) -> (bool, Vec<u8>, bool) {
        let kind = |segment: &str| match segment {
            greedy if is_greedy(greedy) => 2,
            parameter if is_parameter(parameter) => 1,
            _ => 0,
        };
        let kinds: Vec<_> = self.path.split('/').map(kind).collect();
        (kinds.contains(&2), kinds, self.method.is_none())
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method.as_ref().map_or("ANY", Method::as_str), self.path)
    }
}

fn is_parameter(segment: &str) -> bool {
    segment.starts_with('{')
}

fn is_greedy(segment: &str) -> bool {
    segment.ends_with("+}")
}

/// The segments of `path` beside those of `pattern`, the last taking the rest where it is `{name+}`; none if there are more
/// of one than of the other.
fn pairs<'a>(pattern: &'a str, path: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
    let count = pattern.split('/').count();
    let segments: Vec<_> = match pattern.rsplit('/').next() {
        Some(last) if is_greedy(last) => path.splitn(count, '/').collect(),
        _ => path.split('/').collect(),
    };
    (segments.len() == count).then(|| pattern.split('/').zip(segments).collect())
}

/// Whether `path` is one of those that `pattern` describes.
pub fn fits(pattern: &str, path: &str) -> bool {
    let takes = |(pattern, segment): (&str, &str)| {
        pattern == segment || is_greedy(pattern) || is_parameter(pattern) && !segment.is_empty()
    };
    pairs(pattern, path).is_some_and(|pairs| pairs.into_iter().all(takes))
}

/// Parameters of `path` by the names in `pattern`, decoded; none if it does not match.
pub fn match_path(pattern: &str, path: &str) -> BTreeMap<String, String> {
    let name = |segment: &str| Some(segment.strip_prefix('{')?.strip_suffix('}')?.trim_end_matches('+').to_owned());
    let decoded = |segment: &str| percent_decode_str(segment).decode_utf8_lossy().into_owned();
    let pairs = pairs(pattern, path).unwrap_or_default();
    pairs.into_iter().filter_map(|(pattern, segment)| Some((name(pattern)?, decoded(segment)))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::Response;
    use super::*;

    #[test]
    fn parameters_are_decoded_once() {
        let params = |path| match_path("/keyhub/keys/{key}/revoke", path).remove("key");
        assert_eq!(params("/keyhub/keys/A%2F1/revoke").as_deref(), Some("A/1"));
        assert_eq!(params("/keyhub/keys/%2541/revoke").as_deref(), Some("%41"));
        assert_eq!(params("/keyhub/keys/A/B/revoke"), None);
    }

    #[test]
    fn the_rest_of_a_path_may_be_empty() {
        for (path, rest) in
            [("/a", None), ("/a/", Some("")), ("/a/b", Some("b")), ("/a/b%20/c/", Some("b /c/")), ("/b/", None)]
        {
            assert_eq!(fits("/a/{rest+}", path), rest.is_some(), "{path}");
            if rest.is_some() {
                assert_eq!(match_path("/a/{rest+}", path).get("rest").map(String::as_str), rest, "{path}");
            }
        }
        assert!(!fits("/a/{x}", "/a/"), "a parameter is never empty");
    }

    #[test]
    fn one_slash_more_leads_to_the_same() {
        let routes = vec![(Method::GET, "/a"), (Method::GET, "/a/{x}/b")];
        let slashed = Trigger::Http { routes: routes.clone(), slash: true };
        let plain = Trigger::Http { routes, slash: false };
        for (path, expected) in [
            ("/a", ["/a", "/a"]),
            ("/a/", ["/a", ""]),
            ("/a//", ["", ""]),
            ("/a/7/b", ["/a/{x}/b", "/a/{x}/b"]),
            ("/a/7/b/", ["/a/{x}/b", ""]),
            ("/a//b", ["", ""]),
            ("/a/7/b/c", ["", ""]),
        ] {
            assert_eq!([&slashed, &plain].map(|trigger| trigger.find(&Method::GET, path).0), expected, "{path}");
            assert_eq!(slashed.find(&Method::PUT, path).0, "", "{path}");
        }
        assert_eq!(slashed.find(&Method::GET, "/a/7/b/").1["x"], "7");
        let texts = |trigger: &Trigger| trigger.routes().iter().map(Route::to_string).collect::<Vec<_>>();
        assert_eq!(texts(&slashed), ["GET /a", "GET /a/{proxy+}", "GET /a/{x}/b", "GET /a/{x}/b/{proxy+}"]);
        assert_eq!(texts(&plain), ["GET /a", "GET /a/{x}/b"]);
        assert_eq!(texts(&Trigger::Elsewhere { path: "/a/{proxy+}" }), ["ANY /a/{proxy+}"]);
    }

    #[test]
    fn what_is_nowhere_may_be_there_with_other_methods() {
        for (path, status, allowed) in [
            ("/keyhub/products", 405, "GET, POST"),
            ("/keyhub/products/", 404, ""),
            ("/telegram/keyhub", 405, "POST"),
            ("/nowhere", 404, ""),
        ] {
            let answer = Response::from(nowhere(path));
            let header = answer.headers.get(http::header::ALLOW).map_or("", |value| value.to_str().unwrap());
            assert_eq!((answer.status.as_u16(), header), (status, allowed), "{path}");
        }
    }
}
