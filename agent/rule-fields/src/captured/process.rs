//! `proc.*`, `thread.*`, `user.*` and `group.*` of captured events.
//!
//! As in Falco nearly everything is kept for each thread, and an unknown text of a known thread is
//! empty, not missing.

use super::CapturedEvent;
use crate::context::EventContext;
use crate::value::FieldValue;
use saker_capture_state::{GroupEntry, Thread, UserEntry};
use saker_event_decode::names::{append_capabilities, exec_flags};
use saker_process_state::{Capabilities, Placement, StringVector};
use saker_rule_language::FieldArgument;

/// An extractor's value.
type Value<'c> = FieldValue<'c>;
/// An extractor's argument.
type Argument<'c> = Option<&'c FieldArgument>;

/// Most ancestors whose environment is looked at.
const INHERITED_MAX: usize = 20;
/// `PPM_CL_CHILD_IN_PIDNS`: the thread is not in the initial pid namespace.
const IN_PID_NAMESPACE: u32 = 1 << 29;
/// What stands for a user or group that the capture does not list.
const NO_NAME: &[u8] = b"<NA>";

/// A value of the thread that acted.
pub(crate) fn of<'a>(
    context: &EventContext<'a>,
    value: impl FnOnce(&'a Thread) -> Option<Value<'a>>,
) -> Value<'a> {
    let thread = context.captured().and_then(CapturedEvent::thread);
    FieldValue::from_option(thread.and_then(value))
}

/// A value of the thread that acted, with its event.
fn with<'a>(
    context: &EventContext<'a>,
    value: impl FnOnce(&'a CapturedEvent<'a>, &'a Thread) -> Option<Value<'a>>,
) -> Value<'a> {
    let captured = context.captured();
    let value = captured.and_then(|captured| value(captured, captured.thread()?));
    FieldValue::from_option(value)
}

impl<'a> CapturedEvent<'a> {
    /// The working directory of a thread's process, with a slash at its end.
    pub(crate) fn working_directory(&self, thread: &'a Thread) -> &'a [u8] {
        match self.main_thread(thread) {
            Some(main) => main.process.cwd().unwrap_or_default(),
            None => b"./",
        }
    }

    /// Whether the users of the thread are those of the host, which are all that a capture lists.
    fn is_on_host(&self) -> bool {
        let placement = self.thread().map(|thread| &thread.process.placement);
        !matches!(placement, Some(Placement::Container(_)))
    }

    /// A user, if the capture lists it.
    pub(crate) fn user(&self, uid: u32) -> Option<&'a UserEntry> {
        self.machine.user(uid).filter(|_| self.is_on_host())
    }

    /// A group, if the capture lists it.
    pub(crate) fn group(&self, gid: u32) -> Option<&'a GroupEntry> {
        self.machine.group(gid).filter(|_| self.is_on_host())
    }

    /// The thread that a number names, or, where it may be of another pid namespace, the oldest
    /// ancestor in one line with the same number.
    fn leader(&self, thread: &'a Thread, leader: Leader) -> Option<&'a Thread> {
        let number = leader.number(thread);
        if number == -1 {
            return None;
        }
        let is_namespaced =
            thread.flags & IN_PID_NAMESPACE != 0 || (thread.tid != thread.vtid && thread.vtid >= 0);
        if leader == Leader::Group || !is_namespaced {
            if let Some(found) = self.machine.thread(number) {
                return Some(found);
            }
        }
        let line = self.line_above(thread);
        line.take_while(|ancestor| leader.number(ancestor) == number)
            .last()
    }
}

/// Whom a thread belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leader {
    /// The leader of its session.
    Session,
    /// The leader of its process group.
    Group,
    /// The leader of its process group, numbered in its own pid namespace.
    NamespacedGroup,
}

impl Leader {
    const fn number(self, thread: &Thread) -> i64 {
        match self {
            Self::Session => thread.sid,
            Self::Group => thread.pgid,
            Self::NamespacedGroup => thread.vpgid,
        }
    }
}

/// A number that may name a process; those of other kinds of threads are kept back.
pub(crate) fn process_number<'c>(number: i64) -> Option<Value<'c>> {
    let is_number = number == -1 || u32::try_from(number).is_ok();
    is_number.then_some(FieldValue::Int(number))
}

