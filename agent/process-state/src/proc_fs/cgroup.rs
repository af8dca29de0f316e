//! `/proc/<pid>/cgroup`: `hierarchy:controllers:path` a line.

use crate::container::container_of;
use crate::identity::Hierarchy;

/// What the kernel appends to the path of a cgroup that was removed under a process that ends.
const DELETED: &[u8] = b" (deleted)";

/// The path of the cgroup by which records name the process, and its hierarchy; `None` where the
/// process is in the root of all.
pub(super) fn named(text: &[u8]) -> Option<(Hierarchy, &[u8])> {
    Hierarchy::ALL.into_iter().find_map(|hierarchy| {
        let mut lines = lines(text);
        let (_, path) = lines.find(|(found, _)| *found == Some(hierarchy))?;
        (path != b"/").then_some((hierarchy, path))
    })
}

/// The path that tells most: the one by which records name the process; where that is in the root,
/// one that names a container, else any.
pub(super) fn telling(text: &[u8]) -> Option<&[u8]> {
    let paths = || lines(text).map(|(_, path)| path);
    named(text)
        .map(|(_, path)| path)
        .or_else(|| paths().find(|path| container_of(path).is_some()))
        .or_else(|| paths().find(|path| *path != b"/"))
        .or_else(|| paths().next())
}

fn lines(text: &[u8]) -> impl Iterator<Item = (Option<Hierarchy>, &[u8])> {
    text.split(|byte| *byte == b'\n').filter_map(|line| {
        let mut parts = line.splitn(3, |byte| *byte == b':');
        let (number, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
        let path = path.strip_suffix(DELETED).unwrap_or(path);
        Some((hierarchy(number, controllers), path))
    })
}

fn hierarchy(number: &[u8], controllers: &[u8]) -> Option<Hierarchy> {
    let has = |name: &[u8]| controllers.split(|byte| *byte == b',').any(|it| it == name);
    if number == b"0" && controllers.is_empty() {
        Some(Hierarchy::Unified)
    } else if has(b"pids") {
        Some(Hierarchy::Pids)
    } else if has(b"memory") {
        Some(Hierarchy::Memory)
    } else {
        None
    }
}
