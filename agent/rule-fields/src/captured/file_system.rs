//! `fs.path.*`, `evt.abspath` and `fdlist.*` of captured events.

use super::call::{Call, is_old};
use super::{CapturedEvent, NO_VALUE, UNKNOWN_DIRECTORY, with_slash};
use crate::context::EventContext;
use crate::paths::PathRole;
use crate::value::FieldValue;
use saker_capture_state::{Descriptor, DescriptorKind, Endpoint, Thread};
use saker_falco_events::{Direction, EventType, concatenate, event_types};
use saker_rule_language::FieldArgument;
use std::borrow::Cow;
use std::sync::LazyLock;

/// An extractor's value.
type Value<'c> = FieldValue<'c>;
/// An extractor's argument.
type Argument<'c> = Option<&'c FieldArgument>;

/// Where a relative path of a call begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Base {
    /// The working directory.
    WorkingDirectory,
    /// The descriptor that the event is about, if it is a directory.
    Descriptor,
    /// The descriptor in the parameter of this name.
    Parameter(&'static str),
    /// The path is that of the descriptor which the call made.
    Opened,
    /// Nobody knows.
    Unknown,
}

/// The paths of a call: names of parameters, and where they begin.
#[derive(Clone, Copy, Debug)]
struct Paths {
    name: Option<(&'static str, Base)>,
    source: Option<(&'static str, Base)>,
    target: Option<(&'static str, Base)>,
    /// Whether the path is that of the descriptor.
    is_of_descriptor: bool,
}

const fn one(name: &'static str, base: Base) -> Paths {
    Paths {
        name: Some((name, base)),
        source: None,
        target: None,
        is_of_descriptor: false,
    }
}

const fn two(source: (&'static str, Base), target: (&'static str, Base)) -> Paths {
    Paths {
        name: None,
        source: Some(source),
        target: Some(target),
        is_of_descriptor: false,
    }
}

/// The paths of calls that have some.
fn paths_of(event_type: &EventType) -> Option<Paths> {
    use Base::{Descriptor, Opened, Parameter, Unknown, WorkingDirectory};
    if event_type.code.direction() == Direction::Enter || is_old(event_type) {
        return None;
    }
    Some(match event_type.name {
        "mkdir" | "rmdir" | "unlink" | "chown" | "lchown" => one("path", WorkingDirectory),
        "mkdirat" => one("path", Descriptor),
        "unlinkat" => one("name", Descriptor),
        "open" | "umount" | "umount2" => one("name", WorkingDirectory),
        "openat" | "openat2" => one("name", Opened),
        "chmod" => one("filename", WorkingDirectory),
        "fchmodat" => one("filename", Descriptor),
        "fchownat" => one("pathname", Descriptor),
        "quotactl" => one("special", WorkingDirectory),
        "fchmod" | "fchown" => Paths {
            name: None,
            source: None,
            target: None,
            is_of_descriptor: true,
        },
        "rename" | "renameat" => two(("oldpath", WorkingDirectory), ("newpath", WorkingDirectory)),
        "renameat2" => two(
            ("oldpath", Parameter("olddirfd")),
            ("newpath", Parameter("newdirfd")),
        ),
        // Falco has the two names of a hard link the other way round.
        "link" | "linkat" => two(("newpath", WorkingDirectory), ("oldpath", WorkingDirectory)),
        "symlink" => two(("linkpath", WorkingDirectory), ("target", WorkingDirectory)),
        "symlinkat" => two(("linkpath", Descriptor), ("target", Unknown)),
        "mount" => two(("dev", WorkingDirectory), ("dir", WorkingDirectory)),
        _ => return None,
    })
}

/// The paths of each code.
static PATHS: LazyLock<Box<[Option<Paths>]>> =
    LazyLock::new(|| event_types().map(paths_of).collect());

/// The paths of a call that succeeded.
fn successful(captured: &CapturedEvent<'_>) -> Option<Paths> {
    let event = captured.event;
    let code = usize::from(event.event_type.code.0);
    let paths = PATHS.get(code).copied().flatten()?;
    let result = event.parameter(0).filter(|result| !result.is_empty())?;
    // What opens has failed only if it returned -1, as Falco has it.
    let has_succeeded = match Call::of(event) {
        Call::Open | Call::OpenAt | Call::OpenAt2 => event.signed(0) != Some(-1),
        _ => result.iter().all(|byte| *byte == 0),
    };
    has_succeeded.then_some(paths)
}

/// A path as the caller passed it.
pub(crate) fn raw<'c>(context: &'c EventContext<'_>, role: PathRole) -> Value<'c> {
    FieldValue::from_option(found(context, role).map(|(text, _)| FieldValue::text(text)))
}

fn found<'a>(context: &EventContext<'a>, role: PathRole) -> Option<(&'a [u8], Base)> {
    let captured = context.captured()?;
    let paths = successful(captured)?;
    if role == PathRole::Name && paths.is_of_descriptor {
        captured.thread()?;
        let name: &'a [u8] = captured
            .descriptor()
            .map_or(b"", |descriptor| &descriptor.name);
        return Some((name, Base::WorkingDirectory));
    }
    let (parameter, base) = match role {
        PathRole::Name => paths.name,
        PathRole::Source => paths.source,
        PathRole::Target => paths.target,
    }?;
    let text = captured.text(captured.event.slot(parameter)?)?;
    Some((text, base))
}

/// A path from where it begins.
pub(crate) fn whole<'c>(context: &'c EventContext<'_>, role: PathRole) -> Value<'c> {
    let make = || {
        let (text, base) = found(context, role)?;
        let captured = context.captured()?;
        let thread = captured.thread()?;
        let mut out = Vec::new();
        if text.starts_with(b"/") {
            concatenate(b"", text, &mut out);
            return Some(FieldValue::owned(out));
        }
        if base == Base::Opened {
            let opened = captured.descriptor();
            let opened: &[u8] = opened.map_or(UNKNOWN_DIRECTORY, |opened| &opened.name);
            concatenate(b"", opened, &mut out);
            return Some(FieldValue::owned(out));
        }
        let directory = match base {
            Base::Opened | Base::Unknown => Cow::Borrowed(UNKNOWN_DIRECTORY),
            Base::WorkingDirectory => Cow::Borrowed(captured.working_directory(thread)),
            Base::Descriptor => named_directory(captured.descriptor()),
            Base::Parameter(name) => {
                let descriptor = captured.event.signed(captured.event.slot(name)?)?;
                captured.directory(thread, text, descriptor)
            }
        };
        concatenate(&directory, text, &mut out);
        Some(FieldValue::owned(out))
    };
    FieldValue::from_option(make())
}

fn named_directory(descriptor: Option<&Descriptor>) -> Cow<'_, [u8]> {
    match descriptor {
        Some(directory) if directory.kind == DescriptorKind::Directory => {
            with_slash(&directory.name)
        }
        _ => Cow::Borrowed(UNKNOWN_DIRECTORY),
    }
}

/// `evt.abspath`: the parameters with a directory's descriptor and with the path below it.
pub(crate) fn absolute<'c>(context: &'c EventContext<'_>, argument: Argument<'_>) -> Value<'c> {
    let make = || {
        let captured = context.captured()?;
        let event = captured.event;
        let thread = captured.thread()?;
        if event.event_type.code.direction() == Direction::Enter || is_old(event.event_type) {
            return None;
        }
        let is_source = !matches!(argument, Some(FieldArgument::Key(key)) if &**key == "dst");
        let mut out = Vec::new();
        let (directory, path) = match (event.event_type.name, is_source) {
            ("renameat" | "renameat2", true) => ("olddirfd", "oldpath"),
            ("renameat" | "renameat2", false) => ("newdirfd", "newpath"),
            ("symlinkat", _) => ("linkdirfd", "linkpath"),
            ("openat" | "openat2" | "unlinkat", _) => ("dirfd", "name"),
            ("open_by_handle_at", _) => {
                captured.result().filter(|descriptor| *descriptor > 0)?;
                concatenate(b"", captured.known_text(3).unwrap_or_default(), &mut out);
                return Some(FieldValue::owned(out));
            }
            ("linkat", true) => ("olddir", "oldpath"),
            ("linkat", false) => ("newdir", "newpath"),
            ("mkdirat", _) => ("dirfd", "path"),
            ("fchmodat", _) => ("dirfd", "filename"),
            ("fchownat", _) => ("dirfd", "pathname"),
            _ => return None,
        };
        let descriptor = event.signed(event.slot(directory)?)?;
        let text = captured.known_text(event.slot(path)?)?;
        concatenate(&below(captured, thread, text, descriptor), text, &mut out);
        Some(FieldValue::owned(out))
    };
    FieldValue::from_option(make())
}