pub(crate) fn thread_id<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    let tid = context.captured().map(|captured| captured.event.header.tid);
    FieldValue::from_option(tid.and_then(process_number))
}

/// A number of a thread; -1 where it is not known.
pub(crate) fn number<'c>(context: &EventContext<'c>, part: fn(&Thread) -> i64) -> Value<'c> {
    of(context, |thread| Some(FieldValue::Int(part(thread))))
}

/// A number of a thread that is missing where it is not known.
pub(crate) fn known_number<'c>(context: &EventContext<'c>, part: fn(&Thread) -> i64) -> Value<'c> {
    of(context, |thread| {
        let number = part(thread);
        (number != -1).then_some(FieldValue::Int(number))
    })
}

/// The value of `proc.name`.
pub(crate) fn name(thread: &Thread) -> Option<Value<'_>> {
    Some(FieldValue::text(&thread.name))
}

/// The value of `proc.exe`.
pub(crate) fn exe(thread: &Thread) -> Option<Value<'_>> {
    Some(FieldValue::text(thread.process.exe().unwrap_or_default()))
}

/// The value of `proc.exepath`.
pub(crate) fn exe_path(thread: &Thread) -> Option<Value<'_>> {
    let path = thread.process.exe_path();
    Some(FieldValue::text(path.unwrap_or_default()))
}

/// The value of `proc.pid`.
pub(crate) fn process_id(thread: &Thread) -> Option<Value<'_>> {
    process_number(thread.pid)
}

/// The value of `proc.args`.
pub(crate) fn arguments(thread: &Thread) -> Option<Value<'_>> {
    let mut text = Vec::new();
    append_arguments(thread, &mut text);
    Some(FieldValue::owned(text))
}

/// The value of `proc.cmdline`.
pub(crate) fn command_line(thread: &Thread) -> Option<Value<'_>> {
    let mut text = Vec::new();
    append_command_line(thread, &mut text);
    Some(FieldValue::owned(text))
}

fn append_arguments(thread: &Thread, out: &mut Vec<u8>) {
    let mut separator: &[u8] = b"";
    for argument in thread.process.arguments() {
        out.extend_from_slice(separator);
        out.extend_from_slice(argument);
        separator = b" ";
    }
}

fn append_command_line(thread: &Thread, out: &mut Vec<u8>) {
    out.extend_from_slice(&thread.name);
    for argument in thread.process.arguments() {
        out.push(b' ');
        out.extend_from_slice(argument);
    }
}

pub(crate) fn argument<'c>(context: &'c EventContext<'_>, argument: Argument<'_>) -> Value<'c> {
    let Some(thread) = context.captured().and_then(CapturedEvent::thread) else {
        return FieldValue::Missing;
    };
    if let Some(FieldArgument::Index(index)) = argument {
        let index = usize::try_from(*index).unwrap_or(usize::MAX);
        let argument = thread.process.arguments().nth(index);
        return FieldValue::text(argument.unwrap_or_default());
    }
    let text = context.texts().arguments.get_or_make(|out| {
        append_arguments(thread, out);
        true
    });
    FieldValue::of(text, FieldValue::text)
}

pub(crate) fn own_command_line<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    let thread = context.captured().and_then(CapturedEvent::thread);
    let line = &context.texts().command_line;
    FieldValue::of(made_line(thread, line), FieldValue::text)
}

pub(crate) fn parent_command_line<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    let parent = context.captured().and_then(|captured| captured.ancestor(1));
    let line = &context.texts().parent_command_line;
    FieldValue::of(made_line(parent, line), FieldValue::text)
}

fn made_line<'c>(
    thread: Option<&Thread>,
    line: &'c crate::scratch::ScratchText<'_>,
) -> Option<&'c [u8]> {
    let thread = thread?;
    line.get_or_make(|out| {
        append_command_line(thread, out);
        true
    })
}

/// The value of `proc.exeline`: the blank after the program stands there without arguments too.
pub(crate) fn exe_line(thread: &Thread) -> Option<Value<'_>> {
    let mut text = thread.process.exe().unwrap_or_default().to_vec();
    text.push(b' ');
    append_arguments(thread, &mut text);
    Some(FieldValue::owned(text))
}

pub(crate) fn argument_count(thread: &Thread) -> Option<Value<'_>> {
    count(thread.process.arguments().map(|_| 1))
}

pub(crate) fn argument_bytes(thread: &Thread) -> Option<Value<'_>> {
    count(thread.process.arguments().map(<[u8]>::len))
}

