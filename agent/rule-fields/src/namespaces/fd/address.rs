//! `fd.*` of sockets.
//!
//! `c` and `s` are client and server, `l` and `r` local and remote. Who is who comes from the call:
//! who connects is the client, who accepts the server. Falco guesses it from the addresses of the
//! machine's interfaces, so between two ends on one machine its answers differ.

use super::{flow, is_open, static_text};
use crate::captured::descriptor as captured;
use crate::context::EventContext;
use crate::descriptor::{Connection, End};
use crate::row::{FieldRow, Plurality};
use crate::value::FieldValue;
use saker_flow_state::Role;
use saker_rule_language::FieldType;
use std::net::{IpAddr, SocketAddr};

/// Why the fields with names of machines have no values.
const NO_NAME_LOOKUP: &str =
    "names come from answers of DNS, which only connections are compared with";

pub(super) static ROWS: &[FieldRow] = &FieldRow::of_processes([
    FieldRow::filled(
        "fd.ip",
        FieldType::IpAddr,
        "Address of either end of a connection, or of a listening socket: `=` and `in` hold when they \
         hold for one end, `!=` when it holds for both.",
        |context, _| ends(context, ip),
    )
    .captured(captured::addresses)
    .several(Plurality::EitherEnd)
    .filter_only(),
    address("fd.cip", "Address of the client.", |context, _| one(context, End::Client, ip))
    .captured(|context, _| captured::address(context, captured::End::Client)),
    address("fd.sip", "Address of the server, also of a listening socket.", |context, _| {
        one(context, End::Server, ip)
    })
    .captured(|context, _| captured::address(context, captured::End::Server)),
    address("fd.lip", "Local address of a connection.", |context, _| one(context, End::Local, ip))
    .captured(|context, _| captured::address(context, captured::End::Local))
    .in_captures("found by the addresses of the machine's interfaces, as in Falco"),
    address("fd.rip", "Remote address of a connection.", |context, _| {
        one(context, End::Remote, ip)
    })
    .captured(|context, _| captured::address(context, captured::End::Remote))
    .in_captures("found by the addresses of the machine's interfaces, as in Falco"),
    FieldRow::filled(
        "fd.port",
        FieldType::Port,
        "Port of either end of a connection, or of a listening socket: a comparison holds when it holds \
         for one end, `!=` when it holds for both.",
        |context, _| ends(context, port),
    )
    .captured(captured::ports)
    .several(Plurality::EitherEnd)
    .filter_only(),
    FieldRow::filled("fd.cport", FieldType::Port, "Port of the client.", |context, _| {
        one(context, End::Client, port)
    })
    .captured(|context, _| captured::port(context, captured::End::Client)),
    FieldRow::filled(
        "fd.sport",
        FieldType::Port,
        "Port of the server, also of a listening socket.",
        |context, _| one(context, End::Server, port),
    )
    .captured(|context, _| captured::port(context, captured::End::Server)),
    FieldRow::filled("fd.lport", FieldType::Port, "Local port of a connection.", |context, _| {
        one(context, End::Local, port)
    })
    .captured(|context, _| captured::port(context, captured::End::Local))
    .in_captures("found by the addresses of the machine's interfaces, as in Falco"),
    FieldRow::filled("fd.rport", FieldType::Port, "Remote port of a connection.", |context, _| {
        one(context, End::Remote, port)
    })
    .captured(|context, _| captured::port(context, captured::End::Remote))
    .in_captures("found by the addresses of the machine's interfaces, as in Falco"),
    FieldRow::filled(
        "fd.net",
        FieldType::IpNet,
        "Whether either end of a connection, or a listening socket, lies in a network; `!=` holds when \
         both ends lie outside.",
        |context, _| ends(context, ip),
    )
    .captured(captured::addresses)
    .several(Plurality::EitherEnd)
    .filter_only(),
    network("fd.cnet", "Whether the client lies in a network.", |context, _| {
        one(context, End::Client, ip)
    })
    .captured(|context, _| captured::address(context, captured::End::Client)),
    network("fd.snet", "Whether the server lies in a network.", |context, _| {
        one(context, End::Server, ip)
    })
    .captured(|context, _| captured::address(context, captured::End::Server)),
    network("fd.lnet", "Whether the local end lies in a network.", |context, _| {
        one(context, End::Local, ip)
    })
    .captured(|context, _| captured::address(context, captured::End::Local))
    .in_captures("found by the addresses of the machine's interfaces, as in Falco"),
    network("fd.rnet", "Whether the remote end lies in a network.", |context, _| {
        one(context, End::Remote, ip)
    })
    .captured(|context, _| captured::address(context, captured::End::Remote))
    .in_captures("found by the addresses of the machine's interfaces, as in Falco"),
    FieldRow::filled(
        "fd.l4proto",
        FieldType::String,
        "Transport: `tcp`, `udp`, `icmp`, `raw`; the text `<NA>` for everything else that is open, as \
         in Falco.",
        |context, _| {
            FieldValue::of(context.descriptor().filter(is_open), |fd| {
                let protocol = fd.connection().and_then(|socket| socket.l4_protocol());
                static_text(protocol.map_or("<NA>", |protocol| protocol.name()))
            })
        },
    )
    .captured(captured::protocol)
    .in_flows(|context, _| FieldValue::of(context.flow_event(), |event| static_text(flow::transport(&event.flow)))),
    FieldRow::filled(
        "fd.sockfamily",
        FieldType::String,
        "`ip` or `unix` for sockets.",
        |context, _| {
            let family = socket(context).and_then(|socket| socket.family_name());
            FieldValue::of(family, static_text)
        },
    )
    .captured(captured::family)
    .in_flows(|_, _| static_text("ip")),
    FieldRow::filled(
        "fd.is_server",
        FieldType::Bool,
        "Whether the process is the server of a connection, or takes connections.",
        |context, _| {
            FieldValue::of(context.descriptor().filter(is_open), |fd| {
                FieldValue::Bool(fd.connection().is_some_and(|socket| socket.is_server()))
            })
        },
    )
    .captured(captured::is_server)
    .in_flows(|context, _| {
        FieldValue::of(context.flow_event(), |event| {
            FieldValue::Bool(event.flow.role == Role::Server)
        })
    })
    .in_captures("whether the server's address is the machine's own, as in Falco"),
    FieldRow::filled(
        "fd.connected",
        FieldType::Bool,
        "Whether a socket is connected; false while a connection is under way.",
        |context, _| {
            FieldValue::of(context.descriptor().filter(is_open), |fd| {
                FieldValue::Bool(fd.connection().is_some_and(|socket| socket.is_connected()))
            })
        },
    )
    .captured(captured::is_connected)
    .in_flows(|_, _| FieldValue::Bool(true)),
    FieldRow::filled(
        "fd.proto",
        FieldType::Port,
        "The same as `fd.port`.",
        |context, _| ends(context, port),
    )
    .captured(captured::ports)
    .several(Plurality::EitherEnd)
    .filter_only(),
    service("fd.cproto", "Port of the client as text: services are not named, as in Falco by default.", |context, _| {
        one(context, End::Client, port_text)
    })
    .captured(|context, _| captured::port_text(context, captured::End::Client)),
    service("fd.sproto", "Port of the server as text.", |context, _| {
        one(context, End::Server, port_text)
    })
    .captured(|context, _| captured::port_text(context, captured::End::Server)),
    service("fd.lproto", "Local port as text.", |context, _| one(context, End::Local, port_text))
    .captured(|context, _| captured::port_text(context, captured::End::Local))
    .in_captures("found by the addresses of the machine's interfaces, as in Falco"),
    service("fd.rproto", "Remote port as text.", |context, _| one(context, End::Remote, port_text))
    .captured(|context, _| captured::port_text(context, captured::End::Remote))
    .in_captures("found by the addresses of the machine's interfaces, as in Falco"),
    machine("fd.cip.name", "Name of the client's address.", |context, _| flow::name(context, End::Client)),
    machine("fd.sip.name", "Name of the server's address.", |context, _| flow::name(context, End::Server)),
    machine("fd.lip.name", "Name of the local address.", |context, _| flow::name(context, End::Local)),
    machine("fd.rip.name", "Name of the remote address.", |context, _| flow::name(context, End::Remote)),
]);

