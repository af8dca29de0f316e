//! Which threads run in which containers, and what the capture tells of these.

use super::container;
use super::image::{entries, split_at};
use super::step::{Step, result};
use super::texts::Texts;
use super::{Machine, Map, code, parameter};
use crate::thread::Thread;
use saker_falco_events::Event;
use saker_process_state::{ContainerRef, Placement};
use serde::Deserialize;
use std::net::Ipv4Addr;
use std::sync::Arc;

/// What the events that tell of containers are called.
const ADDED: &[u8] = b"container";
const REMOVED: &[u8] = b"container_removed";

/// Most cgroups whose container is remembered.
const PLACES_MAX: usize = 4_096;

/// Longest cgroups whose container is remembered, bytes.
const PLACE_BYTES_MAX: usize = 4_096;

/// Longest id of a container that is remembered, bytes. Events about containers may be of any length.
const ID_BYTES_MAX: usize = 256;

/// The containers of a capture.
#[derive(Debug, Default)]
pub(super) struct Containers {
    /// The address of each.
    addresses: Map<Box<str>, Address>,
    /// Containers by cgroups, so that threads share them.
    places: Map<Arc<[u8]>, Option<Place>>,
    /// The container that the present event tells of.
    told: Option<Arc<str>>,
}

/// What a capture tells of a container's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Address {
    /// Nothing.
    Untold,
    /// One of IPv4.
    Ipv4(Ipv4Addr),
    /// Another text.
    Other,
}

impl Address {
    fn of(text: &str) -> Self {
        match text.parse() {
            _ if text.is_empty() => Self::Untold,
            Ok(address) => Self::Ipv4(address),
            Err(_) => Self::Other,
        }
    }
}

/// Where threads with the same cgroups run.
#[derive(Clone, Debug)]
struct Place {
    id: Arc<str>,
    container: Arc<ContainerRef>,
}

/// What an event tells of a container.
#[derive(Deserialize)]
struct Envelope {
    container: Told,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Told {
    id: Box<str>,
    ip: Box<str>,
}

impl Containers {
    /// Puts a thread into the container that its cgroups name, or on the host.
    pub(super) fn place(&mut self, thread: &mut Thread) {
        if thread.cgroups.len() > PLACE_BYTES_MAX {
            return put(thread, place_of(&thread.cgroups).as_ref());
        }
        if self.places.len() >= PLACES_MAX && !self.places.contains_key(&*thread.cgroups) {
            self.places.clear();
        }
        let place = self
            .places
            .entry(Arc::clone(&thread.cgroups))
            .or_insert_with(|| place_of(&thread.cgroups));
        put(thread, place.as_ref());
    }

    fn tell(&mut self, json: &[u8], limit: usize) {
        let Ok(Envelope { container }) = serde_json::from_slice(json) else {
            return;
        };
        self.told = Some((*container.id).into());
        let has_room = self.addresses.len() < limit && container.id.len() <= ID_BYTES_MAX;
        if has_room || self.addresses.contains_key(&container.id) {
            let address = Address::of(&container.ip);
            self.addresses.insert(container.id, address);
        }
    }

    fn tell_end(&mut self, json: &[u8]) {
        if let Ok(Envelope { container }) = serde_json::from_slice(json) {
            self.addresses.remove(&container.id);
            self.told = Some((*container.id).into());
        }
    }
}

impl Machine {
    /// The value of `container.id`: the container that the last event tells of, else that of the
    /// thread `tid`. `None` where neither is known.
    #[must_use]
    pub fn container_id(&self, tid: i64) -> Option<&str> {
        if let Some(told) = &self.containers.told {
            return Some(told);
        }
        let thread = self.thread(tid)?;
        Some(thread.container.as_deref().unwrap_or("host"))
    }

    /// Whether an address of IPv4 is one of the container's that a thread runs in; `None` where the
    /// host's addresses decide.
    #[must_use]
    pub fn is_container_address(&self, thread: &Thread, address: Ipv4Addr) -> Option<bool> {
        let id = thread.container.as_deref()?;
        let address = Address::Ipv4(address);
        let addresses = &self.containers.addresses;
        match addresses.get(id).filter(|own| **own != Address::Untold) {
            Some(own) => (*own == address).then_some(true),
            // Any container may be meant when the capture does not tell the address of this one.
            None => Some(addresses.values().any(|own| *own == address)),
        }
    }

    /// A thread is looked at again when it was made, and when it changes its program or root.
    pub(super) fn place(&mut self, event: &Event<'_>, step: &Step) {
        if result(event).is_none_or(|result| result < 0) {
            return;
        }
        if let Some(record) = self.threads.records.get_mut(&step.tid) {
            let before = Texts::of(&record.thread);
            self.containers.place(record.thread_mut());
            self.bound_new_texts(step.tid, &before);
        }
    }

