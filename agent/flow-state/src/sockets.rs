//! Sockets that are older than the agent, as `/proc` has them.
//!
//! The kernel programs know whose a socket is from when it connects, binds or listens. For those that did so
//! before, `/proc/*/fd` and `/proc/PID/net` are read once: so a server that was there first is named for its
//! new connections, and connections that were there first are counted as not covered.

mod connections;

pub use connections::Connections;

use crate::flow::Role;
use crate::record::Ends;
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use saker_flow_inspection::Transport;
use saker_process_state::{Pid, ProcFs};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

/// Most bytes of one table that are read: some 200,000 sockets.
const TABLE_BYTES_MAX: u64 = 32 << 20;

/// Most sockets of all namespaces together that are taken.
const SOCKETS_MAX: usize = 131_072;

/// Tables of a network namespace.
const TABLES: [(&str, Transport); 4] = [
    ("tcp", Transport::Tcp),
    ("tcp6", Transport::Tcp),
    ("udp", Transport::Udp),
    ("udp6", Transport::Udp),
];

const TCP_TIME_WAIT: u8 = 6;
const TCP_CLOSE: u8 = 7;
const TCP_LISTEN: u8 = 10;

/// The sockets of a host at one moment.
#[derive(Clone, Debug, Default)]
pub struct SocketTable {
    pub(crate) sockets: Vec<OpenSocket>,
}

/// A socket that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OpenSocket {
    pub(crate) ends: Ends,
    pub(crate) kind: SocketKind,
    /// The process with the lowest id that holds it; `None` where none could be read.
    pub(crate) owner: Option<Pid>,
}

/// What a socket does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SocketKind {
    /// It takes connections, or datagrams of anybody.
    Listening,
    /// It has a peer.
    Connected,
}

impl SocketTable {
    /// Reads the sockets of all network namespaces below `root`, usually `/proc` of the host's pid namespace.
    /// What cannot be read is left out.
    #[must_use]
    pub fn read(root: &Path) -> Self {
        let mut owners: HashMap<u64, Pid> = HashMap::new();
        let mut namespaces: HashSet<u32> = HashSet::new();
        let mut table = Self::default();
        let mut rows = Vec::new();
        for pid in ProcFs::new(root).pids() {
            let directory = root.join(pid.0.to_string());
            for inode in sockets_of(&directory) {
                // Ascending, so the first one has the lowest id.
                owners.entry(inode).or_insert(pid);
            }
            let Ok(namespace) = network_namespace(&directory) else {
                continue;
            };
            if namespaces.insert(namespace) {
                read_tables(&directory, namespace, &mut rows);
            }
        }
        table.sockets.extend(rows.into_iter().map(|row| OpenSocket {
            owner: owners.get(&row.inode).copied(),
            ends: row.ends,
            kind: row.kind,
        }));
        table
    }

    /// Whether nothing was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sockets.is_empty()
    }
}

/// One line of a table.
struct TableRow {
    ends: Ends,
    kind: SocketKind,
    inode: u64,
}

/// Inodes of the sockets that a process holds.
fn sockets_of(directory: &Path) -> impl Iterator<Item = u64> {
    let entries = fs::read_dir(directory.join("fd")).ok();
    entries.into_iter().flatten().filter_map(|entry| {
        let target = fs::read_link(entry.ok()?.path()).ok()?;
        inode(target.to_str()?, "socket")
    })
}

fn network_namespace(directory: &Path) -> io::Result<u32> {
    let target = fs::read_link(directory.join("ns/net"))?;
    let number = target.to_str().and_then(|target| inode(target, "net"));
    let number = number.and_then(|number| number.try_into().ok());
    number.ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// The number of `kind:[number]`.
fn inode(target: &str, kind: &str) -> Option<u64> {
    let rest = target.strip_prefix(kind)?.strip_prefix(":[")?;
    rest.strip_suffix(']')?.parse().ok()
}

fn read_tables(directory: &Path, network_namespace: u32, rows: &mut Vec<TableRow>) {
    for (name, transport) in TABLES {
        let Ok(file) = File::open(directory.join("net").join(name)) else {
            continue;
        };
        let lines = BufReader::new(file.take(TABLE_BYTES_MAX)).lines();
        // The first line is the heading.
        for line in lines.skip(1).map_while(Result::ok) {
            if rows.len() >= SOCKETS_MAX {
                return;
            }
            rows.extend(row(&line, transport, network_namespace));
        }
    }
}

/// Reads a line; `None` for sockets that no process uses any more, and for what is no line.
fn row(line: &str, transport: Transport, network_namespace: u32) -> Option<TableRow> {
    let mut words = line.split_ascii_whitespace().skip(1);
    let local = address(words.next()?)?;
    let remote = address(words.next()?)?;
    let state = u8::from_str_radix(words.next()?, 16).ok()?;
    // Queues, timer, retransmissions, user, timeout.
    let inode = words.nth(5)?.parse().ok()?;
    let kind = match (transport, state) {
        (Transport::Tcp, TCP_LISTEN) | (Transport::Udp, TCP_CLOSE) => SocketKind::Listening,
        (Transport::Tcp, TCP_TIME_WAIT | TCP_CLOSE) => return None,
        _ => SocketKind::Connected,
    };
    let ends = Ends {
        transport,
        role: Role::Unknown,
        local,
        remote,
        network_namespace,
    };
    Some(TableRow { ends, kind, inode })
}

/// `0100007F:1F90`: words of four bytes as the processor has them in memory, then the port.
fn address(text: &str) -> Option<SocketAddr> {
    let (address, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let word = |range| {
        let word = u32::from_str_radix(address.get(range)?, 16).ok()?;
        Some(word.to_ne_bytes())
    };
    let ip = match address.len() {
        8 => IpAddr::from(Ipv4Addr::from(word(0..8)?)),
        32 => {
            let words = [word(0..8)?, word(8..16)?, word(16..24)?, word(24..32)?];
            let bytes: [u8; 16] = words.concat().try_into().ok()?;
            IpAddr::from(Ipv6Addr::from(bytes))
        }
        _ => return None,
    };
    Some(SocketAddr::new(ip.to_canonical(), port))
}

#[cfg(test)]
mod tests;
