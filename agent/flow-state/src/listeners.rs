//! Sockets that take connections, and whose they are.

use crate::record::Ends;
use foldhash::{HashMap, HashMapExt};
use saker_flow_inspection::Transport;
use saker_process_state::Process;
use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;

/// Where a socket listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Place {
    network_namespace: u32,
    transport: Transport,
    address: IpAddr,
    port: u16,
}

/// A bounded table: when it is full, the listener that was added first leaves.
#[derive(Debug)]
pub(crate) struct Listeners {
    owners: HashMap<Place, Arc<Process>>,
    order: VecDeque<Place>,
    max: usize,
}

impl Listeners {
    pub(crate) fn new(max: usize) -> Self {
        Self {
            owners: HashMap::new(),
            order: VecDeque::new(),
            max,
        }
    }

    /// A process listens at the local end. Returns how many others were forgotten.
    pub(crate) fn add(&mut self, ends: &Ends, owner: &Arc<Process>) -> u64 {
        let place = place(ends, ends.local.ip());
        if self.owners.insert(place, Arc::clone(owner)).is_none() {
            self.order.push_back(place);
        }
        let mut forgotten: u64 = 0;
        while self.order.len() > self.max {
            if let Some(oldest) = self.order.pop_front() {
                self.owners.remove(&oldest);
                forgotten = forgotten.saturating_add(1);
            }
        }
        forgotten
    }

    /// Whether something listens at the local end.
    pub(crate) fn has(&self, ends: &Ends) -> bool {
        self.find(ends).is_some()
    }

    /// The process that listens at the local end of a connection: at its very address or at all.
    pub(crate) fn find(&self, ends: &Ends) -> Option<&Arc<Process>> {
        let any: [IpAddr; 2] = [
            std::net::Ipv4Addr::UNSPECIFIED.into(),
            std::net::Ipv6Addr::UNSPECIFIED.into(),
        ];
        let addresses = [ends.local.ip()].into_iter().chain(any);
        let mut places = addresses.map(|address| place(ends, address));
        places.find_map(|place| {
            let anywhere = Place {
                network_namespace: 0,
                ..place
            };
            let owner = self.owners.get(&place);
            owner.or_else(|| self.owners.get(&anywhere))
        })
    }
}

const fn place(ends: &Ends, address: IpAddr) -> Place {
    Place {
        network_namespace: ends.network_namespace,
        transport: ends.transport,
        address,
        port: ends.local.port(),
    }
}
