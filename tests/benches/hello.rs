//! The least a Lambda in Rust can be: what `cold_start` holds keyhub-webhook against.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value as Json;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Json>| Ok::<_, Error>(event.payload))).await
}
