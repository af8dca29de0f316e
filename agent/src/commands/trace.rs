//! `saker trace`: events as they are, before any rule.

mod printer;
mod table;

use crate::cli::{TraceArgs, TraceSource};
use crate::commands::InputError;
use crate::live::{LiveEvents, Seen, Watcher};
use crate::output::stderr_color;
use crate::selection::Selection;
use printer::{Delivery, Printer};
use saker_capture_replay::{Options, Replay};
use saker_rule_fields::EventContext;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::ExitCode;

/// Prints the selected events until there are no more, or enough.
pub(crate) fn run(arguments: &TraceArgs) -> anyhow::Result<ExitCode> {
    if arguments.capture.is_some() && arguments.source == TraceSource::Flow {
        return Err(InputError::NoFlowsInCaptures.into());
    }
    let selection = Selection::new(
        arguments.source.name(),
        arguments.filter.as_deref(),
        &arguments.fields,
        stderr_color(),
    )?;
    let delivery = match arguments.capture {
        Some(_) => Delivery::Blocks,
        None => Delivery::EachLine,
    };
    let mut tracer = Tracer {
        printer: Printer::new(arguments.output, &arguments.fields, delivery),
        selection,
        left: arguments.count,
    };
    let traced = match &arguments.capture {
        Some(capture) => trace_capture(capture, &mut tracer),
        None => trace_host(&mut tracer),
    };
    tracer.printer.finish()?;
    traced?;
    Ok(ExitCode::SUCCESS)
}

/// Prints events of a capture.
fn trace_capture(path: &Path, tracer: &mut Tracer) -> anyhow::Result<()> {
    let mut replay = Replay::open(path, &Options::default())?;
    let failed = replay.for_each(|context| match tracer.look_at(context) {
        Ok(ControlFlow::Continue(())) => ControlFlow::Continue(()),
        Ok(ControlFlow::Break(())) => ControlFlow::Break(Ok(())),
        Err(error) => ControlFlow::Break(Err(error)),
    })?;
    super::warn_of_damage(&replay);
    failed.unwrap_or(Ok(()))
}

/// Prints events of this host.
fn trace_host(tracer: &mut Tracer) -> anyhow::Result<()> {
    let live = LiveEvents::start(tracer.selection.wanted(), None)?;
    let outcome = live.watch(None, tracer)?;
    if outcome.lost > 0 || outcome.malformed > 0 {
        eprintln!(
            "saker: {} events were lost in the kernel, {} were malformed",
            outcome.lost, outcome.malformed
        );
    }
    Ok(())
}

/// What events are held against, and where they go.
struct Tracer {
    selection: Selection,
    printer: Printer,
    left: Option<u64>,
}

impl Tracer {
    /// Prints an event if it is selected; breaks after the last one.
    fn look_at(&mut self, context: &EventContext<'_>) -> anyhow::Result<ControlFlow<()>> {
        if !self.printer.event(&mut self.selection, context)? {
            return Ok(ControlFlow::Continue(()));
        }
        if self.printer.is_closed() {
            return Ok(ControlFlow::Break(()));
        }
        let Some(left) = &mut self.left else {
            return Ok(ControlFlow::Continue(()));
        };
        *left = left.saturating_sub(1);
        Ok(if *left == 0 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        })
    }
}

impl Watcher for Tracer {
    fn event(
        &mut self,
        _: Seen<'_>,
        context: &EventContext<'_>,
    ) -> anyhow::Result<ControlFlow<()>> {
        self.look_at(context)
    }

    fn flow(&mut self, context: &EventContext<'_>) -> anyhow::Result<ControlFlow<()>> {
        self.look_at(context)
    }
}
