//! What was there when a capture began.

use super::files::joined_path;
use super::image::{self, Words};
use super::interfaces;
use super::record::Record;
use super::socket::{Addresses, Layout, mapped_ipv4};
use super::table::Slot;
use super::texts::Texts;
use super::{Machine, parameter};
use crate::descriptor::{Descriptor, DescriptorKind, Endpoint, L4Protocol, Role, SocketState};
use crate::snapshot::{DescriptorSnapshot, Interface, ThreadSnapshot};
use crate::thread::{Thread, clone_flag};
use saker_process_state::{
    BootTime, Capabilities, Comm, Credentials, Image, Origin, Pid, Placement, Process, ProcessKey,
};
use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;

/// Longest name of a network interface, bytes.
const INTERFACE_BYTES_MAX: usize = 255;

/// A thread of which nothing is known, not even the id.
pub(super) fn unknown_thread() -> Thread {
    let words = Words {
        exe: parameter::UNREAD,
        arguments: b"",
    };
    let image = Image {
        exe_path: Some(Box::default()),
        arguments: Some(words.vector()),
        flags: Some(0),
        inode: Some(0),
        ctime_wall_ns: Some(0),
        mtime_wall_ns: Some(0),
        ..Image::default()
    };
    let mut thread = Thread {
        tid: -1,
        pid: -1,
        ptid: -1,
        vtid: -1,
        vpid: -1,
        sid: -1,
        pgid: -1,
        vpgid: -1,
        fd_limit: -1,
        flags: clone_flag::NAME_CHANGED,
        name: Arc::default(),
        memory_kb: [0; 3],
        page_faults: [0; 2],
        cgroups: Arc::default(),
        container: None,
        root: Arc::default(),
        clone_time_ns: 0,
        exec_time_ns: 0,
        pid_namespace_start_ns: 0,
        exe_ctime_to_clone_ns: 0,
        exe_ctime_to_pid_namespace_ns: 0,
        process: unknown_process(image),
    };
    thread.set_name(parameter::UNREAD);
    thread
}

fn unknown_process(image: Image) -> Process {
    Process {
        key: ProcessKey::new(Pid(0), BootTime(0)),
        parent: None,
        ppid: Pid(0),
        vpid: 0,
        exec_id: None,
        comm: Comm::default(),
        image: Arc::new(image),
        cwd: Some((*b"./").into()),
        clone_time: None,
        exit_time: None,
        tty: 0,
        session: Pid(0),
        pgid: None,
        vpgid: None,
        credentials: Credentials {
            uid: u32::MAX,
            gid: u32::MAX,
            ..Credentials::default()
        },
        capabilities: Some(Capabilities::default()),
        pid_namespace: 0,
        mount_namespace: 0,
        cgroup_id: None,
        // Falco takes what is in no container that it knows for the host.
        placement: Placement::Host,
        origin: Origin::Header,
        updated: BootTime(0),
    }
}

impl Machine {
    /// Takes a thread that was there.
    pub fn add_thread(&mut self, snapshot: ThreadSnapshot) {
        if !self.has_room() {
            self.stats.threads_dropped = self.stats.threads_dropped.saturating_add(1);
            return;
        }
        self.stats.threads_added = self.stats.threads_added.saturating_add(1);
        let mut thread = self.unknown.clone();
        self.fill(&mut thread, &snapshot);
        let parent = self.threads.records.get(&snapshot.ptid);
        let others = parent.map(|parent| Texts::of(&parent.thread));
        self.bound_texts(&mut thread, others.as_ref());
        self.ensure_user_of(&thread.process);
        let is_main = snapshot.tid == snapshot.pid;
        let mut record = Record::new(self.threads.next_serial(), thread);
        record.owns_environment = is_main;
        if is_main {
            let mut directory = joined_path(b"", &snapshot.cwd);
            if directory.last() != Some(&b'/') {
                directory.push(b'/');
            }
            record.cwd = self.bound_directory(directory);
        }
        self.threads.insert(record);
    }