fn count<'c>(numbers: impl Iterator<Item = usize>) -> Option<Value<'c>> {
    let sum = numbers.fold(0, usize::saturating_add);
    u64::try_from(sum).ok().map(FieldValue::Uint)
}

pub(crate) fn directory<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    with(context, |captured, thread| {
        Some(FieldValue::text(captured.working_directory(thread)))
    })
}

/// The environment of a thread's process.
fn environment_of<'a>(
    captured: &CapturedEvent<'a>,
    thread: &'a Thread,
) -> impl Iterator<Item = &'a [u8]> {
    let main = captured.main_thread(thread).unwrap_or(thread);
    let environment = main.process.image.environment.iter();
    environment.flat_map(StringVector::iter)
}

fn whole_environment<'a>(captured: &CapturedEvent<'a>, thread: &'a Thread) -> Value<'a> {
    let entries: Vec<&[u8]> = environment_of(captured, thread).collect();
    FieldValue::owned(entries.join(&b' '))
}

/// The value of a variable without blanks around it; empty where it is not set. As in Falco an empty
/// entry hides no later one.
fn variable<'a>(captured: &CapturedEvent<'a>, thread: &'a Thread, name: &str) -> &'a [u8] {
    let values = environment_of(captured, thread).filter_map(|entry| {
        let value = entry.strip_prefix(name.as_bytes())?.strip_prefix(b"=")?;
        (!value.is_empty()).then_some(value)
    });
    let value = values.into_iter().next().unwrap_or_default();
    let is_text = |byte: &u8| *byte != b' ';
    let end = value.iter().rposition(is_text);
    match (value.iter().position(is_text), end) {
        (Some(start), Some(end)) => value.get(start..=end).unwrap_or_default(),
        _ => b"",
    }
}

pub(crate) fn environment<'c>(context: &'c EventContext<'_>, argument: Argument<'_>) -> Value<'c> {
    with(context, |captured, thread| {
        Some(match argument {
            Some(FieldArgument::Key(name)) => FieldValue::text(variable(captured, thread, name)),
            _ => whole_environment(captured, thread),
        })
    })
}

pub(crate) fn inherited_environment<'c>(
    context: &'c EventContext<'_>,
    argument: Argument<'_>,
) -> Value<'c> {
    with(context, |captured, thread| match argument {
        Some(FieldArgument::Key(name)) => {
            let ancestors = captured.ancestors().take(INHERITED_MAX);
            let mut values = ancestors.map(|ancestor| variable(captured, ancestor, name));
            let value = values.find(|value| !value.is_empty());
            Some(FieldValue::text(value.unwrap_or_default()))
        }
        Some(FieldArgument::Index(1..)) if captured.main_thread(thread).is_none() => {
            Some(FieldValue::text(b""))
        }
        Some(FieldArgument::Index(level @ 1..)) => {
            let above = usize::try_from(level.saturating_sub(1)).ok()?;
            let ancestor = captured.ancestors().nth(above)?;
            Some(whole_environment(captured, ancestor))
        }
        _ => Some(whole_environment(captured, thread)),
    })
}

/// A text of the parent.
pub(crate) fn of_parent<'c>(
    context: &EventContext<'c>,
    value: fn(&'c Thread) -> Option<Value<'c>>,
) -> Value<'c> {
    let parent = context.captured().and_then(|captured| captured.ancestor(1));
    FieldValue::from_option(parent.and_then(value))
}

/// A value of the thread that cloned the one that acted, be it the first of its process or not.
pub(crate) fn of_cloner<'c>(
    context: &EventContext<'c>,
    value: fn(&'c Thread) -> Option<Value<'c>>,
) -> Value<'c> {
    with(context, |captured, thread| {
        value(captured.machine.parent(thread)?)
    })
}

/// A value of the ancestor at a level, or those of all.
pub(crate) fn level_or_all<'c>(
    context: &EventContext<'c>,
    argument: Argument<'_>,
    value: fn(&'c Thread) -> Option<Value<'c>>,
) -> Value<'c> {
    if argument.is_some() {
        return at_level(context, argument, value);
    }
    let ancestors = context.captured().into_iter();
    let ancestors = ancestors.flat_map(CapturedEvent::ancestors);
    FieldValue::list(ancestors.filter_map(value).collect())
}

