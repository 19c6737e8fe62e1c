//! Lambda's execution environments: made on demand, used by one invocation at a time, kept for the next.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_config::SdkConfig;
use jiff::SignedDuration;
use serde_json::value::RawValue;
use shared::base::{Clock, Config, chain};
use shared::entry::{Cx, Function, Invocation};
use tokio::sync::{Semaphore, oneshot};

/// How many invocations run at once.
const ENVIRONMENTS_MAX: u32 = 32;
/// How long an invocation may take.
pub(super) const FUNCTION_TIME: Duration = Duration::from_secs(30);

type Answer = oneshot::Sender<Result<Box<RawValue>, Failed>>;

/// The environments of all functions.
#[derive(Clone)]
pub struct Environments {
    inner: Arc<Inner>,
}

struct Inner {
    config: Arc<Config>,
    clock: Clock,
    aws: Option<SdkConfig>,
    idle: Mutex<Vec<Cx>>,
    places: Semaphore,
}

/// An invocation that Lambda would report as failed; it was logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the invocation failed")]
pub struct Failed;

impl Environments {
    /// Environments with these settings, this time and this AWS, or the one of the process's environment.
    pub fn new(config: Arc<Config>, clock: Clock, aws: Option<SdkConfig>) -> Self {
        let places = Semaphore::new(ENVIRONMENTS_MAX as usize);
        Self { inner: Arc::new(Inner { config, clock, aws, idle: Mutex::default(), places }) }
    }

    /// The time in these environments.
    pub fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    /// Waits until no invocation is under way.
    pub async fn settled(&self) {
        let _ = self.inner.places.acquire_many(ENVIRONMENTS_MAX).await;
    }

    /// Invokes `function`. It runs on when the caller stops waiting, and is ended when it takes too long.
    pub async fn invoke(&self, function: &Arc<Function>, event: String) -> Result<Box<RawValue>, Failed> {
        let (inner, function) = (Arc::clone(&self.inner), Arc::clone(function));
        let (answer, answered) = oneshot::channel();
        tokio::spawn(async move { inner.invoke(&function, &event, answer).await });
        // Nobody answers if the function took too long, which was logged, or panicked, which was printed.
        answered.await.unwrap_or(Err(Failed))
    }
}

impl Inner {
    async fn invoke(&self, function: &Function, event: &str, answer: Answer) {
        let Ok(_place) = self.places.acquire().await else { return };
        let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let cx = match kept {
            Some(cx) => cx,
            None => self.new_environment(function).await,
        };
        let limit = SignedDuration::try_from(FUNCTION_TIME).expect("a limit is minutes, not aeons");
        let invocation = Invocation { deadline: Some(self.clock.now() + limit), ..Invocation::default() };
        let work = async {
            let (outcome, rest) = function.respond(&cx, invocation, event).await;
            let outcome = outcome.map_err(|fault| {
                tracing::error!(function = function.name(), error = chain(&fault), "function failed");
                Failed
            });
            // The caller may have stopped waiting.
            let _ = answer.send(outcome);
            rest.await;
        };
        // An environment that timed out or panicked is not used again: what it was doing is unknown.
        if tokio::time::timeout(FUNCTION_TIME, work).await.is_err() {
            tracing::error!(function = function.name(), limit_s = FUNCTION_TIME.as_secs(), "function timed out");
            return;
        }
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(cx);
    }

    /// What Lambda does when no environment is free: a cold start.
    async fn new_environment(&self, function: &Function) -> Cx {
        let mut cx = Cx::new(Arc::clone(&self.config), self.clock.clone());
        if let Some(aws) = &self.aws {
            cx = cx.with_aws(aws.clone());
        }
        function.warm_up(&cx).await;
        cx
    }
}
