//! The text of arguments, as Falco prints it.
//!
//! Falco has two texts for an argument: a plain one (`4097`, `-2`, `3`) and, for some kinds, a
//! resolved one (`O_RDONLY|O_CLOEXEC`, `ENOENT`, `<f>/etc/passwd`). `evt.arg.X` is the resolved one
//! where there is one, `evt.args` is `name=plain(resolved)`. Text that a process chose stays the
//! bytes that it is.

mod descriptor;

use crate::argument::{Argument, Data};
use crate::names;
use crate::socket::{SocketAddressView, SocketView};
use crate::view::EventView;
use saker_event_schema::{EventId, Kind, data_flag, event};
use std::io::Write;
use std::net::SocketAddr;

pub use descriptor::append_descriptor;

/// What the text of an argument needs and an event does not carry.
///
/// Each method appends to `out` and says whether it knew.
pub trait NameSource {
    /// Name of a user.
    fn user(&self, uid: u32, out: &mut Vec<u8>) -> bool {
        let _ = (uid, out);
        false
    }

    /// Name of a group.
    fn group(&self, gid: u32, out: &mut Vec<u8>) -> bool {
        let _ = (gid, out);
        false
    }

    /// Name (comm) of a process.
    fn process(&self, pid: u32, out: &mut Vec<u8>) -> bool {
        let _ = (pid, out);
        false
    }
}

/// Knows no names.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoNames;

impl NameSource for NoNames {}

/// Whether an argument has a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rendered {
    /// The text was appended.
    Text,
    /// There is no value; nothing was appended.
    Missing,
}

/// Appends the text of `evt.arg.X`: the resolved form where there is one (`O_RDONLY|O_CLOEXEC`,
/// `ENOENT`, `<f>/etc/passwd`), else the plain one.
pub fn argument_text(
    view: &EventView<'_>,
    slot: usize,
    names: &dyn NameSource,
    out: &mut Vec<u8>,
) -> Rendered {
    if append_resolved(view, slot, names, out) {
        Rendered::Text
    } else {
        append_plain(view, slot, out)
    }
}

/// Appends the text of `evt.rawarg.X`: the plain form, a number without its names.
pub fn raw_argument_text(view: &EventView<'_>, slot: usize, out: &mut Vec<u8>) -> Rendered {
    append_plain(view, slot, out)
}

/// Appends the text of `evt.args`: Falco's arguments as `name=plain(resolved)`, a space between.
pub fn arguments_text(view: &EventView<'_>, names: &dyn NameSource, out: &mut Vec<u8>) {
    let mut separator: &[u8] = b"";
    for (slot, argument) in view.row().arguments.iter().enumerate() {
        if !argument.in_falco {
            continue;
        }
        out.extend_from_slice(separator);
        separator = b" ";
        out.extend_from_slice(argument.name.as_bytes());
        out.push(b'=');
        if append_plain(view, slot, out) == Rendered::Missing {
            out.extend_from_slice(missing_text(argument.kind).as_bytes());
            continue;
        }
        let plain_end = out.len();
        out.push(b'(');
        if append_resolved(view, slot, names, out) {
            out.push(b')');
        } else {
            out.truncate(plain_end);
        }
    }
}

/// What Falco prints for an argument without a value: `NULL` for what once could be empty, else `<NA>`.
#[must_use]
pub const fn missing_text(kind: Kind) -> &'static str {
    match kind {
        Kind::Socket | Kind::ArgumentVector | Kind::Environment => "NULL",
        _ => "<NA>",
    }
}

/// Falco's name of a result: `SUCCESS`, or the name of the errno; an unknown one is empty.
#[must_use]
pub fn result_name(result: i64) -> &'static str {
    if result >= 0 {
        "SUCCESS"
    } else {
        names::errno_name(result.unsigned_abs()).unwrap_or_default()
    }
}

/// The number of an argument as Falco has it: flags in Falco's numbering, devices as user space
/// knows them, what the file adds to `open` flags. `None` for data.
#[must_use]
pub fn falco_number(view: &EventView<'_>, slot: usize) -> Option<i128> {
    let kind = view.row_argument(slot)?.kind;
    match view.argument(slot) {
        Argument::Signed(number) => Some(number.into()),
        Argument::Unsigned(number) if kind == Kind::Device => {
            Some(user_device_number(number).into())
        }
        Argument::Unsigned(number) => {
            let mut flags = names::falco_number(kind, number);
            if kind == Kind::OpenFlags {
                flags |= layer_flags(view);
            }
            Some(flags.into())
        }
        _ => None,
    }
}

/// What Falco adds to the `open` flags about the layer of the file.
fn layer_flags(view: &EventView<'_>) -> u64 {
    let file = view.row().slot("file_path");
    let flags = file.map_or(0, |slot| view.data_flags(slot));
    let mut added = 0;
    if flags & data_flag::UPPER_LAYER != 0 {
        added |= names::open_flags::falco::FD_UPPER_LAYER;
    }
    if flags & data_flag::LOWER_LAYER != 0 {
        added |= names::open_flags::falco::FD_LOWER_LAYER;
    }
    added
}

/// A device number as user space has it (`new_encode_dev`), from the kernel's (`MKDEV`).
#[must_use]
pub const fn user_device_number(kernel: u64) -> u64 {
    let major = (kernel >> 20) & 0xFFF;
    let minor = kernel & 0xF_FFFF;
    (minor & 0xFF) | (major << 8) | ((minor & !0xFF) << 12)
}

