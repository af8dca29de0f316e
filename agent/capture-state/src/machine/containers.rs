//! Which threads run in which containers, and what the capture tells of these.

mod told;

pub use told::ToldContainer;

use super::container;
use super::image::{entries, split_at};
use super::step::{Step, result};
use super::texts::Texts;
use super::{Machine, Map, code, parameter};
use crate::limits::Limits;
use crate::thread::Thread;
use saker_falco_events::Event;
use saker_process_state::{ContainerRef, Placement};
use std::net::Ipv4Addr;
use std::sync::Arc;

/// What the events that tell of containers are called.
const ADDED: &[u8] = b"container";
const REMOVED: &[u8] = b"container_removed";

/// Most cgroups whose container is remembered.
const PLACES_MAX: usize = 4_096;

/// Longest cgroups whose container is remembered, bytes.
const PLACE_BYTES_MAX: usize = 4_096;

/// Characters of an id that Falco shows.
const SHORT_CHARACTERS: usize = 12;

/// Longest id of a container that is remembered, bytes. Events about containers may be of any length.
const ID_BYTES_MAX: usize = 256;

/// The containers of a capture.
#[derive(Debug, Default)]
pub(super) struct Containers {
    /// Those that events told of, by what `container.id` shows.
    known: Map<Box<str>, Arc<ToldContainer>>,
    /// Bytes of all of them.
    bytes: usize,
    /// Containers by cgroups, so that threads share them.
    places: Map<Arc<[u8]>, Option<Place>>,
    /// The container that the present event tells of.
    told: Option<Arc<ToldContainer>>,
}

/// What a capture tells of the container that an event belongs to.
#[derive(Clone, Copy, Debug)]
pub enum KnownContainer<'m> {
    /// There is none: the event happened on the host.
    Host,
    /// This.
    Told {
        /// The container.
        container: &'m ToldContainer,
        /// That of its pod's sandbox, if that was told of apart.
        sandbox: Option<&'m ToldContainer>,
    },
    /// Nothing.
    Untold,
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

    /// Takes what an event tells; gives whether there was room for it.
    fn tell(&mut self, json: &[u8], limits: &Limits) -> bool {
        let Some(told) = ToldContainer::parse(json).map(Arc::new) else {
            return true;
        };
        self.told = Some(Arc::clone(&told));
        let before = self.known.get(&told.id).map_or(0, |known| known.bytes);
        let bytes = self.bytes.saturating_sub(before).saturating_add(told.bytes);
        let is_new = !self.known.contains_key(&told.id);
        let is_over = (is_new && self.known.len() >= limits.containers)
            || told.id.len() > ID_BYTES_MAX
            || bytes > limits.container_bytes;
        if is_over {
            return false;
        }
        self.bytes = bytes;
        self.known.insert(told.id.clone(), told);
        true
    }

    fn tell_end(&mut self, json: &[u8]) {
        let Some(told) = ToldContainer::parse(json) else {
            return;
        };
        if let Some(known) = self.known.remove(&told.id) {
            self.bytes = self.bytes.saturating_sub(known.bytes);
        }
        self.told = Some(Arc::new(told));
    }

    /// The sandbox of a container's pod, where the container itself does not tell of the pod's network.
    fn sandbox(&self, container: &ToldContainer) -> Option<&ToldContainer> {
        let pod = container.info.pod.as_ref()?;
        if pod.cni_json.is_some() {
            return None;
        }
        let id = pod.id.get(..SHORT_CHARACTERS).unwrap_or(&pod.id);
        self.known.get(id).map(Arc::as_ref)
    }
}

impl Machine {
    /// The value of `container.id`: the container that the last event tells of, else that of the
    /// thread `tid`. `None` where neither is known.
    #[must_use]
    pub fn container_id(&self, tid: i64) -> Option<&str> {
        if let Some(told) = &self.containers.told {
            return Some(&told.id);
        }
        let thread = self.thread(tid)?;
        Some(thread.container.as_deref().unwrap_or("host"))
    }