const fn address(
    name: &'static str,
    doc: &'static str,
    extractor: crate::row::Extractor,
) -> FieldRow {
    FieldRow::filled(name, FieldType::IpAddr, doc, extractor)
}

const fn network(
    name: &'static str,
    doc: &'static str,
    extractor: crate::row::Extractor,
) -> FieldRow {
    FieldRow::filled(name, FieldType::IpNet, doc, extractor).filter_only()
}

const fn service(
    name: &'static str,
    doc: &'static str,
    extractor: crate::row::Extractor,
) -> FieldRow {
    FieldRow::filled(name, FieldType::String, doc, extractor)
}

const fn machine(
    name: &'static str,
    doc: &'static str,
    of_flow: crate::row::Extractor,
) -> FieldRow {
    FieldRow::not_yet(name, FieldType::String, doc, NO_NAME_LOOKUP)
        .in_flows(of_flow)
        .left_only()
}

fn socket<'c>(context: &'c EventContext<'_>) -> Option<Connection<'c>> {
    context.descriptor().filter(is_open)?.connection()
}

fn end_of(context: &EventContext<'_>, end: End) -> Option<SocketAddr> {
    match context.flow_event() {
        Some(event) => Some(flow::end(&event.flow, end)),
        None => socket(context)?.end(end),
    }
}

/// Address of one end of a connection. Captures have none here: no cluster that is known now is theirs.
pub(in crate::namespaces) fn address_of(context: &EventContext<'_>, end: End) -> Option<IpAddr> {
    Some(end_of(context, end)?.ip())
}

fn ip(end: SocketAddr) -> FieldValue<'static> {
    FieldValue::Ip(end.ip())
}

fn port(end: SocketAddr) -> FieldValue<'static> {
    FieldValue::Port(end.port())
}

fn port_text(end: SocketAddr) -> FieldValue<'static> {
    FieldValue::owned(end.port().to_string())
}

fn one<'c>(
    context: &EventContext<'_>,
    end: End,
    part: fn(SocketAddr) -> FieldValue<'static>,
) -> FieldValue<'c> {
    FieldValue::of(end_of(context, end), part)
}

fn ends<'c>(
    context: &EventContext<'_>,
    part: fn(SocketAddr) -> FieldValue<'static>,
) -> FieldValue<'c> {
    let ends = match context.flow_event() {
        Some(event) => Some(flow::ends(&event.flow).map(part).to_vec()),
        None => socket(context).map(|socket| socket.ends().map(part).collect()),
    };
    FieldValue::of(ends, FieldValue::list)
}
