//! What a descriptor stands for: `<f>/etc/passwd`, `<4t>10.0.0.1:40000->10.0.0.2:443`.

use super::{append_end, append_ends, append_unix_path};
use crate::argument::Argument;
use crate::names::S_IFMT;
use crate::socket::{AF_INET, AF_INET6, AF_UNIX, L4Protocol, SocketView};
use crate::view::EventView;
use saker_event_schema::{Descriptor, Source, event};

const S_IFDIR: u64 = 0o040_000;
const S_IFIFO: u64 = 0o010_000;
/// Family of the sockets that talk to the kernel.
const AF_NETLINK: u16 = 16;

/// Appends what the descriptor in a slot stands for, by the other arguments of the event; `false`,
/// with nothing appended, when they do not say.
pub fn append_descriptor(view: &EventView<'_>, slot: usize, out: &mut Vec<u8>) -> bool {
    let descriptor = match view.row_argument(slot).map(|argument| argument.source) {
        Some(Source::Returned) => Descriptor::Returned,
        Some(Source::Signed(number)) => Descriptor::Argument(number),
        _ => return false,
    };
    let find = |wanted: Source| {
        view.row()
            .arguments
            .iter()
            .position(|argument| argument.source == wanted)
    };
    if let Some(socket) = find(Source::Socket(descriptor)).and_then(|slot| view.socket(slot)) {
        append_socket(view, &socket, out);
        return true;
    }
    let mode = find(Source::FileMode(descriptor)).and_then(|slot| view.unsigned(slot));
    let Some(path) = find(Source::FilePath(descriptor)) else {
        return false;
    };
    append_file(view, path, mode, out)
}

fn append_file(view: &EventView<'_>, slot: usize, mode: Option<u64>, out: &mut Vec<u8>) -> bool {
    // Falco names a descriptor by what was asked for, so a path argument goes first.
    let mut requested = Vec::new();
    let asked = view
        .row()
        .slot("name")
        .is_some_and(|name| view.requested_path(name, &mut requested));
    let path = match view.argument(slot) {
        _ if asked => requested.as_slice(),
        Argument::Data(data) => data.path(),
        _ => return false,
    };
    out.extend_from_slice(match mode.unwrap_or(0) & S_IFMT {
        S_IFDIR => b"<d>",
        S_IFIFO => b"<p>",
        _ => b"<f>",
    });
    out.extend_from_slice(path);
    true
}

fn append_socket(view: &EventView<'_>, socket: &SocketView<'_>, out: &mut Vec<u8>) {
    out.push(b'<');
    out.push(match socket.family() {
        AF_INET => b'4',
        AF_INET6 => b'6',
        AF_UNIX => b'u',
        AF_NETLINK => b'n',
        _ => b'?',
    });
    // A socket that was just made has no end yet, and Falco does not name its transport.
    let is_new = view.id() == event::SOCKET;
    if let (false, Some(protocol)) = (is_new, socket.l4_protocol()) {
        out.push(match protocol {
            L4Protocol::Tcp => b't',
            L4Protocol::Udp => b'u',
            L4Protocol::Icmp => b'i',
            L4Protocol::Raw => b'r',
        });
    }
    out.push(b'>');
    match (socket.local(), socket.remote()) {
        _ if is_new => {}
        (Some(local), Some(_)) if !socket.has_remote() => append_end(local, out),
        (Some(local), Some(remote)) if matches!(view.id(), event::ACCEPT | event::ACCEPT4) => {
            append_ends(remote, local, out);
        }
        (Some(local), Some(remote)) => append_ends(local, remote, out),
        _ => append_unix_path(socket.unix_path, out),
    }
}