/// A value of the ancestor at a level.
fn at_level<'c>(
    context: &EventContext<'c>,
    argument: Argument<'_>,
    value: fn(&'c Thread) -> Option<Value<'c>>,
) -> Value<'c> {
    let level = match argument {
        Some(FieldArgument::Index(level)) => *level,
        Some(FieldArgument::Key(_)) | None => return FieldValue::Missing,
    };
    let ancestor = context.captured().and_then(|event| event.ancestor(level));
    FieldValue::from_option(ancestor.and_then(value))
}

/// The value of `proc.aargs`, which shows those of all ancestors joined by blanks.
pub(crate) fn ancestor_arguments<'c>(
    context: &'c EventContext<'_>,
    argument: Argument<'_>,
) -> Value<'c> {
    if argument.is_some() {
        return at_level(context, argument, arguments);
    }
    let mut text = Vec::new();
    let ancestors = context.captured().into_iter();
    for ancestor in ancestors.flat_map(CapturedEvent::ancestors) {
        if !text.is_empty() {
            text.push(b' ');
        }
        append_arguments(ancestor, &mut text);
    }
    match text.is_empty() {
        true => FieldValue::Missing,
        false => FieldValue::owned(text),
    }
}

/// A text of whom the thread belongs to; empty where nobody is known.
pub(crate) fn of_leader<'c>(
    context: &EventContext<'c>,
    leader: Leader,
    value: fn(&'c Thread) -> Option<Value<'c>>,
) -> Value<'c> {
    with(context, |captured, thread| {
        let value = captured.leader(thread, leader).and_then(value);
        Some(value.unwrap_or(FieldValue::text(b"")))
    })
}

pub(crate) fn login_shell<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    with(context, |captured, thread| {
        let main = captured.main_thread(thread)?;
        let line = std::iter::once(main).chain(captured.ancestors());
        let shell = line.filter(|thread| thread.name.ends_with(b"sh")).last()?;
        Some(FieldValue::Int(shell.pid))
    })
}

/// How long ago a thread was cloned, if that is known.
fn age<'c>(captured: &CapturedEvent<'_>, thread: &Thread) -> Option<Value<'c>> {
    (thread.clone_time_ns != 0).then_some(())?;
    let now = captured.event.header.time_ns;
    Some(FieldValue::RelTime(
        now.saturating_sub(thread.clone_time_ns),
    ))
}

pub(crate) fn duration<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    with(context, age)
}

pub(crate) fn parent_duration<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    with(context, |captured, _| age(captured, captured.ancestor(1)?))
}

/// A time that is 0 where it is not known.
pub(crate) fn known_time<'c>(
    context: &EventContext<'c>,
    part: fn(&Thread) -> u64,
    value: fn(u64) -> Value<'c>,
) -> Value<'c> {
    of(context, |thread| {
        let time = part(thread);
        (time != 0).then(|| value(time))
    })
}

pub(crate) fn has_exe_flag<'c>(context: &EventContext<'c>, flag: u64) -> Value<'c> {
    of(context, |thread| {
        let has_flag = thread.process.has_exec_flag(flag);
        Some(FieldValue::Bool(has_flag.unwrap_or(false)))
    })
}

/// The value of `proc.is_exe_writable`.
pub(crate) fn is_exe_writable<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    has_exe_flag(context, exec_flags::EXE_WRITABLE)
}

/// A size in kilobytes, of the thread or, where `is_main_only`, of the first thread of a process.
pub(crate) fn memory<'c>(
    context: &EventContext<'c>,
    part: fn(&[u32; 3]) -> u32,
    whose: MemoryOf,
    unit_bytes: u64,
) -> Value<'c> {
    of(context, |thread| {
        let is_counted = whose == MemoryOf::Any || thread.tid == thread.pid;
        let size = if is_counted {
            part(&thread.memory_kb)
        } else {
            0
        };
        let factor = 1024_u64.checked_div(unit_bytes).unwrap_or(1);
        Some(FieldValue::Uint(u64::from(size).saturating_mul(factor)))
    })
}

/// Whose memory a field gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MemoryOf {
    /// Any thread's.
    Any,
    /// That of first threads; others have none of their own.
    Main,
}

pub(crate) fn descriptor_count<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    with(context, |captured, thread| {
        let open = open_descriptors(captured, thread);
        u64::try_from(open).ok().map(FieldValue::Uint)
    })
}

