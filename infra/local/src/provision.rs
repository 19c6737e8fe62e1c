//! The AWS resources that template.yaml describes, made in the emulator. Making them again changes nothing.

use aws_config::SdkConfig;
use aws_sdk_dynamodb::types as dynamo;
use aws_sdk_s3::types as s3;
use aws_sdk_sqs::types::QueueAttributeName;
use futures_util::FutureExt;

use crate::trouble::Trouble;

/// Prefixes of objects, and after how many days these are removed. Statements are kept as long as they are in the cloud
/// unless `BANK_OBJECT_LIFE_DAYS` says otherwise.
const KEPT_DAYS: [(&str, i32); 3] = [("exports", 1), ("statements", 7), ("import", 7)];
const RECEIVES_MAX: u32 = 5;
/// The queues, and the time-outs in seconds of the functions that read them.
const QUEUES: [(&str, u32); 5] = [
    ("keyhub-restocked", 60),
    ("bank-sms", 30),
    ("bank-statements", 30),
    ("subscriptions-checks", 60),
    ("subscriptions-access", 60),
];
/// How many time-outs a queue hides a message for, as AWS advises for queues that functions read.
const VISIBILITY_FACTOR: u32 = 6;

/// What was made, as the settings by which the functions find it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resources {
    /// DynamoDB table of the key counters: `KEYHUB_COUNTERS_TABLE`.
    pub counters_table: String,
    /// Queue of restocked products: `KEYHUB_RESTOCKED_QUEUE_URL`.
    pub restocked_queue_url: String,
    /// Queue of SMS to be sent: `BANK_SMS_QUEUE_URL`.
    pub sms_queue_url: String,
    /// Queue of statements to be made: `BANK_STATEMENTS_QUEUE_URL`.
    pub statements_queue_url: String,
    /// Queue of transactions to be looked at: `SUBSCRIPTIONS_CHECKS_QUEUE_URL`.
    pub checks_queue_url: String,
    /// Queue of members whose access is to be seen to: `SUBSCRIPTIONS_ACCESS_QUEUE_URL`.
    pub access_queue_url: String,
    /// Bucket of exports and documents: `OBJECTS_BUCKET`.
    pub objects_bucket: String,
    /// Bus of the domain events: `EVENT_BUS`.
    pub event_bus: String,
}

