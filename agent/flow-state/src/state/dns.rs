//! DNS messages of flows.

use super::{FlowState, Outputs, is_dns};
use crate::flow::{FlowEventKind, FlowId};
use crate::record::Packet;
use crate::stats::Stats;
use saker_flow_inspection::{DnsMessage, Transport};

/// Where name servers are asked.
pub(super) const PORT: u16 = 53;

impl FlowState {
    /// Takes note of the DNS message in a packet, if there is one.
    pub(super) fn dns(
        &mut self,
        id: &FlowId,
        packet: &Packet<'_>,
        time: u64,
        outputs: &mut Outputs,
    ) {
        if !is_dns(&packet.ends) {
            return;
        }
        let Some(message) = message(packet) else {
            return;
        };
        Stats::add(&mut self.stats.dns_messages);
        match (message.is_response, packet.is_ingress) {
            (false, false) => self.queries.ask(*id, &message, time),
            (true, true) => {
                if self.queries.settle(*id, &message, time) {
                    let namespace = packet.ends.network_namespace;
                    let forgotten = self.names.learn(namespace, &message, time);
                    let count = &mut self.stats.names_forgotten;
                    *count = count.saturating_add(forgotten);
                } else {
                    Stats::add(&mut self.stats.dns_unasked);
                }
            }
            // Somebody asks a name server on this host.
            (false, true) | (true, false) => {}
        }
        if let Some(entry) = self.table.get(id) {
            self.emit(entry, FlowEventKind::Dns(message), time, outputs);
        }
    }
}

/// The message of a datagram; of a stream that which begins with a packet, after its length.
fn message(packet: &Packet<'_>) -> Option<DnsMessage> {
    match packet.ends.transport {
        Transport::Udp => DnsMessage::parse(packet.bytes),
        Transport::Tcp => {
            let (length, rest) = packet.bytes.split_first_chunk::<2>()?;
            let length = usize::from(u16::from_be_bytes(*length));
            DnsMessage::parse(rest.get(..length).unwrap_or(rest))
        }
    }
}
