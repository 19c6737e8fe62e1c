//! Where the AWS SDK finds AWS: on this machine, the emulator.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sqs::config::{Credentials, SharedCredentialsProvider};
use shared::clients::{aws, http};

/// The region of everything on this machine.
pub const REGION: &str = "us-east-1";
/// The account of everything on this machine that is given no other.
pub const ACCOUNT: &str = "000000000000";
/// Any secret opens the emulator.
pub const SECRET: &str = "test";

/// An account of the emulator. Accounts, named by twelve digits, do not see each other's resources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    endpoint: String,
    id: String,
}

impl Account {
    /// The account `id` of the emulator at `endpoint`.
    pub fn new(endpoint: impl Into<String>, id: impl Into<String>) -> Self {
        Self { endpoint: endpoint.into(), id: id.into() }
    }

    /// The environment variables by which any AWS SDK finds this account and nothing else.
    pub fn environment(&self) -> [(&'static str, String); 7] {
        [
            ("AWS_ENDPOINT_URL", self.endpoint.clone()),
            ("AWS_REGION", REGION.to_owned()),
            ("AWS_ACCESS_KEY_ID", self.id.clone()),
            ("AWS_SECRET_ACCESS_KEY", SECRET.to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            ("AWS_CONFIG_FILE", "/dev/null".to_owned()),
            ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null".to_owned()),
        ]
    }

    /// The configuration of SDK clients that speak to this account.
    pub fn sdk(&self) -> SdkConfig {
        let credentials = Credentials::new(&self.id, SECRET, None, None, "local");
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(REGION))
            .endpoint_url(&self.endpoint)
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(aws::over(http::client()))
            .build()
    }
}
