//! `proc.*`, `thread.*`, `user.*` and `group.*` of captured events.
//!
//! As in Falco nearly everything is kept for each thread, and an unknown text of a known thread is
//! empty, not missing.

mod accounts;
mod ancestry;
mod environment;
mod resources;

pub(crate) use accounts::{group_name, of_user};
pub(crate) use ancestry::{
    Leader, ancestor_arguments, level_or_all, login_shell, of_cloner, of_leader, of_parent,
};
pub(crate) use environment::{environment, inherited_environment};
pub(crate) use resources::{
    MemoryOf, child_count, descriptor_count, descriptor_share, memory, most_descriptors,
    stream_kind, stream_name, thread_count,
};

use super::CapturedEvent;
use crate::context::EventContext;
use crate::value::FieldValue;
use saker_capture_state::Thread;
use saker_event_decode::names::{append_capabilities, exec_flags};
use saker_process_state::Capabilities;
use saker_rule_language::FieldArgument;

/// An extractor's value.
type Value<'c> = FieldValue<'c>;
/// An extractor's argument.
type Argument<'c> = Option<&'c FieldArgument>;

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

fn made_line<'c>(thread: Option<&Thread>, line: &'c crate::scratch::Text) -> Option<&'c [u8]> {
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
