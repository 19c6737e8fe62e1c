//! A browser as far as a server sees one: cookies, hidden fields of forms, redirects.

use std::collections::BTreeMap;

use http::Method;

use crate::{Answer, BASE_URL, Call, World};

/// Redirects followed one after the other.
const REDIRECTS_MAX: usize = 5;

/// Somebody's browser at the bank.
#[derive(Clone)]
pub struct Browser<'w> {
    world: &'w World,
    cookies: BTreeMap<String, String>,
    source: String,
    language: String,
}

impl<'w> Browser<'w> {
    /// A browser without cookies.
    pub fn new(world: &'w World) -> Self {
        Self { world, cookies: BTreeMap::new(), source: "192.0.2.1".to_owned(), language: "en".to_owned() }
    }

    /// The same at another Internet address.
    #[must_use]
    pub fn at(mut self, source: &str) -> Self {
        source.clone_into(&mut self.source);
        self
    }

    /// The same in another language.
    #[must_use]
    pub fn reading(mut self, language: &str) -> Self {
        language.clone_into(&mut self.language);
        self
    }

    /// The value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    /// Sets a cookie, as someone who tampers does.
    pub fn set_cookie(&mut self, name: &str, value: &str) {
        self.cookies.insert(name.to_owned(), value.to_owned());
    }

    /// The name of the cookie that proves the login, if there is one.
    pub fn login(&self) -> Option<(String, String)> {
        let mut all = self.cookies.iter();
        all.find(|(name, _)| name.ends_with("bank_login")).map(|(name, value)| (name.clone(), value.clone()))
    }

    /// A request with its cookies, as a page would make it.
    pub fn call(&self, method: Method, path: &str) -> Call {
        let mut call = Call::new(method, path)
            .source(&self.source)
            .header("accept", "text/html,application/xhtml+xml,*/*;q=0.8")
            .header("accept-language", &self.language);
        for (name, value) in &self.cookies {
            call = call.cookie(name, value);
        }
        call
    }

    /// Makes a request and keeps the cookies of its answer.
    pub async fn send(&mut self, call: Call) -> Answer {
        let answer = self.world.send(call).await;
        for cookie in &answer.cookies {
            let mut parts = cookie.split(';');
            let (name, value) = parts.next().and_then(|pair| pair.split_once('=')).expect("a cookie has a name");
            let is_ended = value.is_empty() || parts.any(|part| part.trim().eq_ignore_ascii_case("max-age=0"));
            if is_ended {
                self.cookies.remove(name.trim());
            } else {
                self.cookies.insert(name.trim().to_owned(), value.to_owned());
            }
        }
        answer
    }

    /// Opens a page, redirects not followed.
    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(self.call(Method::GET, path)).await
    }

    /// Opens a page, redirects followed.
    pub async fn open(&mut self, path: &str) -> Answer {
        let answer = self.get(path).await;
        self.follow(answer).await
    }

    /// Follows the redirects of an answer.
    pub async fn follow(&mut self, mut answer: Answer) -> Answer {
        for _ in 0..REDIRECTS_MAX {
            if !matches!(answer.status, 302 | 303) {
                return answer;
            }
            let to = answer.header("location").trim_start_matches(BASE_URL).to_owned();
            answer = self.get(&to).await;
        }
        panic!("redirected in circles");
    }

    /// Opens `page` and sends its form to `action`: hidden fields as they stand there, the others as given. Redirects are
    /// not followed.
    pub async fn submit(&mut self, page: &str, action: &str, fields: &[(&str, &str)]) -> Answer {
        let form = self.open(page).await;
        let hidden = hidden_fields(form.text(), action);
        self.submit_with(action, &hidden, fields).await
    }

    /// Sends a form with these hidden fields.
    pub async fn submit_with(&mut self, action: &str, hidden: &[(String, String)], fields: &[(&str, &str)]) -> Answer {
        let mut all: Vec<(&str, &str)> = fields.to_vec();
        for (name, value) in hidden {
            if !all.iter().any(|(given, _)| given == name) {
                all.push((name, value));
            }
        }
        let path = action.split('?').next().unwrap_or(action);
        let call = self.call(Method::POST, path).header("origin", BASE_URL).form(&all);
        self.send(call).await
    }

    /// The CSRF token of a page.
    pub async fn csrf(&mut self, page: &str) -> String {
        let page = self.open(page).await;
        let token = attribute_of(page.text(), "name=\"csrf_token\"", "value");
        token.unwrap_or_else(|| panic!("there is no CSRF token on the page: {}", page.text()))
    }

    /// Sends JSON as a script of a page does.
    pub async fn post_json(&mut self, page: &str, action: &str, body: &serde_json::Value) -> Answer {
        let token = self.csrf(page).await;
        let call = self
            .call(Method::POST, action)
            .header("accept", "application/json")
            .header("origin", BASE_URL)
            .header("x-csrf-token", &token);
        self.send(call.json(body)).await
    }
}