    pub(super) fn forget_told_container(&mut self) {
        self.containers.told = None;
    }

    /// An event that tells of a container.
    pub(super) fn told_container(&mut self, event: &Event<'_>) {
        let limit = self.limits.containers;
        if event.event_type.code.0 == code::CONTAINER_JSON {
            self.containers.tell(parameter::text(event, 0), limit);
            return;
        }
        let json = event.text(2).unwrap_or_default();
        match parameter::text(event, 1) {
            ADDED => self.containers.tell(json, limit),
            REMOVED => self.containers.tell_end(json),
            _ => {}
        }
    }
}

/// Puts a thread where its cgroups say.
fn put(thread: &mut Thread, place: Option<&Place>) {
    thread.container = place.map(|place| Arc::clone(&place.id));
    thread.process.placement = match place {
        Some(place) => Placement::Container(Arc::clone(&place.container)),
        None => Placement::Host,
    };
}

/// The container that the first of some cgroups names.
fn place_of(cgroups: &[u8]) -> Option<Place> {
    let mut paths =
        entries(cgroups).filter_map(|entry| split_at(entry, b'=').map(|(_, path)| path));
    let (id, container) = paths.find_map(container::named)?;
    Some(Place {
        id: id.into(),
        container: Arc::new(container),
    })
}

#[cfg(test)]
mod tests {
    use crate::limits::Limits;
    use crate::machine::Machine;
    use crate::snapshot::{MachineInfo, ThreadSnapshot};
    use std::net::Ipv4Addr;

    const OWN: Ipv4Addr = Ipv4Addr::new(172, 17, 0, 4);
    const OTHER: Ipv4Addr = Ipv4Addr::new(172, 17, 0, 5);

    fn machine() -> Machine {
        let mut machine = Machine::new(MachineInfo::default(), Limits::default());
        for (tid, cgroups) in [
            (1, &b"cpuset=/\0"[..]),
            (2, b"cpuset=/\0memory=/default/web\0"),
            (3, b"cpuset=/default/db\0"),
        ] {
            machine.add_thread(ThreadSnapshot {
                tid,
                pid: tid,
                cgroups: cgroups.into(),
                ..ThreadSnapshot::default()
            });
        }
        machine
    }

    #[test]
    fn a_thread_runs_where_the_first_cgroup_that_names_a_container_says() {
        let machine = machine();
        assert_eq!(machine.container_id(1), Some("host"));
        assert_eq!(machine.container_id(2), Some("web"));
        assert_eq!(machine.container_id(9), None);
    }

    #[test]
    fn an_event_about_a_container_is_of_that_one() {
        let mut machine = machine();
        machine.containers.tell(br#"{"container":{"id":"db"}}"#, 8);
        assert_eq!(machine.container_id(1), Some("db"));
        machine.forget_told_container();
        assert_eq!(machine.container_id(1), Some("host"));
        machine.containers.tell(b"{", 8);
        assert_eq!(machine.container_id(1), Some("host"));
    }

    #[test]
    fn the_addresses_of_containers_come_from_events() {
        let mut machine = machine();
        let json = br#"{"container":{"id":"web","ip":"172.17.0.4"}}"#;
        machine.containers.tell(json, 8);
        let is_own = |tid, address| {
            let thread = machine.thread(tid).unwrap();
            machine.is_container_address(thread, address)
        };
        assert_eq!(is_own(1, OWN), None);
        assert_eq!(is_own(2, OWN), Some(true));
        assert_eq!(is_own(2, OTHER), None);
        // Nothing is known of the other one's address: that of any container counts.
        assert_eq!(is_own(3, OWN), Some(true));
        assert_eq!(is_own(3, OTHER), Some(false));
    }
    #[test]
    fn what_is_remembered_of_containers_is_bounded() {
        let mut machine = machine();
        let long = "i".repeat(super::ID_BYTES_MAX + 1);
        for id in [&long, "a", "b", "c"] {
            let json = format!(r#"{{"container":{{"id":"{id}","ip":"172.17.0.4"}}}}"#);
            machine.containers.tell(json.as_bytes(), 2);
        }
        let addresses = &machine.containers.addresses;
        assert_eq!(addresses.len(), 2);
        assert!(addresses.contains_key("a") && addresses.contains_key("b"));
        let cgroups = [b"cpuset=/default/web", &[b'x'; 5_000][..], b"\0"].concat();
        let places = machine.containers.places.len();
        machine.add_thread(ThreadSnapshot {
            tid: 4,
            pid: 4,
            cgroups: cgroups.into(),
            ..ThreadSnapshot::default()
        });
        assert_eq!(machine.containers.places.len(), places);
        assert!(machine.container_id(4).is_some());
    }
}
