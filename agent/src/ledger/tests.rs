//! From connections to notes.

use super::observer::{LedgerObserver, Seen};
use super::{Note, notes};
use crate::pipeline::flows::FlowObserver;
use saker_encryption_ledger::{Evidence, Observation, Party};
use saker_event_decode::WallClock;
use saker_flow_inspection::{
    Classification, Confidence, Protocol, Reason, SecurityClass, Transport,
};
use saker_flow_state::{Flow, FlowEvent, FlowEventKind, FlowId, Role, Traffic};
use saker_kube_metadata::{
    Cluster, Kind, Limits, Object, ObjectName, OwnerReference, Pod, Scope, Service, WorkloadKind,
};
use saker_process_state::{
    BootTime, Comm, Credentials, Image, Origin, Pid, Placement, Process, ProcessKey, container_of,
};
use saker_rule_fields::Facts;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::Receiver;
use std::time::Duration;

const MINUTE_NS: u64 = 60_000_000_000;

/// A cluster with the pods `web` (10.0.0.1) and `cart` (10.0.0.2), and a service before the latter.
fn facts() -> Facts {
    let limits = Limits {
        wait: Duration::ZERO,
        ..Limits::default()
    };
    let cluster = Cluster::new(limits, Box::new(|| {}));
    let scope = Scope::CLUSTER_PODS.with(Scope::SERVICES).with(Scope::NODES);
    cluster.set_scope(scope);
    let kinds = || Kind::ALL.into_iter().filter(|kind| kind.is_in(scope));
    kinds().for_each(|kind| cluster.begin_list(kind));
    for (name, address) in [("web", "10.0.0.1"), ("cart", "10.0.0.2")] {
        let owner = OwnerReference {
            kind: WorkloadKind::StatefulSet,
            kind_name: "StatefulSet".into(),
            name: name.into(),
            uid: name.into(),
        };
        cluster.learn(Object::Pod(Pod {
            name: ObjectName::new("shop", &format!("{name}-0")),
            uid: name.into(),
            addresses: [address.parse().unwrap()].into(),
            owner: Some(Arc::new(owner)),
            ..Pod::default()
        }));
    }
    cluster.learn(Object::Service(Service {
        name: ObjectName::new("shop", "cart"),
        uid: "service".into(),
        addresses: ["10.96.0.9".parse().unwrap()].into(),
        ..Service::default()
    }));
    kinds().for_each(|kind| cluster.end_list(kind));
    Facts {
        cluster,
        ..Facts::none()
    }
}

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

/// Plaintext from `web` to the service before `cart`, opened a second after boot.
fn flow() -> Flow {
    Flow {
        id: FlowId {
            cookie: 7,
            peer: None,
        },
        transport: Transport::Tcp,
        role: Role::Client,
        local: address("10.0.0.1:40000"),
        remote: address("10.96.0.9:80"),
        on_wire: None,
        interface: Some(2),
        network_namespace: 1,
        opened_boot_ns: 1_000_000_000,
        classification: Classification {
            class: SecurityClass::Plaintext,
            confidence: Confidence::High,
            reason: Reason::NoPayload,
            protocol: Protocol::Unknown,
            tls: None,
            credential_exposed: None,
        },
        traffic: Traffic::default(),
        remote_names: Box::default(),
        caller: None,
    }
}

fn event(flow: &Flow, bytes: u64, time_boot_ns: u64) -> FlowEvent {
    let mut flow = flow.clone();
    flow.traffic.sent_bytes = bytes;
    FlowEvent {
        kind: FlowEventKind::Classified,
        time_boot_ns,
        flow: Arc::new(flow),
    }
}

/// A clock by which the host booted at the epoch.
fn seen(clock: &WallClock) -> Seen<'_> {
    Seen {
        process: None,
        clock,
    }
}

fn observations(notes: &Receiver<Note>) -> Vec<Observation> {
    let notes = notes.try_iter();
    let observations = notes.filter_map(|note| match note {
        Note::Seen(observation) => Some(*observation),
        Note::WentOn(_) => None,
    });
    observations.collect()
}

/// What is noted of a connection that is closed.
fn noted(flow: &Flow) -> Observation {
    let (notes, receiver) = notes();
    let mut observer = LedgerObserver::new(facts(), notes);
    let clock = WallClock::new(0);
    observer.see_closed(&event(flow, 5, 2_000_000_000), seen(&clock));
    let mut observations = observations(&receiver);
    assert_eq!(observations.len(), 1);
    observations.remove(0)
}

fn ends(flow: &Flow) -> String {
    let Observation {
        client,
        server,
        server_port,
        ..
    } = noted(flow);
    format!("{client} -> {server}:{server_port}")
}