    fn fill(&mut self, thread: &mut Thread, snapshot: &ThreadSnapshot) {
        thread.tid = snapshot.tid;
        thread.pid = snapshot.pid;
        thread.ptid = snapshot.ptid;
        thread.vtid = snapshot.vtid;
        thread.vpid = snapshot.vpid;
        thread.sid = snapshot.sid;
        thread.pgid = snapshot.pgid;
        thread.vpgid = snapshot.vpgid;
        thread.fd_limit = snapshot.fd_limit;
        thread.flags |= snapshot.flags | clone_flag::ACTIVE;
        thread.set_name(&snapshot.comm);
        thread.memory_kb = [snapshot.vm_size_kb, snapshot.vm_rss_kb, snapshot.vm_swap_kb];
        thread.page_faults = [snapshot.pf_major, snapshot.pf_minor];
        thread.root = (*snapshot.root).into();
        thread.pid_namespace_start_ns = snapshot.pidns_init_start_ts;
        let parent = self.threads.records.get(&snapshot.ptid);
        let like = parent.map(|record| Arc::clone(&record.thread));
        image::set_cgroups(thread, &snapshot.cgroups, like.as_deref());
        self.containers.place(thread);
        thread.process.image = Arc::new(image(snapshot));
        let process = &mut thread.process;
        process.tty = snapshot.tty;
        process.credentials = Credentials {
            uid: snapshot.uid,
            gid: snapshot.gid,
            loginuid: Some(snapshot.loginuid).filter(|uid| *uid != u32::MAX),
            ..Credentials::default()
        };
        process.capabilities = Some(Capabilities {
            permitted: snapshot.cap_permitted,
            effective: snapshot.cap_effective,
            inheritable: snapshot.cap_inheritable,
        });
        process.origin = Origin::ProcFs;
        thread.follow_ids();
    }

    /// Takes a descriptor that was open; `tid` is the thread whose table lists it. The name of a
    /// connection is made from its ends, whatever the snapshot says.
    pub fn add_descriptor(&mut self, tid: i64, snapshot: DescriptorSnapshot) {
        self.put_into(tid, snapshot.number, Slot::new(snapshot.descriptor));
    }

    /// Takes a network interface.
    pub fn add_interface(&mut self, mut interface: Interface) {
        if self.interfaces.len() < self.limits.interfaces {
            self.cut(&mut interface.name, INTERFACE_BYTES_MAX);
            self.interfaces.push(interface);
        } else {
            self.drop_entry();
        }
    }

    /// Ends what was there at the begin of the capture: relates threads to parents and processes,
    /// and sockets to servers and clients. To be called once, before the first event.
    pub fn start(&mut self) {
        let mut tids: Vec<i64> = self.threads.records.keys().copied().collect();
        tids.sort_unstable();
        for tid in &tids {
            self.threads.relate(*tid);
        }
        for tid in &tids {
            self.share_environment(*tid);
        }
        self.name_sockets();
    }

    /// Threads have the environment of their main thread.
    fn share_environment(&mut self, tid: i64) {
        let Some(main) = self.threads.main(tid).filter(|main| main.thread.tid != tid) else {
            return;
        };
        let main = Arc::clone(&main.thread.process.image);
        let Some(record) = self.threads.records.get(&tid) else {
            return;
        };
        let mut image = Image {
            environment: main.environment.clone(),
            ..Image::clone(&record.thread.process.image)
        };
        let image = if image == *main {
            main
        } else {
            let environment = image.environment.as_ref();
            let bytes = environment.map_or(0, |environment| environment.bytes.len());
            if bytes > 0 && !self.take_text(bytes) {
                image.environment = None;
            }
            Arc::new(image)
        };
        if let Some(record) = self.threads.records.get_mut(&tid) {
            record.thread_mut().process.image = image;
        }
    }

    /// Gives sockets the names and the roles that follow from their addresses: who is connected to a
    /// port on which somebody listens is a server.
    fn name_sockets(&mut self) {
        let records = self.threads.records.values();
        let slots = records.flat_map(|record| record.descriptors.slots());
        let ports: HashSet<u16> = slots
            .filter_map(|slot| match slot.descriptor.kind {
                DescriptorKind::Ipv4Server { local, .. }
                | DescriptorKind::Ipv6Server { local, .. } => Some(local.port),
                _ => None,
            })
            .collect();
        for record in self.threads.records.values_mut() {
            let numbers: Vec<i64> = record.descriptors.numbers().collect();
            for number in numbers {
                if let Some(slot) = record.descriptors.get_mut(number) {
                    name_socket(slot, &self.interfaces, &ports);
                }
            }
        }
    }
}

