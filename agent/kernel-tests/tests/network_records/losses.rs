//! Every row is accounted for, and nothing is left behind.

use crate::scene::{Scene, cookie, pair};
use saker_event_schema::event;
use saker_kernel_source::{KernelSource, NetworkOptions, SourceOptions};
use std::io::Write;
use std::path::PathBuf;

#[test]
fn an_overrun_ring_loses_nothing_unseen() {
    let mut scene = Scene::with(NetworkOptions {
        ring_bytes: 1 << 16,
        ..NetworkOptions::default()
    });
    // Nobody reads while these come and go.
    for _ in 0..1000 {
        let (mut client, server) = pair("127.0.0.1:0");
        client.write_all(b"and gone").expect("sent");
        drop((client, server));
    }
    scene.stop();
    let rows = [
        event::FLOW_OPENED,
        event::FLOW_PAYLOAD,
        event::FLOW_CLOSED,
        event::FLOW_LISTENING,
    ];
    for row in rows {
        let counts = scene.losses.of(row).expect("counts");
        assert!(counts.emitted >= 1000, "{row:?} {counts:?}");
        assert_eq!(counts.emitted, counts.delivered + counts.lost(), "{row:?}");
    }
    let opened = scene.losses.of(event::FLOW_OPENED).expect("counts");
    assert!(opened.lost_ring_full > 0, "meant to overrun: {opened:?}");
}

#[test]
fn after_detaching_nothing_is_seen() {
    let mut scene = Scene::new();
    let (before, _server) = pair("127.0.0.1:0");
    scene.wait(cookie(&before), |seen| !seen.is_empty());
    scene.stop();
    let count = scene.all().count();
    let (mut after, _server) = pair("127.0.0.1:0");
    after.write_all(b"unseen").expect("sent");
    scene.drain();
    assert!(scene.of(cookie(&after)).is_empty());
    assert_eq!(scene.all().count(), count);
}

#[test]
fn without_cgroup_v2_the_rest_goes_on() {
    let mut source = KernelSource::load(SourceOptions {
        network: Some(NetworkOptions {
            cgroup_root: Some(PathBuf::from("/nonexistent")),
            ..NetworkOptions::default()
        }),
        ..SourceOptions::default()
    })
    .unwrap_or_else(|error| panic!("{error}"));
    assert!(source.attach().expect("attached") > 0);
    assert!(!source.sees_connections());
    let losses: Vec<String> = source
        .losses()
        .map(|loss| format!("{loss}: {}", loss.reason))
        .collect();
    assert_eq!(losses.len(), 1, "{losses:?}");
    assert!(losses[0].contains("connections"), "{losses:?}");
    assert!(losses[0].contains("/nonexistent"), "{losses:?}");
}

#[test]
fn connections_cost_nothing_where_nobody_wants_them() {
    let source = KernelSource::load(SourceOptions::default()).unwrap_or_else(|error| {
        panic!("{error}");
    });
    assert!(!source.sees_connections());
    assert_eq!(source.losses().count(), 0);
    assert!(
        source
            .programs()
            .iter()
            .all(|program| program.name != "packets_in")
    );
}