/// The hidden fields of the form on a page that goes to `action`.
#[track_caller]
pub fn hidden_fields(page: &str, action: &str) -> Vec<(String, String)> {
    let forms = page.split("<form").skip(1).map(|rest| rest.split("</form>").next().unwrap_or(rest));
    let target = |form: &&str| {
        let tag = form.split('>').next().unwrap_or_default();
        attribute(tag, "action").is_some_and(|to| to == action)
    };
    let form = forms.into_iter().find(target).unwrap_or_else(|| panic!("no form goes to {action}: {page}"));
    let inputs = form.split("<input").skip(1).map(|rest| rest.split('>').next().unwrap_or_default());
    let hidden = inputs.filter(|tag| tag.contains("type=\"hidden\""));
    hidden.filter_map(|tag| Some((attribute(tag, "name")?, attribute(tag, "value")?))).collect()
}

/// The attribute `name` of the tag on a page in which `mark` stands.
pub fn attribute_of(page: &str, mark: &str, name: &str) -> Option<String> {
    let at = page.find(mark)?;
    let start = page[..at].rfind('<')?;
    attribute(page[start..].split('>').next()?, name)
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    Some(unescaped(rest.split('"').next()?))
}

/// What a page says once, about what was just done.
pub fn flash(page: &str) -> Option<String> {
    let (_, rest) = page.split_once("<div class=\"flash ")?;
    let (_, rest) = rest.split_once("<p>")?;
    Some(unescaped(rest.split("</p>").next()?))
}

/// The cells of the table on a page, row by row, without its head.
pub fn table(page: &str) -> Vec<Vec<String>> {
    let body = page.split_once("<tbody").map_or("", |(_, rest)| rest.split("</tbody>").next().unwrap_or_default());
    let rows = body.split("<tr").skip(1).map(|row| row.split("</tr>").next().unwrap_or_default());
    // A cell begins after the tag that opens it and ends where it is closed; what comes after the last one is none.
    let cells = |row: &str| {
        let pieces = row.split_inclusive("</t").filter_map(|piece| piece.strip_suffix("</t"));
        let inner =
            |piece: &str| piece.rsplit_once("<t").and_then(|(_, cell)| Some(cell.split_once('>')?.1.to_owned()));
        pieces.filter_map(inner).map(|cell| words(&cell)).collect()
    };
    rows.map(cells).collect()
}

/// What a reader sees of a piece of a page: its text without tags, one blank between words.
pub fn words(markup: &str) -> String {
    let parts = markup.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text));
    unescaped(&parts.collect::<Vec<_>>().join(" ").split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Text of a page as a reader sees it.
pub fn unescaped(text: &str) -> String {
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#34;", "\"");
    text.replace("&#39;", "'")
        .replace("&#x27;", "'")
        .replace("&#60;", "<")
        .replace("&#62;", ">")
        .replace("&#38;", "&")
        .replace("&amp;", "&")
}
