//! [`Function`]: a name, what triggers it, what it warms up, and its handler.

use std::sync::Mutex;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::Method;
use jiff::Timestamp;
use serde_json::Value as Json;
use serde_json::value::RawValue;
use tracing::Instrument;

use super::cx::Call;
use super::deliver::{Channel, Listener};
use super::http::{Request, Response};
use super::openapi::Operation;
use super::trigger::{Trigger, nowhere};
use super::warm::Warm;
use super::{Cx, Message, Problem, auth, deliver, event, telegram};
use crate::base::{Fault, Secret, chain, crypto};
use crate::clients::telegram::Update;

/// Anything that can run as a Lambda.
pub struct Function {
    name: &'static str,
    trigger: Trigger,
    access: Access,
    handler: Handler,
    warm: &'static [Warm],
    channels: &'static [Channel],
    listeners: &'static [Listener],
    operation: Option<fn() -> Operation>,
    refused: fn(Problem) -> Response,
    answers_first: bool,
    admits_itself: bool,
}

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anyone.
    Public,
    /// Holders of an API key with this scope.
    Scope(&'static str),
}

/// One invocation.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// Stands in every log line and in the answer.
    pub request_id: String,
    /// When it will be cut off.
    pub deadline: Option<Timestamp>,
}

impl Default for Invocation {
    fn default() -> Self {
        Self { request_id: crypto::random_name::<12>(), deadline: None }
    }
}

type Run<I, O> = Box<dyn Fn(Cx, I) -> BoxFuture<'static, O> + Send + Sync>;
type SecretOf = fn(&crate::base::Config) -> Result<&Secret, Fault>;

enum Handler {
    Http(Run<Request, Result<Response, Problem>>),
    Telegram(SecretOf, Run<Update, Result<(), Fault>>),
    Queue(Run<Message, Result<(), Fault>>),
    Schedule(Run<(), Result<(), Fault>>),
    Logs(Run<Json, Result<(), Fault>>),
    Direct(Run<Json, Result<Json, Fault>>),
}

impl Function {
    fn new(name: &'static str, trigger: Trigger, handler: Handler) -> Self {
        Self {
            name,
            trigger,
            access: Access::Public,
            handler,
            warm: &[],
            channels: &[],
            listeners: &[],
            operation: None,
            refused: Response::from,
            answers_first: false,
            admits_itself: false,
        }
    }

