//! From a descriptor to its file, inode and socket.

use crate::record::{append, set_missing, tail};
use crate::scratch::{Scratch, get, put};
use aya_ebpf::helpers::generated::bpf_probe_read_kernel;
use core::mem::offset_of;
use saker_ebpf_programs::kernel::{present, read_u16, read_u32, read_u64};
use saker_ebpf_programs::offset;
use saker_ebpf_programs::socket::write_tuple;
use saker_event_schema::{SocketTuple, data_flag, socket_role};

const S_IFMT: u16 = 0o170_000;
const S_IFSOCK: u16 = 0o140_000;
const IPPROTO_TCP: u8 = 6;
const AF_UNIX: u16 = 1;
const OVERLAYFS_MAGIC: u64 = 0x794c_7630;
/// `sun_path` of `struct sockaddr_un`.
const UNIX_PATH_BYTES: u32 = 108;

/// The open file (`struct file`) behind a descriptor of the current process; 0 if there is none.
///
/// # Safety
///
/// `slot` is owned by the caller.
#[inline(always)]
pub(crate) unsafe fn file_of(slot: *mut Scratch, descriptor: i64) -> u64 {
    // SAFETY: the caller's.
    unsafe {
        if descriptor < 0 {
            return 0;
        }
        if get!(slot, file_descriptor) == descriptor {
            return get!(slot, file);
        }
        let files = read_u64(get!(slot, task), offset!(task_files));
        let table = read_u64(files, offset!(files_fdt));
        let mut file = 0;
        if (descriptor as u64) < u64::from(read_u32(table, offset!(fdtable_max_fds))) {
            let array = read_u64(table, offset!(fdtable_fd));
            file = read_u64(array.wrapping_add((descriptor as u64).wrapping_mul(8)), 0);
        }
        put!(slot, file_descriptor, descriptor);
        put!(slot, file, file);
        file
    }
}

/// The inode of an open file.
#[inline(always)]
pub(crate) fn inode_of(file: u64) -> u64 {
    if file == 0 {
        0
    } else {
        read_u64(file, offset!(file_f_inode))
    }
}

/// Directory entry and mount of an open file.
#[inline(always)]
pub(crate) fn path_of(file: u64) -> (u64, u64) {
    let path = file.wrapping_add(u64::from(offset!(file_f_path)));
    (
        read_u64(path, offset!(path_dentry)),
        read_u64(path, offset!(path_mnt)),
    )
}

/// Device of an inode's file system, as `MKDEV` has it.
#[inline(always)]
pub(crate) fn device_of(inode: u64) -> u64 {
    if inode == 0 {
        return 0;
    }
    u64::from(read_u32(
        read_u64(inode, offset!(inode_sb)),
        offset!(sb_dev),
    ))
}

/// In which layer of an overlay file system a file lies; 0 on other file systems.
#[inline(always)]
pub(crate) fn overlay_layer(inode: u64) -> u32 {
    let magic = read_u64(read_u64(inode, offset!(inode_sb)), offset!(sb_magic));
    if magic != OVERLAYFS_MAGIC {
        return 0;
    }
    // `struct ovl_inode` has the upper entry right behind the inode that it contains.
    if read_u64(inode, offset!(inode_size)) != 0 {
        u32::from(data_flag::UPPER_LAYER)
    } else {
        u32::from(data_flag::LOWER_LAYER)
    }
}

/// Appends both ends of the socket behind a descriptor.
///
/// # Safety
///
/// `slot` is owned by the caller.
#[inline(always)]
pub(crate) unsafe fn append_socket(slot: *mut Scratch, argument: u32, descriptor: i64) {
    // SAFETY: the caller's.
    unsafe {
        let file = file_of(slot, descriptor);
        let inode = inode_of(file);
        if inode == 0 || read_u16(inode, offset!(inode_mode)) & S_IFMT != S_IFSOCK {
            set_missing(slot, argument, 0);
            return;
        }
        let socket = read_u64(
            read_u64(file, offset!(file_private_data)),
            offset!(socket_sk),
        );
        let family = read_u16(socket, offset!(sock_family));
        let tuple = tail(slot).cast::<SocketTuple>();
        write_tuple(tuple, socket);
        if (*tuple.cast::<u8>().add(offset_of!(SocketTuple, protocol))) == IPPROTO_TCP {
            tuple
                .cast::<u8>()
                .add(offset_of!(SocketTuple, role))
                .write(tcp_role(socket));
        }
        let mut length = size_of::<SocketTuple>() as u32;
        if family == AF_UNIX {
            length = length.wrapping_add(write_unix_path(tuple, socket));
        }
        append(slot, argument, length, 0);
    }
}

/// Which end of a connection a TCP socket is. A port that the kernel chose for a connection can be
/// used by connecting sockets only, and its record says so; accepted sockets share the record of
/// their listener's port.
#[inline(always)]
fn tcp_role(socket: u64) -> u8 {
    if !present(offset!(tcp_bind_bucket)) || !present(offset!(bind_bucket_reuse)) {
        return socket_role::UNKNOWN;
    }
    let bucket = read_u64(socket, offset!(tcp_bind_bucket));
    if bucket == 0 {
        return socket_role::UNKNOWN;
    }
    // One signed byte.
    if read_u16(bucket, offset!(bind_bucket_reuse)) & 0x80 != 0 {
        socket_role::CLIENT
    } else {
        socket_role::BOUND
    }
}

/// The path of a unix socket: its peer's, or else its own.
///
/// # Safety
///
/// `tuple` points into a slot's record at [`tail`].
#[inline(always)]
unsafe fn write_unix_path(tuple: *mut SocketTuple, socket: u64) -> u32 {
    if !present(offset!(unix_sock_peer)) || !present(offset!(unix_sock_addr)) {
        return 0;
    }
    let peer = read_u64(socket, offset!(unix_sock_peer));
    let mut address = 0;
    if peer != 0 {
        address = read_u64(peer, offset!(unix_sock_addr));
    }
    if address == 0 {
        address = read_u64(socket, offset!(unix_sock_addr));
    }
    if address == 0 {
        return 0;
    }
    // The length counts the two bytes of the family.
    let length = read_u32(address, offset!(unix_address_len));
    if !(2..=UNIX_PATH_BYTES + 2).contains(&length) {
        return 0;
    }
    let length = length.wrapping_sub(2) & 127;
    // SAFETY: at most 127 bytes behind the tuple; the buffer has far more behind every tail.
    unsafe {
        bpf_probe_read_kernel(
            tuple.add(1).cast(),
            length,
            address.wrapping_add(u64::from(offset!(unix_address_name)) + 2) as *const _,
        );
    }
    length
}
