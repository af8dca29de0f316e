//! Which slots of a row describe its file descriptor.

use saker_event_decode::{EventView, base_slot};
use saker_event_schema::{EVENTS_MAX, Kind, ROWS, Row, Source};
use std::sync::LazyLock;

/// Slots of one row; `None` where it has no such argument.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Layout {
    /// The descriptor.
    pub(crate) number: Option<usize>,
    /// The path that the call opens.
    pub(crate) requested: Option<usize>,
    /// The path that the kernel resolved.
    pub(crate) resolved: Option<usize>,
    /// Type and permissions.
    pub(crate) mode: Option<usize>,
    /// Device.
    pub(crate) device: Option<usize>,
    /// Inode number.
    pub(crate) inode: Option<usize>,
    /// The socket.
    pub(crate) socket: Option<usize>,
    /// The address that the caller passed.
    pub(crate) address: Option<usize>,
    /// The result of the call.
    pub(crate) result: Option<usize>,
    /// How a file is opened.
    pub(crate) flags: Option<usize>,
    /// Permissions of a file that is made.
    pub(crate) permissions: Option<usize>,
}

/// The layout of rows without a descriptor.
static NONE: Layout = Layout {
    number: None,
    requested: None,
    resolved: None,
    mode: None,
    device: None,
    inode: None,
    socket: None,
    address: None,
    result: None,
    flags: None,
    permissions: None,
};

/// One layout for each row id, derived from the event table.
static LAYOUTS: LazyLock<Vec<Layout>> = LazyLock::new(|| {
    let mut layouts = vec![NONE; usize::try_from(EVENTS_MAX).unwrap_or(usize::MAX)];
    for row in ROWS {
        if let Some(layout) = layouts.get_mut(row.id.index()) {
            *layout = of(row);
        }
    }
    layouts
});

/// The layout of an event's row.
pub(crate) fn layout(event: &EventView<'_>) -> &'static Layout {
    LAYOUTS.get(event.id().index()).unwrap_or(&NONE)
}

fn of(row: &Row) -> Layout {
    let slot = |wanted: fn(&Source, Kind) -> bool| {
        row.arguments
            .iter()
            .position(|argument| wanted(&argument.source, argument.kind))
    };
    let result = row
        .slot("res")
        .or_else(|| slot(|source, _| matches!(source, Source::Returned)));
    // Falco's `fd.*` describe the argument that it calls `fd`, or what a `dup` returned.
    let number = row
        .slot("fd")
        .or_else(|| slot(|source, kind| kind == Kind::Fd && matches!(source, Source::Returned)));
    if number.is_none() {
        return Layout { result, ..NONE };
    }
    let resolved = slot(|source, _| matches!(source, Source::FilePath(_)))
        .or_else(|| slot(|source, _| matches!(source, Source::WorkingDirectory)));
    let path = slot(|_, kind| kind == Kind::UserPath);
    Layout {
        number,
        requested: path.filter(|path| base_slot(row, *path).is_some()),
        resolved,
        mode: slot(|source, _| matches!(source, Source::FileMode(_))),
        device: slot(|source, _| matches!(source, Source::FileDevice(_))),
        inode: slot(|source, _| matches!(source, Source::FileInode(_))),
        socket: slot(|source, _| matches!(source, Source::Socket(_))),
        address: slot(|_, kind| kind == Kind::SocketAddress),
        result,
        flags: row.slot("flags"),
        permissions: row.slot("mode"),
    }
}
