//! The program that a thread runs, and where it runs.

use crate::thread::Thread;
use saker_process_state::{Image, StringVector};
use std::sync::Arc;

/// What stands behind the path of a program whose file was removed.
const DELETED: &[u8] = b" (deleted)";

/// `argv[0]` and the other arguments of a program.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words<'a> {
    /// `argv[0]`.
    pub(super) exe: &'a [u8],
    /// The other arguments, each ended by a NUL.
    pub(super) arguments: &'a [u8],
}

impl Words<'_> {
    /// The arguments; a NUL alone is none.
    fn rest(&self) -> &[u8] {
        if self.arguments == b"\0" {
            b""
        } else {
            self.arguments
        }
    }

    /// As a process has them: each ended by a NUL.
    pub(super) fn vector(self) -> StringVector {
        let length = self.exe.len().saturating_add(self.arguments.len());
        let mut bytes = Vec::with_capacity(length.saturating_add(2));
        bytes.extend_from_slice(self.exe);
        bytes.push(0);
        bytes.extend_from_slice(self.rest());
        if bytes.last() != Some(&0) {
            bytes.push(0);
        }
        StringVector {
            bytes: bytes.into(),
            is_truncated: false,
        }
    }

    /// Whether a process has just these.
    fn are_of(self, image: &Image) -> bool {
        let bytes = image.arguments.as_ref().map(|arguments| &*arguments.bytes);
        let rest = bytes
            .and_then(|bytes| bytes.strip_prefix(self.exe))
            .and_then(|bytes| bytes.strip_prefix(b"\0"));
        rest == Some(self.rest())
    }
}

/// The image of a child: that of the thread it was cloned from, with its own words. Shared where it
/// can be.
pub(super) fn child_image(
    from: &Arc<Image>,
    words: Words<'_>,
    has_environment: bool,
) -> Arc<Image> {
    let is_same_environment = has_environment || from.environment.is_none();
    if is_same_environment && words.are_of(from) {
        return Arc::clone(from);
    }
    let environment = from.environment.clone().filter(|_| has_environment);
    Arc::new(Image {
        exe_path: from.exe_path.clone(),
        arguments: Some(words.vector()),
        environment,
        flags: from.flags,
        inode: from.inode,
        ctime_wall_ns: from.ctime_wall_ns,
        mtime_wall_ns: from.mtime_wall_ns,
        ..Image::default()
    })
}

/// The path of a program as it is shown.
pub(super) fn exe_path(path: &[u8]) -> Box<[u8]> {
    match path.strip_suffix(DELETED) {
        Some(path) if !path.is_empty() => path.into(),
        _ => path.into(),
    }
}

/// Texts, each ended by a NUL; `None` where there are none.
pub(super) fn vector(bytes: &[u8]) -> Option<StringVector> {
    (!bytes.is_empty()).then(|| StringVector {
        bytes: bytes.into(),
        is_truncated: false,
    })
}

/// Gives a thread its cgroups. `like` is a thread that is likely to have the same.
pub(super) fn set_cgroups(thread: &mut Thread, cgroups: &[u8], like: Option<&Thread>) {
    let Some(cgroups) = named_cgroups(cgroups) else {
        return;
    };
    match like.filter(|like| *like.cgroups == *cgroups) {
        Some(like) => thread.cgroups = Arc::clone(&like.cgroups),
        None => thread.cgroups = cgroups.into(),
    }
}

/// The cgroups with the names of subsystems that `thread.cgroup` takes; `None` where an entry is none.
fn named_cgroups(cgroups: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(cgroups.len().saturating_add(1));
    for entry in entries(cgroups) {
        let (subsystem, path) = split_at(entry, b'=')?;
        append_subsystem(&mut out, subsystem);
        out.push(b'=');
        out.extend_from_slice(path);
        out.push(0);
    }
    Some(out)
}

fn append_subsystem(out: &mut Vec<u8>, name: &[u8]) {
    const SUFFIX: &[u8] = b"_cgroup";
    let position = name.windows(SUFFIX.len()).position(|part| part == SUFFIX);
    let Some(position) = position else {
        out.extend_from_slice(match name {
            b"perf" => b"perf_event",
            b"mem" => b"memory",
            b"io" => b"blkio",
            name => name,
        });
        return;
    };
    let mut short = name.get(..position).unwrap_or_default().to_vec();
    let end = position.saturating_add(SUFFIX.len());
    short.extend_from_slice(name.get(end..).unwrap_or_default());
    out.extend_from_slice(match &*short {
        b"perf" => b"perf_event",
        b"mem" => b"memory",
        b"io" => b"blkio",
        name => name,
    });
}

pub(super) fn entries(texts: &[u8]) -> impl Iterator<Item = &[u8]> {
    let whole = texts.strip_suffix(b"\0").unwrap_or(texts);
    let entries = whole.split(|byte| *byte == 0);
    entries.take(if whole.is_empty() { 0 } else { usize::MAX })
}

pub(super) fn split_at(text: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let position = text.iter().position(|byte| *byte == separator)?;
    let (before, after) = text.split_at(position);
    Some((before, after.get(1..)?))
}
