//! Observations of a small shop.

use crate::{
    Evidence, Limits, MeshProxy, NodeLedger, NodeName, Observation, Party, PresenceKey, Sighting,
    Transport,
};
use saker_flow_inspection::SecurityClass;

pub(super) const NODE: &str = "worker-1";

/// A connection within the namespace `shop`, seen by the server's end.
pub(super) fn call(client: &str, server: &str, port: u16, class: SecurityClass) -> Observation {
    Observation {
        client: Party::workload("shop", client),
        server: Party::workload("shop", server),
        server_port: port,
        transport: Transport::Tcp,
        protection: Some(class),
        protocol: Some("http"),
        evidence: Evidence::Server,
        opened_wall_ms: 1_000,
        seen_wall_ms: 2_000,
        connections: 1,
        bytes: 100,
    }
}

pub(super) fn empty() -> NodeLedger {
    NodeLedger::begin(NodeName::new("prod", NODE), 0)
}

/// The ledger of [`NODE`] that observed without a pause until `until_wall_ms`.
pub(super) fn ledger(observations: Vec<Observation>, until_wall_ms: u64) -> NodeLedger {
    let mut ledger = empty();
    for observation in observations {
        ledger.enter(observation, &Limits::default());
    }
    for minute in 0..=until_wall_ms / 60_000 {
        ledger.go_on(minute * 60_000);
    }
    ledger.go_on(until_wall_ms);
    ledger
}

pub(super) fn sighting(workload: &str, proxy: MeshProxy, label: &str) -> Sighting {
    let labels = [("app".into(), label.into())];
    Sighting {
        key: PresenceKey {
            namespace: "shop".into(),
            workload: workload.into(),
            node: NODE.into(),
        },
        proxy,
        labels: labels.into_iter().filter(|_| !label.is_empty()).collect(),
    }
}