/// The directory that `evt.abspath` begins at. As in Falco the name of a descriptor always gets a
/// slash.
fn below<'a>(
    captured: &CapturedEvent<'a>,
    thread: &'a Thread,
    path: &[u8],
    descriptor: i64,
) -> Cow<'a, [u8]> {
    match captured.directory(thread, path, descriptor) {
        Cow::Borrowed(UNKNOWN_DIRECTORY) => Cow::Borrowed(b"<UNKNOWN>/"),
        Cow::Borrowed(name) if descriptor >= 0 && !path.starts_with(b"/") => {
            Cow::Owned([name, b"/"].concat())
        }
        directory => directory,
    }
}

/// What a list shows of each descriptor that a call waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Its number.
    Number,
    /// Its name.
    Name,
    /// Address of the client.
    ClientAddress,
    /// Address of the server.
    ServerAddress,
    /// Port of the client.
    ClientPort,
    /// Port of the server.
    ServerPort,
}

/// The descriptors that a call waits for, separated by commas.
pub(crate) fn list<'c>(context: &'c EventContext<'_>, part: Part) -> Value<'c> {
    let make = || {
        let captured = context.captured()?;
        (Call::of_exit(captured.event) == Call::Poll).then_some(())?;
        let thread = captured.thread()?;
        let bytes = captured.event.parameter(1)?;
        let (count, entries) = bytes.split_first_chunk::<2>()?;
        let count = usize::from(u16::from_le_bytes(*count));
        let mut texts: Vec<Vec<u8>> = Vec::new();
        for entry in entries.chunks_exact(10).take(count) {
            let number = i64::from_le_bytes(*entry.first_chunk()?);
            let descriptor = captured.machine.descriptor(thread, number);
            texts.extend(part.text(number, descriptor.map(|known| &**known)));
        }
        (!texts.is_empty()).then(|| FieldValue::owned(texts.join(&b',')))
    };
    FieldValue::from_option(make())
}

