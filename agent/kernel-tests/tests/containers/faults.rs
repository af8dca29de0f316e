//! Runtimes that are there before the agent, away, slow or absent.

use crate::scene::{Watch, expect_complete, expect_fields, field};
use saker_kernel_tests::agent::{get, sum};
use saker_kernel_tests::containerd::{Container, Containerd, IMAGE, MARKER, Pod, Sandbox};
use serde_json::Value;
use std::net::TcpListener;
use std::time::{Duration, Instant};

/// How long the agent waits for a runtime that hangs, from when it first saw the container: long enough
/// that some of it is left when the agent says that it is ready, and shorter than the calls' deadline,
/// after which the runtime counts as gone.
const WAIT: &str = "enrichment:\n  wait_ms: 4000\n";

/// How much of it is left at least.
const WAIT_LEFT: Duration = Duration::from_secs(1);

/// How long it may take until a runtime is asked again that did not answer.
const ASKED_AGAIN: Duration = Duration::from_secs(30);

fn awaiting(name: &str) -> Container {
    Container::new(name, IMAGE, &["await", MARKER])
}

/// Lets a container look at its file until an alert says all that there is to say; none may be lost.
fn wake_until_complete(
    containerd: &Containerd,
    watch: &mut Watch,
    sandbox: &Sandbox,
    id: &str,
) -> Value {
    let limit = Instant::now() + ASKED_AGAIN;
    loop {
        let seen = watch.all_of(id).len();
        containerd.wake(sandbox, id);
        let alert = watch.wait_for_alerts(id, seen + 1).swap_remove(seen);
        if field(&alert, "saker.enrichment") == "<NA>" {
            return alert;
        }
        assert!(Instant::now() < limit, "still not known: {alert:#}");
    }
}

#[test]
fn containers_that_run_already_are_known() {
    let containerd = Containerd::start();
    let sandbox = containerd.run(Pod::new("early"));
    let id = containerd.launch(&sandbox, &awaiting("first"));
    let mut watch = Watch::beside(&containerd);
    containerd.wake(&sandbox, &id);
    let alert = watch.alert_of(&id);
    expect_fields(
        &alert,
        &[
            ("container.name", "first"),
            ("container.image", IMAGE),
            ("k8s.pod.name", "early"),
        ],
    );
    expect_complete(&alert);
    watch.agent.end();
}

#[test]
fn a_restart_of_the_runtime_is_outlived() {
    let mut containerd = Containerd::start();
    let mut watch = Watch::beside(&containerd);
    let sandbox = containerd.run(Pod::new("durable"));
    let old = containerd.launch(&sandbox, &awaiting("old"));
    containerd.wake(&sandbox, &old);
    expect_complete(&watch.alert_of(&old));

    // What was learned stays known while nobody can be asked.
    containerd.stop_server();
    containerd.wake(&sandbox, &old);
    let alerts = watch.wait_for_alerts(&old, 2);
    expect_complete(&alerts[1]);
    expect_fields(&alerts[1], &[("container.name", "old")]);

    containerd.start_server();
    let new = containerd.launch(&sandbox, &awaiting("new"));
    let alert = wake_until_complete(&containerd, &mut watch, &sandbox, &new);
    expect_fields(
        &alert,
        &[("container.name", "new"), ("container.image", IMAGE)],
    );
    watch.agent.end();
}

#[test]
fn a_runtime_that_hangs_delays_alerts_and_loses_none() {
    let containerd = Containerd::start();
    let sandbox = containerd.run(Pod::new("patient"));
    let id = containerd.launch(&sandbox, &awaiting("slow"));
    containerd.freeze();
    let mut watch = Watch::start(containerd.host_root(), &[], WAIT);
    let begun = Instant::now();
    containerd.wake(&sandbox, &id);
    let alert = watch.alert_of(&id);
    let waited = begun.elapsed();
    expect_fields(
        &alert,
        &[
            ("saker.enrichment", "partial"),
            ("container.id", &id[..12]),
            // From the cgroup.
            ("k8s.pod.uid", &sandbox.pod.uid),
        ],
    );
    assert!(waited >= WAIT_LEFT, "waited only {waited:?}");

    containerd.thaw();
    let alert = wake_until_complete(&containerd, &mut watch, &sandbox, &id);
    expect_fields(
        &alert,
        &[("container.name", "slow"), ("container.image", IMAGE)],
    );
    watch.agent.end();
}

#[test]
fn without_a_runtime_nothing_waits_and_nothing_is_complained_about() {
    // The server is there, and the agent is told of another host: as if nothing were installed.
    let containerd = Containerd::start();
    let empty = tempfile::tempdir().expect("a folder");
    let port = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = port.local_addr().expect("its address").to_string();
    drop(port);
    let mut watch = Watch::start(empty.path(), &["--metrics", &address], "");
    let sandbox = containerd.run(Pod::new("alone"));
    let id = containerd.launch(&sandbox, &awaiting("unknown"));
    containerd.wake(&sandbox, &id);
    let alert = watch.alert_of(&id);
    expect_fields(
        &alert,
        &[
            ("container.id", &id[..12]),
            ("container.name", "<NA>"),
            ("k8s.pod.uid", &sandbox.pod.uid),
        ],
    );
    let metrics = get(&address, "/metrics");
    assert_eq!(sum(&metrics, "saker_enrichment_wait_seconds_count"), 0);
    let said = watch.agent.end();
    for noise in ["WARN", "ERROR", "runtime"] {
        assert!(!said.contains(noise), "{said}");
    }
}
