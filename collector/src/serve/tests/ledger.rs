//! Ledgers of encryption: reported by agents, read by who may subscribe.

use crate::scene::{Scene, plain};
use crate::serve::Collector;
use saker_proto::v1;
use saker_proto::v1::ledger_feed_client::LedgerFeedClient;
use saker_proto::v1::ledger_ingest_client::LedgerIngestClient;
use saker_tls::development::Request;
use std::time::{SystemTime, UNIX_EPOCH};
use tonic::transport::Channel;
use tonic::{Code, Status};

fn party(name: &str) -> Option<v1::LedgerParty> {
    let object = v1::LedgerObject {
        namespace: "shop".to_owned(),
        name: name.to_owned(),
    };
    Some(v1::LedgerParty {
        kind: Some(v1::ledger_party::Kind::Workload(object)),
    })
}

/// An edge to the workload `db`, seen at this time.
fn edge(client: &str, revision: u64, last_unix_ms: u64) -> v1::LedgerEdge {
    v1::LedgerEdge {
        client: party(client),
        server: party("db"),
        port: 5_432,
        transport: v1::LedgerTransport::Tcp.into(),
        revision,
        tallies: vec![v1::LedgerTally {
            security: v1::LedgerSecurity::Plaintext.into(),
            last_unix_ms,
            ..v1::LedgerTally::default()
        }],
        excused: None,
    }
}

fn part(node: &str, revision: u64, edges: Vec<v1::LedgerEdge>) -> v1::LedgerPart {
    v1::LedgerPart {
        node: Some(v1::LedgerNode {
            cluster: "prod".to_owned(),
            node: node.to_owned(),
            begun_unix_ms: 1,
            revision,
            observed: vec![v1::LedgerInterval {
                begin_unix_ms: 1,
                end_unix_ms: revision,
            }],
            ..v1::LedgerNode::default()
        }),
        edges,
        presences: vec![v1::LedgerPresence {
            namespace: "shop".to_owned(),
            workload: "db".to_owned(),
            node: node.to_owned(),
            last_unix_ms: 100,
            revision,
            ..v1::LedgerPresence::default()
        }],
    }
}

async fn report(channel: Channel, part: v1::LedgerPart) -> Result<(), Status> {
    let request = v1::ReportLedgerRequest { part: Some(part) };
    let mut client = LedgerIngestClient::new(channel);
    client.report_ledger(request).await.map(drop)
}

async fn read(
    channel: Channel,
    cluster: &str,
    since_unix_ms: u64,
) -> Result<Vec<v1::LedgerPart>, Status> {
    let request = v1::ReadLedgerRequest {
        cluster: cluster.to_owned(),
        since_unix_ms,
    };
    let mut responses = LedgerFeedClient::new(channel)
        .read_ledger(request)
        .await?
        .into_inner();
    let mut parts = Vec::new();
    while let Some(response) = responses.message().await? {
        parts.extend(response.part);
    }
    Ok(parts)
}

/// A collector, a node, and somebody who may read.
async fn guarded() -> (Scene, Collector) {
    let scene = Scene::new();
    scene.issue_client("node-a", &Request::client(["spiffe://cluster/node/node-a"]));
    scene.issue_client("reader", &Request::client(["reader.example"]));
    let config = format!(
        "{}retention_days: 0\nfeed: {{allowed_identities: [reader.example]}}\n",
        scene.tls()
    );
    let collector = scene.collector(&config).await;
    (scene, collector)
}

#[tokio::test]
async fn what_nodes_report_is_read_again() {
    let scene = Scene::new();
    let collector = scene.collector("retention_days: 0").await;
    let channel = || plain(&collector);
    let first = part("node-a", 7, vec![edge("cart", 6, 50), edge("web", 7, 60)]);
    let newer = part("node-a", 9, vec![edge("cart", 9, 90)]);
    let other = part("node-b", 3, Vec::new());
    // In any order, and again.
    for part in [&newer, &first, &first, &other, &newer] {
        report(channel().await, part.clone()).await.unwrap();
    }
    let parts = read(channel().await, "", 0).await.unwrap();
    let whole = v1::LedgerPart {
        edges: vec![edge("web", 7, 60), edge("cart", 9, 90)],
        ..newer.clone()
    };
    assert_eq!(parts, [whole, other]);

    // Nodes are told of also where nothing of them is recent.
    let recent = read(channel().await, "prod", 101).await.unwrap();
    let nodes: Vec<_> = recent.iter().flat_map(|part| &part.node).collect();
    assert_eq!(nodes.len(), 2);
    assert!(recent.iter().all(|part| part.edges.is_empty()));
    assert_eq!(read(channel().await, "test", 0).await.unwrap(), []);
    collector.end().await;
}

#[tokio::test]
async fn parts_that_are_no_good_are_refused() {
    let scene = Scene::new();
    let collector = scene.collector("").await;
    let nobody = v1::LedgerPart::default();
    let mut hostile = part("node-a", 1, Vec::new());
    hostile.node.as_mut().unwrap().cluster = "a\0b".to_owned();
    let nameless = part("", 1, Vec::new());
    let long = part(&"n".repeat(254), 1, Vec::new());
    let many = part("node-a", 1, vec![edge("cart", 1, 1); 4_001]);
    for bad in [nobody, hostile, nameless, long, many] {
        let status = report(plain(&collector).await, bad).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{status}");
    }
    assert_eq!(read(plain(&collector).await, "", 0).await.unwrap(), []);
    collector.end().await;
}