#[test]
fn ends_are_named_by_who_has_their_addresses() {
    let by_service = flow();
    assert_eq!(
        ends(&by_service),
        "shop/StatefulSet/web -> shop/Service/cart:80"
    );
    // Packets show the pod behind the service.
    let mut translated = flow();
    translated.on_wire = Some((translated.local, address("10.0.0.2:8080")));
    assert_eq!(
        ends(&translated),
        "shop/StatefulSet/web -> shop/StatefulSet/cart:8080"
    );
    let mut accepted = flow();
    accepted.role = Role::Server;
    accepted.local = address("10.0.0.2:8080");
    accepted.remote = address("[::ffff:192.0.2.1]:51000");
    assert_eq!(ends(&accepted), "192.0.2.1 -> shop/StatefulSet/cart:8080");
    assert_eq!(noted(&accepted).evidence, Evidence::Server);
}

#[test]
fn the_way_to_the_own_proxy_is_excused_and_leads_to_whom_was_asked_for() {
    let mut redirected = flow();
    redirected.interface = Some(1);
    redirected.on_wire = Some((redirected.local, address("127.0.0.1:15001")));
    assert_eq!(
        ends(&redirected),
        "shop/StatefulSet/web -> shop/Service/cart:80"
    );
    assert_eq!(noted(&redirected).protection, None);
    assert_eq!(noted(&flow()).protection, Some(SecurityClass::Plaintext));
}

#[test]
fn a_connection_that_lasts_counts_once_with_all_its_bytes() {
    let (notes, receiver) = notes();
    let mut observer = LedgerObserver::new(facts(), notes);
    let clock = WallClock::new(0);
    let flow = flow();
    for (minute, bytes) in [(1, 100), (2, 100), (3, 250)] {
        observer.see_open(&event(&flow, bytes, minute * MINUTE_NS), seen(&clock));
        observer.shown(clock, minute * MINUTE_NS);
    }
    observer.see_closed(&event(&flow, 300, 4 * MINUTE_NS), seen(&clock));
    let counts: Vec<_> = observations(&receiver)
        .iter()
        .map(|seen| (seen.connections, seen.bytes, seen.seen_wall_ms))
        .collect();
    assert_eq!(
        counts,
        [
            (1, 100, 60_000),
            (0, 0, 120_000),
            (0, 150, 180_000),
            (0, 50, 240_000)
        ]
    );
}

#[test]
fn what_may_yet_be_recognised_is_waited_for() {
    let (notes, receiver) = notes();
    let mut observer = LedgerObserver::new(facts(), notes);
    let clock = WallClock::new(0);
    let mut flow = flow();
    flow.classification.class = SecurityClass::Opaque;
    observer.see_open(&event(&flow, 9, 2_000_000_000), seen(&clock));
    assert_eq!(observations(&receiver), []);
    observer.see_open(&event(&flow, 9, 2 * MINUTE_NS), seen(&clock));
    assert_eq!(observations(&receiver).len(), 1);
}

#[test]
fn connections_that_ended_unseen_are_forgotten() {
    let (notes, receiver) = notes();
    let mut observer = LedgerObserver::new(facts(), notes);
    let clock = WallClock::new(0);
    let flow = flow();
    observer.see_open(&event(&flow, 1, MINUTE_NS), seen(&clock));
    observer.shown(clock, MINUTE_NS);
    observer.shown(clock, 2 * MINUTE_NS);
    // The same number again is another connection.
    observer.see_open(&event(&flow, 1, 3 * MINUTE_NS), seen(&clock));
    let connections: u64 = observations(&receiver)
        .iter()
        .map(|it| it.connections)
        .sum();
    assert_eq!(connections, 2);
}

/// A process in a container of the pod with this uid.
fn process_of_pod(uid: &str) -> Process {
    let path = format!("/kubepods/burstable/pod{uid}/{}", "c".repeat(64));
    Process {
        key: ProcessKey::new(Pid(5), BootTime(1)),
        parent: None,
        ppid: Pid(1),
        vpid: 5,
        exec_id: None,
        comm: Comm::default(),
        image: Arc::default(),
        cwd: None,
        clone_time: None,
        exit_time: None,
        tty: 0,
        session: Pid(0),
        pgid: None,
        vpgid: None,
        credentials: Credentials::default(),
        capabilities: None,
        pid_namespace: 0,
        mount_namespace: 0,
        cgroup_id: None,
        placement: Placement::Container(Arc::new(container_of(path.as_bytes()).unwrap())),
        origin: Origin::Header,
        updated: BootTime(0),
    }
}

