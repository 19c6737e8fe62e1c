//! Statements as tests follow them: ordered on the page, found in the bucket, opened by their links.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use tests::bank::{Bank, Person};
use tests::{Answer, BASE_URL, Browser, Call, World};

/// Where statements are ordered.
pub const ORDER: &str = "/bank/createAndSendPDF";
/// Where they are listed.
pub const LIST: &str = "/bank/statements";
/// The queue of statements to be made.
pub const QUEUE: &str = "bank-statements";
/// The function behind it.
pub const WORKER: &str = "bank-statement-make";

/// Somebody who is logged in and orders statements.
#[derive(Clone)]
pub struct Orders<'b> {
    bank: &'b Bank,
    who: Person,
    /// Their browser.
    pub browser: Browser<'b>,
    token: String,
}

impl<'b> Orders<'b> {
    /// `who`, logged in anew.
    pub async fn of(bank: &'b Bank, who: &Person) -> Self {
        let mut browser = bank.browser(who).await;
        let token = browser.csrf(LIST).await;
        Self { bank, who: who.clone(), browser, token }
    }

    /// The request of the page's script.
    pub fn call(&self, body: &Json) -> Call {
        let call = self.browser.call(http::Method::POST, ORDER).header("accept", "application/json");
        call.header("origin", BASE_URL).header("x-csrf-token", &self.token).json(body)
    }

    /// Orders with this body.
    pub async fn send(&self, body: &Json) -> Answer {
        self.bank.world.send(self.call(body)).await
    }

    /// Orders a statement of the newest `count` entries; its id.
    pub async fn order(&self, product: &str, count: u32) -> String {
        let answer = self.send(&json!({ "transaction_count": count, "selected_product": product })).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["statement_id"].as_str().expect("an id").to_owned()
    }

    /// Orders a statement, has it made and sent; its id and the link in the newest text.
    pub async fn get(&self, product: &str, count: u32) -> (String, String) {
        let id = self.order(product, count).await;
        let _ = self.bank.make_statements().await;
        (id, self.newest_link())
    }

    /// The link in the newest text.
    #[track_caller]
    pub fn newest_link(&self) -> String {
        let text = self.bank.sent(&self.who).pop().expect("there is a text").text;
        link_in(&text).unwrap_or_else(|| panic!("no link in {text}"))
    }

    /// Sends the form of a button that need not be on the page.
    pub async fn press_anyway(&mut self, id: &str, button: &str) -> Answer {
        let hidden = [("csrf_token".to_owned(), self.token.clone())];
        self.browser.submit_with(&format!("{LIST}/{id}/{button}"), &hidden, &[]).await
    }

    /// Presses `resend` or `revoke` beside a statement.
    pub async fn press(&mut self, id: &str, button: &str) -> Answer {
        self.browser.submit(LIST, &format!("{LIST}/{id}/{button}"), &[]).await
    }
}

/// The short link in a text.
pub fn link_in(text: &str) -> Option<String> {
    let (_, code) = text.split_once(&format!("{BASE_URL}/s/"))?;
    let code = code.split(|character: char| !character.is_ascii_alphanumeric()).next()?;
    Some(format!("{BASE_URL}/s/{code}"))
}

/// The code in a short link.
pub fn code_of(link: &str) -> &str {
    link.rsplit('/').next().unwrap()
}

/// Opens a short link, its redirect not followed.
pub async fn open(bank: &Bank, link: &str) -> Answer {
    bank.world.send(Call::get(link.trim_start_matches(BASE_URL))).await
}

/// The status with which a short link is answered.
pub async fn status(bank: &Bank, link: &str) -> u16 {
    open(bank, link).await.status
}

/// What is behind a redirect into the bucket: its headers and its bytes.
pub async fn download(answer: &Answer) -> (BTreeMap<String, String>, Vec<u8>) {
    assert_eq!(answer.status, 302, "{}", answer.text());
    let found = shared::clients::http::client().get(answer.header("location")).send().await.unwrap();
    assert_eq!(found.status().as_u16(), 200, "{}", answer.header("location"));
    let header = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        (name.as_str().to_owned(), value.to_str().unwrap().to_owned())
    };
    let headers = found.headers().iter().map(header).collect();
    (headers, found.bytes().await.unwrap().to_vec())
}

/// For how many seconds the address in a redirect into the bucket works.
#[track_caller]
pub fn life(answer: &Answer) -> u64 {
    let address = answer.header("location");
    let (_, rest) = address.split_once("X-Amz-Expires=").unwrap_or_else(|| panic!("{} {address}", answer.status));
    rest.split('&').next().unwrap().parse().unwrap()
}

/// A client of the world's bucket.
pub fn bucket(world: &World) -> aws_sdk_s3::Client {
    let config = aws_sdk_s3::config::Builder::from(world.aws()).force_path_style(true).build();
    aws_sdk_s3::Client::from_conf(config)
}

/// Keys of the statements in the bucket.
pub async fn objects(world: &World) -> Vec<String> {
    let listed = bucket(world).list_objects_v2().bucket(&world.resources.objects_bucket).prefix("statements/");
    let listed = listed.send().await.unwrap();
    listed.contents().iter().map(|object| object.key().unwrap().to_owned()).collect()
}

/// Where a statement stands.
pub async fn state(bank: &Bank, id: &str) -> String {
    bank.world.column(&format!("select state from bank.statement where statement_id = '{id}'")).await.remove(0)
}

/// The newest entries of a product as lines of a statement.
pub async fn lines(bank: &Bank, product: &str, count: u32) -> Vec<String> {
    let sql = format!(
        "select concat_ws(' ', e.transaction_id,
             to_char(greatest(e.amount, 0) / 100.0, 'FM9999999990.00'),
             to_char(greatest(-e.amount, 0) / 100.0, 'FM9999999990.00'),
             to_char(e.at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS'),
             to_char(case a.kind when 'CC' then -e.balance_after else e.balance_after end / 100.0, 'FM9999999990.00'))
         from bank.entry e join bank.account a using (account_id)
         where account_id = '{product}' order by seq desc limit {count}"
    );
    bank.world.column(&sql).await
}
