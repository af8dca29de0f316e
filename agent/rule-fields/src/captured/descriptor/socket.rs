//! `fd.*` of sockets of captured events.

use super::{Argument, Target, Value, of, of_known, word};
use crate::captured::CapturedEvent;
use crate::context::EventContext;
use crate::value::FieldValue;
use saker_capture_state::{
    Descriptor, DescriptorKind, Endpoint, L4Protocol, Role, SocketState, Thread,
};
use std::net::IpAddr;

/// One end of a connection, by who connected or by where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Who connected: the source, as Falco has it.
    Client,
    /// Who was connected to, or who listens.
    Server,
    /// The end on this machine.
    Local,
    /// The other end.
    Remote,
}

impl<'a> Target<'a> {
    fn connection(&self) -> Option<(&'a Descriptor, Endpoint, Endpoint)> {
        let descriptor = self.descriptor?;
        match descriptor.kind {
            DescriptorKind::Ipv4 {
                source,
                destination,
                ..
            }
            | DescriptorKind::Ipv6 {
                source,
                destination,
                ..
            } => Some((descriptor, source, destination)),
            _ => None,
        }
    }

    fn listener(&self) -> Option<(&'a Descriptor, Endpoint)> {
        let descriptor = self.descriptor?;
        match descriptor.kind {
            DescriptorKind::Ipv4Server { local, .. } | DescriptorKind::Ipv6Server { local, .. } => {
                Some((descriptor, local))
            }
            _ => None,
        }
    }

    /// One end; a connection whose client is not known has none.
    fn end(&self, end: End) -> Option<Endpoint> {
        let (descriptor, source, destination) = self.connection()?;
        if descriptor.role == Role::None {
            return None;
        }
        let is_source = match end {
            End::Client => true,
            End::Server => false,
            End::Local => self.captured.is_local(self.thread, source.ip),
            End::Remote => !self.captured.is_local(self.thread, source.ip),
        };
        Some(if is_source { source } else { destination })
    }

    fn is_server(&self) -> bool {
        match self.connection() {
            Some((_, _, destination)) => self.captured.is_local(self.thread, destination.ip),
            None => self.listener().is_some(),
        }
    }
}

impl CapturedEvent<'_> {
    /// Whether an address is one of the machine's, or of the container that a thread runs in.
    fn is_local(&self, thread: &Thread, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(address) => {
                if let Some(is_own) = self.machine.is_container_address(thread, address) {
                    return is_own;
                }
            }
            // As in Falco, containers have none.
            IpAddr::V6(_) if thread.container.is_some() => return false,
            IpAddr::V6(_) => {}
        }
        let interfaces = self.machine.interfaces().iter();
        let mut addresses = interfaces.map(|interface| interface.address);
        match address {
            IpAddr::V4(_) => addresses.any(|own| own == address),
            // As in Falco: the same network of 64 bits counts.
            IpAddr::V6(address) => addresses.any(|own| match own {
                IpAddr::V6(own) => own.to_bits() >> 64 == address.to_bits() >> 64,
                IpAddr::V4(_) => false,
            }),
        }
    }
}

/// The transport of a socket, as far as the role of its ends is known.
pub(crate) const fn protocol_of(descriptor: &Descriptor) -> L4Protocol {
    match descriptor.kind {
        DescriptorKind::Ipv4 { protocol, .. } | DescriptorKind::Ipv6 { protocol, .. } => {
            match (protocol, descriptor.role) {
                (L4Protocol::Raw, _) => L4Protocol::Raw,
                (_, Role::None) => L4Protocol::NotApplicable,
                (protocol, _) => protocol,
            }
        }
        DescriptorKind::Ipv4Server { protocol, .. }
        | DescriptorKind::Ipv6Server { protocol, .. } => protocol,
        _ => L4Protocol::NotApplicable,
    }
}

pub(crate) fn protocol<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    of_known(context, |descriptor| {
        word(match protocol_of(descriptor) {
            L4Protocol::Tcp => "tcp",
            L4Protocol::Udp => "udp",
            L4Protocol::Icmp => "icmp",
            L4Protocol::Raw => "raw",
            L4Protocol::Unknown | L4Protocol::NotApplicable => "<NA>",
        })
    })
}

pub(crate) fn family<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    of(context, |target| match target.descriptor?.kind {
        DescriptorKind::Ipv4 { .. }
        | DescriptorKind::Ipv6 { .. }
        | DescriptorKind::Ipv4Server { .. }
        | DescriptorKind::Ipv6Server { .. } => Some(word("ip")),
        DescriptorKind::Unix { .. } => Some(word("unix")),
        _ => None,
    })
}

pub(crate) fn is_server<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    of(context, |target| {
        let is_server = target.descriptor.map(|_| target.is_server());
        is_server.map(FieldValue::Bool)
    })
}

pub(crate) fn is_connected<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    of_known(context, |descriptor| {
        FieldValue::Bool(descriptor.state == SocketState::Connected)
    })
}

/// The address of one end; of a listening socket its own as the server's.
pub(crate) fn address<'c>(context: &'c EventContext<'_>, end: End) -> Value<'c> {
    of(context, |target| {
        let listener = || {
            let (descriptor, local) = target.listener()?;
            (end == End::Server && descriptor.role != Role::None).then_some(local)
        };
        let end = target.end(end).or_else(listener)?;
        Some(FieldValue::Ip(end.ip))
    })
}

/// The port of one end; of a listening socket its own as the server's.
pub(crate) fn port<'c>(context: &'c EventContext<'_>, end: End) -> Value<'c> {
    of(context, |target| {
        let listener = || {
            let (_, local) = target.listener()?;
            (end == End::Server).then_some(local)
        };
        let end = target.end(end).or_else(listener)?;
        Some(FieldValue::Port(end.port))
    })
}

/// The port of one end as text: services are not named, as in Falco by default.
pub(crate) fn port_text<'c>(context: &'c EventContext<'_>, end: End) -> Value<'c> {
    of(context, |target| {
        if let Some(end) = target.end(end) {
            return Some(FieldValue::owned(end.port.to_string()));
        }
        // As in Falco: empty where a role is known, but no such port.
        let has_role = target.descriptor?.role != Role::None;
        let is_empty = match end {
            End::Client => has_role,
            End::Server => target.listener().is_some(),
            End::Local | End::Remote => false,
        };
        is_empty.then(|| word(""))
    })
}

/// Both addresses of a connection, the one of a listening socket.
pub(crate) fn addresses<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    ends(context, |end| FieldValue::Ip(end.ip))
}

/// Both ports of a connection, the one of a listening socket.
pub(crate) fn ports<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    ends(context, |end| FieldValue::Port(end.port))
}

fn ends<'c>(context: &'c EventContext<'_>, part: fn(Endpoint) -> Value<'static>) -> Value<'c> {
    of(context, |target| {
        Some(FieldValue::List(match target.connection() {
            Some((_, source, destination)) => vec![part(source), part(destination)],
            None => vec![part(target.listener()?.1)],
        }))
    })
}
