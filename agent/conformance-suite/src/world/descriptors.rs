//! Falco's table of open descriptors, which the agent does not keep.

use std::collections::BTreeMap;

use super::value::Address;

/// What a descriptor leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Descriptor {
    File(Vec<u8>),
    Ipv4,
    Ipv6,
    Unix,
}

impl Descriptor {
    /// `fd.type`.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::File(_) => "file",
            Self::Ipv4 => "ipv4",
            Self::Ipv6 => "ipv6",
            Self::Unix => "unix",
        }
    }

    /// What a socket with this address is.
    pub(crate) fn of_address(address: &Address) -> Self {
        match address {
            Address::Ip(end) if end.is_ipv4() => Self::Ipv4,
            Address::Ip(_) => Self::Ipv6,
            Address::Unix(_) => Self::Unix,
        }
    }
}

/// The table, by process and number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Descriptors {
    open: BTreeMap<(i64, i64), Descriptor>,
}

impl Descriptors {
    /// A file is open.
    pub(crate) fn open_file(&mut self, pid: i64, number: i64, path: &[u8]) {
        self.open(pid, number, Descriptor::File(path.to_vec()));
    }

    /// Something is open; negative numbers are calls that failed.
    pub(crate) fn open(&mut self, pid: i64, number: i64, descriptor: Descriptor) {
        if number >= 0 {
            self.open.insert((pid, number), descriptor);
        }
    }

    /// What a number leads to.
    pub(crate) fn get(&self, pid: i64, number: i64) -> Option<&Descriptor> {
        self.open.get(&(pid, number))
    }

    /// `fd.types`: the types of what a process has open, each once.
    pub(crate) fn types(&self, pid: i64) -> Vec<&'static str> {
        let mut types: Vec<&str> = self
            .open
            .iter()
            .filter(|((owner, _), _)| *owner == pid)
            .map(|(_, descriptor)| descriptor.type_name())
            .collect();
        types.sort_unstable();
        types.dedup();
        types
    }
}
