//! `/proc/<pid>/cgroup`: `hierarchy:controllers:path` a line.

use crate::container::container_of;

/// The path in the unified hierarchy (cgroup v2).
pub(super) fn unified(text: &[u8]) -> Option<&[u8]> {
    lines(text)
        .find(|(hierarchy, controllers, _)| *hierarchy == b"0" && controllers.is_empty())
        .map(|(_, _, path)| path)
}

/// The path that tells most: one that names a container, else that of cgroup v2, else any that is
/// not the root. On hosts with cgroup v1 not every controller has a directory for a container.
pub(super) fn telling(text: &[u8]) -> Option<&[u8]> {
    lines(text)
        .map(|(_, _, path)| path)
        .find(|path| container_of(path).is_some())
        .or_else(|| unified(text).filter(|path| *path != b"/"))
        .or_else(|| {
            lines(text)
                .map(|(_, _, path)| path)
                .find(|path| *path != b"/")
        })
        .or_else(|| lines(text).map(|(_, _, path)| path).next())
}

fn lines(text: &[u8]) -> impl Iterator<Item = (&[u8], &[u8], &[u8])> {
    text.split(|byte| *byte == b'\n').filter_map(|line| {
        let mut parts = line.splitn(3, |byte| *byte == b':');
        Some((parts.next()?, parts.next()?, parts.next()?))
    })
}
