use super::{Collector, NamedSink, open_parts};
use crate::scene::{
    Memory, PATIENCE, SINK, Scene, alert, alerts, deliver, eventually, get, id, metrics, plain,
    request, subscribe,
};
use saker_alert_sinks::{Outcome, Sink};
use saker_proto::v1;
use saker_proto::v1::subscribe_request::Start;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

mod bounds;
mod ledger;
mod queue;
mod security;

#[tokio::test]
async fn alerts_go_from_the_agent_to_the_sink() {
    let scene = Scene::new();
    let collector = scene.collector("").await;
    let all = alerts(0..250);
    let requests = vec![
        request(1, &all[..100]),
        request(2, &all[100..200]),
        request(3, &all[200..]),
    ];
    let answers = deliver(plain(&collector).await, requests).await.unwrap();
    let acknowledged: Vec<_> = answers
        .iter()
        .map(|answer| answer.acknowledged_sequence)
        .collect();
    assert_eq!(acknowledged, [1, 2, 3]);
    scene.memory.knows(&all).await;

    // What is sent again after a lost acknowledgement is told nobody again.
    deliver(plain(&collector).await, vec![request(1, &all)])
        .await
        .unwrap();
    let later = alerts(1000..1001);
    deliver(plain(&collector).await, vec![request(1, &later)])
        .await
        .unwrap();
    scene.memory.knows(&later).await;
    let told = scene.memory.told();
    assert_eq!(told.len(), 251);
    assert!(told.values().all(|times| *times == 1));
    let text = metrics(&collector).await;
    assert!(
        text.contains("saker_collector_worker_alerts_total{result=\"new\"} 251"),
        "{text}"
    );
    assert!(
        text.contains("saker_collector_ingest_alerts_total 501"),
        "{text}"
    );
    collector.end().await;
}

#[tokio::test]
async fn refusals_are_told_one_by_one() {
    let scene = Scene::new();
    let collector = scene.collector("").await;
    let good = alert(1, "node-a");
    let bad = v1::Alert {
        id: vec![1; 3].into(),
        ..alert(2, "node-a")
    };
    let requests = vec![
        request(1, &[bad.clone(), good.clone(), bad]),
        request(2, &[]),
    ];
    let answers = deliver(plain(&collector).await, requests).await.unwrap();
    let refused: Vec<_> = answers[0].refused.iter().map(|alert| alert.index).collect();
    assert_eq!(refused, [0, 2]);
    assert_eq!(
        answers[0].refused[0].reason,
        "the alert's id has 3 bytes, and an id has 16"
    );
    assert_eq!(
        (answers[1].acknowledged_sequence, answers[1].refused.len()),
        (2, 0)
    );
    scene.memory.knows(&[good]).await;
    collector.end().await;
}

#[tokio::test]
async fn what_was_acknowledged_outlives_the_process() {
    let scene = Scene::new();
    let all = alerts(0..300);
    scene.memory.answer(Some(Outcome::Retry {
        reason: "away".to_owned(),
        after: None,
    }));
    let first = scene.collector("").await;
    deliver(plain(&first).await, vec![request(1, &all)])
        .await
        .unwrap();
    first.end().await;
    assert_eq!(scene.memory.told().len(), 0);

    scene.memory.answer(None);
    let second = scene.collector("").await;
    scene.memory.knows(&all).await;
    assert!(scene.memory.told().values().all(|times| *times == 1));
    second.end().await;
}

#[tokio::test]
async fn repeats_are_told_together() {
    let scene = Scene::new();
    let collector = scene.collector("aggregation: {window_seconds: 1}").await;
    let same: Vec<_> = alerts(0..20)
        .into_iter()
        .map(|alert| v1::Alert {
            rule: "again and again".to_owned(),
            ..alert
        })
        .collect();
    deliver(plain(&collector).await, vec![request(1, &same)])
        .await
        .unwrap();
    scene.memory.knows(&same).await;
    assert!(scene.memory.told().values().all(|times| *times == 1));
    let text = metrics(&collector).await;
    assert!(
        text.contains("saker_collector_worker_aggregated_total 19"),
        "{text}"
    );
    assert!(
        text.contains("saker_collector_sink_deliveries_total{sink=\"memory\"} 2"),
        "{text}"
    );
    collector.end().await;
}

