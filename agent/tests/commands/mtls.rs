//! `saker mtls`.

use crate::run::{Folder, Outcome};
use jiff::Timestamp;
use saker_encryption_ledger::{
    Evidence, Limits, MeshProxy, NodeLedger, NodeName, Observation, Party, PresenceKey, Sighting,
    Transport, file,
};
use saker_flow_inspection::SecurityClass;
use std::fs;

const BEGIN: &str = "2026-11-10T00:00:00Z";
const END: &str = "2026-11-20T00:00:00Z";

fn wall_ms(text: &str) -> u64 {
    let time: Timestamp = text.parse().expect("a time");
    u64::try_from(time.as_millisecond()).expect("after the epoch")
}

/// A connection within `shop`, in the middle of the time that is observed.
fn call(client: &str, server: &str, port: u16, class: SecurityClass) -> Observation {
    Observation {
        client: Party::workload("shop", client),
        server: Party::workload("shop", server),
        server_port: port,
        transport: Transport::Tcp,
        protection: Some(class),
        protocol: Some("http"),
        evidence: Evidence::Server,
        opened_wall_ms: wall_ms("2026-11-15T12:00:00Z"),
        seen_wall_ms: wall_ms("2026-11-15T12:00:30Z"),
        connections: 1,
        bytes: 2_048,
    }
}

/// The ledger of a node that observed from [`BEGIN`] to [`END`] and knows three workloads of `shop`.
fn node(name: &str, observations: Vec<Observation>) -> NodeLedger {
    let limits = Limits::default();
    let (begin, end) = (wall_ms(BEGIN), wall_ms(END));
    let mut ledger = NodeLedger::begin(NodeName::new("prod", name), begin);
    for minute in 0..=(end - begin) / 60_000 {
        ledger.go_on(begin + minute * 60_000);
    }
    for observation in observations {
        ledger.enter(observation, &limits);
    }
    for workload in ["web", "cart", "db"] {
        let key = PresenceKey {
            namespace: "shop".into(),
            workload: format!("Deployment/{workload}").into(),
            node: name.into(),
        };
        let sighting = Sighting {
            key,
            proxy: MeshProxy::Present,
            labels: [("app".into(), workload.into())].into(),
        };
        ledger.see(sighting, end, &limits);
    }
    ledger
}

fn good() -> Vec<Observation> {
    vec![
        call(
            "Deployment/web",
            "Deployment/cart",
            8_080,
            SecurityClass::MeshMtls,
        ),
        call(
            "Deployment/cart",
            "Deployment/db",
            5_432,
            SecurityClass::MeshMtls,
        ),
    ]
}

fn breaking() -> Vec<Observation> {
    let mut observations = good();
    let mut job = call(
        "CronJob/sync",
        "Deployment/cart",
        8_080,
        SecurityClass::Plaintext,
    );
    observations.push(job.clone());
    job.evidence = Evidence::Client;
    job.seen_wall_ms = wall_ms("2026-11-16T08:00:00Z");
    observations.push(job);
    let mut outside = call("x", "Deployment/web", 443, SecurityClass::Tls);
    outside.client = Party::Address([203, 0, 113, 7].into());
    outside.protocol = None;
    observations.push(outside);
    observations
}

fn folder(ledgers: &[NodeLedger]) -> Folder {
    let folder = Folder::new(&[]);
    for ledger in ledgers {
        let path = folder.path().join(format!("{}.ledger", ledger.name.node));
        file::write(&path, ledger).expect("a ledger");
    }
    folder
}

fn ready(folder: &Folder, arguments: &[&str]) -> Outcome {
    let all = [
        &["mtls", "ready", "--namespace", "shop", "--until", END],
        arguments,
    ];
    folder.run(&all.concat())
}

const WORKER: [&str; 2] = ["--ledger", "worker-1.ledger"];

