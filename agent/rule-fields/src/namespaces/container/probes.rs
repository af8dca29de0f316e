//! Commands that tell whether a container is well, and processes that run them.

use super::asked;
use crate::context::{EventContext, Place};
use crate::namespaces::fd::static_text;
use crate::row::FieldRow;
use crate::value::FieldValue;
use saker_container_metadata::{Command, ContainerInfo, Probes};
use saker_process_state::{Placement, Process};
use saker_rule_language::FieldType;

/// Fields of the container.
pub(super) static COMMANDS: &[FieldRow] = &FieldRow::of_processes([
    asked(
        "container.healthcheck",
        FieldType::String,
        "Command of the container's health check; `NONE` where it has none.",
        |context, _| command(context, |probes| probes.healthcheck.as_ref()),
    )
    .captured(|_, _| FieldValue::Missing)
    .in_captures(NO_VALUE)
    .deprecated(),
    asked(
        "container.liveness_probe",
        FieldType::String,
        "Command of the container's liveness probe; `NONE` where it has none.",
        |context, _| command(context, |probes| probes.liveness.as_ref()),
    )
    .captured(|_, _| FieldValue::Missing)
    .in_captures(NO_VALUE)
    .deprecated(),
    asked(
        "container.readiness_probe",
        FieldType::String,
        "Command of the container's readiness probe; `NONE` where it has none.",
        |context, _| command(context, |probes| probes.readiness.as_ref()),
    )
    .captured(|_, _| FieldValue::Missing)
    .in_captures(NO_VALUE)
    .deprecated(),
]);

/// Fields of the process; part of the namespace `proc`.
pub(in crate::namespaces) static ROWS: &[FieldRow] = &FieldRow::of_processes([
    asked(
        "proc.is_container_healthcheck",
        FieldType::Bool,
        "Whether the process runs the container's health check: it or an ancestor has that command, \
         and the container's first process is no ancestor.",
        |context, _| is_probe(context, |probes| probes.healthcheck.as_ref()),
    )
    .captured(|_, _| FieldValue::Missing)
    .in_captures(NO_VALUE)
    .deprecated(),
    asked(
        "proc.is_container_liveness_probe",
        FieldType::Bool,
        "Whether the process runs the container's liveness probe, in the same way.",
        |context, _| is_probe(context, |probes| probes.liveness.as_ref()),
    )
    .captured(|_, _| FieldValue::Missing)
    .in_captures(NO_VALUE)
    .deprecated(),
    asked(
        "proc.is_container_readiness_probe",
        FieldType::Bool,
        "Whether the process runs the container's readiness probe, in the same way.",
        |context, _| is_probe(context, |probes| probes.readiness.as_ref()),
    )
    .captured(|_, _| FieldValue::Missing)
    .in_captures(NO_VALUE)
    .deprecated(),
]);

const NO_VALUE: &str = "no value, as in Falco, which has deprecated the field";

/// What stands for a command that a container does not have.
const NONE: &str = "NONE";

fn command<'c>(
    context: &'c EventContext<'_>,
    probe: impl FnOnce(&'c Probes) -> Option<&'c Command>,
) -> FieldValue<'c> {
    let command = context.of_container(|container| probe(&container.probes));
    let absent = match context.place() {
        Place::Container(_) => static_text(NONE),
        Place::Host | Place::Unknown => FieldValue::Missing,
    };
    context.show(command.map(text), absent)
}

fn text(command: &Command) -> FieldValue<'static> {
    let mut text = command.exe.as_bytes().to_vec();
    for argument in &command.arguments {
        text.push(b' ');
        text.extend_from_slice(argument.as_bytes());
    }
    FieldValue::owned(text)
}

fn is_probe<'c>(
    context: &'c EventContext<'_>,
    probe: impl FnOnce(&'c Probes) -> Option<&'c Command>,
) -> FieldValue<'c> {
    let read = |container: &'c ContainerInfo| probe(&container.probes);
    let is_run = context
        .of_container(read)
        .map(|command| runs(context, command));
    context.show(is_run.map(FieldValue::Bool), FieldValue::Bool(false))
}

/// Whether the process or an ancestor in its container runs a command that came from outside.
fn runs(context: &EventContext<'_>, command: &Command) -> bool {
    let Place::Container(container) = context.place() else {
        return false;
    };
    let is_inside = |process: &&Process| match &process.placement {
        Placement::Container(other) => other.id == container.id,
        Placement::Host | Placement::Unknown => false,
    };
    let mut is_found = false;
    let line = context.process().into_iter().chain(context.ancestors());
    for process in line.take_while(is_inside) {
        if process.vpid == 1 {
            return false;
        }
        is_found = is_found || has_command(process, command);
    }
    is_found
}

fn has_command(process: &Process, command: &Command) -> bool {
    let arguments = process.image.arguments.as_ref();
    let own = arguments.into_iter().flat_map(|vector| vector.iter());
    let expected = std::iter::once(&command.exe).chain(&command.arguments);
    own.eq(expected.map(|text| text.as_bytes()))
}
