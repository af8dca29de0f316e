//! The maps that programs and loader share.

use crate::early::EarlyPacket;
use crate::state::{Peer, PeerState, SocketState};
use aya_ebpf::bindings::{BPF_F_CLONE, BPF_F_NO_PREALLOC, bpf_map_type::BPF_MAP_TYPE_SK_STORAGE};
use aya_ebpf::macros::{btf_map, map};
use aya_ebpf::maps::{LruHashMap, PerCpuArray, RingBuf};

/// What the kernel's loader reads of a map of socket storage.
#[repr(C)]
pub(crate) struct SocketStorage {
    r#type: *const [i32; BPF_MAP_TYPE_SK_STORAGE as usize],
    key: *const i32,
    value: *const SocketState,
    max_entries: *const [i32; 0],
    map_flags: *const [i32; (BPF_F_NO_PREALLOC | BPF_F_CLONE) as usize],
}

// SAFETY: the pointers stand for types and numbers; nobody follows them.
unsafe impl Sync for SocketStorage {}

/// One state a socket; accepted sockets inherit a copy of their listener's. Where the kernel has no memory for the
/// copy it gives up the connection that is being accepted.
#[btf_map]
pub(crate) static SOCKETS: SocketStorage = SocketStorage {
    r#type: core::ptr::null(),
    key: core::ptr::null(),
    value: core::ptr::null(),
    max_entries: core::ptr::null(),
    map_flags: core::ptr::null(),
};

/// Peers of UDP sockets; those that were not heard of for long make room.
#[map]
pub(crate) static PEERS: LruHashMap<Peer, PeerState> = LruHashMap::with_max_entries(16384, 0);

/// Cookies of sockets of whose payload user space wants no more, with the time of a record that it had of the
/// connection, nanoseconds since boot: the socket may have another one by now. Entries that no packet takes out
/// make room.
#[map]
pub(crate) static SATISFIED: LruHashMap<u64, u64> = LruHashMap::with_max_entries(16384, 0);

/// Payload that came to a listener before the connection existed.
#[map]
pub(crate) static EARLY: PerCpuArray<EarlyPacket> = PerCpuArray::with_max_entries(1, 0);

/// Rows about connections. Sized by the loader.
#[map]
pub(crate) static NETWORK: RingBuf = RingBuf::with_byte_size(1 << 22, 0);
