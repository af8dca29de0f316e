//! Which connections the host has, without asking whose they are.

use super::{SOCKETS_MAX, SocketKind, TABLE_BYTES_MAX, network_namespace, row};
use crate::record::Tuple;
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use saker_flow_inspection::Transport;
use saker_process_state::ProcFs;
use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::path::Path;

/// The connections of a host at one moment.
#[derive(Debug)]
pub struct Connections {
    /// When the look began, nanoseconds since boot.
    pub(crate) looked_boot_ns: u64,
    open: HashSet<Tuple>,
    /// Namespaces that were found, and whether all of their connections were.
    namespaces: HashMap<u32, bool>,
    /// Whether there is no other namespace in which a process lives.
    are_all: bool,
}

impl Connections {
    /// Looks at the connections of all network namespaces below `root`, usually `/proc` of the host's pid
    /// namespace. `now_boot_ns` is the time, nanoseconds since boot.
    #[must_use]
    pub fn look(root: &Path, now_boot_ns: u64) -> Self {
        let mut found = Self {
            looked_boot_ns: now_boot_ns,
            open: HashSet::new(),
            namespaces: HashMap::new(),
            are_all: true,
        };
        for pid in ProcFs::new(root).pids() {
            let directory = root.join(pid.0.to_string());
            match network_namespace(&directory) {
                Ok(namespace) => found.look_into(&directory, namespace),
                // It ended meanwhile.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(_) => found.are_all = false,
            }
        }
        // There is at least the process that looks.
        found.are_all &= !found.namespaces.is_empty();
        found
    }

    /// Whether it is known that there is no such connection. Where something could not be read nothing is.
    pub(crate) fn lacks(&self, tuple: &Tuple) -> bool {
        if tuple.network_namespace == 0 || self.open.contains(tuple) {
            return false;
        }
        let is_read = self.namespaces.get(&tuple.network_namespace).copied();
        is_read.unwrap_or(self.are_all)
    }

    /// Reads the tables of a namespace by a process that lives in it, unless another one has shown all of it.
    fn look_into(&mut self, directory: &Path, namespace: u32) {
        if self.namespaces.get(&namespace) == Some(&true) {
            return;
        }
        let tables = ["tcp", "tcp6"].map(|name| self.read(directory, name, namespace));
        let is_read = match tables {
            [Ok(()), Ok(())] => true,
            // A kernel without IPv6.
            [Ok(()), Err(error)] => error.kind() == ErrorKind::NotFound,
            [Err(_), _] => false,
        };
        // The process may have ended meanwhile, and its tables with it.
        let is_there = network_namespace(directory).is_ok_and(|now| now == namespace);
        self.namespaces.insert(namespace, is_read && is_there);
    }

    fn read(&mut self, directory: &Path, name: &str, namespace: u32) -> io::Result<()> {
        let file = File::open(directory.join("net").join(name))?;
        let mut table = BufReader::new(file.take(TABLE_BYTES_MAX));
        // The first line is the heading.
        for line in table.by_ref().lines().skip(1) {
            let Some(row) = row(&line?, Transport::Tcp, namespace) else {
                continue;
            };
            if row.kind == SocketKind::Connected {
                if self.open.len() >= SOCKETS_MAX {
                    return Err(io::Error::other("too many sockets"));
                }
                self.open.insert(row.ends.tuple());
            }
        }
        if table.get_ref().limit() == 0 {
            return Err(io::Error::other("too long a table"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