#[tokio::test]
async fn edges_that_nobody_could_read_are_refused() {
    type Spoil = fn(&mut v1::LedgerEdge);
    let address = |length| {
        let kind = v1::ledger_party::Kind::Address(vec![0; length].into());
        Some(v1::LedgerParty { kind: Some(kind) })
    };
    let spoils: [(&str, Spoil); 7] = [
        ("client", |edge| edge.client = None),
        ("server", |edge| {
            edge.server = Some(v1::LedgerParty::default());
        }),
        ("name", |edge| edge.server = party(&"n".repeat(2_000))),
        ("port", |edge| edge.port = 70_000),
        ("transport", |edge| edge.transport = 3),
        ("security", |edge| edge.tallies[0].security = 99),
        ("tallies", |edge| {
            edge.tallies = vec![edge.tallies[0].clone(); 9];
        }),
    ];
    let scene = Scene::new();
    let collector = scene.collector("").await;
    let mut bad: Vec<_> = spoils
        .into_iter()
        .map(|(what, spoil)| {
            let mut spoiled = edge("cart", 1, 1);
            spoil(&mut spoiled);
            (what, part("node-a", 1, vec![edge("web", 1, 1), spoiled]))
        })
        .collect();
    let mut addressed = edge("cart", 1, 1);
    addressed.client = address(5);
    bad.push(("address", part("node-a", 1, vec![addressed.clone()])));
    let mut restless = part("node-a", 1, Vec::new());
    restless.node.as_mut().unwrap().observed = vec![v1::LedgerInterval::default(); 1_025];
    bad.push(("intervals", restless));
    for (what, part) in bad {
        let status = report(plain(&collector).await, part).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{what}: {status}");
    }
    assert_eq!(read(plain(&collector).await, "", 0).await.unwrap(), []);
    addressed.client = address(4);
    let good = part("node-a", 1, vec![addressed]);
    report(plain(&collector).await, good).await.unwrap();
    collector.end().await;
}

#[tokio::test]
async fn nothing_is_covered_whose_edges_may_be_gone() {
    const DAY_MS: u64 = 24 * 3_600 * 1_000;
    let scene = Scene::new();
    let collector = scene.collector("retention_days: 1").await;
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = u64::try_from(since_epoch.as_millis()).unwrap();
    let mut part = part("node-a", 1, Vec::new());
    let intervals = [
        (now - 4 * DAY_MS, now - 3 * DAY_MS),
        (now - 2 * DAY_MS, now),
    ];
    let intervals = intervals.map(|(begin_unix_ms, end_unix_ms)| v1::LedgerInterval {
        begin_unix_ms,
        end_unix_ms,
    });
    part.node.as_mut().unwrap().observed = intervals.to_vec();
    report(plain(&collector).await, part).await.unwrap();
    let parts = read(plain(&collector).await, "", 0).await.unwrap();
    let observed = &parts[0].node.as_ref().unwrap().observed;
    assert_eq!(observed.len(), 1);
    assert!(observed[0].begin_unix_ms >= now - DAY_MS);
    assert_eq!(observed[0].end_unix_ms, now);
    collector.end().await;
}

#[tokio::test]
async fn nodes_report_their_own_and_read_none() {
    let (scene, collector) = guarded().await;
    let node = || scene.connect(&collector, "node-a");
    let own = part("node-a", 1, Vec::new());
    report(node(), own.clone()).await.unwrap();
    let other = report(node(), part("node-b", 1, Vec::new())).await;
    assert_eq!(other.unwrap_err().code(), Code::PermissionDenied);
    let reading = read(node(), "", 0).await;
    assert_eq!(reading.unwrap_err().code(), Code::PermissionDenied);

    let reader = || scene.connect(&collector, "reader");
    assert_eq!(
        read(reader(), "", 0).await.unwrap(),
        std::slice::from_ref(&own)
    );
    let reporting = report(reader(), own).await;
    assert_eq!(reporting.unwrap_err().code(), Code::PermissionDenied);
    collector.end().await;
}

#[tokio::test]
async fn pages_are_bounded_by_bytes() {
    let scene = Scene::new();
    let collector = scene.collector("retention_days: 0").await;
    let channel = || plain(&collector);
    let edges = |range: std::ops::Range<u32>| {
        let named = range.map(|number| edge(&format!("{number:0>990}"), 7, 50));
        let large = named.map(|mut edge| {
            // What an agent sends that is no agent of ours.
            edge.tallies[0].protocols = vec!["x".repeat(13_000)];
            edge
        });
        large.collect::<Vec<_>>()
    };
    for begin in [0, 200] {
        let reported = part("node-a", 7, edges(begin..begin + 200));
        report(channel().await, reported)
            .await
            .expect("it is taken");
    }
    // The client takes four megabytes, and all entries have more.
    let parts = read(channel().await, "", 0).await.expect("it is read");
    let count: usize = parts.iter().map(|part| part.edges.len()).sum();
    assert_eq!(count, 400);
    assert!(parts.len() > 2, "{}", parts.len());
    let mut too_large = edge("a", 7, 50);
    too_large.tallies[0].protocols = vec!["x".repeat(20_000)];
    let refused = report(channel().await, part("node-a", 8, vec![too_large])).await;
    let status = refused.expect_err("it is refused");
    assert_eq!(status.code(), Code::InvalidArgument);
    assert!(status.message().contains("bytes"), "{status}");
}
