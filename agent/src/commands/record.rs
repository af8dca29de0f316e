//! `saker record`: events of this host into a file.

mod recorder;

use super::InputError;
use crate::cli::{KubeArgs, RecordArgs, SourceArgs};
use crate::config::Config;
use crate::journal::Journal;
use crate::live::{LiveEvents, Wanted};
use crate::output::{Printer, stderr_color};
use crate::rules::{LoadedRules, count};
use crate::selection::Selection;
use crate::this_host;
use anyhow::Context;
use bytesize::ByteSize;
use recorder::{Alarms, Ended, Recorder};
use saker_capture_file::recording::{Header, RecordingWriter, WriterOptions};
use saker_event_schema::{EventId, ROWS, Ring};
use saker_kernel_source::{KernelSourceError, host};
use saker_rule_fields::{Host, SYSCALL_SOURCE};
use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

/// Arguments and environments of programs may hold secrets.
const OWNER_ONLY: u32 = 0o600;

/// Records until a signal, or until there is enough.
pub(crate) fn run(arguments: &RecordArgs) -> anyhow::Result<ExitCode> {
    let filter = arguments.filter.as_deref();
    // A selection shows fields; nobody asks for this one.
    let shown = ["evt.num".to_owned()];
    let selection =
        filter.map(|filter| Selection::new(SYSCALL_SOURCE, Some(filter), &shown, stderr_color()));
    let selection = selection.transpose()?;
    let alarms = alarms(arguments)?;
    if !host::may_load_programs() {
        return Err(KernelSourceError::NotPermitted.into());
    }
    // Before the programs are attached, so that a wrong name costs nothing.
    let file = create(&arguments.file, arguments.force)?;
    let journal = Journal::default();
    let wanted = wanted(selection.as_ref(), alarms.as_ref());
    let live = LiveEvents::start(wanted, Some(journal.clone()))?;
    let began = Instant::now();
    let options = WriterOptions {
        bytes_max: arguments.max_size.map(|size| size.as_u64()),
        ..WriterOptions::default()
    };
    let writer = RecordingWriter::new(file, &header(live.host(), filter), options)
        .with_context(|| named(&arguments.file))?;
    let mut recorder = Recorder::new(writer, journal, selection, alarms, arguments);
    if !arguments.quiet {
        let file = arguments.file.display();
        eprintln!("recording to {file}; Ctrl-C ends it");
    }
    let until = arguments.duration.map(|duration| began + duration);
    let outcome = live
        .watch(until, &mut recorder)
        .with_context(|| named(&arguments.file));
    let (recorded, ended) = recorder.finish(outcome.as_ref().map_or(0, |it| it.lost))?;
    let outcome = outcome?;
    let ended = match ended {
        None if until.is_some_and(|until| Instant::now() >= until) => Ended::Duration,
        None => Ended::Signal,
        Some(ended) => ended,
    };
    if !arguments.quiet {
        let bytes = ByteSize(recorded.bytes);
        let seconds = began.elapsed().as_secs_f64();
        eprintln!("summary: ended by {}", ended.name());
        eprintln!(
            "  events: {}, {} of processes only",
            recorded.shown, recorded.hidden
        );
        eprintln!("  file: {} in {seconds:.1} s", bytes.display().iec());
        if let Some(alerts) = recorded.alerts {
            eprintln!("  alerts: {alerts}");
        }
        eprintln!("  lost: {}, malformed: {}", outcome.lost, outcome.malformed);
    }
    Ok(ExitCode::SUCCESS)
}

/// What errors about the file begin with.
fn named(path: &Path) -> String {
    format!("cannot record to {}", path.display())
}

/// Loads the rules, if any are asked for.
fn alarms(arguments: &RecordArgs) -> anyhow::Result<Option<Alarms>> {
    if arguments.alerts.rules.is_empty() {
        return Ok(None);
    }
    let config = Config::build(
        &arguments.alerts,
        None,
        &KubeArgs::default(),
        &SourceArgs::default(),
    )?;
    let loaded = LoadedRules::load(&config, stderr_color())?;
    eprint!("{}", loaded.warnings);
    if !arguments.quiet {
        eprintln!("{} take part", count(loaded.enabled(), "rule"));
    }
    Ok(Some(Alarms::new(loaded.rules, Printer::new(&config))))
}

/// What is to be collected: all events, or those that filter and rules can match. The records from which
/// connections are known hold what goes over them, so they are never recorded.
fn wanted(selection: Option<&Selection>, alarms: Option<&Alarms>) -> Wanted {
    let of_alarms = alarms.map(Alarms::wanted).unwrap_or_default();
    let mut wanted = match selection {
        None => Wanted {
            events: every_call(),
            ..of_alarms
        },
        Some(selection) => selection.wanted().with(of_alarms),
    };
    wanted.has_flows = false;
    wanted
}

/// All events but those from which connections are known.
fn every_call() -> BTreeSet<EventId> {
    let rows = ROWS.iter().filter(|row| row.ring != Ring::Network);
    rows.map(|row| row.id).collect()
}

fn create(path: &Path, force: bool) -> anyhow::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).mode(OWNER_ONLY);
    if force {
        options.create(true).truncate(true);
    } else {
        options.create_new(true);
    }
    match options.open(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            Err(InputError::Exists(path.to_owned()).into())
        }
        opened => opened.with_context(|| named(path)),
    }
}

fn header(host: &Host, filter: Option<&str>) -> Header {
    let node = this_host::node();
    let began = host.began_wall_ns;
    let uname = rustix::system::uname();
    Header {
        saker_version: env!("CARGO_PKG_VERSION").to_owned(),
        capture_id: format!("{}-{began:x}-{}", node.boot_id, std::process::id()),
        boot_id: node.boot_id.to_string(),
        hostname: node.hostname.to_string(),
        kernel_release: uname.release().to_string_lossy().into_owned(),
        began_wall_ns: began,
        wall_offset_ns: this_host::wall_offset_ns(),
        utc_offset_s: host.utc_offset_s,
        filter: filter.map(str::to_owned),
        ..Header::default()
    }
}