#[test]
fn a_report_for_people() {
    let folder = folder(&[node("worker-1", breaking())]);
    let outcome = folder.run(&[&["mtls", "report"], &WORKER[..]].concat());
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_eq!(outcome.out, include_str!("mtls/report.txt"));
    let none = folder.run(&[&["mtls", "report", "-n", "bank"], &WORKER[..]].concat());
    assert!(
        none.out.starts_with("no connections were seen\n"),
        "{none:?}"
    );
    let late = ["--since", "2026-11-16T00:00:00Z"];
    let late = folder.run(&[&["mtls", "report"], &late[..], &WORKER[..]].concat());
    assert!(late.out.contains("CronJob/sync"), "{late:?}");
    assert!(!late.out.contains("mesh_mtls"), "{late:?}");
}

#[test]
fn a_report_as_json() {
    let folder = folder(&[node("worker-1", breaking())]);
    let arguments = ["mtls", "report", "-o", "json"];
    let report = folder.run(&[&arguments[..], &WORKER[..]].concat()).json();
    let edges = report["edges"].as_array().expect("edges");
    assert_eq!(edges.len(), 4);
    let expected = serde_json::json!({
        "client": {"kind": "workload", "namespace": "shop", "name": "CronJob/sync"},
        "server": {"kind": "workload", "namespace": "shop", "name": "Deployment/cart"},
        "port": 8080,
        "transport": "tcp",
        "classes": [{
            "security": "plaintext",
            "first_seen": "2026-11-15T12:00:00Z",
            "last_seen": "2026-11-16T08:00:00Z",
            "connections": 1,
            "bytes": 2048,
            "client_end": {"connections": 1, "bytes": 2048},
            "server_end": {"connections": 1, "bytes": 2048},
            "protocols": ["http"],
        }],
    });
    assert_eq!(edges[0], expected);
    assert_eq!(report["nodes"][0]["observed"][0]["to"], END);
}

#[test]
fn a_report_as_a_picture() {
    let mut observations = breaking();
    let mut hostile = call("x", "Deployment/web", 80, SecurityClass::Opaque);
    hostile.client = Party::Local("a\"]; click n0 \"javascript:x\" %%\n".into());
    observations.push(hostile);
    let mut local = call(
        "Deployment/web",
        "Deployment/web",
        9,
        SecurityClass::Plaintext,
    );
    local.protection = None;
    observations.push(local);
    let folder = folder(&[node("worker-1", observations)]);
    let arguments = ["mtls", "report", "-o", "mermaid"];
    let outcome = folder.run(&[&arguments[..], &WORKER[..]].concat());
    assert_eq!(outcome.out, include_str!("mtls/report.mmd"));
}

#[test]
fn ledgers_of_nodes_are_put_together() {
    let other = call("Deployment/web", "Deployment/db", 5_432, SecurityClass::Tls);
    let folder = folder(&[node("worker-1", good()), node("worker-2", vec![other])]);
    let both = [&WORKER[..], &["--ledger", "worker-2.ledger"]].concat();
    let outcome = folder.run(&[&["mtls", "report"], &both[..]].concat());
    assert_eq!(outcome.out.matches("node worker-").count(), 2);
    assert!(outcome.out.contains("  tls "), "{outcome:?}");
    // One of them alone does not know what the other saw.
    assert_eq!(ready(&folder, &both).code, Some(1));
    assert_eq!(ready(&folder, &WORKER).code, Some(0));
    let elsewhere = [&both[..], &["--cluster", "test"]].concat();
    assert_eq!(ready(&folder, &elsewhere).code, Some(2));
}

#[test]
fn ready_is_zero_only_where_nobody_breaks() {
    let folder = folder(&[node("worker-1", good())]);
    let outcome = ready(&folder, &WORKER);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_eq!(outcome.out, include_str!("mtls/ready.txt"));
    let json = ready(&folder, &[&WORKER[..], &["-o", "json"]].concat()).json();
    assert_eq!(json["verdict"], "ready");
    let policy = json["peer_authentication"].as_str().expect("a policy");
    assert!(policy.contains("mode: STRICT"));
}

#[test]
fn who_would_break_is_one() {
    let folder = folder(&[node("worker-1", breaking())]);
    let outcome = ready(&folder, &WORKER);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert_eq!(outcome.out, include_str!("mtls/breaks.txt"));
    let json = ready(&folder, &[&WORKER[..], &["-o", "json"]].concat());
    assert_eq!(json.code, Some(1));
    let reasons = json.json()["breaks"].as_array().expect("callers").clone();
    let reasons: Vec<_> = reasons.iter().map(|it| it["reason"].clone()).collect();
    assert_eq!(reasons, ["plaintext", "no_client_certificate"]);
}

