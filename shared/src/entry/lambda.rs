//! [`run`]: the whole of a `main`.

use std::process::ExitCode;
use std::sync::Arc;

use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::value::RawValue;

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
    let cx = &cx;
    lambda_runtime::run(service_fn(async move |event: LambdaEvent<Box<RawValue>>| {
        let deadline =
            i64::try_from(event.context.deadline).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
        let invocation = Invocation { request_id: event.context.request_id, deadline };
        let answer = function.invoke(cx, invocation, event.payload.get()).await;
        answer.map_err(|fault| diagnostic(&fault))
    }))
    .await
}

fn diagnostic(fault: &Fault) -> Diagnostic {
    tracing::error!(error = chain(fault), "invocation failed");
    Diagnostic { error_type: "Fault".to_owned(), error_message: fault.to_string() }
}