fn image(snapshot: &ThreadSnapshot) -> Image {
    let words = Words {
        exe: &snapshot.exe,
        arguments: &snapshot.arguments,
    };
    let flags = [
        snapshot.exe_writable,
        snapshot.exe_upper_layer,
        snapshot.exe_from_memfd,
        snapshot.exe_lower_layer,
    ];
    let flags = flags
        .iter()
        .rev()
        .fold(0, |bits, flag| bits << 1 | u64::from(*flag));
    let environment = Some(&snapshot.environment).filter(|_| snapshot.tid == snapshot.pid);
    Image {
        exe_path: Some(image::exe_path(&snapshot.exe_path)),
        arguments: Some(words.vector()),
        environment: environment.and_then(|bytes| image::vector(bytes)),
        flags: Some(flags),
        inode: Some(snapshot.exe_ino),
        ctime_wall_ns: Some(snapshot.exe_ino_ctime),
        mtime_wall_ns: Some(snapshot.exe_ino_mtime),
        ..Image::default()
    }
}

fn name_socket(slot: &mut Slot, interfaces: &[Interface], ports: &HashSet<u16>) {
    let descriptor = as_ipv4(&slot.descriptor);
    if let Some(descriptor) = descriptor {
        *slot = Slot::new(descriptor);
    }
    let Some(layout) = slot.layout() else {
        return;
    };
    match layout {
        Layout::Unix => {
            let is_named = !slot.descriptor.name.is_empty();
            slot.add_role(if is_named { Role::Server } else { Role::Client });
        }
        Layout::Ipv4 => {
            let mut addresses = *slot.addresses();
            interfaces::complete(interfaces, layout, &mut addresses);
            slot.set_socket(layout, addresses);
            connect_if_tcp(slot);
            let source_port = match &slot.descriptor.kind {
                DescriptorKind::Ipv4 { source, .. } => source.port,
                _ => 0,
            };
            if ports.contains(&source_port) {
                slot.swap();
                slot.add_role(Role::Server);
            } else {
                slot.add_role(Role::Client);
            }
            set_name(slot);
        }
        Layout::Ipv6 => {
            connect_if_tcp(slot);
            set_name(slot);
        }
        Layout::Ipv4Server | Layout::Ipv6Server => set_name(slot),
    }
}

/// A connection over IPv6 whose ends are addresses of IPv4 is one over IPv4.
fn as_ipv4(descriptor: &Descriptor) -> Option<Descriptor> {
    let DescriptorKind::Ipv6 {
        source,
        destination,
        protocol,
    } = descriptor.kind
    else {
        return None;
    };
    let mapped = |end: Endpoint| {
        let IpAddr::V6(ip) = end.ip else {
            return None;
        };
        Some(Endpoint {
            ip: IpAddr::V4(mapped_ipv4(ip.octets())?.into()),
            port: end.port,
        })
    };
    Some(Descriptor {
        kind: DescriptorKind::Ipv4 {
            source: mapped(source)?,
            destination: mapped(destination)?,
            protocol,
        },
        ..descriptor.clone()
    })
}

fn connect_if_tcp(slot: &mut Slot) {
    let is_tcp = matches!(
        slot.descriptor.kind,
        DescriptorKind::Ipv4 { protocol, .. } | DescriptorKind::Ipv6 { protocol, .. }
            if protocol == L4Protocol::Tcp
    );
    if is_tcp && slot.descriptor.state == SocketState::None {
        slot.set_connected();
    }
}

/// Names a socket after its addresses, with their ports whatever the protocol.
fn set_name(slot: &mut Slot) {
    let addresses: &Addresses = slot.addresses();
    let mut name = String::new();
    if let Some(layout) = slot.layout() {
        addresses.write_ends(layout, &mut name);
    }
    slot.set_name(name.as_bytes());
}
