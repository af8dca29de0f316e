//! The text of parameters, as Falco prints it.
//!
//! A parameter has a plain text (`4097`, `-2`, `3`) and, for some kinds, a resolved one
//! (`O_RDONLY|O_CLOEXEC`, `ENOENT`, `<f>/etc/passwd`). `evt.arg.X` is the resolved one where there is
//! one, `evt.args` is `name=plain(resolved)`.

mod number;
mod socket;
mod value;

use crate::event::Event;
use crate::event_type::{EventCode, ParameterKind};
use crate::path::concatenate;
use crate::printable;
use crate::syscalls::syscall_name;
use saker_event_decode::names::{errno_name, signal_name};
use std::io::Write;
use value::Value;

/// Value of a directory's descriptor that stands for the working directory, in Falco's numbering.
const AT_FDCWD: i64 = -100;

/// The exit of a system call that no event of its own knows.
const GENERIC_EXIT: EventCode = EventCode(1);

/// What the text of a parameter needs and an event does not carry: what is known about the thread
/// that acted and its machine.
pub trait Names {
    /// Whether the thread is known.
    fn knows_thread(&self) -> bool;
    /// What a descriptor of the thread refers to.
    fn descriptor(&self, number: i64) -> Option<DescriptorText<'_>>;
    /// The thread's working directory, with a slash at its end.
    fn working_directory(&self) -> Option<&[u8]>;
    /// The path of a directory that the thread has open, with a slash at its end; empty when it is not
    /// known.
    fn directory(&self, number: i64, out: &mut Vec<u8>);
    /// Name of a user.
    fn user(&self, uid: u32) -> Option<&[u8]>;
    /// Name of a group.
    fn group(&self, gid: u32) -> Option<&[u8]>;
    /// Name of a thread.
    fn thread(&self, tid: i64) -> Option<&[u8]>;
    /// Seconds that local time is ahead of UTC.
    fn utc_offset_s(&self) -> i32;
}

/// What is printed of a descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DescriptorText<'a> {
    /// `fd.typechar`.
    pub type_character: char,
    /// `t`, `u`, `i` or `r`, for sockets of IP whose protocol is known.
    pub protocol_character: Option<char>,
    /// `fd.name`.
    pub name: &'a [u8],
}

/// Appends the text of `evt.arg.X`: the resolved text where there is one, else the plain one. `false`,
/// with nothing appended, for a parameter that the event does not have.
pub fn parameter_text(
    event: &Event<'_>,
    index: usize,
    names: &dyn Names,
    out: &mut Vec<u8>,
) -> bool {
    let mut texts = Texts::default();
    if !texts.make(event, index, names) {
        return false;
    }
    out.extend_from_slice(if texts.resolved.is_empty() {
        &texts.plain
    } else {
        &texts.resolved
    });
    true
}

/// Appends the text of `evt.args`: every parameter as `name=plain(resolved)`, a blank between; nothing
/// for a system call without an event of its own.
pub fn arguments_text(event: &Event<'_>, names: &dyn Names, out: &mut Vec<u8>) {
    if event.event_type.code == GENERIC_EXIT {
        return;
    }
    let mut texts = Texts::default();
    let mut separator: &[u8] = b"";
    for (index, parameter) in event.event_type.parameters.iter().enumerate() {
        if !texts.make(event, index, names) {
            break;
        }
        out.extend_from_slice(separator);
        separator = b" ";
        out.extend_from_slice(parameter.name.as_bytes());
        out.push(b'=');
        out.extend_from_slice(&texts.plain);
        if !texts.resolved.is_empty() {
            out.push(b'(');
            out.extend_from_slice(&texts.resolved);
            out.push(b')');
        }
    }
}

/// Both texts of a parameter.
#[derive(Default)]
struct Texts {
    plain: Vec<u8>,
    resolved: Vec<u8>,
}

impl Texts {
    /// Makes the texts of a parameter; `false` if the event does not have it.
    fn make(&mut self, event: &Event<'_>, index: usize, names: &dyn Names) -> bool {
        self.plain.clear();
        self.resolved.clear();
        let Some(parameter) = event.event_type.parameters.get(index) else {
            return false;
        };
        let Some(value) = event.parameter(index) else {
            return false;
        };
        if value.is_empty() && !is_text(parameter.kind) {
            self.plain.extend_from_slice(missing(parameter.kind));
            return true;
        }
        let value = Value {
            event,
            parameter,
            kind: parameter.kind,
            bytes: value,
        };
        self.value(&value.chosen(), names);
        true
    }

