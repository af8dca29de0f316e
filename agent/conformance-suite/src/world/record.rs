//! From Falco's event to a record of the agent's event table.

use saker_event_decode::names::kernel_number;
use saker_event_decode::{EventBuilder, Value as RecordValue};
use saker_event_schema::{EventId, Kind, ROWS, RowArgument, Source, event};

use super::value::{Address, Value};
use super::{FalcoEvent, World};

/// A regular file with ordinary permissions.
const REGULAR_FILE: u64 = 0o100_644;
/// Processor on which the events of the tests happen.
const CPU: u32 = 1;
/// What a call without permission returns.
const NOT_PERMITTED: i64 = -1;
/// When everything started, nanoseconds since boot.
const START_NS: u64 = 1_000_000;

/// The row of the event table that stands for an event, if there is one.
pub(super) fn row_of(event: &FalcoEvent) -> Option<EventId> {
    let row = ROWS.iter().find(|row| row.name == event.kind.name)?;
    Some(row.id)
}

/// The record of an event of the agent's table.
pub(super) fn record(
    world: &World<'_>,
    event: &FalcoEvent,
    id: EventId,
) -> Result<Vec<u8>, String> {
    let mut builder = head(world, event, id)?;
    for (name, value) in &event.parameters {
        builder = set(builder, event, name, value)?;
    }
    add_what_the_kernel_knows(&mut builder, world, event)?;
    builder.try_build().map_err(|error| error.to_string())
}

/// A record of the same process that says nothing, for an event that the agent does not have.
pub(super) fn carrier(world: &World<'_>, event: &FalcoEvent) -> Result<Vec<u8>, String> {
    // A call that fails changes nothing.
    let builder = head(world, event, event::SETSID)?.result(NOT_PERMITTED);
    builder.try_build().map_err(|error| error.to_string())
}

/// What every record says of its process.
fn head(world: &World<'_>, event: &FalcoEvent, id: EventId) -> Result<EventBuilder, String> {
    let thread = world.threads.get(&event.tid);
    let pid = identity(world.pid_of(event.tid))?;
    let parent = thread.map_or(0, |thread| world.pid_of(thread.ptid));
    let mut builder = EventBuilder::try_new(id)
        .map_err(|error| error.to_string())?
        .pid(pid)
        .tid(identity(event.tid)?)
        .ppid(identity(parent)?)
        .comm(thread.map_or(&b""[..], |thread| &thread.comm))
        .start_boot_ns(START_NS)
        .time_boot_ns(START_NS.saturating_add(event.time_ns));
    if id == event::EXECVE || id == event::EXECVEAT {
        builder = builder.exec_id(2);
    }
    builder.header_mut().cpu = CPU;
    Ok(builder)
}

fn identity(number: i64) -> Result<u32, String> {
    u32::try_from(number).map_err(|_| format!("{number} is no id of a process or thread"))
}

/// Sets one parameter; what the agent's record does not hold is left out.
fn set(
    mut builder: EventBuilder,
    event: &FalcoEvent,
    name: &str,
    value: &Value,
) -> Result<EventBuilder, String> {
    let is_exec = matches!(builder.row().id, event::EXECVE | event::EXECVEAT);
    match (name, value) {
        ("comm", Value::Text(comm)) => return Ok(builder.comm(comm)),
        ("exe", Value::Text(exe)) if is_exec => {
            let rest = event.parameter("args").and_then(Value::bytes);
            let vector = [exe, &b"\0"[..], rest.unwrap_or_default()].concat();
            set_argument(&mut builder, "args", RecordValue::from(vector))?;
            return Ok(builder);
        }
        // Set with the name of the program.
        ("args", _) if is_exec => return Ok(builder),
        ("uid", Value::Number { value, .. }) => {
            builder = builder.uid(u32::try_from(*value).unwrap_or(u32::MAX));
        }
        _ => {}
    }
    let row = builder.row();
    let argument = row
        .slot(name)
        .and_then(|slot| row.arguments.get(slot))
        .filter(|_| *value != Value::Empty);
    let Some(argument) = argument else {
        return Ok(builder);
    };
    if matches!(argument.source, Source::Returned) {
        let result = value
            .signed()
            .ok_or_else(|| format!("{name} is no result"))?;
        return Ok(builder.result(result));
    }
    let value = converted(argument, value)?;
    set_argument(&mut builder, name, value)?;
    Ok(builder)
}

