//! Names of users and groups.
//!
//! The files are the host's, or those of any other root: a container's own files name its users.
//! Bytes that are not text stay as they are; lines that are not entries are skipped.

use foldhash::{HashMap, HashMapExt};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Least time between two looks at the files, nanoseconds.
const LOOK_EVERY_NS: u64 = 5_000_000_000;

/// Most bytes of a file that are read; entries behind them have no name.
const FILE_BYTES_MAX: u64 = 8 << 20;

/// Most entries of a file that are kept.
const ENTRIES_MAX: usize = 65_536;

/// A user of the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Login name.
    pub name: Box<[u8]>,
    /// Home directory.
    pub home: Box<[u8]>,
    /// Login shell.
    pub shell: Box<[u8]>,
}

/// Users and groups of one root file system.
#[derive(Debug)]
pub struct Users {
    passwd: Watched,
    group: Watched,
    users: HashMap<u32, User>,
    groups: HashMap<u32, Box<[u8]>>,
    looked_boot_ns: Option<u64>,
}

/// A file that is read again when it changed.
#[derive(Debug)]
struct Watched {
    path: PathBuf,
    modified: Option<SystemTime>,
}

impl Users {
    /// Reads `etc/passwd` and `etc/group` below `root`. A file that cannot be read has no entries.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        let mut users = Self {
            passwd: Watched::new(root.join("etc/passwd")),
            group: Watched::new(root.join("etc/group")),
            users: HashMap::new(),
            groups: HashMap::new(),
            looked_boot_ns: None,
        };
        users.look();
        users
    }

    /// Nobody: for events that name their users themselves.
    #[must_use]
    pub fn none() -> Self {
        Self {
            passwd: Watched::new(PathBuf::new()),
            group: Watched::new(PathBuf::new()),
            users: HashMap::new(),
            groups: HashMap::new(),
            looked_boot_ns: None,
        }
    }

    /// Reads the files again if they changed, and says whether they did; looks at them every few seconds
    /// at most.
    pub fn refresh(&mut self, now_boot_ns: u64) -> bool {
        let is_early = self
            .looked_boot_ns
            .is_some_and(|looked| now_boot_ns.saturating_sub(looked) < LOOK_EVERY_NS);
        if is_early {
            return false;
        }
        self.looked_boot_ns = Some(now_boot_ns);
        self.look()
    }

    fn look(&mut self) -> bool {
        let mut has_changed = false;
        if let Some(content) = self.passwd.changed() {
            self.users = entries(&content)
                .filter_map(user)
                .take(ENTRIES_MAX)
                .collect();
            has_changed = true;
        }
        if let Some(content) = self.group.changed() {
            self.groups = entries(&content)
                .filter_map(group)
                .take(ENTRIES_MAX)
                .collect();
            has_changed = true;
        }
        has_changed
    }

    /// Adds a user that is known from elsewhere, as from a recording; beyond a bound it has no name.
    pub fn insert_user(&mut self, uid: u32, user: User) {
        if self.users.len() < ENTRIES_MAX {
            self.users.insert(uid, user);
        }
    }

    /// Adds a group that is known from elsewhere; beyond a bound it has no name.
    pub fn insert_group(&mut self, gid: u32, name: &[u8]) {
        if self.groups.len() < ENTRIES_MAX {
            self.groups.insert(gid, name.into());
        }
    }

    /// All users, in no order.
    pub fn users(&self) -> impl Iterator<Item = (u32, &User)> {
        self.users.iter().map(|(uid, user)| (*uid, user))
    }

    /// Ids and names of all groups, in no order.
    pub fn groups(&self) -> impl Iterator<Item = (u32, &[u8])> {
        self.groups.iter().map(|(gid, name)| (*gid, &**name))
    }

    /// The user with this id.
    #[must_use]
    pub fn user(&self, uid: u32) -> Option<&User> {
        self.users.get(&uid)
    }

    /// Name of the group with this id.
    #[must_use]
    pub fn group(&self, gid: u32) -> Option<&[u8]> {
        self.groups.get(&gid).map(|name| &**name)
    }
}

impl Watched {
    fn new(path: PathBuf) -> Self {
        Self {
            path,
            modified: None,
        }
    }

    /// The content, if the file changed since the last look; empty when it cannot be read.
    fn changed(&mut self) -> Option<Vec<u8>> {
        let modified = std::fs::metadata(&self.path)
            .and_then(|metadata| metadata.modified())
            .ok();
        if modified.is_some() && modified == self.modified {
            return None;
        }
        self.modified = modified;
        let mut content = Vec::new();
        let read = File::open(&self.path)
            .and_then(|file| file.take(FILE_BYTES_MAX).read_to_end(&mut content));
        if read.is_err() {
            self.modified = None;
            content.clear();
        }
        Some(content)
    }
}

/// The lines, split at their colons.
fn entries(content: &[u8]) -> impl Iterator<Item = Vec<&[u8]>> {
    content
        .split(|byte| *byte == b'\n')
        .map(|line| line.split(|byte| *byte == b':').collect())
}

/// `name:password:uid:gid:comment:home:shell`
fn user(entry: Vec<&[u8]>) -> Option<(u32, User)> {
    let [name, _, uid, _, _, home, shell, ..] = entry.as_slice() else {
        return None;
    };
    let user = User {
        name: (*name).into(),
        home: (*home).into(),
        shell: (*shell).into(),
    };
    Some((number(uid)?, user))
}

/// `name:password:gid:members`
fn group(entry: Vec<&[u8]>) -> Option<(u32, Box<[u8]>)> {
    let [name, _, gid, ..] = entry.as_slice() else {
        return None;
    };
    Some((number(gid)?, (*name).into()))
}

fn number(text: &[u8]) -> Option<u32> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

#[cfg(test)]
mod tests;
