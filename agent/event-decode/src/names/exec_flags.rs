//! What is special about an executed file. The bits are the wire format's own, and Falco's.

use super::Name;
use saker_event_schema::exec_flag;

/// The user who runs the file may write it.
pub const EXE_WRITABLE: u64 = exec_flag::WRITABLE;
/// The file lies in the upper layer of an overlay file system: it is not part of the image.
pub const EXE_UPPER_LAYER: u64 = exec_flag::UPPER_LAYER;
/// The file is an anonymous one in memory (`memfd_create`).
pub const EXE_FROM_MEMFD: u64 = exec_flag::FROM_MEMFD;
/// The file lies in a lower layer of an overlay file system.
pub const EXE_LOWER_LAYER: u64 = exec_flag::LOWER_LAYER;

pub(super) static NAMES: &[Name] = &[
    Name::same(EXE_WRITABLE, "EXE_WRITABLE"),
    Name::same(EXE_UPPER_LAYER, "EXE_UPPER_LAYER"),
    Name::same(EXE_FROM_MEMFD, "EXE_FROM_MEMFD"),
    Name::same(EXE_LOWER_LAYER, "EXE_LOWER_LAYER"),
];