#[test]
fn a_socket_of_the_node_proxy_is_of_the_pod_in_whose_network_it_is() {
    let mut ztunnel = process_of_pod(YOUNG);
    ztunnel.image = Arc::new(Image {
        exe_path: Some((*b"/usr/local/bin/ztunnel").into()),
        ..Image::default()
    });
    let clock = WallClock::new(0);
    let seen = Seen {
        process: Some(&ztunnel),
        clock: &clock,
    };
    let (notes, receiver) = notes();
    let mut observer = LedgerObserver::new(facts(), notes);
    let mut inbound = flow();
    inbound.role = Role::Server;
    inbound.local = address("10.0.0.2:15008");
    inbound.remote = address("10.0.0.1:40000");
    observer.see_closed(&event(&inbound, 1, MINUTE_NS), seen);
    let found = observations(&receiver);
    assert_eq!(found[0].server.to_string(), "shop/StatefulSet/cart");
    assert_eq!(found[0].client.to_string(), "shop/StatefulSet/web");
}

const YOUNG: &str = "11111111-2222-3333-4444-555555555555";

#[test]
fn connections_of_pods_that_are_not_known_yet_wait_for_their_names() {
    let process = process_of_pod(YOUNG);
    let clock = WallClock::new(0);
    let seen = Seen {
        process: Some(&process),
        clock: &clock,
    };
    let (notes, receiver) = notes();
    let lost = Arc::clone(&notes.lost);
    let facts = facts();
    let mut observer = LedgerObserver::new(facts.clone(), notes);
    observer.see_closed(&event(&flow(), 7, MINUTE_NS), seen);
    assert_eq!(observations(&receiver), []);
    facts.cluster.learn(Object::Pod(Pod {
        name: ObjectName::new("shop", "young"),
        uid: YOUNG.into(),
        ..Pod::default()
    }));
    observer.shown(clock, MINUTE_NS + 5_000_000_000);
    let found = observations(&receiver);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].client.to_string(), "shop/Pod/young");
    assert_eq!((found[0].connections, found[0].bytes), (1, 7));
    assert_eq!(found[0].seen_wall_ms, 60_000);
    drop(observer);
    assert_eq!(observations(&receiver), []);
    assert_eq!(lost.load(Relaxed), 0);
}

#[test]
fn connections_of_pods_that_stay_unknown_are_counted_as_lost() {
    let process = process_of_pod(YOUNG);
    let clock = WallClock::new(0);
    let seen = Seen {
        process: Some(&process),
        clock: &clock,
    };
    let (notes, receiver) = notes();
    let lost = Arc::clone(&notes.lost);
    let mut observer = LedgerObserver::new(facts(), notes);
    let mut datagrams = flow();
    datagrams.transport = Transport::Udp;
    observer.see_closed(&event(&datagrams, 1, MINUTE_NS), seen);
    assert_eq!(observations(&receiver).len(), 1);
    assert_eq!(lost.load(Relaxed), 0);
    // Once, also where it lasts.
    observer.see_open(&event(&flow(), 1, MINUTE_NS), seen);
    observer.see_closed(&event(&flow(), 1, MINUTE_NS + 1), seen);
    observer.shown(clock, MINUTE_NS + 10);
    assert_eq!((observations(&receiver), lost.load(Relaxed)), (vec![], 0));
    observer.shown(clock, 3 * MINUTE_NS);
    assert_eq!(lost.load(Relaxed), 1);
    let clients = observations(&receiver).into_iter().map(|it| it.client);
    let clients: Vec<_> = clients.collect();
    assert_eq!(clients.len(), 2);
    assert!(clients.iter().all(|it| matches!(it, Party::Local(_))));
    // No more than so many wait, and none is forgotten at the end.
    for cookie in 0..2_000 {
        let mut flow = flow();
        flow.id.cookie = cookie;
        observer.see_closed(&event(&flow, 1, 4 * MINUTE_NS), seen);
    }
    assert_eq!(lost.load(Relaxed), 1 + 2_000 - 1_024);
    drop(observer);
    assert_eq!(lost.load(Relaxed), 1 + 2_000);
}

#[test]
fn what_does_not_fit_is_counted() {
    let (notes, receiver) = notes();
    let lost = Arc::clone(&notes.lost);
    let mut observer = LedgerObserver::new(facts(), notes);
    let clock = WallClock::new(0);
    let flow = flow();
    let count = u64::try_from(super::NOTES_MAX).unwrap() + 3;
    for _ in 0..count {
        observer.see_closed(&event(&flow, 1, MINUTE_NS), seen(&clock));
    }
    assert_eq!(lost.load(Relaxed), 3);
    assert_eq!(observations(&receiver).len(), super::NOTES_MAX);
}
