//! Playing the audit log of Kubernetes.

use super::{Player, node};
use crate::{output, this_host};
use saker_alert::{Alert, Occurrence};
use saker_audit_intake::{LineReader, Part, files_of};
use saker_audit_source::{AuditEvent, Batch, Limits};
use saker_event_decode::WallClock;
use saker_rule_fields::{EventContext, Host, Payload, Scratch, Surroundings};
use std::fs::File;
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering::Relaxed;

/// Errors of a file that are told; more are counted only.
const ERRORS_TOLD: u64 = 10;

/// A file of the audit log that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read audit log {path}", path = .path.display())]
pub(crate) struct AuditFileError {
    path: PathBuf,
    source: io::Error,
}

impl Player {
    /// Plays a file, or those of a folder; breaks when nobody reads the alerts any more.
    pub(super) fn play_audit(
        &mut self,
        path: &Path,
        hostname: Option<&str>,
    ) -> anyhow::Result<ControlFlow<()>> {
        let error = |path: &Path| {
            let path = path.to_owned();
            move |source| AuditFileError { path, source }
        };
        let mut host = this_host::facts();
        if let Some(hostname) = hostname {
            host.hostname = hostname.into();
        }
        let files = if path == Path::new("-") {
            vec![path.to_owned()]
        } else {
            files_of(path).map_err(error(path))?
        };
        for file in files {
            let reader: Box<dyn Read> = if file == Path::new("-") {
                Box::new(io::stdin())
            } else {
                Box::new(File::open(&file).map_err(error(&file))?)
            };
            let mut log = AuditLog {
                player: self,
                host: &host,
                scratch: Scratch::new(),
                path: &file,
                events: 0,
                refused: 0,
                lines: 0,
            };
            let played = log.play(reader).map_err(error(&file))?;
            let (events, refused) = (log.events, log.refused);
            self.summary.add_audit(events, refused);
            if played.is_break() {
                return Ok(played);
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

/// A file that is being played.
struct AuditLog<'a> {
    player: &'a mut Player,
    host: &'a Host,
    scratch: Scratch,
    path: &'a Path,
    events: u64,
    refused: u64,
    /// Lines that were read.
    lines: usize,
}

impl AuditLog<'_> {
    fn play(&mut self, reader: Box<dyn Read>) -> io::Result<ControlFlow<()>> {
        let limits = Limits::default();
        let mut reader = LineReader::new(reader, limits.input_bytes_max);
        loop {
            let (part, is_last) = match reader.next_part()? {
                Some(part) => (Some(part), false),
                None => (reader.rest(), true),
            };
            match part {
                Some(Part::Lines(lines)) => {
                    for line in lines.split_inclusive(|byte| *byte == b'\n') {
                        self.lines += 1;
                        self.read(line, &limits);
                    }
                }
                Some(Part::TooLong(bytes)) => {
                    self.lines += 1;
                    self.refuse(&format!("{bytes} bytes are too many for an audit event"));
                }
                None => {}
            }
            if self.player.closed.load(Relaxed) {
                return Ok(ControlFlow::Break(()));
            }
            if is_last {
                return Ok(ControlFlow::Continue(()));
            }
        }
    }

    fn read(&mut self, line: &[u8], limits: &Limits) {
        if line.trim_ascii().is_empty() {
            return;
        }
        let batch = Batch::from_body(line, limits);
        for error in &batch.errors {
            self.refuse(&crate::commands::chain(error));
        }
        for event in &batch.events {
            self.events += 1;
            self.look_at(event);
        }
    }

    fn refuse(&mut self, error: &str) {
        self.refused += 1;
        if self.refused <= ERRORS_TOLD {
            let text = format!("{}:{}: {error}", self.path.display(), self.lines);
            eprintln!("saker: {}", saker_alert::escaped(text.as_bytes()));
        }
    }

    /// Hands over the alerts that an event raises.
    fn look_at(&mut self, audit: &AuditEvent) {
        let surroundings = Surroundings {
            processes: None,
            clock: &WallClock::default(),
            host: self.host,
            scratch: &self.scratch,
        };
        let context = EventContext::new(Payload::K8sAudit(audit), None, surroundings, self.events);
        let player = &mut *self.player;
        let event = player.rules.event(&context);
        for found in player.rules.evaluate(&event, &mut player.evaluation) {
            let Some(rule) = player.rules.rule(found.rule) else {
                continue;
            };
            let node = node(&mut player.node, &self.host.hostname, None);
            let occurrence = Occurrence::of(&context);
            let alert = Alert::compose(node, rule, &event, found.view, &occurrence)
                .with_details(context.subject(), player.rules.digest());
            player.summary.count(&alert);
            output::raise(&player.inbox, alert);
        }
    }
}
