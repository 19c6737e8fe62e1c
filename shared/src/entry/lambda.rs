//! [`run`]: the whole of a `main`.

use std::convert::Infallible;
use std::process::ExitCode;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use lambda_extension::{Extension, LambdaEvent as Event, service_fn as processor};
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::value::RawValue;
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::{Cx, Function, Invocation};
use crate::base::{Clock, Config, Fault, chain, log};

/// How a `main` ends.
pub type Exit = ExitCode;

/// Reads the settings, warms up, and serves invocations until Lambda ends the process.
#[expect(clippy::needless_pass_by_value, reason = "a main hands its function over for good")]
pub fn run(function: Function) -> Exit {
    let config = match Config::from_env() {
        Ok(config) => config,
        Err(fault) => {
            eprintln!("{}: {}", function.name(), chain(&fault));
            return ExitCode::FAILURE;
        }
    };
    log::init(config.log_level);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("the operating system gives an event loop");
    match runtime.block_on(serve(&function, config)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(function = function.name(), error = error.to_string(), "the runtime ended");
            ExitCode::FAILURE
        }
    }
}

async fn serve(function: &Function, config: Config) -> Result<(), lambda_runtime::Error> {
    let cx = Cx::new(Arc::new(config), Clock::system());
    function.warm_up(&cx).await;
    let later = if function.is_answering_first() { after_answers().await } else { None };
    let (cx, later) = (&cx, &later);
    lambda_runtime::run(service_fn(async move |event: LambdaEvent<Box<RawValue>>| {
        let deadline =
            i64::try_from(event.context.deadline).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
        let invocation = Invocation { request_id: event.context.request_id, deadline };
        let mut handover = later.as_ref().map(Handover::new);
        let (answer, rest) = function.respond(cx, invocation, event.payload.get()).await;
        match &mut handover {
            Some(handover) => handover.rest = rest,
            None => rest.await,
        }
        answer.map_err(|fault| diagnostic(&fault))
    }))
    .await
}

/// Work that nobody waits for.
type Rest = BoxFuture<'static, ()>;

/// Hands over what is left of one invocation, when it is dropped: after a panic too, for the environment is given no new
/// event before the work was taken.
struct Handover<'a> {
    to: &'a UnboundedSender<Rest>,
    rest: Rest,
}

impl<'a> Handover<'a> {
    fn new(to: &'a UnboundedSender<Rest>) -> Self {
        Self { to, rest: std::future::ready(()).boxed() }
    }
}

impl Drop for Handover<'_> {
    fn drop(&mut self) {
        let rest = std::mem::replace(&mut self.rest, std::future::ready(()).boxed());
        // Nobody takes it only if the extension ended; the relay does the work then.
        let _ = self.to.send(rest);
    }
}

/// Registers an internal extension: Lambda hands the answer to the caller at once, but lets the environment run until the
/// extension asks for the next event. What answers leave to be done is done then. `None` where extensions are unknown.
async fn after_answers() -> Option<UnboundedSender<Rest>> {
    let (sender, receiver) = unbounded_channel::<Rest>();
    let receiver = Arc::new(Mutex::new(receiver));
    let work = processor(move |event: Event| {
        let receiver = Arc::clone(&receiver);
        async move {
            if event.next.is_invoke()
                && let Some(rest) = receiver.lock().await.recv().await
            {
                rest.await;
            }
            Ok::<(), Infallible>(())
        }
    });
    let extension = Extension::new().with_extension_name("after-answers").with_events(&["INVOKE"]);
    match extension.with_events_processor(work).register().await {
        Ok(registered) => {
            tokio::spawn(async move {
                if let Err(error) = registered.run().await {
                    tracing::error!(error = error.to_string(), "the extension ended");
                }
            });
            Some(sender)
        }
        Err(error) => {
            tracing::warn!(error = error.to_string(), "answers wait for what is sent after them");
            None
        }
    }
}

fn diagnostic(fault: &Fault) -> Diagnostic {
    tracing::error!(error = chain(fault), "invocation failed");
    Diagnostic { error_type: "Fault".to_owned(), error_message: fault.to_string() }
}
