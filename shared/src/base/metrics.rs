//! Metrics as log lines in CloudWatch's embedded metric format: no call that can fail or cost time.

use jiff::Timestamp;
use serde_json::json;

const NAMESPACE: &str = "Botyard";

/// The line that counts `value` of `name` for `function`.
pub fn count(function: &str, name: &str, value: u64, now: Timestamp) -> String {
    json!({
        "_aws": {
            "Timestamp": now.as_millisecond(),
            "CloudWatchMetrics": [{
                "Namespace": NAMESPACE,
                "Dimensions": [["function"]],
                "Metrics": [{ "Name": name, "Unit": "Count" }],
            }],
        },
        "function": function,
        name: value,
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_one_line_of_embedded_metric_format() {
        let line = count("keyhub-webhook", "keyhub_claimed", 1, Timestamp::UNIX_EPOCH);
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(value["keyhub_claimed"], 1);
        assert_eq!(value["_aws"]["CloudWatchMetrics"][0]["Dimensions"][0][0], "function");
        assert_eq!(value["_aws"]["CloudWatchMetrics"][0]["Metrics"][0]["Name"], "keyhub_claimed");
    }
}
