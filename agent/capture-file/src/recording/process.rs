//! Processes in a form that later versions can read: fields by name, those that are missing have their
//! default.

use saker_process_state::{
    BootTime, Capabilities, CgroupId, Comm, Credentials, Image, Origin, Pid, Placement, Process,
    ProcessKey, Snapshot, StringVector,
};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use std::sync::Arc;

/// A process as it was read from `/proc`. Its container is not stored: it follows from the cgroup.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StoredSnapshot {
    pid: u32,
    start_boot_ns: u64,
    parent: Option<(u32, u64)>,
    ppid: u32,
    vpid: u32,
    exec_id: Option<u64>,
    comm: ByteBuf,
    image: StoredImage,
    cwd: Option<ByteBuf>,
    clone_time: Option<u64>,
    exit_time: Option<u64>,
    tty: u32,
    session: u32,
    pgid: Option<u32>,
    vpgid: Option<u32>,
    credentials: StoredCredentials,
    /// Permitted, effective, inheritable.
    capabilities: Option<(u64, u64, u64)>,
    pid_namespace: u32,
    mount_namespace: u32,
    cgroup_id: Option<u64>,
    cgroup_path: Option<ByteBuf>,
    updated: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct StoredImage {
    exe_path: Option<ByteBuf>,
    exe_root: Option<ByteBuf>,
    arguments: Option<StoredVector>,
    environment: Option<StoredVector>,
    flags: Option<u64>,
    path_flags: u16,
    inode: Option<u64>,
    device: Option<u64>,
    ctime_wall_ns: Option<u64>,
    mtime_wall_ns: Option<u64>,
    interpreter: Option<ByteBuf>,
    user_namespace: Option<u32>,
    exec_time: Option<u64>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct StoredVector {
    bytes: ByteBuf,
    is_truncated: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct StoredCredentials {
    uid: u32,
    gid: u32,
    ruid: Option<u32>,
    suid: Option<u32>,
    rgid: Option<u32>,
    loginuid: Option<u32>,
}

fn stored(bytes: &[u8]) -> ByteBuf {
    ByteBuf::from(bytes)
}

fn bytes(stored: ByteBuf) -> Box<[u8]> {
    stored.into_vec().into()
}

impl StoredSnapshot {
    /// Bytes of its texts.
    pub(super) fn text_bytes(&self) -> usize {
        let image = &self.image;
        let vectors = [&image.arguments, &image.environment];
        let vectors = vectors.map(|vector| vector.as_ref().map(|vector| &vector.bytes));
        let texts = [
            self.cwd.as_ref(),
            self.cgroup_path.as_ref(),
            image.exe_path.as_ref(),
            image.exe_root.as_ref(),
            image.interpreter.as_ref(),
        ];
        let all = texts.into_iter().chain(vectors).flatten();
        all.fold(0, |sum, text| sum.saturating_add(text.len()))
    }
}

impl From<&Snapshot> for StoredSnapshot {
    fn from(snapshot: &Snapshot) -> Self {
        let process = &snapshot.process;
        Self {
            pid: process.key.pid.0,
            start_boot_ns: process.key.start_boot_ns.0,
            parent: process
                .parent
                .map(|parent| (parent.pid.0, parent.start_boot_ns.0)),
            ppid: process.ppid.0,
            vpid: process.vpid,
            exec_id: process.exec_id,
            comm: stored(process.comm.as_bytes()),
            image: StoredImage::from(&*process.image),
            cwd: process.cwd.as_deref().map(stored),
            clone_time: process.clone_time.map(|time| time.0),
            exit_time: process.exit_time.map(|time| time.0),
            tty: process.tty,
            session: process.session.0,
            pgid: process.pgid.map(|pid| pid.0),
            vpgid: process.vpgid,
            credentials: StoredCredentials {
                uid: process.credentials.uid,
                gid: process.credentials.gid,
                ruid: process.credentials.ruid,
                suid: process.credentials.suid,
                rgid: process.credentials.rgid,
                loginuid: process.credentials.loginuid,
            },
            capabilities: process
                .capabilities
                .map(|set| (set.permitted, set.effective, set.inheritable)),
            pid_namespace: process.pid_namespace,
            mount_namespace: process.mount_namespace,
            cgroup_id: process.cgroup_id.map(|id| id.0),
            cgroup_path: snapshot.cgroup_path.as_deref().map(stored),
            updated: process.updated.0,
        }
    }
}

impl From<StoredSnapshot> for Snapshot {
    fn from(stored: StoredSnapshot) -> Self {
        let credentials = stored.credentials;
        let key = |(pid, start)| ProcessKey::new(Pid(pid), BootTime(start));
        let process = Process {
            key: key((stored.pid, stored.start_boot_ns)),
            parent: stored.parent.map(key),
            ppid: Pid(stored.ppid),
            vpid: stored.vpid,
            exec_id: stored.exec_id,
            comm: Comm::new(&stored.comm),
            image: Arc::new(stored.image.into()),
            cwd: stored.cwd.map(|path| bytes(path).into()),
            clone_time: stored.clone_time.map(BootTime),
            exit_time: stored.exit_time.map(BootTime),
            tty: stored.tty,
            session: Pid(stored.session),
            pgid: stored.pgid.map(Pid),
            vpgid: stored.vpgid,
            credentials: Credentials {
                uid: credentials.uid,
                gid: credentials.gid,
                ruid: credentials.ruid,
                suid: credentials.suid,
                rgid: credentials.rgid,
                loginuid: credentials.loginuid,
            },
            capabilities: stored
                .capabilities
                .map(|(permitted, effective, inheritable)| Capabilities {
                    permitted,
                    effective,
                    inheritable,
                }),
            pid_namespace: stored.pid_namespace,
            mount_namespace: stored.mount_namespace,
            cgroup_id: stored.cgroup_id.map(CgroupId),
            placement: Placement::Unknown,
            origin: Origin::ProcFs,
            updated: BootTime(stored.updated),
        };
        Self {
            process,
            cgroup_path: stored.cgroup_path.map(bytes),
        }
    }
}

impl From<&Image> for StoredImage {
    fn from(image: &Image) -> Self {
        Self {
            exe_path: image.exe_path.as_deref().map(stored),
            exe_root: image.exe_root.as_deref().map(stored),
            arguments: image.arguments.as_ref().map(StoredVector::from),
            environment: image.environment.as_ref().map(StoredVector::from),
            flags: image.flags,
            path_flags: image.path_flags,
            inode: image.inode,
            device: image.device,
            ctime_wall_ns: image.ctime_wall_ns,
            mtime_wall_ns: image.mtime_wall_ns,
            interpreter: image.interpreter.as_deref().map(stored),
            user_namespace: image.user_namespace,
            exec_time: image.exec_time.map(|time| time.0),
        }
    }
}

impl From<StoredImage> for Image {
    fn from(stored: StoredImage) -> Self {
        Self {
            exe_path: stored.exe_path.map(bytes),
            exe_root: stored.exe_root.map(bytes),
            arguments: stored.arguments.map(Into::into),
            environment: stored.environment.map(Into::into),
            flags: stored.flags,
            path_flags: stored.path_flags,
            inode: stored.inode,
            device: stored.device,
            ctime_wall_ns: stored.ctime_wall_ns,
            mtime_wall_ns: stored.mtime_wall_ns,
            interpreter: stored.interpreter.map(bytes),
            user_namespace: stored.user_namespace,
            exec_time: stored.exec_time.map(BootTime),
        }
    }
}

impl From<&StringVector> for StoredVector {
    fn from(vector: &StringVector) -> Self {
        Self {
            bytes: stored(&vector.bytes),
            is_truncated: vector.is_truncated,
        }
    }
}

impl From<StoredVector> for StringVector {
    fn from(stored: StoredVector) -> Self {
        Self {
            bytes: bytes(stored.bytes),
            is_truncated: stored.is_truncated,
        }
    }
}
