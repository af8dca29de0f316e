//! What rows of the table are written with.

pub(super) use super::names;
pub(super) use crate::event_type::{Category, Class, EventType};
pub(super) use Format::{Decimal, Hexadecimal, Octal};
pub(super) use ParameterKind::*;

use crate::event_type::{EventCode, EventFlags, Format, Parameter, ParameterKind};

pub(super) const CREATES_FD: u16 = EventFlags::CREATES_FD.0;
pub(super) const DESTROYS_FD: u16 = EventFlags::DESTROYS_FD.0;
pub(super) const USES_FD: u16 = EventFlags::USES_FD.0;
pub(super) const READS_FROM_FD: u16 = EventFlags::READS_FROM_FD.0;
pub(super) const WRITES_TO_FD: u16 = EventFlags::WRITES_TO_FD.0;
pub(super) const MODIFIES_STATE: u16 = EventFlags::MODIFIES_STATE.0;
pub(super) const UNUSED: u16 = EventFlags::UNUSED.0;
pub(super) const WAITS: u16 = EventFlags::WAITS.0;
pub(super) const KEEPS_PENDING: u16 = EventFlags::KEEPS_PENDING.0;
pub(super) const OLD_VERSION: u16 = EventFlags::OLD_VERSION.0;
pub(super) const LARGE_PAYLOAD: u16 = EventFlags::LARGE_PAYLOAD.0;
pub(super) const CONVERTED: u16 = EventFlags::CONVERTED.0;

/// One row.
pub(super) const fn row(
    code: u16,
    name: &'static str,
    category: Category,
    class: Class,
    flags: u16,
    parameters: &'static [Parameter],
) -> EventType {
    EventType {
        code: EventCode(code),
        name,
        category,
        class,
        flags: EventFlags(flags),
        parameters,
    }
}

/// A parameter that is no number.
pub(super) const fn plain(name: &'static str, kind: ParameterKind) -> Parameter {
    formatted(name, kind, Format::None)
}

/// A decimal number.
pub(super) const fn dec(name: &'static str, kind: ParameterKind) -> Parameter {
    formatted(name, kind, Decimal)
}

/// A hexadecimal number.
pub(super) const fn hex(name: &'static str, kind: ParameterKind) -> Parameter {
    formatted(name, kind, Hexadecimal)
}

/// An octal number.
pub(super) const fn oct(name: &'static str, kind: ParameterKind) -> Parameter {
    formatted(name, kind, Octal)
}

/// A number with names.
pub(super) const fn named(
    name: &'static str,
    kind: ParameterKind,
    format: Format,
    names: &'static [(&'static str, u64)],
) -> Parameter {
    Parameter {
        name,
        kind,
        format,
        names,
    }
}

const fn formatted(name: &'static str, kind: ParameterKind, format: Format) -> Parameter {
    named(name, kind, format, &[])
}

/// What such a parameter can be.
pub(super) static SOCKOPT_DYNAMIC_PARAM: &[Parameter] = &[
    hex("", Bytes),
    dec("", Errno),
    dec("", Uint32),
    dec("", Uint64),
    dec("", RelativeTime),
];
/// What such a parameter can be.
pub(super) static PTRACE_DYNAMIC_PARAM: &[Parameter] = &[hex("", Uint64), dec("", Signal)];
/// What such a parameter can be.
pub(super) static BPF_DYNAMIC_PARAM: &[Parameter] = &[dec("", Fd), dec("", Errno)];
/// What such a parameter can be.
pub(super) static KEYCTL_DYNAMIC_PARAM: &[Parameter] = &[dec("", Int64), plain("", Text)];