impl Resources {
    /// Names and values of the settings.
    pub fn settings(&self) -> [(&'static str, String); 8] {
        [
            ("KEYHUB_COUNTERS_TABLE", self.counters_table.clone()),
            ("KEYHUB_RESTOCKED_QUEUE_URL", self.restocked_queue_url.clone()),
            ("BANK_SMS_QUEUE_URL", self.sms_queue_url.clone()),
            ("BANK_STATEMENTS_QUEUE_URL", self.statements_queue_url.clone()),
            ("SUBSCRIPTIONS_CHECKS_QUEUE_URL", self.checks_queue_url.clone()),
            ("SUBSCRIPTIONS_ACCESS_QUEUE_URL", self.access_queue_url.clone()),
            ("OBJECTS_BUCKET", self.objects_bucket.clone()),
            ("EVENT_BUS", self.event_bus.clone()),
        ]
    }
}

/// Makes everything; every name begins with `prefix`, so that several sets fit into one account.
pub async fn provision(aws: &SdkConfig, prefix: &str) -> Result<Resources, Trouble> {
    let table = format!("{prefix}botyard-keyhub-counters");
    let bucket = format!("{prefix}botyard-objects");
    let bus = format!("{prefix}botyard");
    let [restocked, sms, statements, checks, access] =
        QUEUES.map(|(queue, timeout)| queue_with_dead_letters(aws, format!("{prefix}{queue}"), timeout).boxed());
    let made = tokio::try_join!(
        restocked,
        sms,
        statements,
        checks,
        access,
        counters_table(aws, &table).boxed(),
        objects_bucket(aws, &bucket).boxed(),
        event_bus(aws, &bus).boxed(),
    )?;
    let (restocked_queue_url, sms_queue_url, statements_queue_url, checks_queue_url, access_queue_url, ..) = made;
    Ok(Resources {
        counters_table: table,
        restocked_queue_url,
        sms_queue_url,
        statements_queue_url,
        checks_queue_url,
        access_queue_url,
        objects_bucket: bucket,
        event_bus: bus,
    })
}

fn cannot<E: std::error::Error + Send + Sync + 'static>(what: &str) -> impl Fn(E) -> Trouble + '_ {
    move |error| Trouble::because(format!("{what} cannot be made in the AWS emulator"), error)
}

async fn counters_table(aws: &SdkConfig, name: &str) -> Result<(), Trouble> {
    let cannot_build = cannot("The counters table");
    let client = aws_sdk_dynamodb::Client::new(aws);
    let number = |name: &str| {
        let kind = dynamo::ScalarAttributeType::N;
        dynamo::AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build()
    };
    let text = dynamo::AttributeDefinition::builder()
        .attribute_name("product")
        .attribute_type(dynamo::ScalarAttributeType::S)
        .build()
        .map_err(&cannot_build)?;
    let open_slots = dynamo::GlobalSecondaryIndex::builder()
        .index_name("open_slots")
        .key_schema(key("open_shard", dynamo::KeyType::Hash)?)
        .key_schema(key("open_since", dynamo::KeyType::Range)?)
        .projection(dynamo::Projection::builder().projection_type(dynamo::ProjectionType::KeysOnly).build())
        .build()
        .map_err(&cannot_build)?;
    let made = client
        .create_table()
        .table_name(name)
        .billing_mode(dynamo::BillingMode::PayPerRequest)
        .attribute_definitions(number("user").map_err(&cannot_build)?)
        .attribute_definitions(text)
        .attribute_definitions(number("open_shard").map_err(&cannot_build)?)
        .attribute_definitions(number("open_since").map_err(&cannot_build)?)
        .key_schema(key("user", dynamo::KeyType::Hash)?)
        .key_schema(key("product", dynamo::KeyType::Range)?)
        .global_secondary_indexes(open_slots)
        .send()
        .await
        .map_err(aws_sdk_dynamodb::Error::from);
    match made {
        Ok(_) | Err(aws_sdk_dynamodb::Error::ResourceInUseException(_)) => expire_items(&client, name).await,
        Err(error) => Err(cannot("The counters table")(error)),
    }
}

fn key(name: &str, kind: dynamo::KeyType) -> Result<dynamo::KeySchemaElement, Trouble> {
    let element = dynamo::KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
    element.map_err(cannot("The counters table"))
}

async fn expire_items(client: &aws_sdk_dynamodb::Client, table: &str) -> Result<(), Trouble> {
    let found = client.describe_time_to_live().table_name(table).send().await;
    let found = found.map_err(cannot("The counters table"))?;
    let status = found.time_to_live_description().and_then(dynamo::TimeToLiveDescription::time_to_live_status);
    if status == Some(&dynamo::TimeToLiveStatus::Enabled) {
        return Ok(());
    }
    let rule = dynamo::TimeToLiveSpecification::builder().enabled(true).attribute_name("expires_at").build();
    let rule = rule.map_err(cannot("The counters table"))?;
    let set = client.update_time_to_live().table_name(table).time_to_live_specification(rule).send().await;
    set.map(drop).map_err(cannot("The counters table"))
}

/// Makes the queue `name`, read by a function with this time-out in seconds, and `<name>-dead`, where messages go that
/// failed too often.
async fn queue_with_dead_letters(aws: &SdkConfig, name: String, timeout: u32) -> Result<String, Trouble> {
    let client = aws_sdk_sqs::Client::new(aws);
    let dead = client.create_queue().queue_name(format!("{name}-dead")).send().await.map_err(cannot("A queue"))?;
    let dead = client
        .get_queue_attributes()
        .set_queue_url(dead.queue_url)
        .attribute_names(QueueAttributeName::QueueArn)
        .send()
        .await
        .map_err(cannot("A queue"))?;
    let arn = dead.attributes().and_then(|attributes| attributes.get(&QueueAttributeName::QueueArn));
    let redrive = serde_json::json!({ "deadLetterTargetArn": arn, "maxReceiveCount": RECEIVES_MAX });
    let queue = client.create_queue().queue_name(name).send().await.map_err(cannot("A queue"))?;
    // Set afterwards, for a queue that an earlier release made with other values.
    let set = client
        .set_queue_attributes()
        .set_queue_url(queue.queue_url.clone())
        .attributes(QueueAttributeName::VisibilityTimeout, (VISIBILITY_FACTOR * timeout).to_string())
        .attributes(QueueAttributeName::RedrivePolicy, redrive.to_string());
    set.send().await.map_err(cannot("A queue"))?;
    queue.queue_url.ok_or_else(|| Trouble::new("The AWS emulator made a queue without an address."))
}

async fn objects_bucket(aws: &SdkConfig, name: &str) -> Result<(), Trouble> {
    let config = aws_sdk_s3::config::Builder::from(aws).force_path_style(true).build();
    let client = aws_sdk_s3::Client::from_conf(config);
    let made = client.create_bucket().bucket(name).send().await.map_err(aws_sdk_s3::Error::from);
    match made {
        Ok(_) | Err(aws_sdk_s3::Error::BucketAlreadyOwnedByYou(_) | aws_sdk_s3::Error::BucketAlreadyExists(_)) => {}
        Err(error) => return Err(cannot("The bucket")(error)),
    }
    let closed = s3::PublicAccessBlockConfiguration::builder()
        .block_public_acls(true)
        .ignore_public_acls(true)
        .block_public_policy(true)
        .restrict_public_buckets(true)
        .build();
    let set = client.put_public_access_block().bucket(name).public_access_block_configuration(closed).send().await;
    set.map_err(cannot("The bucket"))?;
    let mut rules = s3::BucketLifecycleConfiguration::builder();
    for (prefix, days) in KEPT_DAYS {
        rules = rules.rules(expiry(prefix, days)?);
    }
    let rules = rules.build().map_err(cannot("The bucket"))?;
    let set = client.put_bucket_lifecycle_configuration().bucket(name).lifecycle_configuration(rules).send().await;
    set.map(drop).map_err(cannot("The bucket"))
}

fn expiry(prefix: &str, days: i32) -> Result<s3::LifecycleRule, Trouble> {
    let rule = s3::LifecycleRule::builder()
        .id(prefix)
        .status(s3::ExpirationStatus::Enabled)
        .filter(s3::LifecycleRuleFilter::builder().prefix(format!("{prefix}/")).build())
        .expiration(s3::LifecycleExpiration::builder().days(days).build());
    rule.build().map_err(cannot("The bucket"))
}

async fn event_bus(aws: &SdkConfig, name: &str) -> Result<(), Trouble> {
    let client = aws_sdk_eventbridge::Client::new(aws);
    let made = client.create_event_bus().name(name).send().await.map_err(aws_sdk_eventbridge::Error::from);
    match made {
        Ok(_) | Err(aws_sdk_eventbridge::Error::ResourceAlreadyExistsException(_)) => Ok(()),
        Err(error) => Err(cannot("The event bus")(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::Account;
    use crate::emulator::Emulator;
    use crate::project::Project;

    #[tokio::test]
    async fn resources_are_made_once_and_completely() {
        let emulator = Emulator::throwaway(&Project::find().unwrap()).await.unwrap();
        let aws = Account::new(emulator.endpoint(), "000000000002").sdk();
        let made = provision(&aws, "test-").await.unwrap();
        assert_eq!(provision(&aws, "test-").await.unwrap(), made);

        let tables = aws_sdk_dynamodb::Client::new(&aws);
        let expiry = tables.describe_time_to_live().table_name(&made.counters_table).send().await.unwrap();
        let expiry = expiry.time_to_live_description.unwrap();
        assert_eq!(expiry.time_to_live_status, Some(dynamo::TimeToLiveStatus::Enabled));
        assert_eq!(expiry.attribute_name.as_deref(), Some("expires_at"));

        let objects = aws_sdk_s3::config::Builder::from(&aws).force_path_style(true).build();
        let objects = aws_sdk_s3::Client::from_conf(objects);
        let rules = objects.get_bucket_lifecycle_configuration().bucket(&made.objects_bucket).send().await.unwrap();
        let days = |id| {
            let rule = rules.rules().iter().find(|rule| rule.id() == Some(id))?;
            assert_eq!(rule.filter()?.prefix(), Some(&*format!("{id}/")));
            rule.expiration()?.days()
        };
        for (prefix, kept) in KEPT_DAYS {
            assert_eq!(days(prefix), Some(kept), "{prefix}");
        }

        let queues = aws_sdk_sqs::Client::new(&aws);
        for (name, url) in made.settings().iter().filter(|(name, _)| name.ends_with("_QUEUE_URL")) {
            let asked = queues.get_queue_attributes().queue_url(url);
            let asked = asked.attribute_names(QueueAttributeName::RedrivePolicy).send().await.unwrap();
            let redrive = &asked.attributes.unwrap()[&QueueAttributeName::RedrivePolicy];
            assert!(redrive.contains("-dead"), "{name}: {redrive}");
        }
        emulator.stop().await;
    }
}
