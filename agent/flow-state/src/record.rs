//! Rows of the category `flow`, with names and addresses as this crate uses them.

use crate::flow::{FlowId, Role, Traffic};
use saker_event_decode::socket::L4Protocol;
use saker_event_decode::{EventView, SocketView};
use saker_event_schema::{Ring, event, socket_role};
use saker_flow_inspection::Transport;
use std::net::SocketAddr;

/// What a record says.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Record<'a> {
    /// A connection was established, or the first datagram went by.
    Opened {
        cookie: u64,
        ends: Ends,
        interface: Option<u32>,
    },
    /// Bytes went by.
    Payload(Packet<'a>),
    /// A connection ended, or a datagram socket was closed.
    Closed {
        cookie: u64,
        ends: Ends,
        opened_boot_ns: u64,
        traffic: Traffic,
        was_established: bool,
    },
    /// A socket began to listen.
    Listening { ends: Ends },
}

/// A packet with payload.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Packet<'a> {
    pub(crate) cookie: u64,
    pub(crate) ends: Ends,
    /// The addresses as the packet carries them: this end, other end.
    pub(crate) on_wire: Option<(SocketAddr, SocketAddr)>,
    pub(crate) interface: Option<u32>,
    pub(crate) is_ingress: bool,
    pub(crate) offset: u64,
    pub(crate) sent_bytes: u32,
    pub(crate) bytes: &'a [u8],
}

/// The ends of a socket. IPv4 addresses are IPv4 addresses, also those of IPv6 sockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ends {
    pub(crate) transport: Transport,
    pub(crate) role: Role,
    pub(crate) local: SocketAddr,
    pub(crate) remote: SocketAddr,
    /// 0 where it is not known.
    pub(crate) network_namespace: u32,
}

/// What tells a connection from others at one time, beside its cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Tuple {
    pub(crate) network_namespace: u32,
    pub(crate) local: SocketAddr,
    pub(crate) remote: SocketAddr,
}

impl Tuple {
    /// The same, whatever the namespace.
    pub(crate) const fn anywhere(&self) -> Self {
        Self {
            network_namespace: 0,
            ..*self
        }
    }
}

impl Ends {
    /// The name of the flow of a socket with these ends.
    pub(crate) fn id(&self, cookie: u64) -> FlowId {
        FlowId {
            cookie,
            peer: (self.transport == Transport::Udp).then_some(self.remote),
        }
    }

    pub(crate) const fn tuple(&self) -> Tuple {
        Tuple {
            network_namespace: self.network_namespace,
            local: self.local,
            remote: self.remote,
        }
    }

    /// Whether both are ends of the same connection. A namespace or role that is not known differs from
    /// none.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let namespaces = (self.network_namespace, other.network_namespace);
        self.transport == other.transport
            && self.local == other.local
            && self.remote == other.remote
            && (namespaces.0 == namespaces.1 || namespaces.0 == 0 || namespaces.1 == 0)
    }

    fn of(socket: &SocketView<'_>) -> Option<Self> {
        let transport = match socket.l4_protocol()? {
            L4Protocol::Tcp => Transport::Tcp,
            L4Protocol::Udp => Transport::Udp,
            L4Protocol::Icmp | L4Protocol::Raw => return None,
        };
        Some(Self {
            transport,
            role: role(socket.tuple.role),
            local: canonical(socket.local()?),
            remote: canonical(socket.remote()?),
            network_namespace: socket.tuple.network_namespace,
        })
    }
}

/// Whether a record is about a socket: its header has the owner of the socket, and no rule sees it.
#[must_use]
pub fn is_flow_record(event: &EventView<'_>) -> bool {
    event.row().ring == Ring::Network
}

impl<'a> Record<'a> {
    /// `None` for other rows, and where something is missing without which the record says nothing.
    pub(crate) fn read(event: &EventView<'a>) -> Option<Self> {
        let ends = || Ends::of(&socket(event, "socket")?);
        match event.id() {
            event::FLOW_OPENED => Some(Self::Opened {
                cookie: number(event, "cookie")?,
                ends: ends()?,
                interface: interface(event),
            }),
            event::FLOW_PAYLOAD => Packet::read(event).map(Self::Payload),
            event::FLOW_CLOSED => Some(Self::Closed {
                cookie: number(event, "cookie")?,
                ends: ends()?,
                opened_boot_ns: number(event, "opened")?,
                traffic: Traffic {
                    sent_bytes: number(event, "sent_bytes")?,
                    received_bytes: number(event, "received_bytes")?,
                },
                was_established: number(event, "was_established")? != 0,
            }),
            event::FLOW_LISTENING => Some(Self::Listening { ends: ends()? }),
            _ => None,
        }
    }
}

impl<'a> Packet<'a> {
    fn read(event: &EventView<'a>) -> Option<Self> {
        let mut ends = Ends::of(&socket(event, "socket")?)?;
        let carried = socket(event, "packet").and_then(|packet| {
            let (local, remote) = (packet.local()?, packet.remote()?);
            Some((canonical(local), canonical(remote)))
        });
        if let Some((local, remote)) = carried {
            // A datagram socket need not be bound to one address, nor have one peer.
            if ends.transport == Transport::Udp && ends.remote.port() == 0 {
                ends.remote = remote;
            }
            if ends.local.ip().is_unspecified() {
                ends.local = local;
            }
        }
        let bytes = event
            .row()
            .slot("payload")
            .and_then(|slot| event.data(slot))
            .map_or(&[][..], |data| data.bytes);
        let sent = number(event, "sent")?;
        Some(Self {
            cookie: number(event, "cookie")?,
            ends,
            on_wire: carried.filter(|carried| *carried != (ends.local, ends.remote)),
            interface: interface(event),
            is_ingress: number(event, "is_ingress")? != 0,
            offset: number(event, "offset")?,
            sent_bytes: u32::try_from(sent).unwrap_or(u32::MAX),
            bytes,
        })
    }
}

/// The ends of the connection that a call took or made, if it succeeded or is under way.
pub(crate) fn of_call(event: &EventView<'_>) -> Option<Ends> {
    let ends = Ends::of(&socket(event, "tuple")?)?;
    // UDP sockets are told apart by their cookie, which calls do not say.
    (ends.transport == Transport::Tcp && ends.remote.port() != 0).then_some(ends)
}

fn number(event: &EventView<'_>, name: &str) -> Option<u64> {
    event.unsigned(event.row().slot(name)?)
}

fn socket<'a>(event: &EventView<'a>, name: &str) -> Option<SocketView<'a>> {
    event.socket(event.row().slot(name)?)
}

fn interface(event: &EventView<'_>) -> Option<u32> {
    let index = number(event, "interface").filter(|index| *index != 0)?;
    u32::try_from(index).ok()
}

/// The address of an IPv4 peer as such, also where an IPv6 socket has it.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

const fn role(role: u8) -> Role {
    match role {
        socket_role::CLIENT => Role::Client,
        socket_role::BOUND | socket_role::ACCEPTED => Role::Server,
        _ => Role::Unknown,
    }
}