impl Part {
    fn text(self, number: i64, descriptor: Option<&Descriptor>) -> Option<Vec<u8>> {
        let ends = descriptor.and_then(ends);
        let address = |end: Endpoint| end.ip.to_string().into_bytes();
        let port = |end: Endpoint| end.port.to_string().into_bytes();
        match self {
            Self::Number => Some(number.to_string().into_bytes()),
            Self::Name => {
                let name = descriptor.map(|known| known.name.to_vec());
                let name = name.filter(|name| !name.is_empty());
                Some(name.unwrap_or_else(|| NO_VALUE.to_vec()))
            }
            Self::ClientAddress => ends.map(|(source, _)| address(source)),
            Self::ServerAddress => {
                let server = ends.map(|(_, destination)| destination);
                server.or_else(|| listening(descriptor?)).map(address)
            }
            // As in Falco, which goes on with the server's port where there is none of a client.
            Self::ClientPort => ends.map(|(source, _)| port(source)),
            Self::ServerPort => ends.map(|(_, destination)| port(destination)),
        }
    }
}

const fn ends(descriptor: &Descriptor) -> Option<(Endpoint, Endpoint)> {
    match descriptor.kind {
        DescriptorKind::Ipv4 {
            source,
            destination,
            ..
        }
        | DescriptorKind::Ipv6 {
            source,
            destination,
            ..
        } => Some((source, destination)),
        _ => None,
    }
}

const fn listening(descriptor: &Descriptor) -> Option<Endpoint> {
    match descriptor.kind {
        DescriptorKind::Ipv4Server { local, .. } | DescriptorKind::Ipv6Server { local, .. } => {
            Some(local)
        }
        _ => None,
    }
}
