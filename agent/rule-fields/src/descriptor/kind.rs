//! What a file descriptor refers to.

use super::is_unreachable;
use saker_event_decode::Data;

/// Bits of a mode that hold the file type.
const TYPE_MASK: u64 = 0o170_000;
const TYPE_SOCKET: u64 = 0o140_000;
const TYPE_DIRECTORY: u64 = 0o040_000;
const TYPE_FIFO: u64 = 0o010_000;

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident $name:literal $character:literal,)*) => {
        /// What a file descriptor refers to, as Falco tells kinds apart.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum DescriptorKind {
            $($(#[$doc])* $kind,)*
        }

        impl DescriptorKind {
            /// The value of `fd.type`.
            pub(crate) const fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }

            /// The value of `fd.typechar`.
            pub(crate) const fn character(self) -> &'static str {
                match self {
                    $(Self::$kind => $character,)*
                }
            }
        }
    };
}

kinds! {
    /// Regular file, device, or a named pipe opened by its path.
    File "file" "f",
    /// Directory.
    Directory "directory" "d",
    /// IPv4 socket.
    Ipv4 "ipv4" "4",
    /// IPv6 socket.
    Ipv6 "ipv6" "6",
    /// Unix socket.
    Unix "unix" "u",
    /// Pipe.
    Pipe "pipe" "p",
    /// eventfd.
    Event "event" "e",
    /// signalfd.
    Signal "signalfd" "s",
    /// epoll.
    Poll "eventpoll" "l",
    /// inotify and fanotify.
    Notify "inotify" "i",
    /// timerfd.
    Timer "timerfd" "t",
    /// Netlink socket.
    Netlink "netlink" "n",
    /// BPF program, map, link.
    Bpf "bpf" "b",
    /// userfaultfd.
    UserFault "userfaultfd" "u",
    /// io_uring.
    Ring "io_uring" "r",
    /// memfd.
    MemoryFile "memfd" "m",
    /// pidfd.
    Process "pidfd" "P",
    /// Anything else.
    Unknown "<NA>" "o",
}

impl DescriptorKind {
    /// From a file's mode (0 when not known) and path.
    pub(crate) fn of_file(mode: u64, path: Option<Data<'_>>) -> Self {
        if let Some(kind) = path.and_then(|path| Self::of_anonymous(&path)) {
            return kind;
        }
        let has_path = path.is_some_and(|path| !is_unreachable(&path));
        match mode & TYPE_MASK {
            TYPE_DIRECTORY => Self::Directory,
            TYPE_FIFO if !has_path => Self::Pipe,
            TYPE_SOCKET => Self::Unknown,
            0 if path.is_none() => Self::Unknown,
            _ => Self::File,
        }
    }

    /// A file without a place in a file system tells its kind by its name.
    fn of_anonymous(path: &Data<'_>) -> Option<Self> {
        if path.bytes.starts_with(b"/memfd:") || path.bytes.starts_with(b"memfd:") {
            return Some(Self::MemoryFile);
        }
        if !is_unreachable(path) && path.bytes.starts_with(b"/") {
            return None;
        }
        let name = path.bytes.strip_prefix(b"/").unwrap_or(path.bytes);
        let name = name.strip_prefix(b"anon_inode:").unwrap_or(name);
        let name = name.strip_prefix(b"[").unwrap_or(name);
        let name = name.strip_suffix(b"]").unwrap_or(name);
        Some(match name {
            b"eventfd" => Self::Event,
            b"signalfd" => Self::Signal,
            b"eventpoll" => Self::Poll,
            b"inotify" | b"fanotify" => Self::Notify,
            b"timerfd" => Self::Timer,
            b"userfaultfd" => Self::UserFault,
            b"io_uring" => Self::Ring,
            b"pidfd" => Self::Process,
            b"bpf-map" | b"bpf-prog" | b"bpf_link" | b"bpf_iter" | b"btf" => Self::Bpf,
            _ if name.starts_with(b"pipe:") => Self::Pipe,
            _ => return None,
        })
    }
}
