//! What the audit log brought.

use super::{AgentMetrics, Label, counters, gauge};
use prometheus_client::encoding::DescriptorEncoder;
use saker_audit_intake::{AuditCounters, Connections, Refused};
use std::fmt;

/// The numbers of the audit log.
#[derive(Clone, Debug, Default)]
pub(crate) struct AuditSample {
    pub(super) judged: u64,
    pub(super) duplicates: u64,
    pub(super) bytes: u64,
    pub(super) bytes_waiting: u64,
    pub(super) acknowledged: u64,
    pub(super) refused: Vec<(Refused, u64)>,
    pub(super) connections: Connections,
}

impl AuditSample {
    pub(super) fn of(audit: &AuditCounters) -> Self {
        Self {
            judged: audit.judged(),
            duplicates: audit.duplicates(),
            bytes: audit.bytes(),
            bytes_waiting: audit.bytes_waiting(),
            acknowledged: audit.acknowledged(),
            refused: audit.refused().into_iter().collect(),
            connections: audit.connections(),
        }
    }
}

impl AgentMetrics {
    pub(super) fn encode_audit(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let Some(sample) = &self.audit else {
            return Ok(());
        };
        let sample = sample();
        let by = |name: &'static str, value: &str, count| -> (Vec<Label>, u64) {
            (vec![(name, value.to_owned())], count)
        };
        counters(
            encoder,
            "saker_audit_events",
            "Events of the audit log; duplicates had been judged before and were not again",
            &[
                by("result", "judged", sample.judged),
                by("result", "duplicate", sample.duplicates),
            ],
        )?;
        let refused = sample
            .refused
            .iter()
            .map(|(reason, count)| by("reason", reason.as_str(), *count));
        counters(
            encoder,
            "saker_audit_refused",
            "Requests, lines and events that were not taken",
            &refused.collect::<Vec<_>>(),
        )?;
        let connections = sample.connections;
        counters(
            encoder,
            "saker_audit_connections",
            "Connections to the webhook",
            &[
                by("result", "accepted", connections.accepted),
                by("result", "handshake_failed", connections.handshakes_failed),
                by("result", "refused", connections.refused),
            ],
        )?;
        for (name, help, count) in [
            (
                "saker_audit_bytes",
                "Bytes of bodies and lines that were read",
                sample.bytes,
            ),
            (
                "saker_audit_requests_acknowledged",
                "Requests to the webhook whose events were judged and whose alerts are in safe hands",
                sample.acknowledged,
            ),
        ] {
            counters(encoder, name, help, &[(Vec::new(), count)])?;
        }
        let wide = |number| usize::try_from(number).unwrap_or(usize::MAX);
        gauge(
            encoder,
            "saker_audit_connections_open",
            "Connections to the webhook that are open",
            wide(connections.open),
        )?;
        gauge(
            encoder,
            "saker_audit_bytes_waiting",
            "Bytes of bodies that are being judged or wait for their alerts",
            wide(sample.bytes_waiting),
        )
    }
}
