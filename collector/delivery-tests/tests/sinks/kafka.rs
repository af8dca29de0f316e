//! Kafka, as librdkafka's mock of a cluster speaks it and its consumer reads it.

use crate::fixtures::{id, notification, sink};
use anyhow::{Context, Result};
use rdkafka::Message;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{BorrowedMessage, Headers};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use rdkafka::{Offset, TopicPartitionList};
use saker_alert_formats::Notification;
use saker_alert_sinks::Outcome;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

const TOPIC: &str = "alerts";
const PARTITIONS: i32 = 4;
const PATIENCE: Duration = Duration::from_secs(10);

type Cluster = MockCluster<'static, DefaultProducerContext>;

fn cluster() -> Result<Cluster> {
    let cluster = MockCluster::new(3)?;
    cluster.create_topic(TOPIC, PARTITIONS, 3)?;
    Ok(cluster)
}

fn settings(cluster: &Cluster) -> Value {
    let brokers: Vec<String> = cluster
        .bootstrap_servers()
        .split(',')
        .map(str::to_owned)
        .collect();
    // The consumer is built without the libraries for compression.
    json!({ "kind": "kafka", "brokers": brokers, "topic": TOPIC, "compression": "none" })
}

/// What a record holds.
#[derive(Clone, Debug)]
struct Received {
    partition: i32,
    key: String,
    headers: BTreeMap<String, String>,
    value: String,
}

fn received(message: &BorrowedMessage<'_>) -> Result<Received> {
    let text = |bytes: Option<&[u8]>| String::from_utf8(bytes.unwrap_or_default().to_vec());
    let headers = message.headers().context("headers")?;
    Ok(Received {
        partition: message.partition(),
        key: text(message.key())?,
        headers: headers
            .iter()
            .map(|header| Ok((header.key.to_owned(), text(header.value)?)))
            .collect::<Result<_>>()?,
        value: text(message.payload())?,
    })
}

/// The first records of the topic, so many.
fn consume(cluster: &Cluster, count: usize) -> Result<Vec<Received>> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", cluster.bootstrap_servers())
        .set("group.id", "test")
        .create()?;
    let mut partitions = TopicPartitionList::new();
    for partition in 0..PARTITIONS {
        partitions.add_partition_offset(TOPIC, partition, Offset::Beginning)?;
    }
    consumer.assign(&partitions)?;
    let mut records = Vec::new();
    while records.len() < count {
        let message = consumer.poll(PATIENCE).context("no more records")??;
        records.push(received(&message)?);
    }
    Ok(records)
}

#[tokio::test(flavor = "multi_thread")]
async fn records_keep_to_the_partition_of_their_node() -> Result<()> {
    let cluster = cluster()?;
    let sink = sink(settings(&cluster))?;
    let notifications: Vec<Notification> = (1..61).map(notification).collect();
    for batch in notifications.chunks(20) {
        assert_eq!(sink.deliver(batch).await, vec![Outcome::Delivered; 20]);
    }
    let records = consume(&cluster, 60)?;
    let mut partitions: BTreeMap<String, BTreeSet<i32>> = BTreeMap::new();
    let mut ids: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for record in records {
        let value: Value = serde_json::from_str(&record.value)?;
        assert_eq!(
            record.headers["rule"],
            value["rule"].as_str().unwrap_or_default()
        );
        assert_eq!(record.headers["priority"], "critical");
        assert_eq!(record.headers["content-type"], "application/json");
        partitions
            .entry(record.key.clone())
            .or_default()
            .insert(record.partition);
        ids.entry(record.key)
            .or_default()
            .push(record.headers["id"].clone());
    }
    assert_eq!(partitions.len(), 3);
    for (node, partitions) in partitions {
        assert_eq!(partitions.len(), 1, "{node}");
    }
    for (node, ids) in ids {
        let expected: Vec<String> = (1..61_u8)
            .filter(|number| node == format!("node-{}", number % 3))
            .map(id)
            .collect();
        assert_eq!(ids, expected, "in the order in which they were sent");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_too_large_does_not_take_others_with_it() -> Result<()> {
    let cluster = cluster()?;
    // Once for the three together, once for the first alone.
    let too_large = RDKafkaRespErr::RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE;
    cluster.request_errors(RDKafkaApiKey::Produce, &[too_large, too_large]);
    let sink = sink(settings(&cluster))?;
    let notifications: Vec<Notification> = [3, 6, 9].map(notification).to_vec();
    let outcomes = sink.deliver(&notifications).await;
    assert!(matches!(&outcomes[0], Outcome::Rejected { reason } if reason.contains("TooLarge")));
    assert_eq!(outcomes[1..], [Outcome::Delivered, Outcome::Delivered]);
    assert_eq!(consume(&cluster, 2)?.len(), 2);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_of_a_partition_are_tried_again() -> Result<()> {
    let cluster = cluster()?;
    let sink = sink(settings(&cluster))?;
    for error in [
        RDKafkaRespErr::RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
        RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
        RDKafkaRespErr::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
    ] {
        cluster.request_errors(RDKafkaApiKey::Produce, &[error]);
        let outcomes = sink.deliver(&[notification(3)]).await;
        assert!(
            matches!(outcomes[0], Outcome::Retry { .. }),
            "{error:?}: {outcomes:?}"
        );
        assert_eq!(
            sink.deliver(&[notification(3)]).await,
            [Outcome::Delivered],
            "{error:?}"
        );
    }
    // A leader that has moved is found within one delivery.
    cluster.request_errors(
        RDKafkaApiKey::Produce,
        &[RDKafkaRespErr::RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION],
    );
    assert_eq!(sink.deliver(&[notification(3)]).await, [Outcome::Delivered]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn brokers_that_fail_are_waited_for() -> Result<()> {
    let cluster = cluster()?;
    let sink = sink(settings(&cluster))?;
    assert_eq!(sink.deliver(&[notification(3)]).await, [Outcome::Delivered]);
    for broker in 1..=3 {
        cluster.broker_down(broker)?;
    }
    let outcomes = sink.deliver(&[notification(6)]).await;
    assert!(matches!(outcomes[0], Outcome::Retry { .. }), "{outcomes:?}");
    for broker in 1..=3 {
        cluster.broker_up(broker)?;
    }
    assert_eq!(sink.deliver(&[notification(6)]).await, [Outcome::Delivered]);
    let ids: Vec<String> = consume(&cluster, 2)?
        .into_iter()
        .map(|record| record.headers["id"].clone())
        .collect();
    assert_eq!(ids, [id(3), id(6)]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_that_does_not_exist_is_said() -> Result<()> {
    let cluster = cluster()?;
    let mut settings = settings(&cluster);
    settings["topic"] = "other".into();
    let outcomes = sink(settings)?.deliver(&[notification(1)]).await;
    assert!(
        matches!(&outcomes[0], Outcome::Retry { reason, .. } if reason.contains("no topic 'other'")),
        "{outcomes:?}"
    );
    Ok(())
}
