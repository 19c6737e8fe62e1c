//! Calls of the Bot API. Permanent answers are values, passing ones are faults; the token never reaches a log.

use std::time::Duration;

use reqwest::multipart::{Form, Part};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::group::settled;
use super::{ChatMember, RefundStarPayment, Request, SendDocument};
use crate::base::ids::UserId;
use crate::base::{Fault, Secret};
use crate::clients::http;

const SERVICE: &str = "Telegram";
/// The longest wait that Telegram is believed.
const WAIT_MAX: Duration = Duration::from_hours(24);

/// One bot at Telegram.
#[derive(Clone, Debug)]
pub struct Telegram {
    http: reqwest::Client,
    base_url: String,
    token: Secret,
}

/// What came of a call that reached Telegram.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply<T> {
    /// It was done.
    Done(T),
    /// 403: the person turned away from the bot, or never started it.
    Forbidden,
    /// 429: wait this long, with everything.
    TooMany(Duration),
    /// 400 and other final refusals, in Telegram's words.
    Refused(String),
}

#[derive(Deserialize)]
struct Answer {
    ok: bool,
    result: Option<Json>,
    error_code: Option<u16>,
    description: Option<String>,
    parameters: Option<Parameters>,
}

#[derive(Deserialize)]
struct Parameters {
    retry_after: Option<u64>,
}

impl Telegram {
    /// The bot of `token` at `base_url`.
    pub fn new(http: reqwest::Client, base_url: &str, token: Secret) -> Self {
        Self { http, base_url: base_url.to_owned(), token }
    }

    /// Calls a method.
    pub async fn call<T: DeserializeOwned>(&self, method: &str, body: &impl Serialize) -> Result<Reply<T>, Fault> {
        self.answered(self.http.post(self.url(method)).json(body)).await
    }

    /// Sends a request of the outbox; says which message it became, if it became one.
    pub async fn send(&self, request: &Request) -> Result<Reply<Option<i64>>, Fault> {
        let answer: Reply<Json> = match request {
            Request::SendMessage(body) => self.call("sendMessage", body).await?,
            Request::SendInvoice(body) => self.call("sendInvoice", body).await?,
            Request::SendDocument(body) => self.send_document(body).await?,
            Request::AnswerCallbackQuery(body) => self.call("answerCallbackQuery", body).await?,
            Request::AnswerPreCheckoutQuery(body) => self.call("answerPreCheckoutQuery", body).await?,
            Request::DeleteMessages(body) => self.call("deleteMessages", body).await?,
            Request::SendPhoto(body) => self.call("sendPhoto", body).await?,
            Request::ApproveChatJoinRequest(body) => settled(self.call("approveChatJoinRequest", body).await?),
            Request::DeclineChatJoinRequest(body) => settled(self.call("declineChatJoinRequest", body).await?),
            Request::RevokeChatInviteLink(body) => settled(self.call("revokeChatInviteLink", body).await?),
            Request::ClearThread { .. } => {
                return Err(Fault::Unexpected { service: SERVICE, what: "a thread is cleared by its messages".into() });
            }
        };
        Ok(match answer {
            Reply::Done(result) => Reply::Done(result["message_id"].as_i64()),
            Reply::Forbidden => Reply::Forbidden,
            Reply::TooMany(wait) => Reply::TooMany(wait),
            Reply::Refused(why) => Reply::Refused(why),
        })
    }

    /// What `user` is in `chat`.
    pub async fn chat_member(&self, chat: &str, user: UserId) -> Result<Reply<ChatMember>, Fault> {
        self.call("getChatMember", &json!({ "chat_id": chat, "user_id": user })).await
    }

    /// Gives Stars back.
    pub async fn refund(&self, user: UserId, charge: &str) -> Result<Reply<bool>, Fault> {
        let body = RefundStarPayment { user_id: user, telegram_payment_charge_id: charge };
        self.call("refundStarPayment", &body).await
    }

    /// The content of a file someone sent, if it is at most `bytes_max` long.
    pub async fn download(&self, file_id: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, Fault> {
        #[derive(Deserialize)]
        struct File {
            file_path: Option<String>,
        }
        let file: Reply<File> = self.call("getFile", &json!({ "file_id": file_id })).await?;
        let Reply::Done(File { file_path: Some(path) }) = file else { return Ok(None) };
        let url = format!("{}/file/bot{}/{path}", self.base_url, self.token.expose());
        let mut answer = self.http.get(url).send().await.map_err(|error| http::fault(SERVICE, error))?;
        if !answer.status().is_success() {
            return Err(Fault::Unexpected {
                service: SERVICE,
                what: format!("file: HTTP {}", answer.status().as_u16()),
            });
        }
        let mut content = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| http::fault(SERVICE, error))? {
            if content.len() + chunk.len() > bytes_max {
                return Ok(None);
            }
            content.extend_from_slice(&chunk);
        }
        Ok(Some(content))
    }

    async fn send_document(&self, body: &SendDocument) -> Result<Reply<Json>, Fault> {
        let file = Part::text(body.content.clone()).file_name(body.file_name.clone());
        let form = Form::new()
            .text("chat_id", body.chat_id.to_string())
            .text("caption", body.caption.clone())
            .text("parse_mode", "HTML")
            .part("document", file);
        self.answered(self.http.post(self.url("sendDocument")).multipart(form)).await
    }

    async fn answered<T: DeserializeOwned>(&self, request: reqwest::RequestBuilder) -> Result<Reply<T>, Fault> {
        let answer = request.send().await.map_err(|error| http::fault(SERVICE, error))?;
        let status = answer.status().as_u16();
        let body = answer.bytes().await.map_err(|error| http::fault(SERVICE, error))?;
        let unexpected = |what: String| Fault::Unexpected { service: SERVICE, what };
        let answer: Answer =
            serde_json::from_slice(&body).map_err(|_| unexpected(format!("HTTP {status} without JSON")))?;
        if answer.ok {
            let result = answer.result.unwrap_or(Json::Null);
            let value =
                serde_json::from_value(result).map_err(|_| unexpected("a result of another shape".to_owned()))?;
            return Ok(Reply::Done(value));
        }
        let why = answer.description.unwrap_or_default();
        match answer.error_code.unwrap_or(status) {
            403 => Ok(Reply::Forbidden),
            429 => {
                let wait = answer.parameters.and_then(|parameters| parameters.retry_after).unwrap_or(1);
                Ok(Reply::TooMany(Duration::from_secs(wait).min(WAIT_MAX)))
            }
            400 if why.contains("chat not found") => Ok(Reply::Forbidden),
            400 | 413 => Ok(Reply::Refused(why)),
            code => Err(unexpected(format!("error {code}: {why}"))),
        }
    }

    fn url(&self, method: &str) -> String {
        format!("{}/bot{}/{method}", self.base_url, self.token.expose())
    }
}
