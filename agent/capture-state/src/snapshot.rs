//! What a capture says was there when it began.

use crate::descriptor::Descriptor;
use std::net::IpAddr;

/// The host of a capture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MachineInfo {
    /// Processors.
    pub cpus: u32,
    /// Memory, bytes.
    pub memory_bytes: u64,
    /// Most processes that there can be.
    pub pids_max: u64,
    /// Name of the host.
    pub hostname: Box<[u8]>,
    /// When the host booted, nanoseconds since the epoch; 0 when not known.
    pub boot_time_ns: u64,
}

/// A network interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Name, such as `eth0`.
    pub name: Box<[u8]>,
    /// Its address.
    pub address: IpAddr,
    /// Mask of its network, if the capture has it.
    pub netmask: Option<IpAddr>,
    /// Broadcast address, if it has one.
    pub broadcast: Option<IpAddr>,
    /// Speed, Mbit/s; 0 when not known.
    pub speed_mbit: u64,
}

/// A user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserEntry {
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
    /// Login name.
    pub name: Box<[u8]>,
    /// Home directory.
    pub home: Box<[u8]>,
    /// Login shell.
    pub shell: Box<[u8]>,
}

/// A group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupEntry {
    /// Group id.
    pub gid: u32,
    /// Name.
    pub name: Box<[u8]>,
}

/// A thread, as the process list has it. Texts are without their NUL; what older captures lack has
/// the value that the field's comment gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ThreadSnapshot {
    /// Thread id.
    pub tid: i64,
    /// Process id.
    pub pid: i64,
    /// Thread id of the parent.
    pub ptid: i64,
    /// Session; -1 when missing.
    pub sid: i64,
    /// Process group in the process's own namespace; -1 when missing.
    pub vpgid: i64,
    /// Process group; -1 when missing.
    pub pgid: i64,
    /// Name of the thread.
    pub comm: Box<[u8]>,
    /// `argv[0]`.
    pub exe: Box<[u8]>,
    /// Path of the program; empty when missing.
    pub exe_path: Box<[u8]>,
    /// Arguments after `argv[0]`, each ended by a NUL.
    pub arguments: Box<[u8]>,
    /// Working directory.
    pub cwd: Box<[u8]>,
    /// Most descriptors the process may have.
    pub fd_limit: i64,
    /// Bits of Falco's `PPM_CL_*`.
    pub flags: u32,
    /// Effective user.
    pub uid: u32,
    /// Effective group.
    pub gid: u32,
    /// Login user; `u32::MAX` when missing.
    pub loginuid: u32,
    /// Capabilities, all 0 when missing.
    pub cap_permitted: u64,
    /// As `cap_permitted`.
    pub cap_effective: u64,
    /// As `cap_permitted`.
    pub cap_inheritable: u64,
    /// Inode of the program; 0 when missing.
    pub exe_ino: u64,
    /// Status change time of the program, nanoseconds since the epoch; 0 when missing.
    pub exe_ino_ctime: u64,
    /// Modification time of the program, nanoseconds since the epoch; 0 when missing.
    pub exe_ino_mtime: u64,
    /// Whether the user may write to the program.
    pub exe_writable: bool,
    /// Whether the program lies in the upper layer of an overlay.
    pub exe_upper_layer: bool,
    /// Whether the program lies in the lower layer of an overlay.
    pub exe_lower_layer: bool,
    /// Whether the program lies in memory only.
    pub exe_from_memfd: bool,
    /// Virtual memory, KiB.
    pub vm_size_kb: u32,
    /// Resident memory, KiB.
    pub vm_rss_kb: u32,
    /// Swapped memory, KiB.
    pub vm_swap_kb: u32,
    /// Major page faults since the start.
    pub pf_major: u64,
    /// Minor page faults since the start.
    pub pf_minor: u64,
    /// Environment, each entry ended by a NUL.
    pub environment: Box<[u8]>,
    /// Thread id in the process's own namespace; -1 when missing.
    pub vtid: i64,
    /// Process id in the process's own namespace; -1 when missing.
    pub vpid: i64,
    /// When the pid namespace began, nanoseconds since the epoch; 0 when missing.
    pub pidns_init_start_ts: u64,
    /// `subsystem=path` of each cgroup hierarchy, each ended by a NUL.
    pub cgroups: Box<[u8]>,
    /// Root directory.
    pub root: Box<[u8]>,
    /// Controlling terminal.
    pub tty: u32,
}

/// A descriptor of a thread that was open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescriptorSnapshot {
    /// Its number.
    pub number: i64,
    /// What it is.
    pub descriptor: Descriptor,
}
