//! What all AWS clients share: region, credentials, and the process's own HTTP client.

use std::env;
use std::time::Duration;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;

/// How long one call of an AWS service may take, retries included.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(5);
/// How long one attempt may take.
pub const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(2);

/// Region, credentials and endpoint as Lambda sets them in the environment. The SDK's own search would look in files
/// and ask other services, too; its code alone is a quarter of a function.
pub fn load(http: reqwest::Client) -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(ATTEMPT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(CALL_TIMEOUT)
        .build();
    let credentials = SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new());
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(env::var("AWS_REGION").ok().map(Region::new))
        .credentials_provider(credentials)
        .retry_config(RetryConfig::standard())
        .timeout_config(timeouts)
        .http_client(over(http));
    config.set_endpoint_url(env::var("AWS_ENDPOINT_URL").ok());
    config.build()
}

/// The SDK's way to the network: this HTTP client.
pub fn over(http: reqwest::Client) -> SharedHttpClient {
    SharedHttpClient::new(Http(http))
}

/// Carries the SDK's requests: one TLS stack, one pool, and no certificates to be read at start.
#[derive(Clone, Debug)]
struct Http(reqwest::Client);

impl HttpClient for Http {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Http {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let http = self.0.clone();
        HttpConnectorFuture::new(async move {
            let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
            let request = reqwest::Request::try_from(request.map(reqwest::Body::wrap));
            let request = request.map_err(|error| ConnectorError::user(error.into()))?;
            let answer = http::Response::from(http.execute(request).await.map_err(failed)?);
            let answer = HttpResponse::try_from(answer.map(SdkBody::from_body_1_x));
            answer.map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

fn failed(error: reqwest::Error) -> ConnectorError {
    if error.is_timeout() { ConnectorError::timeout(error.into()) } else { ConnectorError::io(error.into()) }
}
