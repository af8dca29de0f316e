//! Finds where the running kernel keeps what the programs read.

use crate::KernelSourceError;
use btf_rs::{Btf, BtfType, Member, Struct, Type};
use saker_event_schema::KernelOffsets;
use std::path::Path;
use zerocopy::FromBytes;

/// The kernel's type information.
pub const VMLINUX: &str = "/sys/kernel/btf/vmlinux";

/// How deep anonymous structs and unions may nest.
const ANONYMOUS_DEPTH_MAX: usize = 8;

/// Members whose absence costs one fact and no more: the programs ask before they read.
const OPTIONAL: &[&str] = &[
    "task_loginuid",
    "task_thread_status",
    "regs_compat_0",
    "regs_compat_1",
    "regs_compat_5",
    "inode_ctime",
    "inode_ctime_sec",
    "inode_ctime_nsec",
    "inode_mtime",
    "inode_mtime_sec",
    "inode_mtime_nsec",
    "tcp_bind_bucket",
    "bind_bucket_reuse",
    "unix_sock_addr",
    "unix_sock_peer",
    "unix_address_len",
    "unix_address_name",
    "pids_controller",
    "memory_controller",
];

/// Reads the type information at `path` and finds every offset.
///
/// # Errors
///
/// Where there is no type information, it cannot be parsed, or it lacks members that the programs
/// cannot do without.
pub fn resolve(path: &Path) -> Result<KernelOffsets, KernelSourceError> {
    let bytes = std::fs::read(path).map_err(|source| KernelSourceError::NoBtf {
        path: path.to_owned(),
        source,
    })?;
    let btf = Btf::from_bytes(&bytes).map_err(|source| KernelSourceError::BadBtf { source })?;
    let offsets: Vec<u32> = KernelOffsets::PATHS
        .iter()
        .map(|(_, paths)| {
            let found = paths.iter().find_map(|path| find(&btf, path));
            found.unwrap_or(KernelOffsets::ABSENT)
        })
        .collect();
    let missing: Vec<&'static str> = KernelOffsets::PATHS
        .iter()
        .zip(&offsets)
        .filter(|((name, _), offset)| **offset == KernelOffsets::ABSENT && !OPTIONAL.contains(name))
        .map(|((_, paths), _)| paths[0])
        .collect();
    if !missing.is_empty() {
        return Err(KernelSourceError::MissingMembers(missing));
    }
    kernel_offsets(&offsets)
}

fn kernel_offsets(offsets: &[u32]) -> Result<KernelOffsets, KernelSourceError> {
    let bytes: Vec<u8> = offsets
        .iter()
        .flat_map(|offset| offset.to_ne_bytes())
        .collect();
    // The struct is one u32 for each path, in their order.
    KernelOffsets::read_from_bytes(&bytes)
        .map_err(|_| KernelSourceError::BadObject("its offsets have another size"))
}

/// The offset that a path of [`KernelOffsets::PATHS`] means.
fn find(btf: &Btf, path: &str) -> Option<u32> {
    if let Some(name) = path.strip_prefix("sizeof ") {
        return composites(btf, name)
            .next()
            .and_then(|composite| u32::try_from(composite.size()).ok());
    }
    if let Some(path) = path.strip_prefix("enum ") {
        let (name, value) = path.split_once('.')?;
        return value_of(btf, name, value);
    }
    let (path, element) = match path.split_once('+') {
        Some((path, element)) => (path, element.parse().ok()?),
        None => (path, 0),
    };
    let mut names = path.split('.');
    let name = names.next()?;
    let names: Vec<&str> = names.collect();
    composites(btf, name)
        .find_map(|composite| offset_of(btf, &composite, &names))
        .map(|offset| offset + element)
}

/// The value of a name of an enumeration.
fn value_of(btf: &Btf, enumeration: &str, name: &str) -> Option<u32> {
    let types = btf.resolve_types_by_name(enumeration).ok()?;
    let mut members = types
        .into_iter()
        .filter_map(|found| match found {
            Type::Enum(enumeration) => Some(enumeration.members),
            _ => None,
        })
        .flatten();
    members
        .find(|member| btf.resolve_name(member).is_ok_and(|found| found == name))
        .map(|member| member.val())
}

/// The structs and unions of a name; there may be several.
fn composites<'a>(btf: &'a Btf, name: &str) -> impl Iterator<Item = Struct> + 'a {
    btf.resolve_types_by_name(name)
        .unwrap_or_default()
        .into_iter()
        .filter_map(|found| match found {
            Type::Struct(composite) | Type::Union(composite) => Some(composite),
            _ => None,
        })
}

fn offset_of(btf: &Btf, composite: &Struct, names: &[&str]) -> Option<u32> {
    let (name, rest) = names.split_first()?;
    let (offset, member) = member(btf, composite, name, ANONYMOUS_DEPTH_MAX)?;
    if rest.is_empty() {
        return Some(offset);
    }
    let inner = composite_of(btf, &member)?;
    Some(offset + offset_of(btf, &inner, rest)?)
}

/// A member by name, also inside anonymous structs and unions.
fn member(btf: &Btf, composite: &Struct, name: &str, depth: usize) -> Option<(u32, Member)> {
    for member in &composite.members {
        if btf.resolve_name(member).ok()? == name {
            return Some((member.bit_offset() / 8, member.clone()));
        }
    }
    if depth == 0 {
        return None;
    }
    for member_of in &composite.members {
        if !btf.resolve_name(member_of).ok()?.is_empty() {
            continue;
        }
        if let Some(inner) = composite_of(btf, member_of)
            && let Some((offset, found)) = member(btf, &inner, name, depth - 1)
        {
            return Some((member_of.bit_offset() / 8 + offset, found));
        }
    }
    None
}

/// The struct or union that a member is, behind typedefs and qualifiers.
fn composite_of(btf: &Btf, member: &dyn BtfType) -> Option<Struct> {
    let mut found = btf.resolve_chained_type(member).ok()?;
    loop {
        match found {
            Type::Struct(composite) | Type::Union(composite) => return Some(composite),
            Type::Typedef(next) => found = btf.resolve_chained_type(&next).ok()?,
            Type::Volatile(next) | Type::Const(next) | Type::Restrict(next) => {
                found = btf.resolve_chained_type(&next).ok()?;
            }
            Type::TypeTag(next) => found = btf.resolve_chained_type(&next).ok()?,
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_type_information_is_named_with_the_remedy() {
        let error = resolve(Path::new("/nonexistent/vmlinux")).expect_err("there is none");
        let message = error.to_string();
        assert!(message.contains("/nonexistent/vmlinux"), "{message}");
        assert!(message.contains("CONFIG_DEBUG_INFO_BTF"), "{message}");
    }

    #[test]
    fn what_is_no_type_information_is_an_error() {
        assert!(matches!(
            resolve(Path::new("/proc/self/comm")),
            Err(KernelSourceError::BadBtf { .. })
        ));
    }
}
