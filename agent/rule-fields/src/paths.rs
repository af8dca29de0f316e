//! Paths of events, in the view that is asked for.

use crate::context::{EventContext, PathView};
use crate::descriptor::{self, Descriptor};
use crate::value::FieldValue;
use saker_event_decode::{EventView, base_slot};
use saker_event_schema::{Kind, Row, event};

/// What a path is to its call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PathRole {
    /// The only one.
    Name,
    /// Where a rename comes from, the name of a new link, what is mounted.
    Source,
    /// Where a rename leads to, what a link leads to, where something is mounted.
    Target,
}

/// The result of a call: its `res`, or the descriptor that it returned.
pub(crate) fn result(event: &EventView<'_>) -> Option<i64> {
    event.signed(descriptor::layout(event).result?)
}

/// The slot of a row's path in this role.
pub(crate) fn slot(row: &Row, role: PathRole) -> Option<usize> {
    if matches!(
        row.id,
        event::EXECVE | event::EXECVEAT | event::CHDIR | event::CHROOT
    ) {
        return None;
    }
    let name = match role {
        PathRole::Source => ["oldpath", "linkpath", "dev"],
        PathRole::Target => ["newpath", "target", "dir"],
        PathRole::Name if is_between_paths(row) => return None,
        PathRole::Name => ["name", "path", "filename"],
    };
    // Falco has the two names of a hard link the other way round.
    let name = match (row.id, role) {
        (event::LINK | event::LINKAT, PathRole::Source) => ["newpath"; 3],
        (event::LINK | event::LINKAT, PathRole::Target) => ["oldpath"; 3],
        _ => name,
    };
    name.iter().filter_map(|name| row.slot(name)).find(|slot| {
        let argument = row.arguments.get(*slot);
        argument.is_some_and(|argument| {
            matches!(argument.kind, Kind::UserPath | Kind::UserText)
                && row.id != event::MEMFD_CREATE
        })
    })
}

/// Whether a row has two paths.
pub(crate) fn is_between_paths(row: &Row) -> bool {
    ["newpath", "linkpath", "dir"]
        .iter()
        .any(|name| row.slot(name).is_some())
}

/// Whether a call acts on a file that is open already.
pub(crate) fn is_on_open_file(event: &EventView<'_>) -> bool {
    event.id() == event::FCHMOD && result(event).is_some_and(|result| result >= 0)
}

/// The path in a slot, absolute and normalised, in the context's view. A text that is no path of
/// its own (a link's target, a device) stays as it is.
pub(crate) fn absolute<'c>(context: &'c EventContext<'_>, slot: usize) -> Option<FieldValue<'c>> {
    let event = context.event()?;
    let layout = descriptor::layout(event);
    if layout.requested == Some(slot) {
        let descriptor = context.descriptor()?;
        return descriptor_path(context, &descriptor).map(FieldValue::text);
    }
    let raw = event.path(slot)?;
    if descriptor::is_normal(raw) || base_slot(event.row(), slot).is_none() {
        return Some(FieldValue::text(raw));
    }
    let mut path = Vec::new();
    event
        .requested_path(slot, &mut path)
        .then(|| FieldValue::owned(path))
}

/// The path of a file descriptor: what `fd.name` is for files.
pub(crate) fn descriptor_path<'c>(
    context: &'c EventContext<'_>,
    descriptor: &Descriptor<'c>,
) -> Option<&'c [u8]> {
    let is_requested = descriptor.is_opened_by_path();
    if is_requested && context.path_view() == PathView::Requested {
        return context.requested_path();
    }
    match descriptor.resolved() {
        None if is_requested => context.requested_path(),
        resolved => resolved,
    }
}

/// What lies before the last slash: `/` for a file in the root, and for a name without slashes.
pub(crate) fn directory(path: &[u8]) -> &[u8] {
    match memchr::memrchr(b'/', path) {
        None | Some(0) => b"/",
        Some(slash) => path.get(..slash).unwrap_or(path),
    }
}

/// What lies after the last slash.
pub(crate) fn file_name(path: &[u8]) -> &[u8] {
    let name = memchr::memrchr(b'/', path).and_then(|slash| path.get(slash.saturating_add(1)..));
    name.unwrap_or(path)
}

/// Appends a path, every run of slashes as one.
pub(crate) fn append_without_repeated_slashes(path: &[u8], out: &mut Vec<u8>) {
    for byte in path {
        if *byte != b'/' || out.last() != Some(&b'/') {
            out.push(*byte);
        }
    }
}
