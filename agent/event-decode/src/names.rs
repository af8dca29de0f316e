//! Names of flags and enumerations, as Falco prints them.
//!
//! Records carry the kernel's own values. Falco numbers many of them anew, so that they are the
//! same on every architecture, and prints `number(NAME|NAME)`; each table here holds both numbers.
//! The order of a table is the order in which Falco prints its names.
//!
//! ```
//! use saker_event_decode::names::{append_names, falco_number};
//! use saker_event_schema::Kind;
//! let mut text = Vec::new();
//! assert!(append_names(Kind::CloneFlags, falco_number(Kind::CloneFlags, 0x1000_0000), &mut text));
//! assert_eq!(text, b"CLONE_NEWUSER");
//! ```

mod address_families;
mod at_flags;
mod bpf_commands;
mod capabilities;
mod clone_flags;
mod descriptor_flags;
mod errnos;
pub mod exec_flags;
mod file_mode;
mod link_flags;
mod memfd_flags;
mod module_flags;
mod mount_flags;
pub mod open_flags;
mod prctl_options;
mod ptrace_requests;
mod rename_flags;
mod resolve_flags;
mod signals;
mod umount_flags;
mod unlink_flags;

use saker_event_schema::Kind;

/// Bits of a file mode that hold the type of the file.
pub const S_IFMT: u64 = 0o170_000;

/// What `fd.num` and the like print for the working directory.
pub const AT_FDCWD: i64 = -100;

/// One named value or bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name {
    /// The kernel's number.
    pub kernel: u64,
    /// Falco's number.
    pub falco: u64,
    /// Falco's name.
    pub text: &'static str,
}

impl Name {
    /// A name whose numbers differ.
    const fn new(kernel: u64, falco: u64, text: &'static str) -> Self {
        Self {
            kernel,
            falco,
            text,
        }
    }

    /// A name for which Falco keeps the kernel's number.
    const fn same(number: u64, text: &'static str) -> Self {
        Self::new(number, number, text)
    }
}

