//! `flow.*`: a connection as one of its ends on this host sees it.

mod ends;
mod leg;

mod tls;

pub(super) use ends::PARTIES;
pub(super) use leg::MESH;

use super::fd::static_text;
use crate::context::EventContext;
use crate::row::{Extractor, FieldRow};
use crate::value::FieldValue;
use saker_flow_inspection::{Classification, Transport};
use saker_flow_state::{Flow, FlowEvent, FlowEventKind, Role};
use saker_rule_language::FieldType;
use std::net::SocketAddr;

pub(super) static ROWS: &[&[FieldRow]] = &[
    VERDICT,
    CONNECTION,
    TRAFFIC,
    tls::ROWS,
    tls::CERTIFICATES,
    ends::SOURCE,
    ends::DESTINATION,
    leg::ROWS,
];

static VERDICT: &[FieldRow] = &[
    text(
        "flow.security",
        "What protects the connection: `mesh_mtls` mutual TLS between proxies of a mesh, `mtls` TLS in \
         which both sides showed a certificate, `tls`, `upgraded` TLS after a beginning in plaintext, \
         `tunnel` encrypted by something else such as SSH, `plaintext`, `opaque` not recognised, \
         `preexisting` older than the agent.",
        |context, _| verdict(context, |verdict| static_text(verdict.class.name())),
    ),
    text(
        "flow.confidence",
        "How sure that is: `low`, `medium`, `high`.",
        |context, _| verdict(context, |verdict| static_text(verdict.confidence.name())),
    ),
    text(
        "flow.reason",
        "Why, as a word; [flows.md](flows.md) lists them.",
        |context, _| verdict(context, |verdict| static_text(verdict.reason.name())),
    ),
    text(
        "flow.protocol",
        "What the connection speaks, such as `http`, `postgresql`, `dns`; `tls` where what is inside \
         does not show, `unknown` where nothing is recognised. [flows.md](flows.md) lists all.",
        |context, _| verdict(context, |verdict| static_text(verdict.protocol.name())),
    ),
    text(
        "flow.credential_exposed",
        "Kind of a credential that could be read on the way, such as `http_basic`; missing where none \
         was seen. The credential itself is not kept.",
        |context, _| {
            let kind = classification(context).and_then(|verdict| verdict.credential_exposed);
            FieldValue::of(kind, |kind| static_text(kind.name()))
        },
    ),
];

static CONNECTION: &[FieldRow] = &[
    text(
        "flow.id",
        "Names the connection while the host runs: the cookie of its socket, and for datagrams the \
         peer after a slash.",
        |context, _| {
            of(context, |flow| {
                let cookie = flow.id.cookie;
                FieldValue::owned(match flow.id.peer {
                    None => cookie.to_string(),
                    Some(peer) => format!("{cookie}/{peer}"),
                })
            })
        },
    ),
    text(
        "flow.role",
        "Which end the process is: `client` or `server`; missing where the kernel did not say.",
        |context, _| match context.flow_event().map(|event| event.flow.role) {
            Some(Role::Client) => static_text("client"),
            Some(Role::Server) => static_text("server"),
            Some(Role::Unknown) | None => FieldValue::Missing,
        },
    ),
    text("flow.transport", "`tcp` or `udp`.", |context, _| {
        of(context, |flow| {
            static_text(match flow.transport {
                Transport::Tcp => "tcp",
                Transport::Udp => "udp",
            })
        })
    }),
    row(
        "flow.interface",
        FieldType::Uint,
        "Index of the network interface that its packets take, in the network namespace of the socket.",
        |context, _| {
            let interface = context.flow_event().and_then(|event| event.flow.interface);
            FieldValue::of(interface, |index| FieldValue::Uint(index.into()))
        },
    ),
    row(
        "flow.loopback",
        FieldType::Bool,
        "Whether its packets take the loopback interface, whatever its addresses: a redirection to a \
         proxy of the same pod does. Missing where the interface is not known.",
        |context, _| {
            let flow = context.flow_event().map(|event| &event.flow);
            let flow = flow.filter(|flow| flow.interface.is_some());
            FieldValue::of(flow, |flow| FieldValue::Bool(flow.is_loopback()))
        },
    ),
    text(
        "flow.packet.local",
        "`address:port` of this end as packets carry it, where that is not the socket's: after a \
         redirection or address translation.",
        |context, _| on_wire(context, |(local, _)| local),
    ),
    text(
        "flow.packet.remote",
        "`address:port` of the other end as packets carry it, where that is not the socket's.",
        |context, _| on_wire(context, |(_, remote)| remote),
    ),
];

static TRAFFIC: &[FieldRow] = &[
    row(
        "flow.bytes_sent",
        FieldType::Uint,
        "Payload bytes that this end has sent so far; with TCP those that the other end acknowledged.",
        |context, _| of(context, |flow| FieldValue::Uint(flow.traffic.sent_bytes)),
    ),
    row(
        "flow.bytes_received",
        FieldType::Uint,
        "Payload bytes that this end has received so far.",
        |context, _| {
            of(context, |flow| {
                FieldValue::Uint(flow.traffic.received_bytes)
            })
        },
    ),
    row(
        "flow.duration",
        FieldType::RelTime,
        "How long the connection was open, nanoseconds: at its end, else so far.",
        |context, _| {
            FieldValue::of(context.flow_event(), |event| {
                FieldValue::RelTime(duration_ns(event))
            })
        },
    ),
];

/// A field of connections.
const fn row(
    name: &'static str,
    value_type: FieldType,
    doc: &'static str,
    extractor: Extractor,
) -> FieldRow {
    FieldRow::flow(name, value_type, doc, extractor)
}

const fn text(name: &'static str, doc: &'static str, extractor: Extractor) -> FieldRow {
    row(name, FieldType::String, doc, extractor)
}

fn classification<'c>(context: &EventContext<'c>) -> Option<&'c Classification> {
    Some(&context.flow_event()?.flow.classification)
}

fn verdict<'c>(
    context: &EventContext<'c>,
    value: impl FnOnce(&'c Classification) -> FieldValue<'c>,
) -> FieldValue<'c> {
    FieldValue::of(classification(context), value)
}

fn of<'c>(
    context: &EventContext<'c>,
    value: impl FnOnce(&'c Flow) -> FieldValue<'c>,
) -> FieldValue<'c> {
    FieldValue::of(context.flow_event(), |event| value(&event.flow))
}

fn on_wire<'c>(
    context: &EventContext<'c>,
    end: fn((SocketAddr, SocketAddr)) -> SocketAddr,
) -> FieldValue<'c> {
    let ends = context.flow_event().and_then(|event| event.flow.on_wire);
    FieldValue::of(ends, |ends| FieldValue::owned(end(ends).to_string()))
}

fn duration_ns(event: &FlowEvent) -> u64 {
    match event.kind {
        FlowEventKind::Closed { duration_ns } => duration_ns,
        FlowEventKind::Classified | FlowEventKind::Dns(_) => {
            event.time_boot_ns.saturating_sub(event.flow.opened_boot_ns)
        }
    }
}