    /// A function behind a route.
    pub fn http<F>(
        name: &'static str,
        route: (Method, &'static str),
        access: Access,
        handler: impl Fn(Cx, Request) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<Response, Problem>> + Send + 'static,
    {
        let run = Handler::Http(Box::new(move |cx, request| handler(cx, request).boxed()));
        Self { access, ..Self::new(name, Trigger::Http { routes: vec![route], slash: false }, run) }
    }

    /// The same behind more routes; a handler tells them apart by [`Request::route`].
    #[must_use]
    pub fn also(mut self, more: &[(Method, &'static str)]) -> Self {
        if let Trigger::Http { routes, .. } = &mut self.trigger {
            routes.extend_from_slice(more);
        }
        self
    }

    /// The same, with paths that may have one more slash at their end; a handler never sees it in [`Request::route`].
    #[must_use]
    pub fn slash(mut self) -> Self {
        if let Trigger::Http { slash, .. } = &mut self.trigger {
            *slash = true;
        }
        self
    }

    /// A function behind a path such as `/api/v1/{proxy+}`, for requests there that no other route takes. It refuses who may
    /// not ask, and then as [`nowhere`] does.
    pub fn elsewhere<F>(
        name: &'static str,
        path: &'static str,
        handler: impl Fn(Cx, Request) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<Response, Problem>> + Send + 'static,
    {
        let run = Handler::Http(Box::new(move |cx, request| handler(cx, request).boxed()));
        Self::new(name, Trigger::Elsewhere { path }, run)
    }

    /// A function behind a bot's webhook; `secret` is what Telegram must send along.
    pub fn telegram<F>(
        name: &'static str,
        path: &'static str,
        secret: SecretOf,
        handler: impl Fn(Cx, Update) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<(), Fault>> + Send + 'static,
    {
        let run = Handler::Telegram(secret, Box::new(move |cx, update| handler(cx, update).boxed()));
        Self::new(name, Trigger::Telegram { path }, run)
    }

    /// A function behind a queue; it sees one message at a time.
    pub fn queue<F>(
        name: &'static str,
        queue: &'static str,
        handler: impl Fn(Cx, Message) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<(), Fault>> + Send + 'static,
    {
        let run = Handler::Queue(Box::new(move |cx, message| handler(cx, message).boxed()));
        Self::new(name, Trigger::Queue { queue }, run)
    }

    /// A function that runs by the clock.
    pub fn schedule<F>(
        name: &'static str,
        expression: &'static str,
        handler: impl Fn(Cx) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<(), Fault>> + Send + 'static,
    {
        let run = Handler::Schedule(Box::new(move |cx, ()| handler(cx).boxed()));
        Self::new(name, Trigger::Schedule { expression }, run)
    }

    /// A function that reads the log of a service of AWS; it sees one record at a time, those that are JSON.
    pub fn logs<F>(name: &'static str, handler: impl Fn(Cx, Json) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), Fault>> + Send + 'static,
    {
        let run = Handler::Logs(Box::new(move |cx, record| handler(cx, record).boxed()));
        Self::new(name, Trigger::Logs, run)
    }

    /// A function that operators and deployments invoke by name.
    pub fn direct<F>(name: &'static str, handler: impl Fn(Cx, Json) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Json, Fault>> + Send + 'static,
    {
        let run = Handler::Direct(Box::new(move |cx, event| handler(cx, event).boxed()));
        Self::new(name, Trigger::Direct, run)
    }

    /// The same, with parts made before the first event.
    #[must_use]
    pub fn warm(mut self, parts: &'static [Warm]) -> Self {
        self.warm = parts;
        self
    }

    /// The same, sending over these channels what it leaves in the outbox.
    #[must_use]
    pub fn sends(mut self, channels: &'static [Channel], listeners: &'static [Listener]) -> Self {
        self.channels = channels;
        self.listeners = listeners;
        self
    }

    /// The same, with its place in the API document.
    #[must_use]
    pub fn described(mut self, operation: fn() -> Operation) -> Self {
        self.operation = Some(operation);
        self
    }

    /// The same, with refusals, those of access included, written by `refused`.
    #[must_use]
    pub fn refuses_as(mut self, refused: fn(Problem) -> Response) -> Self {
        self.refused = refused;
        self
    }

    /// The same, giving its answer before it sends what it left to [`super::deliver::after_answer`].
    #[must_use]
    pub fn answers_first(mut self) -> Self {
        self.answers_first = true;
        self
    }

    /// The same, with a handler that looks at its caller's key itself, by [`auth::caller_and`], before anything it read
    /// counts: one round trip instead of two.
    #[must_use]
    pub fn admits_itself(mut self) -> Self {
        self.admits_itself = true;
        self
    }

    /// Whether the caller is answered before what waits in the outbox is sent.
    pub fn is_answering_first(&self) -> bool {
        self.answers_first
    }

    /// Name of the function, its binary and its folder.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What calls it.
    pub fn trigger(&self) -> &Trigger {
        &self.trigger
    }

    /// Who may call it.
    pub fn access(&self) -> Access {
        self.access
    }

    /// What the API document says of it.
    pub fn operation(&self) -> Option<Operation> {
        self.operation.map(|describe| describe())
    }

    /// Makes what the function lists, before the first event.
    pub async fn warm_up(&self, cx: &Cx) {
        for part in self.warm {
            part(cx.clone()).await;
        }
    }

    /// One invocation: the AWS event in, its answer out. An error is one of the invocation; routes answer 5xx instead.
    pub async fn invoke(&self, cx: &Cx, invocation: Invocation, event: &str) -> Result<Box<RawValue>, Fault> {
        let (answer, afterwards) = self.respond(cx, invocation, event).await;
        afterwards.await;
        answer
    }

    /// The answer of one invocation, and what is to be done once it was given. The environment is free after both.
    pub async fn respond(
        &self,
        cx: &Cx,
        invocation: Invocation,
        event: &str,
    ) -> (Result<Box<RawValue>, Fault>, BoxFuture<'static, ()>) {
        let span = tracing::info_span!("invocation", function = self.name, request.id = invocation.request_id);
        let Invocation { request_id, deadline } = invocation;
        let (function, channels, listeners) = (self.name, self.channels, self.listeners);
        let later = Mutex::default();
        let cx = cx.for_call(Call { function, request_id, deadline, channels, listeners, later });
        let answer = self.answer(cx.clone(), event).instrument(span.clone()).await;
        (answer, deliver::rest(cx).instrument(span).boxed())
    }

    async fn answer(&self, cx: Cx, event: &str) -> Result<Box<RawValue>, Fault> {
        match &self.handler {
            Handler::Http(handler) => {
                let request_id = cx.request_id().to_owned();
                let answer = match event::read_request(event, &self.trigger) {
                    Ok(request) => self.serve(handler, cx, request).await,
                    Err(problem) => Err(problem),
                };
                event::write_response(&answer.unwrap_or_else(self.refused).with_request_id(&request_id))
            }
            Handler::Telegram(secret, handler) => {
                let request_id = cx.request_id().to_owned();
                let answer = match event::read_request(event, &self.trigger) {
                    Ok(request) => telegram::receive(cx, *secret, request, handler).await,
                    Err(problem) => Err(problem),
                };
                event::write_response(&answer.unwrap_or_else(self.refused).with_request_id(&request_id))
            }
            Handler::Queue(handler) => {
                let mut failed = Vec::new();
                for read in event::read_batch(event)? {
                    let message = match read {
                        Ok(message) => message,
                        Err(id) => {
                            tracing::error!(message.id = id, "message cannot be read");
                            failed.push(id);
                            continue;
                        }
                    };
                    let id = message.id.clone();
                    if let Err(fault) = handler(cx.clone(), message).await {
                        tracing::error!(message.id = id, error = chain(&fault), "message failed");
                        failed.push(id);
                    }
                }
                event::write_failures(&failed)
            }
            Handler::Schedule(handler) => {
                event::read_tick(event)?;
                handler(cx, ()).await?;
                event::raw(&serde_json::json!({ "ok": true }))
            }
            Handler::Logs(handler) => {
                for record in event::read_logs(event)? {
                    handler(cx.clone(), record).await?;
                }
                event::raw(&serde_json::json!({ "ok": true }))
            }
            Handler::Direct(handler) => {
                let event = serde_json::from_str(event).map_err(|error| Fault::Event("JSON", error))?;
                event::raw(&handler(cx, event).await?)
            }
        }
    }

    async fn serve(
        &self,
        handler: &Run<Request, Result<Response, Problem>>,
        cx: Cx,
        mut request: Request,
    ) -> Result<Response, Problem> {
        let admits_itself = self.admits_itself && !request.route.is_empty();
        if let (Access::Scope(scope), false) = (self.access, admits_itself) {
            request.caller = Some(auth::caller(&cx, &request, scope).await?);
        }
        if request.route.is_empty() {
            return Err(match self.access {
                Access::Public => Problem::not_found("There is no such path."),
                Access::Scope(_) => nowhere(&request.path),
            });
        }
        if request.params.values().any(|value| value.contains('\0')) {
            return Err(Problem::not_found("Nothing has a NUL in its name."));
        }
        handler(cx, request).await
    }
}
