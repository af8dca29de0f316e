//! Kinds of arguments: what the eight bytes of a slot mean.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Where the variable data of an argument lie in their record.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct DataRef {
    /// Offset from the start of the record, in bytes.
    pub offset: u32,
    /// Length in bytes.
    pub length: u16,
    /// See [`data_flag`].
    pub flags: u16,
}

/// Bits of [`DataRef::flags`].
pub mod data_flag {
    /// There is no value: the call failed, or yields no such object.
    pub const MISSING: u16 = 1;
    /// The value was cut to its bound.
    pub const TRUNCATED: u16 = 2;
    /// The user memory could not be read.
    pub const FAULT: u16 = 4;
    /// The file no longer has a name (unlinked).
    pub const DELETED: u16 = 8;
    /// The path does not lead to the process's root (another mount tree, an anonymous file).
    pub const UNREACHABLE: u16 = 16;
    /// The file lies in the upper layer of an overlay file system.
    pub const UPPER_LAYER: u16 = 32;
    /// The file lies in a lower layer of an overlay file system.
    pub const LOWER_LAYER: u16 = 64;
}

/// Bits of an argument of kind `ExecFlags`.
pub mod exec_flag {
    /// The user who runs the file may write it.
    pub const WRITABLE: u64 = 1;
    /// The file lies in the upper layer of an overlay file system.
    pub const UPPER_LAYER: u64 = 2;
    /// The file is an anonymous file in memory.
    pub const FROM_MEMFD: u64 = 4;
    /// The file lies in a lower layer of an overlay file system.
    pub const LOWER_LAYER: u64 = 8;
}

/// Both ends of a socket, as the kernel's own socket has them.
///
/// Addresses are in network byte order, an IPv4 address fills the first four bytes; ports are in
/// host byte order. For a unix socket the path of the bound or peer address follows this struct.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct SocketTuple {
    /// Address family (`AF_…`).
    pub family: u16,
    /// Socket type (`SOCK_…`).
    pub socket_type: u16,
    /// Protocol (`IPPROTO_…`).
    pub protocol: u16,
    /// State of the connection (`TCP_…`); 1 is established.
    pub state: u8,
    /// Which end of the connection this is; see [`socket_role`].
    pub role: u8,
    /// Local port.
    pub local_port: u16,
    /// Remote port.
    pub remote_port: u16,
    /// Network namespace inode, or 0.
    pub network_namespace: u32,
    /// Local address.
    pub local_address: [u8; 16],
    /// Remote address.
    pub remote_address: [u8; 16],
}

/// Values of [`SocketTuple::role`].
pub mod socket_role {
    /// The kernel does not say.
    pub const UNKNOWN: u8 = 0;
    /// It connected; where only the port tells (rows of system calls): from one that the kernel chose. Of a
    /// UDP socket: the first datagram of this peer went out.
    pub const CLIENT: u8 = 1;
    /// It was accepted, or connected from a port that it had bound.
    pub const BOUND: u8 = 2;
    /// It was accepted; of a UDP socket: the first datagram of this peer came in.
    pub const ACCEPTED: u8 = 3;
}

/// A type that may stand in a row as the kind of an argument.
pub trait Argument {
    /// How the eight bytes are to be read.
    const KIND: Kind;
}

