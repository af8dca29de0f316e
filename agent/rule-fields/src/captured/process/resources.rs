//! What a process takes: memory, threads, descriptors.

use super::{Argument, Value, of, with};
use crate::captured::descriptor::kind_name;
use crate::context::EventContext;
use crate::value::FieldValue;

/// A size in kilobytes, of the thread or, where `is_main_only`, of the first thread of a process.
pub(crate) fn memory<'c>(
    context: &EventContext<'c>,
    part: fn(&[u32; 3]) -> u32,
    whose: MemoryOf,
    unit_bytes: u64,
) -> Value<'c> {
    of(context, |thread| {
        let is_counted = whose == MemoryOf::Any || thread.is_main();
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
        let open = captured.machine.descriptor_count(thread);
        u64::try_from(open).ok().map(FieldValue::Uint)
    })
}

pub(crate) fn most_descriptors<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    with(context, |captured, thread| {
        Some(FieldValue::Int(captured.machine.descriptor_limit(thread)))
    })
}

pub(crate) fn descriptor_share<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    with(context, |captured, thread| {
        let limit = captured.machine.descriptor_limit(thread);
        let open = u64::try_from(captured.machine.descriptor_count(thread)).ok()?;
        let share = match u64::try_from(limit) {
            Err(_) | Ok(0) => 0.0,
            Ok(limit) => (rounded(open) * 100.0 / rounded(limit)).min(100.0),
        };
        Some(FieldValue::Double(share))
    })
}

/// How many threads the process has.
pub(crate) fn thread_count<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    with(context, |captured, thread| {
        Some(FieldValue::Uint(captured.machine.thread_count(thread)))
    })
}

/// How many threads the process has beside the first.
pub(crate) fn child_count<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    with(context, |captured, thread| {
        let main = captured.main_thread(thread);
        let is_main_alive = main.is_some_and(|main| !main.is_dead());
        let count = captured.machine.thread_count(thread);
        Some(FieldValue::Uint(count.saturating_sub(is_main_alive.into())))
    })
}

/// The kind of a descriptor of the process.
pub(crate) fn stream_kind<'c>(context: &EventContext<'c>, number: i64) -> Value<'c> {
    with(context, |captured, thread| {
        let descriptor = captured.machine.descriptor(thread, number)?;
        let kind = kind_name(&descriptor.kind);
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

/// A number as a floating-point number, its last digits rounded.
fn rounded(number: u64) -> f64 {
    let [upper, lower] = [number >> 32, number & u64::from(u32::MAX)]
        .map(|half| f64::from(u32::try_from(half).unwrap_or(u32::MAX)));
    upper.mul_add(4_294_967_296.0, lower)
}
