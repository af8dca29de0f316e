//! What is remembered of a socket.

use crate::maps::SOCKETS;
use aya_ebpf::bindings::{BPF_SK_STORAGE_GET_F_CREATE, bpf_sock};
use aya_ebpf::helpers::generated::{bpf_probe_read_kernel, bpf_sk_storage_get};
use core::ffi::c_void;
use saker_event_schema::{EventHeader, SocketTuple};

/// `IPPROTO_TCP`.
pub(crate) const IPPROTO_TCP: u32 = 6;
/// `IPPROTO_UDP`.
pub(crate) const IPPROTO_UDP: u32 = 17;

/// How far a socket is.
pub(crate) mod phase {
    /// It was made, bound or closed.
    pub(crate) const IDLE: u32 = 0;
    /// It listens.
    pub(crate) const LISTENING: u32 = 1;
    /// It connects.
    pub(crate) const CONNECTING: u32 = 2;
    /// Its payload is looked at.
    pub(crate) const OPEN: u32 = 3;
    /// Its payload is no longer looked at.
    pub(crate) const DONE: u32 = 4;
    /// It is the agent's own.
    pub(crate) const IGNORED: u32 = 5;
}

/// What went one way of a stream. Offsets count the bytes from its beginning.
#[repr(C)]
pub(crate) struct Direction {
    /// Sequence number of the first byte.
    pub(crate) base: u32,
    /// Whether `base` was taken from a packet.
    pub(crate) base_seen: u32,
    /// Offset up to which all is known to have gone by.
    pub(crate) next: u32,
    /// Offset of the first byte since the direction changed.
    pub(crate) window_start: u32,
    /// Offset up to which bytes are reported.
    pub(crate) window_end: u32,
    /// Records that were made.
    pub(crate) records: u32,
}

/// What is remembered of a socket.
#[repr(C)]
pub(crate) struct SocketState {
    /// Head of its records: the process that owns it.
    pub(crate) owner: EventHeader,
    /// Both ends, once they are known.
    pub(crate) tuple: SocketTuple,
    /// Names it while the host runs; 0 until the first record.
    pub(crate) cookie: u64,
    /// When it was opened, nanoseconds since boot.
    pub(crate) opened_boot_ns: u64,
    /// Of a stream: since when what is remembered is of its present connection, nanoseconds since boot.
    pub(crate) begun_boot_ns: u64,
    /// Of a stream: what the kernel had counted when it was opened. Of a datagram socket: bytes of payload.
    pub(crate) sent_bytes: u64,
    /// See `sent_bytes`.
    pub(crate) received_bytes: u64,
    /// The task that sends a datagram, to where it said; see [`crate::datagram`].
    pub(crate) sender_task: u64,
    /// See `sender_task`.
    pub(crate) sender_address: [u64; 2],
    /// See `sender_task`. Host byte order.
    pub(crate) sender_port: u32,
    /// See [`phase`].
    pub(crate) phase: u32,
    /// Whether `owner` says a process.
    pub(crate) is_owned: u32,
    /// Which way the last new payload went: 0 none yet, 1 out, 2 in.
    pub(crate) turn: u32,
    /// How often that changed.
    pub(crate) turns: u32,
    /// How many peers a datagram socket had; one that came back counts again.
    pub(crate) peers: u32,
    /// When a datagram socket was let go, seconds since boot.
    pub(crate) let_go_s: u32,
    /// Zero.
    pub(crate) reserved: u32,
    /// What went out, then what came in.
    pub(crate) sent: Direction,
    /// See `sent`.
    pub(crate) received: Direction,
}

/// A UDP socket and one of its peers.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Peer {
    /// The socket.
    pub(crate) cookie: u64,
    /// Address of the peer.
    pub(crate) address: [u64; 2],
    /// Port of the peer, host byte order.
    pub(crate) port: u32,
    /// Zero: keys have no padding.
    pub(crate) reserved: u32,
}

/// What went between a UDP socket and a peer: out, then in.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct PeerState {
    /// Datagrams sent.
    pub(crate) sent: u32,
    /// Datagrams received.
    pub(crate) received: u32,
    /// Bytes of their payload.
    pub(crate) sent_bytes: u64,
    /// See `sent_bytes`.
    pub(crate) received_bytes: u64,
    /// See [`saker_event_schema::socket_role`].
    pub(crate) role: u32,
    /// When one of them was last reported, seconds since boot.
    pub(crate) reported_s: u32,
}

/// The state of a socket, if it has one.
///
/// # Safety
///
/// `socket` is a pointer that the verifier knows as a whole socket, or the context of a program on sockets.
#[inline(always)]
pub(crate) unsafe fn get(socket: *mut c_void) -> Option<*mut SocketState> {
    // SAFETY: the caller's.
    unsafe { find(socket, 0) }
}

/// The state of a socket, made if need be; zeros then.
///
/// # Safety
///
/// As [`get`].
#[inline(always)]
pub(crate) unsafe fn get_or_create(socket: *mut c_void) -> Option<*mut SocketState> {
    // SAFETY: the caller's.
    unsafe { find(socket, u64::from(BPF_SK_STORAGE_GET_F_CREATE)) }
}

#[inline(always)]
unsafe fn find(socket: *mut c_void, flags: u64) -> Option<*mut SocketState> {
    // SAFETY: the caller's; the helper takes no value to begin with.
    let state = unsafe {
        bpf_sk_storage_get(
            (&raw const SOCKETS).cast_mut().cast(),
            socket,
            core::ptr::null_mut(),
            flags,
        )
    };
    if state.is_null() {
        None
    } else {
        Some(state.cast())
    }
}

/// The address of a socket as a number, to read members of the kernel's own struct. By way of memory, because
/// the verifier lets nobody calculate with the pointer itself.
#[inline(always)]
pub(crate) fn address_of(socket: *mut bpf_sock) -> u64 {
    let holder = socket;
    let mut address = 0u64;
    // SAFETY: both are on the stack.
    unsafe {
        bpf_probe_read_kernel(
            (&raw mut address).cast(),
            size_of::<u64>() as u32,
            (&raw const holder).cast(),
        );
    }
    address
}