#[tokio::test]
async fn subscribers_miss_nothing_and_continue_where_they_were() {
    let scene = Scene::new();
    let collector = scene.collector("feed: {heartbeat_seconds: 1}").await;
    let before = alerts(0..10);
    deliver(plain(&collector).await, vec![request(1, &before)])
        .await
        .unwrap();
    scene.memory.knows(&before).await;

    let channel = plain(&collector).await;
    let mut from_now = subscribe(channel.clone(), v1::SubscribeRequest::default())
        .await
        .unwrap();
    // The first response only says where it begins.
    let first = from_now.message().await.unwrap().unwrap();
    assert!(first.alert.is_none() && !first.cursor.is_empty());
    let after = alerts(10..500);
    deliver(channel.clone(), vec![request(1, &after)])
        .await
        .unwrap();
    let mut seen = BTreeSet::new();
    let mut cursor = String::new();
    while seen.len() < 100 {
        let response = from_now.message().await.unwrap().unwrap();
        seen.extend(response.alert.as_ref().map(id));
        cursor = response.cursor;
    }
    drop(from_now);
    let continued = v1::SubscribeRequest {
        start: Some(Start::Cursor(cursor)),
        ..v1::SubscribeRequest::default()
    };
    let mut continued = subscribe(channel.clone(), continued).await.unwrap();
    while seen.len() < after.len() {
        let response = continued.message().await.unwrap().unwrap();
        assert!(
            response
                .alert
                .as_ref()
                .is_none_or(|alert| seen.insert(id(alert))),
            "told twice"
        );
    }
    assert_eq!(seen, after.iter().map(id).collect());
    // Then only the place is told, from time to time.
    let heartbeat = timeout(PATIENCE, continued.message())
        .await
        .unwrap()
        .unwrap()
        .unwrap();
    assert!(heartbeat.alert.is_none());

    let since = v1::SubscribeRequest {
        start: Some(Start::SinceUnixNs(0)),
        filter: Some(v1::AlertFilter {
            rules: vec!["rule 3".to_owned()],
            ..v1::AlertFilter::default()
        }),
    };
    let mut since = subscribe(channel.clone(), since).await.unwrap();
    let found = loop {
        if let Some(alert) = since.message().await.unwrap().unwrap().alert {
            break alert;
        }
    };
    assert_eq!(id(&found), id(&before[3]));

    let foreign = v1::SubscribeRequest {
        start: Some(Start::Cursor("nonsense".to_owned())),
        ..v1::SubscribeRequest::default()
    };
    let refused = subscribe(channel, foreign)
        .await
        .unwrap()
        .message()
        .await
        .unwrap_err();
    assert_eq!(refused.code(), tonic::Code::InvalidArgument);
    collector.end().await;
}

#[tokio::test]
async fn a_sink_that_hangs_delays_no_other() {
    let scene = Scene::new();
    let text = format!("sinks: [{{name: {SINK}, kind: stdout}}, {{name: hanging, kind: stdout}}]");
    let config = scene.config(&text).unwrap();
    let hanging = Arc::new(Memory::default());
    hanging.pause(Duration::from_secs(3600));
    let mut parts = open_parts(&config).await.unwrap();
    parts.sinks = scene.sinks();
    parts.sinks.push(NamedSink {
        name: "hanging".into(),
        sink: Arc::clone(&hanging) as Arc<dyn Sink>,
    });
    let collector = Collector::start(&config, parts).await.unwrap();
    for numbers in [0..100, 100..200] {
        let some = alerts(numbers);
        deliver(plain(&collector).await, vec![request(1, &some)])
            .await
            .unwrap();
        scene.memory.knows(&some).await;
    }
    let text = metrics(&collector).await;
    assert!(
        text.contains("saker_collector_sink_deliveries_total{sink=\"memory\"} 200"),
        "{text}"
    );
    assert_eq!(hanging.told().len(), 0);
}

#[tokio::test]
async fn readiness_and_metrics_are_served() {
    let scene = Scene::new();
    let collector = scene.collector("").await;
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while !get(&collector, "/readyz").await.starts_with("HTTP/1.0 200") {
        assert!(tokio::time::Instant::now() < deadline, "not ready");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(
        get(&collector, "/healthz")
            .await
            .starts_with("HTTP/1.0 200")
    );
    let text = metrics(&collector).await;
    assert!(text.contains("saker_collector_ready 1"), "{text}");
    assert!(text.contains("saker_collector_queue_depth 0"), "{text}");
    // Who asks for nothing gets the format that everything understands.
    assert!(text.contains("text/plain; version=0.0.4"), "{text}");
    eventually("nothing waits", || scene.memory.told().is_empty()).await;
    collector.end().await;
}
