//! The file descriptor that an event is about: which slots of its row describe it, and what it is.

mod kind;
mod layout;
mod socket;

pub(crate) use kind::DescriptorKind;
pub(crate) use layout::{Layout, layout};
pub(crate) use socket::{Connection, End, append_address};

use socket::Role;

use saker_event_decode::{Data, EventView, SocketAddressView, SocketView, root_slot};
use saker_event_schema::{Source, data_flag, event};

/// The file descriptor of one event.
#[derive(Clone, Copy)]
pub(crate) struct Descriptor<'a> {
    event: &'a EventView<'a>,
    layout: &'static Layout,
    /// The number; -1 when the call that would have made it failed.
    pub(crate) number: i64,
}

impl<'a> Descriptor<'a> {
    /// The descriptor, if the event is of a kind that has one.
    pub(crate) fn of(event: &'a EventView<'a>) -> Option<Self> {
        let layout = layout(event);
        let number = event.signed(layout.number?)?.max(-1);
        Some(Self {
            event,
            layout,
            number,
        })
    }

    /// What the descriptor refers to; `None` when the call that would have made it failed.
    pub(crate) fn kind(&self) -> Option<DescriptorKind> {
        if self.number < 0 {
            return None;
        }
        if let Some(connection) = self.connection() {
            return Some(connection.kind());
        }
        let id = self.event.id();
        if id == event::MEMFD_CREATE {
            return Some(DescriptorKind::MemoryFile);
        }
        if id == event::BPF {
            return Some(DescriptorKind::Bpf);
        }
        if id == event::FCHDIR {
            return Some(match self.result() {
                0.. => DescriptorKind::Directory,
                _ => DescriptorKind::Unknown,
            });
        }
        let mode = self.layout.mode.and_then(|slot| self.event.unsigned(slot));
        Some(DescriptorKind::of_file(mode.unwrap_or(0), self.file()))
    }

    /// What the kind would have been, had the call not failed.
    pub(crate) fn intended_kind(&self) -> DescriptorKind {
        if self.layout.requested.is_some() {
            return DescriptorKind::File;
        }
        self.connection()
            .map_or(DescriptorKind::Unknown, |connection| connection.kind())
    }

    /// The file's path and flags.
    pub(crate) fn file(&self) -> Option<Data<'a>> {
        self.event.data(self.layout.resolved?)
    }

    /// The file's resolved path.
    pub(crate) fn resolved(&self) -> Option<&'a [u8]> {
        resolved_path(self.event, self.layout)
    }

    /// Puts the file's path as the host sees it into `out`; `false` when what lies between the
    /// host's root and the process's is not known.
    pub(crate) fn host_path(&self, out: &mut Vec<u8>) -> bool {
        let Some(slot) = self.layout.resolved.filter(|_| self.number >= 0) else {
            return false;
        };
        let root = root_slot(self.event.row(), slot).and_then(|root| self.event.data(root));
        root.is_some() && self.event.host_path(slot, out)
    }

    /// Whether the event names a path to open, so that there is a requested view.
    pub(crate) const fn is_opened_by_path(&self) -> bool {
        self.layout.requested.is_some()
    }

    /// The path as the caller passed it.
    pub(crate) fn raw_path(&self) -> Option<&'a [u8]> {
        self.event.path(self.layout.requested?)
    }

    /// Device number as the kernel has it.
    pub(crate) fn device(&self) -> Option<u64> {
        let device = self.event.unsigned(self.layout.device?)?;
        (self.number >= 0).then_some(device)
    }

    /// Inode number.
    pub(crate) fn inode(&self) -> Option<u64> {
        let inode = self.event.unsigned(self.layout.inode?)?;
        (self.number >= 0).then_some(inode)
    }

    /// Whether the file lies in this layer of an overlay file system
    /// ([`data_flag::UPPER_LAYER`], [`data_flag::LOWER_LAYER`]).
    pub(crate) fn is_in_layer(&self, layer: u16) -> Option<bool> {
        self.file().map(|file| file.has(layer))
    }

    /// The socket. Most descriptors are none, which takes no call to see.
    #[inline]
    pub(crate) fn connection(&self) -> Option<Connection<'a>> {
        self.connection_in(self.layout.socket?)
    }

    fn connection_in(&self, slot: usize) -> Option<Connection<'a>> {
        let socket: SocketView<'a> = self.event.socket(slot)?;
        let address: Option<SocketAddressView<'a>> = self
            .layout
            .address
            .and_then(|slot| self.event.socket_address(slot));
        let result = self.result();
        let role = Role::of(self.event.id(), result, &socket);
        Some(Connection::new(socket, address, role, result))
    }

    /// What the call returned; 0 where there is no result.
    fn result(&self) -> i64 {
        let result = self.layout.result.and_then(|slot| self.event.signed(slot));
        result.unwrap_or(0)
    }
}

/// The path that the kernel resolved, of a call that did not fail.
pub(crate) fn resolved_path<'a>(event: &EventView<'a>, layout: &Layout) -> Option<&'a [u8]> {
    let slot = layout.resolved?;
    if event.signed(layout.number?)? < 0 {
        return None;
    }
    // A new working directory is the descriptor's only if the call made it that.
    let is_new = matches!(event.row_argument(slot)?.source, Source::WorkingDirectory);
    let result = || layout.result.and_then(|slot| event.signed(slot));
    if is_new && result().is_some_and(|result| result < 0) {
        return None;
    }
    event.path(slot)
}

/// Whether a path is absolute and as normalisation would leave it.
pub(crate) fn is_normal(path: &[u8]) -> bool {
    let Some(rest) = path.strip_prefix(b"/") else {
        return false;
    };
    // Few paths have a component that is empty or begins with a dot.
    if has_pair(path, |byte, next| {
        (byte == b'/') & ((next == b'/') | (next == b'.'))
    }) || rest.ends_with(b"/")
    {
        let mut components = rest.split(|byte| *byte == b'/');
        return components.all(|component| !matches!(component, b"" | b"." | b".."));
    }
    true
}

/// Whether two neighbouring bytes pass the test. Without an early end, so that it is a few vector
/// instructions.
pub(crate) fn has_pair(text: &[u8], test: impl Fn(u8, u8) -> bool) -> bool {
    let (_, rest) = text.split_at_checked(1).unwrap_or_default();
    let pairs = text.iter().zip(rest);
    pairs.fold(false, |found, (byte, next)| found | test(*byte, *next))
}

/// Whether a path does not lead to the process's root.
pub(crate) const fn is_unreachable(data: &Data<'_>) -> bool {
    data.has(data_flag::UNREACHABLE)
}