    fn value(&mut self, value: &Value<'_, '_>, names: &dyn Names) {
        match value.kind {
            ParameterKind::Fd => self.descriptor(value.signed(), names),
            ParameterKind::Pid => {
                let tid = value.signed();
                append(&mut self.plain, format_args!("{tid}"));
                let name = names.thread(tid).unwrap_or_default();
                self.resolved.extend_from_slice(name);
            }
            ParameterKind::Errno => {
                let result = value.signed();
                append(&mut self.plain, format_args!("{result}"));
                self.resolved.extend_from_slice(error_name(result));
            }
            ParameterKind::Text => self.plain.extend_from_slice(value.text()),
            ParameterKind::Path | ParameterKind::PathRelativeTo(_) => self.path(value, names),
            ParameterKind::Bytes => self.plain.extend(value.bytes.iter().map(|byte| match byte {
                b' '..=b'~' => *byte,
                _ => b'.',
            })),
            ParameterKind::SocketAddress => socket::append_address(value.bytes, &mut self.plain),
            ParameterKind::SocketTuple => socket::append_tuple(value.bytes, &mut self.plain),
            ParameterKind::FdList => self.descriptors(value.bytes, names),
            ParameterKind::Uid => {
                self.owner(value.unsigned(), |id| names.user(id), names);
            }
            ParameterKind::Gid => {
                self.owner(value.unsigned(), |id| names.group(id), names);
            }
            _ => self.number(value, names),
        }
    }

    fn number(&mut self, value: &Value<'_, '_>, names: &dyn Names) {
        let number = value.unsigned();
        match value.kind {
            ParameterKind::SyscallId => {
                append(&mut self.plain, format_args!("{number}"));
                let code = u16::try_from(number).unwrap_or(u16::MAX);
                let name = syscall_name(code).unwrap_or_default();
                self.resolved.extend_from_slice(name.as_bytes());
            }
            ParameterKind::Signal => {
                append(&mut self.plain, format_args!("{number}"));
                let name = signal_name(number).unwrap_or_default();
                self.resolved.extend_from_slice(name.as_bytes());
            }
            ParameterKind::RelativeTime if number == u64::MAX => {
                self.plain.extend_from_slice(b"none");
            }
            ParameterKind::RelativeTime => {
                append(&mut self.plain, format_args!("{number}"));
                number::append_seconds(number, &mut self.resolved);
            }
            ParameterKind::AbsoluteTime => {
                number::append_time(number, names.utc_offset_s(), &mut self.plain);
            }
            ParameterKind::SignalSet => self.signals(number),
            ParameterKind::Flags8 | ParameterKind::Flags16 | ParameterKind::Flags32 => {
                append(&mut self.plain, format_args!("{number}"));
                number::append_bits(value.parameter.names, number, &mut self.resolved);
            }
            ParameterKind::Enum8 | ParameterKind::Enum16 | ParameterKind::Enum32 => {
                append(&mut self.plain, format_args!("{number}"));
                number::append_values(value.parameter.names, number, &mut self.resolved);
            }
            ParameterKind::Mode => {
                number::append_formatted(value, &mut self.plain);
                number::append_mode(value.parameter.names, number, &mut self.resolved);
            }
            ParameterKind::TextArray | ParameterKind::TextPairArray | ParameterKind::Dynamic(_) => {
                self.plain.extend_from_slice(b"INVALID DYNAMIC PARAMETER");
            }
            ParameterKind::Int8
            | ParameterKind::Int16
            | ParameterKind::Int32
            | ParameterKind::Int64
            | ParameterKind::Uint8
            | ParameterKind::Uint16
            | ParameterKind::Uint32
            | ParameterKind::Uint64 => number::append_formatted(value, &mut self.plain),
            _ => self.plain.extend_from_slice(b"(n.a.)"),
        }
    }

    fn descriptor(&mut self, number: i64, names: &dyn Names) {
        append(&mut self.plain, format_args!("{number}"));
        if !names.knows_thread() {
            return;
        }
        match number {
            0.. => {
                if let Some(descriptor) = names.descriptor(number) {
                    let (kind, protocol) =
                        (descriptor.type_character, descriptor.protocol_character);
                    let protocol = protocol.map_or(String::new(), String::from);
                    append(&mut self.resolved, format_args!("<{kind}{protocol}>"));
                    printable::append(descriptor.name, &mut self.resolved);
                }
            }
            AT_FDCWD => self.resolved.extend_from_slice(b"AT_FDCWD"),
            _ => self.resolved.extend_from_slice(error_name(number)),
        }
    }