/// The names of one kind of argument.
#[derive(Clone, Copy, Debug)]
pub enum Names {
    /// Any number of bits at once.
    Bits(&'static [Name]),
    /// One value.
    Values(&'static [Name]),
}

/// The names for values of this kind; `None` for numbers without names.
#[must_use]
pub fn names(kind: Kind) -> Option<Names> {
    Some(match kind {
        Kind::OpenFlags => Names::Bits(open_flags::NAMES),
        Kind::FileMode => Names::Bits(file_mode::NAMES),
        Kind::ResolveFlags => Names::Bits(resolve_flags::NAMES),
        Kind::UnlinkFlags => Names::Bits(unlink_flags::NAMES),
        Kind::LinkFlags => Names::Bits(link_flags::NAMES),
        Kind::RenameFlags => Names::Bits(rename_flags::NAMES),
        Kind::AtFlags => Names::Bits(at_flags::NAMES),
        Kind::ExecFlags => Names::Bits(exec_flags::NAMES),
        Kind::CloneFlags | Kind::NamespaceFlags => Names::Bits(clone_flags::NAMES),
        Kind::DescriptorFlags => Names::Bits(descriptor_flags::NAMES),
        Kind::MountFlags => Names::Bits(mount_flags::NAMES),
        Kind::UmountFlags => Names::Bits(umount_flags::NAMES),
        Kind::MemfdFlags => Names::Bits(memfd_flags::NAMES),
        Kind::ModuleFlags => Names::Bits(module_flags::NAMES),
        Kind::AddressFamily => Names::Values(address_families::NAMES),
        Kind::PtraceRequest => Names::Values(ptrace_requests::NAMES),
        Kind::BpfCommand => Names::Values(bpf_commands::NAMES),
        Kind::Signal => Names::Values(signals::NAMES),
        Kind::PrctlOption => Names::Values(prctl_options::NAMES),
        _ => return None,
    })
}

/// Falco's number for a value of this kind; the value itself where Falco keeps the kernel's.
#[must_use]
pub fn falco_number(kind: Kind, value: u64) -> u64 {
    match (kind, names(kind)) {
        (Kind::OpenFlags, _) => open_flags::falco_number(value),
        // These keep the kernel's numbers, so bits without a name are not lost.
        (Kind::FileMode | Kind::AtFlags | Kind::MemfdFlags | Kind::ModuleFlags, _) => value,
        (Kind::MountFlags, _) => mount_flags::without_magic(value),
        (_, Some(Names::Bits(names))) => falco_bits(names, value),
        (Kind::PtraceRequest, Some(Names::Values(names))) => names
            .iter()
            .find(|name| name.kernel == value)
            .map_or(0, |name| name.falco),
        _ => value,
    }
}

/// The kernel's number for Falco's number of this kind, for captures that Falco wrote.
#[must_use]
pub fn kernel_number(kind: Kind, number: u64) -> u64 {
    match (kind, names(kind)) {
        (Kind::OpenFlags, _) => open_flags::kernel_number(number),
        (
            Kind::FileMode
            | Kind::AtFlags
            | Kind::MemfdFlags
            | Kind::ModuleFlags
            | Kind::MountFlags,
            _,
        ) => number,
        (_, Some(Names::Bits(names))) => kernel_bits(names, number),
        (Kind::PtraceRequest, Some(Names::Values(names))) => names
            .iter()
            .find(|name| name.falco == number)
            .map_or(u64::MAX, |name| name.kernel),
        _ => number,
    }
}

fn falco_bits(names: &[Name], value: u64) -> u64 {
    names
        .iter()
        .filter(|name| name.kernel != 0 && value & name.kernel == name.kernel)
        .fold(0, |number, name| number | name.falco)
}

fn kernel_bits(names: &[Name], number: u64) -> u64 {
    names
        .iter()
        .filter(|name| name.falco != 0 && number & name.falco == name.falco)
        .fold(0, |value, name| value | name.kernel)
}

/// Appends the names for Falco's number of this kind (`O_RDONLY|O_CLOEXEC`); `false` when it has
/// none. [`falco_number`] gives the number.
pub fn append_names(kind: Kind, number: u64, out: &mut Vec<u8>) -> bool {
    let before = out.len();
    match names(kind) {
        Some(Names::Bits(names)) => append_bits(names, number, out),
        Some(Names::Values(names)) => {
            for name in names.iter().filter(|name| name.falco == number) {
                append_name(before, name.text, out);
            }
            if out.len() == before && kind == Kind::PtraceRequest {
                out.extend_from_slice(b"PTRACE_UNKNOWN");
            }
        }
        None => {}
    }
    out.len() != before
}

/// The name for Falco's number of a kind whose values have one name each, where there is one: what
/// [`append_names`] would append, without a buffer.
#[must_use]
pub fn value_name(kind: Kind, number: u64) -> Option<&'static str> {
    let Some(Names::Values(names)) = names(kind) else {
        return None;
    };
    let mut found = names.iter().filter(|name| name.falco == number);
    match (found.next(), found.next()) {
        (Some(name), None) => Some(name.text),
        _ => None,
    }
}

/// Names of bits as Falco finds them: in the order of the table, a name that is the whole number
/// ends it, and bits that were named are not named again.
fn append_bits(names: &[Name], number: u64, out: &mut Vec<u8>) {
    let before = out.len();
    let mut left = number;
    for name in names {
        if name.falco == number {
            append_name(before, name.text, out);
            return;
        }
        if left != 0 && name.falco != 0 && left & name.falco == name.falco {
            append_name(before, name.text, out);
            left &= !name.falco;
        }
    }
}

fn append_name(before: usize, name: &str, out: &mut Vec<u8>) {
    if out.len() != before {
        out.push(b'|');
    }
    out.extend_from_slice(name.as_bytes());
}

/// Appends the names of a capability set, with a space between, as `thread.cap_effective` has it.
pub fn append_capabilities(set: u64, out: &mut Vec<u8>) {
    let before = out.len();
    for name in capabilities::NAMES {
        if set & name.kernel != 0 {
            if out.len() != before {
                out.push(b' ');
            }
            out.extend_from_slice(name.text.as_bytes());
        }
    }
}

/// Name of an error (`ENOENT`), from its positive number.
#[must_use]
pub fn errno_name(errno: u64) -> Option<&'static str> {
    let position = errnos::NAMES
        .binary_search_by_key(&errno, |name| name.kernel)
        .ok()?;
    errnos::NAMES.get(position).map(|name| name.text)
}

/// Number of an error, from its name.
#[must_use]
pub fn errno_number(name: &str) -> Option<u64> {
    errnos::NAMES
        .iter()
        .find(|entry| entry.text == name)
        .map(|entry| entry.kernel)
}

/// Name of a signal (`SIGKILL`).
#[must_use]
pub fn signal_name(signal: u64) -> Option<&'static str> {
    signals::NAMES
        .iter()
        .find(|name| name.kernel == signal)
        .map(|name| name.text)
}
