//! `fd.*` of connections.

use crate::context::EventContext;
use crate::descriptor::{DescriptorKind, End, append_address};
use crate::value::FieldValue;
use saker_flow_inspection::Transport;
use saker_flow_state::{Flow, Role};
use std::net::SocketAddr;

/// Client and server.
pub(super) fn ends(flow: &Flow) -> [SocketAddr; 2] {
    let (client, server) = flow.ends();
    [canonical(client), canonical(server)]
}

/// One end, as the socket has it.
pub(super) fn end(flow: &Flow, end: End) -> SocketAddr {
    let (client, server) = flow.ends();
    canonical(match end {
        End::Client => client,
        End::Server => server,
        End::Local => flow.local,
        End::Remote => flow.remote,
    })
}

/// The name by which DNS gave the remote address to this host. Nobody asked for that of the own end.
pub(super) fn name<'c>(context: &'c EventContext<'_>, end: End) -> FieldValue<'c> {
    let Some(event) = context.flow_event() else {
        return FieldValue::Missing;
    };
    let is_remote = match end {
        End::Client => event.flow.role == Role::Server,
        End::Server => event.flow.role != Role::Server,
        End::Local => false,
        End::Remote => true,
    };
    let name = event.flow.remote_names.first().filter(|_| is_remote);
    FieldValue::of(name, |name| FieldValue::text(name.as_bytes()))
}

/// An IPv6 socket with IPv4 addresses counts as IPv4.
pub(super) fn kind(flow: &Flow) -> DescriptorKind {
    if canonical(flow.remote).is_ipv4() {
        DescriptorKind::Ipv4
    } else {
        DescriptorKind::Ipv6
    }
}

/// The value of `fd.l4proto`.
pub(super) const fn transport(flow: &Flow) -> &'static str {
    match flow.transport {
        Transport::Tcp => "tcp",
        Transport::Udp => "udp",
    }
}

/// The value of `fd.name`.
pub(super) fn tuple<'c>(flow: &Flow) -> FieldValue<'c> {
    let [client, server] = ends(flow);
    let mut text = Vec::new();
    append_address(client, &mut text);
    text.extend_from_slice(b"->");
    append_address(server, &mut text);
    FieldValue::owned(text)
}

fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}