    /// The container that the last event tells of, else that of the thread `tid`; `None` where neither
    /// is known.
    #[must_use]
    pub fn container(&self, tid: i64) -> Option<KnownContainer<'_>> {
        let containers = &self.containers;
        let container = match &containers.told {
            Some(told) => told,
            None => match self.thread(tid)?.container.as_deref() {
                None => return Some(KnownContainer::Host),
                Some(id) => match containers.known.get(id) {
                    None => return Some(KnownContainer::Untold),
                    Some(known) => known,
                },
            },
        };
        Some(KnownContainer::Told {
            container,
            sandbox: containers.sandbox(container),
        })
    }

    /// Whether an address of IPv4 is one of the container's that a thread runs in; `None` where the
    /// host's addresses decide.
    #[must_use]
    pub fn is_container_address(&self, thread: &Thread, address: Ipv4Addr) -> Option<bool> {
        let id = thread.container.as_deref()?;
        let address = Address::Ipv4(address);
        let known = &self.containers.known;
        let own = known.get(id).map(|container| container.address);
        match own.filter(|own| *own != Address::Untold) {
            Some(own) => (own == address).then_some(true),
            // Any container may be meant when the capture does not tell the address of this one.
            None => Some(known.values().any(|other| other.address == address)),
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
        let is_json = event.event_type.code.0 == code::CONTAINER_JSON;
        let json = if is_json {
            parameter::text(event, 0)
        } else {
            event.text(2).unwrap_or_default()
        };
        let has_room = match parameter::text(event, 1) {
            _ if is_json => self.containers.tell(json, &self.limits),
            ADDED => self.containers.tell(json, &self.limits),
            REMOVED => {
                self.containers.tell_end(json);
                true
            }
            _ => true,
        };
        if !has_room {
            self.stats.entries_dropped = self.stats.entries_dropped.saturating_add(1);
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
    use super::KnownContainer;
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
        machine
            .containers
            .tell(br#"{"container":{"id":"db"}}"#, &Limits::default());
        assert_eq!(machine.container_id(1), Some("db"));
        machine.forget_told_container();
        assert_eq!(machine.container_id(1), Some("host"));
        machine.containers.tell(b"{", &Limits::default());
        assert_eq!(machine.container_id(1), Some("host"));
    }

    #[test]
    fn the_addresses_of_containers_come_from_events() {
        let mut machine = machine();
        let json = br#"{"container":{"id":"web","ip":"172.17.0.4"}}"#;
        machine.containers.tell(json, &Limits::default());
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
    fn a_container_that_events_told_of_is_known_until_it_ends() {
        let mut machine = machine();
        let name = |machine: &Machine, tid| match machine.container(tid) {
            Some(KnownContainer::Told { container, .. }) => container.info.name.clone(),
            _ => None,
        };
        assert!(matches!(machine.container(1), Some(KnownContainer::Host)));
        assert!(matches!(machine.container(2), Some(KnownContainer::Untold)));
        assert!(machine.container(9).is_none());
        let json = br#"{"container":{"id":"web","name":"shop"}}"#;
        assert!(machine.containers.tell(json, &Limits::default()));
        machine.forget_told_container();
        assert_eq!(name(&machine, 2).as_deref(), Some("shop"));
        machine.containers.tell_end(json);
        assert_eq!(name(&machine, 1).as_deref(), Some("shop"), "told of now");
        machine.forget_told_container();
        assert!(matches!(machine.container(2), Some(KnownContainer::Untold)));
        assert_eq!(machine.containers.bytes, 0);
    }

    #[test]
    fn the_sandbox_tells_what_a_container_of_its_pod_does_not() {
        let mut machine = machine();
        let own = br#"{"container":{"id":"web","pod_sandbox_id":"0123456789abcdef"}}"#;
        let sandbox = br#"{"container":{"id":"0123456789ab","ip":"10.1.0.7"}}"#;
        for json in [&own[..], sandbox] {
            machine.containers.tell(json, &Limits::default());
        }
        machine.forget_told_container();
        let Some(KnownContainer::Told { sandbox, .. }) = machine.container(2) else {
            panic!("not told");
        };
        assert_eq!(&*sandbox.unwrap().id, "0123456789ab");
    }

    #[test]
    fn what_is_remembered_of_containers_is_bounded() {
        let mut machine = machine();
        let json = |id: &str, name: &str| {
            format!(r#"{{"container":{{"id":"{id}","name":"{name}"}}}}"#).into_bytes()
        };
        let long = "i".repeat(super::ID_BYTES_MAX + 1);
        let limits = Limits {
            containers: 2,
            container_bytes: 200,
            ..Limits::default()
        };
        let has_room =
            [&long, "a", "b", "c"].map(|id| machine.containers.tell(&json(id, "n"), &limits));
        assert_eq!(has_room, [false, true, true, false]);
        let long = "n".repeat(200);
        assert!(!machine.containers.tell(&json("a", &long), &limits));
        assert!(machine.containers.tell(&json("a", "other"), &limits));
        let known = &machine.containers.known;
        assert!(known.contains_key("a") && known.contains_key("b"));
        let bytes = json("a", "other").len() + json("b", "n").len();
        assert_eq!(machine.containers.bytes, bytes);

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
