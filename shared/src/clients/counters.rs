//! DynamoDB items that are changed by compare-and-set: read with their version, written only if it still holds.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json};

use crate::base::Fault;

const SERVICE: &str = "DynamoDB";
/// Pages of one index query.
const PAGES_MAX: usize = 100;

/// A table whose items carry a `version`.
#[derive(Clone, Debug)]
pub struct Counters {
    client: Client,
    table: String,
}

/// Whether a conditional write happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Written {
    /// It did.
    Yes,
    /// Someone was faster; read again.
    Conflict,
}

impl Counters {
    /// The table called `table`.
    pub fn new(config: &aws_config::SdkConfig, table: &str) -> Self {
        Self { client: Client::new(config), table: table.to_owned() }
    }

    /// The item under `key`, as it is now.
    pub async fn get<T: DeserializeOwned>(&self, key: &Json) -> Result<Option<T>, Fault> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(attributes(key)))
            .consistent_read(true)
            .send()
            .await
            .map_err(fault)?;
        answer.item.map(read).transpose()
    }

    /// Writes `item` if the stored version is still `expected` (`None`: if there is no item).
    pub async fn put<T: Serialize>(&self, item: &T, expected: Option<u64>) -> Result<Written, Fault> {
        let (condition, values) = condition(expected);
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(attributes(&serde_json::to_value(item).map_err(|e| Fault::stored("counter", e))?)))
            .condition_expression(condition)
            .set_expression_attribute_values(values);
        match put.send().await {
            Ok(_) => Ok(Written::Yes),
            Err(SdkError::ServiceError(error)) if error.err().is_conditional_check_failed_exception() => {
                Ok(Written::Conflict)
            }
            Err(error) => Err(fault(error)),
        }
    }

    /// Writes several items, each under its condition, all or none.
    pub async fn put_all<T: Serialize>(&self, items: &[(&T, Option<u64>)]) -> Result<Written, Fault> {
        if let [(item, expected)] = items {
            return self.put(*item, *expected).await;
        }
        let mut writes = Vec::with_capacity(items.len());
        for (item, expected) in items {
            let (condition, values) = condition(*expected);
            let item = serde_json::to_value(item).map_err(|e| Fault::stored("counter", e))?;
            let put = Put::builder()
                .table_name(&self.table)
                .set_item(Some(attributes(&item)))
                .condition_expression(condition)
                .set_expression_attribute_values(values)
                .build()
                .expect("table and item are set");
            writes.push(TransactWriteItem::builder().put(put).build());
        }
        match self.client.transact_write_items().set_transact_items(Some(writes)).send().await {
            Ok(_) => Ok(Written::Yes),
            Err(SdkError::ServiceError(error)) if is_conflict(error.err()) => Ok(Written::Conflict),
            Err(error) => Err(fault(error)),
        }
    }

    /// Keys of the items in `index` whose partition is `partition` and whose sort key is below `below`.
    pub async fn keys_below(
        &self,
        index: &str,
        (partition_name, partition): (&str, i64),
        (sort_name, below): (&str, i64),
    ) -> Result<Vec<Json>, Fault> {
        let mut pages = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(index)
            .key_condition_expression("#p = :p and #s < :s")
            .expression_attribute_names("#p", partition_name)
            .expression_attribute_names("#s", sort_name)
            .expression_attribute_values(":p", AttributeValue::N(partition.to_string()))
            .expression_attribute_values(":s", AttributeValue::N(below.to_string()))
            .into_paginator()
            .send();
        let mut keys = Vec::new();
        for _ in 0..PAGES_MAX {
            let Some(page) = pages.next().await else { break };
            for item in page.map_err(fault)?.items.unwrap_or_default() {
                keys.push(Json::Object(item.into_iter().map(|(name, value)| (name, json(value))).collect()));
            }
        }
        Ok(keys)
    }
}

fn condition(expected: Option<u64>) -> (&'static str, Option<HashMap<String, AttributeValue>>) {
    match expected {
        None => ("attribute_not_exists(version)", None),
        Some(version) => {
            ("version = :v", Some(HashMap::from([(":v".to_owned(), AttributeValue::N(version.to_string()))])))
        }
    }
}

fn is_conflict(error: &TransactWriteItemsError) -> bool {
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = error else {
        return error.is_transaction_in_progress_exception();
    };
    let conflict = |code: &str| matches!(code, "ConditionalCheckFailed" | "TransactionConflict");
    cancelled.cancellation_reasons().iter().any(|reason| reason.code().is_some_and(conflict))
}

fn fault<E>(error: SdkError<E>) -> Fault
where
    E: std::error::Error + Send + Sync + 'static,
{
    Fault::outside(SERVICE, aws_sdk_dynamodb::error::DisplayErrorContext(error).to_string())
}

fn read<T: DeserializeOwned>(item: HashMap<String, AttributeValue>) -> Result<T, Fault> {
    let object: Map<String, Json> = item.into_iter().map(|(name, value)| (name, json(value))).collect();
    serde_json::from_value(Json::Object(object)).map_err(|error| Fault::stored("counter", error))
}

fn attributes(object: &Json) -> HashMap<String, AttributeValue> {
    let object = object.as_object().expect("an item is an object");
    object.iter().map(|(name, value)| (name.clone(), attribute(value))).collect()
}

fn attribute(value: &Json) -> AttributeValue {
    match value {
        Json::Null => AttributeValue::Null(true),
        Json::Bool(value) => AttributeValue::Bool(*value),
        Json::Number(number) => AttributeValue::N(number.to_string()),
        Json::String(text) => AttributeValue::S(text.clone()),
        Json::Array(values) => AttributeValue::L(values.iter().map(attribute).collect()),
        Json::Object(_) => AttributeValue::M(attributes(value)),
    }
}

fn json(value: AttributeValue) -> Json {
    match value {
        AttributeValue::Bool(value) => Json::Bool(value),
        AttributeValue::N(number) => serde_json::from_str(&number).unwrap_or(Json::String(number)),
        AttributeValue::S(text) => Json::String(text),
        AttributeValue::L(values) => values.into_iter().map(json).collect(),
        AttributeValue::M(values) => {
            Json::Object(values.into_iter().map(|(name, value)| (name, json(value))).collect())
        }
        _ => Json::Null,
    }
}
