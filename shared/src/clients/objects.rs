//! S3 objects: what is too large for an answer, behind links that expire.

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::{DisplayErrorContext, SdkError};
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;

use crate::base::Fault;

const SERVICE: &str = "S3";

/// A private bucket.
#[derive(Clone, Debug)]
pub struct Objects {
    client: Client,
    bucket: String,
}

impl Objects {
    /// The bucket called `bucket`. Its name goes into the path, as every S3-compatible service understands.
    pub fn new(config: &aws_config::SdkConfig, bucket: &str) -> Self {
        let config = aws_sdk_s3::config::Builder::from(config).force_path_style(true).build();
        Self { client: Client::from_conf(config), bucket: bucket.to_owned() }
    }

    /// Stores `body` under `key`, to be downloaded as `file_name`.
    pub async fn put(&self, key: &str, body: Vec<u8>, content_type: &str, file_name: &str) -> Result<(), Fault> {
        self.client
            .put_object()
            .bucket(&self.bucket)
            .key(key)
            .content_type(content_type)
            .content_disposition(format!("attachment; filename=\"{file_name}\""))
            .body(ByteStream::from(body))
            .send()
            .await
            .map_err(fault)?;
        Ok(())
    }

    /// A link to the object that works for `life`.
    pub async fn link(&self, key: &str, life: Duration) -> Result<String, Fault> {
        let life = PresigningConfig::expires_in(life).map_err(|error| Fault::outside(SERVICE, error))?;
        let request = self.client.get_object().bucket(&self.bucket).key(key).presigned(life).await.map_err(fault)?;
        Ok(request.uri().to_owned())
    }
}

fn fault<E>(error: SdkError<E>) -> Fault
where
    E: std::error::Error + Send + Sync + 'static,
{
    Fault::outside(SERVICE, DisplayErrorContext(error).to_string())
}