    fn path(&mut self, value: &Value<'_, '_>, names: &dyn Names) {
        let path = value.text();
        printable::append(path, &mut self.plain);
        let is_relative = !path.is_empty() && !path.starts_with(b"/") && path != MISSING;
        if !is_relative || !names.knows_thread() {
            return;
        }
        let mut directory = Vec::new();
        value.base(names, &mut directory);
        let mut whole = Vec::new();
        concatenate(&directory, path, &mut whole);
        printable::append(&whole, &mut self.resolved);
    }

    fn owner<'n>(
        &mut self,
        number: u64,
        name: impl FnOnce(u32) -> Option<&'n [u8]>,
        names: &dyn Names,
    ) {
        let id = u32::try_from(number).unwrap_or(u32::MAX);
        if id == u32::MAX {
            self.plain.extend_from_slice(b"-1");
            self.resolved.extend_from_slice(b"<NONE>");
            return;
        }
        append(&mut self.plain, format_args!("{}", id.cast_signed()));
        let name = Some(id).filter(|_| names.knows_thread()).and_then(name);
        match name.filter(|name| !name.is_empty()) {
            Some(name) => printable::append(name, &mut self.resolved),
            None => self.resolved.extend_from_slice(MISSING),
        }
    }

    /// Descriptors with their kinds and flags.
    fn descriptors(&mut self, bytes: &[u8], names: &dyn Names) {
        if !names.knows_thread() {
            return;
        }
        let Some((count, entries)) = bytes.split_first_chunk::<2>() else {
            return;
        };
        let count = usize::from(u16::from_le_bytes(*count));
        let mut separator = "";
        for entry in entries.chunks_exact(10).take(count) {
            let Some((number, flags)) = entry.split_first_chunk::<8>() else {
                return;
            };
            let number = i64::from_le_bytes(*number);
            let flags = flags.first_chunk().map_or(0, |it| i16::from_le_bytes(*it));
            let kind = names.descriptor(number);
            let kind = kind.map_or('?', |descriptor| descriptor.type_character);
            let flags = i32::from(flags).cast_unsigned();
            let number = number.cast_unsigned();
            append(
                &mut self.plain,
                format_args!("{separator}{number}:{kind}{flags:x}"),
            );
            separator = " ";
        }
    }

    fn signals(&mut self, set: u64) {
        let numbers = (1..=32_u64).zip(0_u32..);
        for (signal, bit) in numbers {
            let is_set = set.checked_shr(bit).unwrap_or(0) & 1 == 1;
            if let Some(name) = signal_name(signal).filter(|_| is_set) {
                if !self.plain.is_empty() {
                    self.plain.push(b' ');
                }
                self.plain.extend_from_slice(name.as_bytes());
            }
        }
    }
}

/// What Falco prints for a path or text that is missing.
const MISSING: &[u8] = b"<NA>";

/// Whether a kind has a text of its own where it has no value.
const fn is_text(kind: ParameterKind) -> bool {
    matches!(
        kind,
        ParameterKind::Text | ParameterKind::Path | ParameterKind::PathRelativeTo(_)
    )
}

/// What Falco prints for a parameter without a value: `NULL` for kinds that could always be empty.
const fn missing(kind: ParameterKind) -> &'static [u8] {
    match kind {
        ParameterKind::Bytes
        | ParameterKind::SocketTuple
        | ParameterKind::FdList
        | ParameterKind::TextArray
        | ParameterKind::TextPairArray
        | ParameterKind::Dynamic(_) => b"NULL",
        _ => MISSING,
    }
}

/// Name of an error, from a negative result; empty for others.
fn error_name(result: i64) -> &'static [u8] {
    let errno = (result < 0).then(|| result.unsigned_abs());
    errno.and_then(errno_name).unwrap_or_default().as_bytes()
}

fn append(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    // Writing to memory cannot fail, and text that is cut would still be text.
    if out.write_fmt(text).is_err() {
        out.extend_from_slice(b"...");
    }
}

#[cfg(test)]
mod tests;