fn set_argument(builder: &mut EventBuilder, name: &str, value: RecordValue) -> Result<(), String> {
    builder
        .try_set(name, value)
        .map_err(|error| format!("{name}: {error}"))
}

/// The value as the kernel would give it.
fn converted(argument: &RowArgument, value: &Value) -> Result<RecordValue, String> {
    let wrong = || format!("{} does not take {value:?}", argument.name);
    Ok(match (argument.kind, value) {
        (Kind::Socket, Value::Tuple { client, server }) => socket(client, server),
        (Kind::SocketAddress, Value::Address(Address::Ip(end))) => {
            RecordValue::socket_address(*end)
        }
        (Kind::SocketAddress, Value::Address(Address::Unix(path))) => {
            RecordValue::unix_address(path)
        }
        (Kind::KernelPath, Value::Text(path)) if path.is_empty() => RecordValue::Missing,
        // A null pointer.
        (kind, Value::Number { value: 0, .. }) if kind.is_data() => RecordValue::Missing,
        (kind, Value::Text(bytes) | Value::Buffer(bytes)) if kind.is_data() => {
            RecordValue::from(bytes.clone())
        }
        (Kind::Device, Value::Number { value, .. }) => {
            let device = u64::try_from(*value).map_err(|_| wrong())?;
            RecordValue::Unsigned(kernel_device_number(device))
        }
        (kind, Value::Number { value: number, .. }) if !kind.is_data() => {
            match u64::try_from(*number) {
                Ok(number) => RecordValue::Unsigned(kernel_number(kind, number)),
                Err(_) => RecordValue::Signed(value.signed().ok_or_else(wrong)?),
            }
        }
        _ => return Err(wrong()),
    })
}

/// The kernel's number of a device (`MKDEV`), from that of user space (`new_encode_dev`).
const fn kernel_device_number(user: u64) -> u64 {
    let major = (user >> 8) & 0xFFF;
    let minor = (user & 0xFF) | ((user >> 12) & 0xF_FF00);
    (major << 20) | minor
}

/// The socket of a process that connected.
fn socket(client: &Address, server: &Address) -> RecordValue {
    match (client, server) {
        (Address::Ip(client), Address::Ip(server)) => RecordValue::tcp(*client, *server),
        (_, Address::Unix(path)) | (Address::Unix(path), _) => RecordValue::unix(path),
    }
}

/// What the kernel adds to a call that worked: the file that was opened, the new directory.
fn add_what_the_kernel_knows(
    builder: &mut EventBuilder,
    world: &World<'_>,
    event: &FalcoEvent,
) -> Result<(), String> {
    let row = builder.row();
    let directory = world.threads.get(&event.tid).map(|thread| &thread.cwd[..]);
    if row.slot("directory").is_some()
        && let Some(directory) = directory
    {
        set_argument(builder, "directory", RecordValue::from(directory.to_vec()))?;
    }
    if event.result().is_none_or(|result| result < 0) {
        return Ok(());
    }
    let path = ["name", "path"]
        .iter()
        .find_map(|name| event.parameter(name)?.bytes())
        .filter(|path| path.first() == Some(&b'/'));
    for extra in ["file_path", "working_directory"] {
        if let (Some(path), Some(_)) = (path, row.slot(extra)) {
            set_argument(builder, extra, RecordValue::from(path.to_vec()))?;
        }
    }
    if row.slot("file_path").is_some() && row.slot("file_mode").is_some() {
        set_argument(builder, "file_mode", RecordValue::Unsigned(REGULAR_FILE))?;
    }
    Ok(())
}
