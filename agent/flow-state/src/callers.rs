//! Clients of this host, found by those of this host that they connect to.

use crate::entry::Entry;
use crate::flow::{FlowId, Role};
use saker_flow_inspection::Transport;
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

/// The clients' ends of open connections, by the client's address and the server's without its port, which a
/// redirection in the server's network changes.
#[derive(Debug, Default)]
pub(crate) struct Callers(BTreeSet<(SocketAddr, IpAddr, FlowId)>);

impl Callers {
    /// Takes in a client's end, by the addresses that its socket has and those that packets carry. What does
    /// not leave its network is left out: others have the same addresses.
    pub(crate) fn add(&mut self, entry: &Entry) {
        if entry.ends.transport != Transport::Tcp || entry.ends.role == Role::Server {
            return;
        }
        for (client, server) in ends_of(entry) {
            if !client.ip().is_loopback() && !server.ip().is_loopback() {
                self.0.insert((client, server.ip(), entry.id));
            }
        }
    }

    pub(crate) fn remove(&mut self, entry: &Entry) {
        for (client, server) in ends_of(entry) {
            self.0.remove(&(client, server.ip(), entry.id));
        }
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Those who may have made a connection from one address to the other.
    pub(crate) fn of(&self, client: SocketAddr, server: IpAddr) -> impl Iterator<Item = &FlowId> {
        let first = FlowId {
            cookie: 0,
            peer: None,
        };
        let from = self.0.range((client, server, first)..);
        let same = from.take_while(move |(from, to, _)| (*from, *to) == (client, server));
        same.map(|(_, _, id)| id)
    }
}

/// The addresses of this end and the other, as the socket has them and as packets carry them.
pub(crate) fn ends_of(entry: &Entry) -> impl Iterator<Item = (SocketAddr, SocketAddr)> {
    let ends = &entry.ends;
    let pairs = [Some((ends.local, ends.remote)), entry.on_wire];
    pairs.into_iter().flatten()
}
