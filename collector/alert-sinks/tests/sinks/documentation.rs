//! The examples of docs/sinks.md are settings, one for each kind at least.

use saker_alert_sinks::SinkSettings;
use serde::Deserialize;
use std::collections::BTreeSet;

const PAGE: &str = include_str!("../../../../docs/sinks.md");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Example {
    sinks: Vec<SinkSettings>,
}

#[test]
fn examples_are_settings() {
    let examples: Vec<&str> = PAGE
        .split("```yaml\n")
        .skip(1)
        .map(|rest| rest.split_once("```").unwrap().0)
        .collect();
    let mut kinds = BTreeSet::new();
    for example in examples {
        let parsed: Example =
            serde_saphyr::from_str(example).unwrap_or_else(|error| panic!("{error}\n{example}"));
        for sink in parsed.sinks {
            let destination = format!("{:?}", sink.destination);
            kinds.insert(destination.split('(').next().unwrap().to_owned());
        }
    }
    assert_eq!(
        kinds.into_iter().collect::<Vec<_>>(),
        [
            "Alertmanager",
            "Elasticsearch",
            "Kafka",
            "Loki",
            "Otlp",
            "Slack",
            "Stdout",
            "Syslog",
            "Webhook"
        ]
    );
}
