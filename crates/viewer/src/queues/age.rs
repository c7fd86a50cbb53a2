//! How long the oldest message of a queue has waited. SQS itself does not say; CloudWatch counts it, once a minute.

use crate::ask::Asker;
use aws::{Api, SystemClock};
use domain::ports::Clock;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const METRIC: &str = "ApproximateAgeOfOldestMessage";
/// CloudWatch is a few minutes behind.
const BACK_S: i64 = 900;

/// Seconds by queue, for those that have a figure, and why others have none.
pub(super) async fn ages(asker: &Asker, names: &[&str]) -> (BTreeMap<String, u64>, Vec<String>) {
    if names.is_empty() {
        return (BTreeMap::new(), Vec::new());
    }
    let now_s = SystemClock.now().as_ms() / 1_000;
    let queries: Vec<Value> = names
        .iter()
        .enumerate()
        .map(|(place, name)| {
            json!({
                "Id": format!("q{place}"),
                "MetricStat": {
                    "Metric": {
                        "Namespace": "AWS/SQS",
                        "MetricName": METRIC,
                        "Dimensions": [{ "Name": "QueueName", "Value": name }],
                    },
                    "Period": 60,
                    "Stat": "Maximum",
                },
            })
        })
        .collect();
    let input = json!({
        "MetricDataQueries": queries,
        "StartTime": now_s - BACK_S,
        "EndTime": now_s,
        "ScanBy": "TimestampDescending",
    });
    match asker.ask(Api::Metrics, "GetMetricData", input).await {
        Ok(told) => told_of(&told, names),
        Err(error) => {
            let note =
                format!("How long the oldest messages have waited is not known: CloudWatch says {error}.");
            (BTreeMap::new(), vec![note])
        }
    }
}

fn told_of(told: &Value, names: &[&str]) -> (BTreeMap<String, u64>, Vec<String>) {
    let results = told["MetricDataResults"].as_array();
    let newest = |place: usize| {
        let id = format!("q{place}");
        let result = results?.iter().find(|result| result["Id"] == *id)?;
        // Seconds as a fraction; more than are whole in one would be older than the queue keeps anything.
        let seconds = result["Values"].get(0)?.as_f64()?;
        (0.0..1e12).contains(&seconds).then_some(seconds as u64)
    };
    let mut ages = BTreeMap::new();
    let mut unknown = Vec::new();
    for (place, &name) in names.iter().enumerate() {
        match newest(place) {
            Some(seconds) => {
                ages.insert(name.to_owned(), seconds);
            }
            None => unknown.push(name),
        }
    }
    let notes = (!unknown.is_empty()).then(|| {
        format!(
            "CloudWatch has had no age of the oldest message for {} minutes for {}: a queue that was not used for some hours has none, and an engine on one machine may keep none at all.",
            BACK_S / 60,
            unknown.join(", ")
        )
    });
    (ages, notes.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_figure_counts_and_none_is_told() {
        let told = json!({ "MetricDataResults": [
            { "Id": "q1", "Values": [] },
            { "Id": "q0", "Values": [61.0, 4.0] },
        ]});
        let (ages, notes) = told_of(&told, &["full", "quiet", "unheard"]);
        assert_eq!(ages, BTreeMap::from([("full".to_owned(), 61)]));
        assert_eq!(notes.len(), 1);
        assert!(notes[0].contains("quiet, unheard"), "{notes:?}");
    }
}
