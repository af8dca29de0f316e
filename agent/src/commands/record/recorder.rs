//! What becomes of each event while a recording is made.

use crate::cli::RecordArgs;
use crate::journal::Journal;
use crate::live::{Seen, Wanted, Watcher};
use crate::output::Printer;
use crate::selection::Selection;
use crate::this_host;
use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};
use saker_alert::{Alert, Node, Occurrence};
use saker_capture_file::recording::{Note, RecordingError, RecordingWriter, Room, Visibility};
use saker_rule_engine::{Evaluation, RuleSet};
use saker_rule_fields::EventContext;
use std::fs::File;
use std::io::{self, IsTerminal};
use std::ops::ControlFlow;

/// Why a recording ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// It was told to.
    Signal,
    /// The time is over.
    Duration,
    /// The file is as large as it may be.
    Size,
    /// Nobody reads the alerts any more.
    Closed,
}

impl Ended {
    /// For the summary.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Signal => "a signal",
            Self::Duration => "--duration",
            Self::Size => "--max-size: the file may not become larger",
            Self::Closed => "standard output, which nobody reads any more",
        }
    }
}

/// What a recording holds.
pub(super) struct Recorded {
    pub(super) shown: u64,
    pub(super) hidden: u64,
    pub(super) bytes: u64,
    pub(super) alerts: Option<u64>,
}

/// Rules that are evaluated meanwhile.
pub(super) struct Alarms {
    rules: RuleSet,
    evaluation: Evaluation,
    printer: Printer,
    node: Node,
    raised: u64,
}

impl Alarms {
    pub(super) fn new(rules: RuleSet, printer: Printer) -> Self {
        Self {
            rules,
            evaluation: Evaluation::new(),
            printer,
            node: this_host::node(),
            raised: 0,
        }
    }

    /// What has to be collected for the rules.
    pub(super) fn wanted(&self) -> Wanted {
        Wanted::of(&self.rules)
    }

    fn look_at(&mut self, context: &EventContext<'_>) -> io::Result<()> {
        let event = self.rules.event(context);
        for found in self.rules.evaluate(&event, &mut self.evaluation) {
            let Some(rule) = self.rules.rule(found.rule) else {
                continue;
            };
            let occurrence = Occurrence::of(context);
            let alert = Alert::compose(&self.node, rule, &event, found.view, &occurrence);
            self.raised += 1;
            self.printer.print(&alert)?;
        }
        Ok(())
    }
}

/// Writes events to a file.
pub(super) struct Recorder {
    writer: RecordingWriter<File>,
    journal: Journal,
    /// `None`: all events.
    selection: Option<Selection>,
    alarms: Option<Alarms>,
    /// Offsets of wall clock and local time that were recorded last.
    clock: Option<(i64, i32)>,
    ended: Option<Ended>,
    progress: ProgressBar,
}

impl Recorder {
    pub(super) fn new(
        writer: RecordingWriter<File>,
        journal: Journal,
        selection: Option<Selection>,
        alarms: Option<Alarms>,
        arguments: &RecordArgs,
    ) -> Self {
        // Below alerts it would be in the way.
        let is_seen = io::stderr().is_terminal()
            && !arguments.quiet
            && (alarms.is_none() || !io::stdout().is_terminal());
        let target = if is_seen {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let progress = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed_precise}  {msg}") {
            progress.set_style(style);
        }
        Self {
            writer,
            journal,
            selection,
            alarms,
            clock: None,
            ended: None,
            progress,
        }
    }

    /// Writes an event with what was learnt for it.
    fn record(
        &mut self,
        seen: Seen<'_>,
        context: &EventContext<'_>,
        visibility: Visibility,
    ) -> Result<Room, RecordingError> {
        let clock = (context.clock().offset_ns(), context.host().utc_offset_s);
        if self.clock != Some(clock) {
            self.clock = Some(clock);
            self.journal.add(Note::Clock {
                wall_offset_ns: clock.0,
                utc_offset_s: clock.1,
            });
        }
        for note in self.journal.take() {
            if self.writer.note(&note)? == Room::Full {
                return Ok(Room::Full);
            }
        }
        self.writer.event(seen.record, context.number(), visibility)
    }

    /// Ends the recording; says what it holds, and why it ended if the recorder knows.
    pub(super) fn finish(
        self,
        events_lost: u64,
    ) -> Result<(Recorded, Option<Ended>), RecordingError> {
        self.progress.finish_and_clear();
        let (closing, bytes) = self.writer.finish(events_lost)?;
        let recorded = Recorded {
            shown: closing.events_shown,
            hidden: closing.events_hidden,
            bytes,
            alerts: self.alarms.map(|alarms| alarms.raised),
        };
        Ok((recorded, self.ended))
    }
}

impl Watcher for Recorder {
    fn event(
        &mut self,
        seen: Seen<'_>,
        context: &EventContext<'_>,
    ) -> anyhow::Result<ControlFlow<()>> {
        let is_selected = self
            .selection
            .as_mut()
            .is_none_or(|selection| selection.selects(context));
        let visibility = match (is_selected, seen.is_for_state) {
            (true, _) => Visibility::Shown,
            // What was learnt for this event belongs to it: played without, its process would be unknown.
            (false, is_for_state) if is_for_state || !self.journal.is_empty() => Visibility::Hidden,
            (false, _) => return Ok(ControlFlow::Continue(())),
        };
        if self.record(seen, context, visibility)? == Room::Full {
            self.ended = Some(Ended::Size);
            return Ok(ControlFlow::Break(()));
        }
        if let Some(alarms) = self.alarms.as_mut().filter(|_| is_selected) {
            match alarms.look_at(context) {
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                    self.ended = Some(Ended::Closed);
                    return Ok(ControlFlow::Break(()));
                }
                printed => printed?,
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn tick(&mut self) -> anyhow::Result<()> {
        self.writer.flush()?;
        let closing = self.writer.closing();
        let events = HumanCount(closing.events_shown);
        let bytes = HumanBytes(self.writer.bytes_written());
        self.progress
            .set_message(format!("{events} events, {bytes}"));
        self.progress.tick();
        Ok(())
    }
}
