//! S3 objects: what is too large for an answer, behind links that expire.

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::{DisplayErrorContext, SdkError};
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ServerSideEncryption;

use crate::base::Fault;

const SERVICE: &str = "S3";
/// Status of the answer when there is no such object.
const NOT_FOUND: u16 = 404;

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

    /// Stores `body` under `key`, encrypted at rest, to be downloaded as `file_name`.
    pub async fn put(&self, key: &str, body: Vec<u8>, content_type: &str, file_name: &str) -> Result<(), Fault> {
        self.client
            .put_object()
            .bucket(&self.bucket)
            .key(key)
            .content_type(content_type)
            .content_disposition(attachment(file_name))
            .server_side_encryption(ServerSideEncryption::Aes256)
            .body(ByteStream::from(body))
            .send()
            .await
            .map_err(fault)?;
        Ok(())
    }

    /// The object under `key`, if there is one of at most `bytes_max` bytes.
    pub async fn get(&self, key: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, Fault> {
        let got = self.client.get_object().bucket(&self.bucket).key(key).send().await;
        let object = match got {
            Ok(object) => object,
            Err(error) if error.raw_response().is_some_and(|answer| answer.status().as_u16() == NOT_FOUND) => {
                return Ok(None);
            }
            Err(error) => return Err(fault(error)),
        };
        if object.content_length().and_then(|length| usize::try_from(length).ok()).is_none_or(|bytes| bytes > bytes_max)
        {
            return Ok(None);
        }
        let body = object.body.collect().await.map_err(|error| Fault::outside(SERVICE, error))?;
        Ok(Some(body.to_vec()))
    }

    /// A link to the object that works for `life`.
    pub async fn link(&self, key: &str, life: Duration) -> Result<String, Fault> {
        let life = PresigningConfig::expires_in(life).map_err(|error| Fault::outside(SERVICE, error))?;
        let request = self.client.get_object().bucket(&self.bucket).key(key).presigned(life).await.map_err(fault)?;
        Ok(request.uri().to_owned())
    }

    /// The same for a link under which the object is of this type and is saved as `file_name`, whatever it was stored
    /// as.
    pub async fn link_to_file(
        &self,
        key: &str,
        (content_type, file_name): (&str, &str),
        life: Duration,
    ) -> Result<String, Fault> {
        let life = PresigningConfig::expires_in(life).map_err(|error| Fault::outside(SERVICE, error))?;
        let request = self
            .client
            .get_object()
            .bucket(&self.bucket)
            .key(key)
            .response_content_type(content_type)
            .response_content_disposition(attachment(file_name))
            .presigned(life)
            .await
            .map_err(fault)?;
        Ok(request.uri().to_owned())
    }

    /// Whether there is an object under `key`. S3 tells this only to who may list the bucket.
    pub async fn exists(&self, key: &str) -> Result<bool, Fault> {
        match self.client.head_object().bucket(&self.bucket).key(key).send().await {
            Ok(_) => Ok(true),
            // The answer to HEAD has no body that could name the error.
            Err(error) if error.raw_response().is_some_and(|answer| answer.status().as_u16() == NOT_FOUND) => Ok(false),
            Err(error) => Err(fault(error)),
        }
    }

    /// Removes the object under `key`, if there is one.
    pub async fn delete(&self, key: &str) -> Result<(), Fault> {
        self.client.delete_object().bucket(&self.bucket).key(key).send().await.map_err(fault)?;
        Ok(())
    }
}

/// A browser that gets this saves the file instead of showing it.
fn attachment(file_name: &str) -> String {
    format!("attachment; filename=\"{file_name}\"")
}

fn fault<E>(error: SdkError<E>) -> Fault
where
    E: std::error::Error + Send + Sync + 'static,
{
    Fault::outside(SERVICE, DisplayErrorContext(error).to_string())
}
