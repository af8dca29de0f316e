//! The ends of a socket, read from the kernel's own.

use crate::kernel::{read_u16, read_u32, read_u64};
use crate::offset;
use saker_event_schema::SocketTuple;

/// `AF_INET`.
pub const AF_INET: u16 = 2;
/// `AF_INET6`.
pub const AF_INET6: u16 = 10;

/// Writes both ends of a socket, without its role.
///
/// # Safety
///
/// `tuple` points to as many bytes as it has.
#[inline(always)]
pub unsafe fn write_tuple(tuple: *mut SocketTuple, socket: u64) {
    // SAFETY: the caller's. The record's tail is not aligned.
    unsafe {
        let words = tuple.cast::<u64>();
        let family = read_u16(socket, offset!(sock_family));
        let network = read_u32(read_u64(socket, offset!(sock_net)), offset!(net_inum));
        let (local_port, remote_port) = if family == AF_INET || family == AF_INET6 {
            (
                read_u16(socket, offset!(sock_num)),
                read_u16(socket, offset!(sock_dport)).swap_bytes(),
            )
        } else {
            (0, 0)
        };
        let state = read_u16(socket, offset!(sock_state)) & 0xff;
        let protocol = read_u16(socket, offset!(sock_protocol));
        words.write_unaligned(
            u64::from(family)
                | (u64::from(read_u16(socket, offset!(sock_type))) << 16)
                | (u64::from(protocol) << 32)
                | (u64::from(state) << 48),
        );
        words.add(1).write_unaligned(
            u64::from(local_port) | (u64::from(remote_port) << 16) | (u64::from(network) << 32),
        );
        let (mut local, mut remote) = ([0u64; 2], [0u64; 2]);
        if family == AF_INET {
            local[0] = u64::from(read_u32(socket, offset!(sock_rcv_saddr)));
            remote[0] = u64::from(read_u32(socket, offset!(sock_daddr)));
        } else if family == AF_INET6 {
            local[0] = read_u64(socket, offset!(sock_v6_rcv_saddr));
            local[1] = read_u64(socket, offset!(sock_v6_rcv_saddr).wrapping_add(8));
            remote[0] = read_u64(socket, offset!(sock_v6_daddr));
            remote[1] = read_u64(socket, offset!(sock_v6_daddr).wrapping_add(8));
        }
        words.add(2).write_unaligned(local[0]);
        words.add(3).write_unaligned(local[1]);
        words.add(4).write_unaligned(remote[0]);
        words.add(5).write_unaligned(remote[1]);
    }
}