fn open_descriptors<'a>(captured: &CapturedEvent<'a>, thread: &'a Thread) -> usize {
    let main = captured.main_thread(thread);
    main.map_or(0, |main| captured.machine.descriptor_count(main))
}

fn descriptor_limit<'a>(captured: &CapturedEvent<'a>, thread: &'a Thread) -> i64 {
    let main = captured.main_thread(thread);
    main.map_or(0, |main| main.fd_limit)
}

pub(crate) fn most_descriptors<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    with(context, |captured, thread| {
        Some(FieldValue::Int(descriptor_limit(captured, thread)))
    })
}

pub(crate) fn descriptor_share<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    with(context, |captured, thread| {
        let limit = u32::try_from(descriptor_limit(captured, thread)).unwrap_or(u32::MAX);
        let open = u32::try_from(open_descriptors(captured, thread)).unwrap_or(u32::MAX);
        let share = match limit {
            0 => 0.0,
            limit => (f64::from(open) * 100.0 / f64::from(limit)).min(100.0),
        };
        Some(FieldValue::Double(share))
    })
}

/// The kind of a descriptor of the process.
pub(crate) fn stream_kind<'c>(context: &EventContext<'c>, number: i64) -> Value<'c> {
    with(context, |captured, thread| {
        let descriptor = captured.machine.descriptor(thread, number)?;
        let kind = super::descriptor::kind_name(&descriptor.kind);
        Some(FieldValue::text(kind.as_bytes()))
    })
}

/// The name of a descriptor of the process.
pub(crate) fn stream_name<'c>(context: &EventContext<'c>, number: i64) -> Value<'c> {
    with(context, |captured, thread| {
        let descriptor = captured.machine.descriptor(thread, number)?;
        Some(FieldValue::text(&descriptor.name))
    })
}

pub(crate) fn name_and_tid<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    with(context, |captured, thread| {
        let tid = captured.event.header.tid.to_string();
        Some(FieldValue::owned([&*thread.name, tid.as_bytes()].concat()))
    })
}

pub(crate) fn capabilities<'c>(
    context: &EventContext<'c>,
    part: fn(&Capabilities) -> u64,
) -> Value<'c> {
    of(context, |thread| {
        let mut text = Vec::new();
        let sets = thread.process.capabilities.unwrap_or_default();
        append_capabilities(part(&sets), &mut text);
        Some(FieldValue::owned(text))
    })
}

/// The cgroups of a thread as `subsystem=path`.
fn cgroups_of(thread: &Thread) -> impl Iterator<Item = &[u8]> {
    let cgroups = thread.cgroups.split(|byte| *byte == 0);
    cgroups.filter(|entry| !entry.is_empty())
}

pub(crate) fn cgroups(thread: &Thread) -> Option<Value<'_>> {
    let cgroups: Vec<&[u8]> = cgroups_of(thread).collect();
    (!cgroups.is_empty()).then(|| FieldValue::owned(cgroups.join(&b' ')))
}

pub(crate) fn cgroup<'c>(context: &'c EventContext<'_>, argument: Argument<'_>) -> Value<'c> {
    of(context, |thread| {
        let Some(FieldArgument::Key(subsystem)) = argument else {
            return None;
        };
        cgroups_of(thread).find_map(|entry| {
            let path = entry.strip_prefix(subsystem.as_bytes())?;
            path.strip_prefix(b"=").map(FieldValue::text)
        })
    })
}

/// A text of a user; what the capture does not list has the text that is given for the number.
pub(crate) fn of_user<'c>(
    context: &EventContext<'c>,
    uid: fn(&Thread) -> u32,
    part: fn(&UserEntry) -> &[u8],
    of_root: &'static [u8],
) -> Value<'c> {
    with(context, |captured, thread| {
        let uid = uid(thread);
        Some(FieldValue::text(match (captured.user(uid), uid) {
            (Some(user), _) => part(user),
            (None, 0) => of_root,
            (None, _) => NO_NAME,
        }))
    })
}

pub(crate) fn group_name<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    with(context, |captured, thread| {
        let gid = thread.process.credentials.gid;
        Some(FieldValue::text(match (captured.group(gid), gid) {
            (Some(group), _) => &group.name,
            (None, 0) => b"root",
            (None, _) => NO_NAME,
        }))
    })
}