#[test]
fn what_was_not_covered_is_two() {
    let mut silent = node("worker-1", good());
    let key = PresenceKey {
        namespace: "shop".into(),
        workload: "Deployment/search".into(),
        node: "worker-9".into(),
    };
    let sighting = Sighting {
        key,
        proxy: MeshProxy::Unknown,
        labels: [].into(),
    };
    silent.see(sighting, wall_ms(END), &Limits::default());
    silent.enter(
        call(
            "Job/x",
            "Deployment/cart",
            8_080,
            SecurityClass::Preexisting,
        ),
        &Limits::default(),
    );
    let folder = folder(&[silent]);
    let outcome = ready(&folder, &[&WORKER[..], &["--since", "14d"]].concat());
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
    assert_eq!(outcome.out, include_str!("mtls/uncertain.txt"));
    let json = ready(&folder, &[&WORKER[..], &["-o", "json"]].concat());
    assert_eq!(json.code, Some(2));
    assert!(json.json().get("peer_authentication").is_none());
}

#[test]
fn clusters_do_not_answer_for_each_other() {
    let mut other = node("worker-2", good());
    other.name.cluster = "test".into();
    let folder = folder(&[node("worker-1", good()), other]);
    let both = [&WORKER[..], &["--ledger", "worker-2.ledger"]].concat();
    let outcome = ready(&folder, &both);
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
    assert!(outcome.errors.contains("--cluster"), "{outcome:?}");
    let one = ready(&folder, &[&both[..], &["--cluster", "prod"]].concat());
    assert_eq!(one.code, Some(0), "{one:?}");
}

#[test]
fn manifests_name_workloads_that_no_agent_saw() {
    let folder = folder(&[node("worker-1", good())]);
    folder.write(
        "pods/search.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: search-0\n  namespace: shop\n  uid: u1\n  \
         labels: {app: search}\nspec: {nodeName: worker-7, containers: [{name: search}]}\n",
    );
    let outcome = ready(&folder, &[&WORKER[..], &["--manifests", "pods"]].concat());
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
    assert!(outcome.out.contains("worker-7 "), "{outcome:?}");
    assert!(outcome.out.contains("Pod/search-0 "), "{outcome:?}");
    folder.write("pods/search.yaml", "kind: [");
    let wrong = ready(&folder, &[&WORKER[..], &["--manifests", "pods"]].concat());
    assert_eq!(wrong.code, Some(2), "{wrong:?}");
    assert!(wrong.errors.contains("search.yaml"), "{wrong:?}");
}

#[test]
fn a_ledger_that_cannot_be_read_is_two() {
    let folder = folder(&[node("worker-1", good())]);
    let whole = fs::read(folder.path().join("worker-1.ledger")).expect("a file");
    fs::write(folder.path().join("torn"), &whole[..whole.len() / 2]).expect("a file");
    folder.write("foreign", "hello, world: I am no ledger, and never was one");
    for (name, expected) in [
        ("none", "cannot read the ledger none: No such file"),
        ("torn", "torn is no usable ledger: it says that"),
        ("foreign", "foreign is no usable ledger: it does not begin"),
    ] {
        for outcome in [
            ready(&folder, &["--ledger", name]),
            folder.run(&["mtls", "report", "--ledger", name]),
        ] {
            assert_eq!(outcome.code, Some(2), "{outcome:?}");
            assert!(outcome.errors.contains(expected), "{outcome:?}");
        }
    }
    // A configuration says where that of this node is.
    folder.write("saker.yaml", "ledger: {path: worker-1.ledger}\n");
    let configured = ready(&folder, &["--config", "saker.yaml"]);
    assert_eq!(configured.code, Some(0), "{configured:?}");
    folder.write("saker.yaml", "ledger: {edges_max: 0}\n");
    let wrong = ready(&folder, &["--config", "saker.yaml"]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.errors.contains("ledger.edges_max"), "{wrong:?}");
    let unreachable = ready(&folder, &["--collector", "http://127.0.0.1:1"]);
    assert_eq!(unreachable.code, Some(2), "{unreachable:?}");
}
