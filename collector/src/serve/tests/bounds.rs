//! Bounds of what a client may do.

use crate::scene::{Scene, alert, alerts, deliver, eventually, metrics, plain, request};
use bytes::{Buf, BufMut, Bytes};
use futures_util::StreamExt;
use saker_proto::v1;
use saker_proto::v1::alert_ingest_client::AlertIngestClient;
use std::time::Duration;
use tokio::time::{Instant, timeout};
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::http::uri::PathAndQuery;
use tonic::{Code, Status};

/// Sends bytes as they are, so that messages can be malformed.
#[derive(Default)]
struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining())))
    }
}

#[tokio::test]
async fn malformed_messages_end_their_stream_only() {
    let scene = Scene::new();
    let collector = scene.collector("").await;
    let channel = plain(&collector).await;
    let mut raw = tonic::client::Grpc::new(channel.clone());
    raw.ready().await.unwrap();
    let sent = futures_util::stream::iter([Bytes::from_static(b"\x12\xff\xff\xff\xff\x7fno")]);
    let path = PathAndQuery::from_static("/saker.v1.AlertIngest/Deliver");
    let answer = raw
        .streaming(tonic::Request::new(sent), path, Raw)
        .await
        .unwrap();
    let status = answer.into_inner().message().await.unwrap_err();
    assert_eq!(status.code(), Code::Internal);

    let wrong_sequence = deliver(channel.clone(), vec![request(2, &[])])
        .await
        .unwrap_err();
    assert_eq!(wrong_sequence.code(), Code::InvalidArgument);
    deliver(channel, vec![request(1, &[alert(1, "node-a")])])
        .await
        .unwrap();
    eventually("the alert arrives", || scene.memory.told().len() == 1).await;
    collector.end().await;
}

#[tokio::test]
async fn oversized_messages_end_their_stream_and_oversized_alerts_are_refused() {
    let scene = Scene::new();
    let limits = "limits: {message_bytes: 65536, alert_bytes: 4096}";
    let collector = scene.collector(limits).await;
    let channel = plain(&collector).await;
    let sized = |number, bytes| v1::Alert {
        output: "x".repeat(bytes),
        ..alert(number, "node-a")
    };
    let answers = deliver(
        channel.clone(),
        vec![request(1, &[sized(1, 5000), sized(2, 100)])],
    );
    let answers = answers.await.unwrap();
    assert_eq!(answers[0].refused.len(), 1);
    let status = deliver(channel.clone(), vec![request(1, &[sized(3, 70_000)])])
        .await
        .unwrap_err();
    assert!(
        matches!(status.code(), Code::OutOfRange | Code::ResourceExhausted),
        "{status:?}"
    );
    deliver(channel, vec![request(1, &[sized(4, 100)])])
        .await
        .unwrap();
    eventually("both small alerts arrive", || {
        scene.memory.told().len() == 2
    })
    .await;
    collector.end().await;
}

/// A stream that is kept open, and says nothing.
async fn idle_stream(
    client: &mut AlertIngestClient<tonic::transport::Channel>,
) -> Result<tonic::Streaming<v1::DeliverResponse>, Status> {
    let silence = futures_util::stream::pending::<v1::DeliverRequest>();
    Ok(client.deliver(silence).await?.into_inner())
}

#[tokio::test]
async fn idle_streams_are_bounded_and_end() {
    let scene = Scene::new();
    let limits = "limits: {streams_per_client: 1000, streams: 1000, idle_seconds: 2}";
    let collector = scene.collector(limits).await;
    let mut client = AlertIngestClient::new(plain(&collector).await);
    let mut open = Vec::new();
    for _ in 0..1000 {
        open.push(idle_stream(&mut client).await.unwrap());
    }
    let one_more = idle_stream(&mut client).await.unwrap_err();
    assert_eq!(one_more.code(), Code::ResourceExhausted);
    let ends =
        futures_util::stream::iter(open).for_each_concurrent(None, |mut stream| async move {
            assert!(stream.message().await.unwrap().is_none());
        });
    timeout(Duration::from_secs(30), ends).await.unwrap();
    // There is room again.
    deliver(
        plain(&collector).await,
        vec![request(1, &[alert(1, "node-a")])],
    )
    .await
    .unwrap();
    eventually("the alert arrives", || scene.memory.told().len() == 1).await;
    let text = metrics(&collector).await;
    assert!(
        text.contains("saker_collector_ingest_streams_ended_total{reason=\"idle\"} 1000"),
        "{text}"
    );
    assert!(text.contains("saker_collector_ingest_streams 0"), "{text}");
    collector.end().await;
}

#[tokio::test]
async fn who_sends_too_much_waits_and_loses_nothing() {
    let scene = Scene::new();
    let collector = scene.collector("limits: {alerts_per_second: 100}").await;
    let all = alerts(0..300);
    let requests = all
        .chunks(50)
        .zip(1..)
        .map(|(some, sequence)| request(sequence, some))
        .collect();
    let begun = Instant::now();
    let answers = deliver(plain(&collector).await, requests).await.unwrap();
    assert_eq!(answers.len(), 6);
    // A hundred may come at once.
    assert!(
        begun.elapsed() > Duration::from_millis(1500),
        "{:?}",
        begun.elapsed()
    );
    scene.memory.knows(&all).await;
    collector.end().await;
}