macro_rules! kinds {
    (
        scalars { $($(#[$scalar_doc:meta])* $scalar:ident($wire:ty)),* $(,)? }
        data { $($(#[$data_doc:meta])* $data:ident),* $(,)? }
    ) => {
        /// How the eight bytes of an argument's slot are to be read.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Kind {
            $($(#[$scalar_doc])* $scalar,)*
            $($(#[$data_doc])* $data,)*
        }

        impl Kind {
            /// Whether the slot holds a [`DataRef`].
            #[must_use]
            pub const fn is_data(self) -> bool {
                match self {
                    $(Self::$scalar => false,)*
                    $(Self::$data => true,)*
                }
            }

            /// The name, as documentation prints it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$scalar => stringify!($scalar),)*
                    $(Self::$data => stringify!($data),)*
                }
            }
        }

        /// One type for each [`Kind`], so that a probe cannot put a mode where flags belong.
        pub mod kind {
            use super::{Argument, DataRef, Kind};
            use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

            $(
                $(#[$scalar_doc])*
                #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
                #[repr(transparent)]
                pub struct $scalar(pub $wire);

                impl Argument for $scalar {
                    const KIND: Kind = Kind::$scalar;
                }
            )*
            $(
                $(#[$data_doc])*
                #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
                #[repr(transparent)]
                pub struct $data(pub DataRef);

                impl Argument for $data {
                    const KIND: Kind = Kind::$data;
                }
            )*
        }
    };
}

kinds! {
    scalars {
        /// Result of a call: zero or more, or a negated errno.
        Errno(i64),
        /// File descriptor, or a negated errno where the call returns one.
        Fd(i64),
        /// Directory descriptor; -100 is `AT_FDCWD`.
        DirectoryFd(i64),
        /// Process or thread id as the caller gave it.
        Pid(i64),
        /// User id; -1 leaves it as it is.
        Uid(i64),
        /// Group id; -1 leaves it as it is.
        Gid(i64),
        /// Signed number.
        Int(i64),
        /// Unsigned number.
        Uint(u64),
        /// Address or bit pattern, printed in hexadecimal.
        Hex(u64),
        /// Truth value, 0 or 1.
        Bool(u64),
        /// Nanoseconds since boot.
        BootTime(u64),
        /// Nanoseconds since the epoch.
        WallTime(u64),
        /// Device number in the kernel's own encoding (`MKDEV`).
        Device(u64),
        /// Inode number.
        Inode(u64),
        /// `open` flags (`O_…`).
        OpenFlags(u64),
        /// File type and permission bits (`S_…`).
        FileMode(u64),
        /// `openat2` resolve flags (`RESOLVE_…`).
        ResolveFlags(u64),
        /// `unlinkat` flags.
        UnlinkFlags(u64),
        /// `linkat` flags.
        LinkFlags(u64),
        /// `renameat2` flags (`RENAME_…`).
        RenameFlags(u64),
        /// `execveat` and `fchmodat2` flags (`AT_…`).
        AtFlags(u64),
        /// What is special about an executed file (`EXE_…`).
        ExecFlags(u64),
        /// `clone` and `unshare` flags (`CLONE_…`).
        CloneFlags(u64),
        /// Namespace type of `setns` (`CLONE_NEW…`).
        NamespaceFlags(u64),
        /// Address family (`AF_…`).
        AddressFamily(u64),
        /// Socket type with its flags (`SOCK_…`).
        SocketType(u64),
        /// `accept4`, `dup3`, `pidfd_open` flags: close-on-exec and the like.
        DescriptorFlags(u64),
        /// `ptrace` request (`PTRACE_…`).
        PtraceRequest(u64),
        /// `mount` flags (`MS_…`).
        MountFlags(u64),
        /// `umount2` flags (`MNT_…`).
        UmountFlags(u64),
        /// `memfd_create` flags (`MFD_…`).
        MemfdFlags(u64),
        /// `bpf` command (`BPF_…`).
        BpfCommand(u64),
        /// `finit_module` and `delete_module` flags.
        ModuleFlags(u64),
        /// Signal number.
        Signal(u64),
        /// Status of a finished process as `wait` has it.
        ExitStatus(u64),
        /// Capability set, one bit for each capability.
        Capabilities(u64),
        /// `prctl` option (`PR_…`).
        PrctlOption(u64),
    }
    data {
        /// Path as the caller passed it.
        UserPath,
        /// Text as the caller passed it.
        UserText,
        /// Path walked from kernel objects; see `data_flag` for what it may lack.
        KernelPath,
        /// Argument vector: NUL-terminated strings, one after the other.
        ArgumentVector,
        /// Environment: NUL-terminated strings, one after the other.
        Environment,
        /// `struct sockaddr` as the caller passed it.
        SocketAddress,
        /// [`SocketTuple`](super::SocketTuple) and, for a unix socket, its path.
        Socket,
        /// Bytes that a socket sent or received. Only what classifies flows reads them.
        Payload,
    }
}