fn append_plain(view: &EventView<'_>, slot: usize, out: &mut Vec<u8>) -> Rendered {
    let Some(argument) = view.row_argument(slot) else {
        return Rendered::Missing;
    };
    match view.argument(slot) {
        Argument::Missing => return Rendered::Missing,
        Argument::Data(data) => append_data(&data, out),
        Argument::Socket(socket) => append_tuple(view.id(), &socket, out),
        Argument::SocketAddress(address) => append_address(&address, out),
        Argument::Signed(_) | Argument::Unsigned(_) => {
            append_number(argument.kind, falco_number(view, slot).unwrap_or(0), out);
        }
    }
    Rendered::Text
}

fn append_number(kind: Kind, number: i128, out: &mut Vec<u8>) {
    match kind {
        Kind::Hex | Kind::Device | Kind::Capabilities => append(out, format_args!("{number:X}")),
        Kind::FileMode if number != 0 => append(out, format_args!("0{number:o}")),
        _ => append(out, format_args!("{number}")),
    }
}

fn append(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    // Writing to memory cannot fail, and text that is cut would still be text.
    if out.write_fmt(text).is_err() {
        out.extend_from_slice(b"...");
    }
}

/// Strings of a vector with a dot after each, as Falco prints bytes; paths and texts as they are.
fn append_data(data: &Data<'_>, out: &mut Vec<u8>) {
    match data.kind {
        Kind::ArgumentVector | Kind::Environment => {
            // Falco's `args` begin after the program's own name.
            let own_name = usize::from(data.kind == Kind::ArgumentVector);
            for string in data.strings().skip(own_name) {
                out.extend_from_slice(string);
                out.push(b'.');
            }
        }
        // What goes over a connection is nobody's to print.
        Kind::Payload => append(out, format_args!("{} bytes", data.bytes.len())),
        _ => out.extend_from_slice(data.path()),
    }
}

fn append_tuple(event: EventId, socket: &SocketView<'_>, out: &mut Vec<u8>) {
    match (socket.local(), socket.remote()) {
        // The peer opened an accepted connection, and Falco puts the opener first.
        (Some(local), Some(remote)) if matches!(event, event::ACCEPT | event::ACCEPT4) => {
            append_ends(remote, local, out);
        }
        (Some(local), Some(remote)) => append_ends(local, remote, out),
        _ => append_unix_path(socket.unix_path, out),
    }
}

fn append_ends(from: SocketAddr, to: SocketAddr, out: &mut Vec<u8>) {
    append_end(from, out);
    out.extend_from_slice(b"->");
    append_end(to, out);
}

/// `address:port`, without brackets also for IPv6.
fn append_end(end: SocketAddr, out: &mut Vec<u8>) {
    append(out, format_args!("{}:{}", end.ip(), end.port()));
}

/// The path of a unix socket; the NUL that begins an abstract name is shown as `@`.
fn append_unix_path(path: &[u8], out: &mut Vec<u8>) {
    match path.split_first() {
        Some((0, name)) => {
            out.push(b'@');
            out.extend_from_slice(name);
        }
        _ => out.extend_from_slice(path),
    }
}

fn append_address(address: &SocketAddressView<'_>, out: &mut Vec<u8>) {
    match address {
        SocketAddressView::Ip(end) => append_end(*end, out),
        SocketAddressView::Unix(path) => append_unix_path(path, out),
        SocketAddressView::Other { family, .. } => {
            append(out, format_args!("family {}", family.unwrap_or(0)));
        }
    }
}

/// Appends the resolved text; `false`, with nothing appended, when there is none.
fn append_resolved(
    view: &EventView<'_>,
    slot: usize,
    names: &dyn NameSource,
    out: &mut Vec<u8>,
) -> bool {
    let Some(argument) = view.row_argument(slot) else {
        return false;
    };
    let before = out.len();
    let known = match (argument.kind, view.argument(slot)) {
        (Kind::DirectoryFd, Argument::Signed(names::AT_FDCWD)) => {
            out.extend_from_slice(b"AT_FDCWD");
            true
        }
        (Kind::Errno | Kind::Fd, Argument::Signed(number)) if number < 0 => {
            out.extend_from_slice(result_name(number).as_bytes());
            out.len() != before
        }
        (Kind::Fd | Kind::DirectoryFd, Argument::Signed(_)) => append_descriptor(view, slot, out),
        (Kind::Pid, Argument::Signed(pid)) => {
            u32::try_from(pid).is_ok_and(|pid| pid != 0 && names.process(pid, out))
        }
        (Kind::Uid, Argument::Signed(uid)) => {
            u32::try_from(uid).is_ok_and(|uid| names.user(uid, out))
        }
        (Kind::Gid, Argument::Signed(gid)) => {
            u32::try_from(gid).is_ok_and(|gid| names.group(gid, out))
        }
        (kind, Argument::Unsigned(_)) => falco_number(view, slot)
            .and_then(|number| u64::try_from(number).ok())
            .is_some_and(|number| names::append_names(kind, number, out)),
        (Kind::UserPath, Argument::Data(data)) if !data.bytes.starts_with(b"/") => {
            let mut path = Vec::new();
            let known = view.requested_path(slot, &mut path);
            out.extend_from_slice(&path);
            known
        }
        _ => false,
    };
    if !known {
        out.truncate(before);
    }
    known
}
