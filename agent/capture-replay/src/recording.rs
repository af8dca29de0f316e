//! Plays Saker's own recordings, on the path that live events take.

mod answers;

use crate::input::Bytes;
use crate::replay::Options;
use crate::stats::{Missing, Skipped, Stats, count};
use answers::Answers;
use saker_capture_file::recording::{Item, Note, RecordingError, RecordingReader, Visibility};
use saker_container_metadata::{Containers, Limits as ContainerLimits, Requests};
use saker_event_decode::{EventView, WallClock};
use saker_process_state::{BootTime, Limits, ProcessState, Snapshot, User, Users};
use saker_rule_fields::{EventContext, Facts, Host, Patience, Payload, Scratch, Surroundings};
use std::collections::HashSet;

/// Most processes of the begin that are taken from a recording.
const PROCESSES_MAX: usize = 65_536;

/// Most bytes of texts of the processes of the begin, as many of users and groups, and as many of
/// containers: a small file can hold very long ones.
const TEXT_BYTES_MAX: usize = 64 << 20;

/// Most bytes of the texts of one answer of the host; arguments and environment of a process fit.
const ANSWER_TEXT_BYTES_MAX: usize = 1 << 20;

/// A recording that is played.
pub(crate) struct RecordingPlayer {
    reader: RecordingReader<Bytes>,
    stage: Stage,
    is_at_end: bool,
}

/// What is known while a recording is played.
struct Stage {
    processes: ProcessState,
    answers: Answers,
    /// Processes of the begin, until all of them are told.
    snapshots: Vec<Snapshot>,
    /// Bytes of their texts.
    snapshot_bytes: usize,
    /// Bytes of the texts of users and groups.
    user_bytes: usize,
    /// Bytes of the texts of containers.
    container_bytes: usize,
    facts: Facts,
    /// Nobody is asked; what runtimes said is in the recording.
    _requests: Requests,
    host: Host,
    clock: WallClock,
    scratch: Scratch,
    shown: u64,
    hidden: u64,
    malformed: u64,
    notes_dropped: u64,
}

impl RecordingPlayer {
    pub(crate) fn new(bytes: Bytes, options: &Options) -> Result<Self, RecordingError> {
        let reader = RecordingReader::new(bytes)?;
        let header = reader.header();
        let hostname = options.hostname.as_deref().unwrap_or(&header.hostname);
        let mut host = Host::new(hostname, Users::none());
        host.utc_offset_s = header.utc_offset_s;
        host.began_wall_ns = header.began_wall_ns;
        let answers = Answers::default();
        let (containers, requests) = Containers::new(ContainerLimits::default(), Box::new(|| {}));
        let facts = Facts {
            containers,
            rego: options.rego.clone(),
            ..Facts::none()
        };
        let limits = Limits::default();
        Ok(Self {
            stage: Stage {
                processes: ProcessState::new(
                    limits,
                    Box::new(answers.clone()),
                    Box::new(answers.clone()),
                ),
                answers,
                snapshots: Vec::new(),
                snapshot_bytes: 0,
                user_bytes: 0,
                container_bytes: 0,
                facts,
                _requests: requests,
                host,
                clock: WallClock::new(header.wall_offset_ns),
                scratch: Scratch::new(),
                shown: 0,
                hidden: 0,
                malformed: 0,
                notes_dropped: 0,
            },
            reader,
            is_at_end: false,
        })
    }

    #[inline]
    pub(crate) fn next<T>(
        &mut self,
        look: impl FnOnce(&EventContext<'_>) -> T,
    ) -> Result<Option<T>, RecordingError> {
        let stage = &mut self.stage;
        while let Some(item) = self.reader.next_item()? {
            let (number, visibility, record) = match item {
                Item::Note(note) => {
                    stage.take(note);
                    continue;
                }
                Item::Event {
                    number,
                    visibility,
                    record,
                } => (number, visibility, record),
            };
            let Ok(event) = EventView::parse(record) else {
                count(&mut stage.malformed);
                continue;
            };
            stage.start();
            let process = stage.processes.apply(&event);
            stage.answers.clear();
            if visibility == Visibility::Hidden {
                count(&mut stage.hidden);
                continue;
            }
            count(&mut stage.shown);
            let surroundings = Surroundings {
                processes: Some(&stage.processes),
                clock: &stage.clock,
                host: &stage.host,
                scratch: &stage.scratch,
            };
            let payload = Payload::Syscall(&event);
            let context = EventContext::new(payload, Some(&process), surroundings, number)
                .with_facts(&stage.facts, Patience::Ended);
            return Ok(Some(look(&context)));
        }
        self.is_at_end = true;
        Ok(None)
    }

    pub(crate) fn hostname(&self) -> &str {
        &self.stage.host.hostname
    }

    pub(crate) fn boot_id(&self) -> &str {
        &self.reader.header().boot_id
    }

    pub(crate) fn stats(&self) -> Stats {
        let read = self.reader.stats();
        Stats {
            shown: self.stage.shown,
            skipped: Skipped {
                state_only: self.stage.hidden,
                unknown: read.events_unknown,
                malformed: self.stage.malformed.saturating_add(read.events_malformed),
                ..Skipped::default()
            },
            missing: Missing::default(),
            blocks_skipped: read
                .frames_damaged
                .saturating_add(read.unknown)
                .saturating_add(self.stage.notes_dropped),
        }
    }

    /// What is missing from the recording, as far as it was read.
    pub(crate) fn damage(&self) -> Option<String> {
        let stats = self.reader.stats();
        let mut parts = Vec::new();
        if let Some((offset, damage)) = stats.first_damage {
            let places = stats.frames_damaged;
            parts.push(format!(
                "damaged in {places} places, which were skipped; the first is at byte {offset}: {damage}"
            ));
        }
        match stats.cut_at {
            Some(offset) => parts.push(format!(
                "cut off: it ends within the frame at byte {offset}; what came before was played"
            )),
            None if self.is_at_end && !stats.is_complete => parts.push(
                "not ended by who wrote it: events of the last moments may be missing".to_owned(),
            ),
            None => {}
        }
        if let Some(closing) = self.reader.closing()
            && closing.events_lost > 0
        {
            let lost = closing.events_lost;
            parts.push(format!("{lost} events were lost while it was made"));
        }
        (!parts.is_empty()).then(|| parts.join("; "))
    }
}

impl Stage {
    /// Takes in what was learnt beside events.
    fn take(&mut self, note: Note) {
        if !self.has_room(&note) {
            count(&mut self.notes_dropped);
            return;
        }
        match note {
            Note::UsersChanged => {
                self.host.users = Users::none();
                self.user_bytes = 0;
            }
            Note::User {
                uid,
                name,
                home,
                shell,
            } => {
                let user = User {
                    name: name.into(),
                    home: home.into(),
                    shell: shell.into(),
                };
                self.host.users.insert_user(uid, user);
            }
            Note::Group { gid, name } => self.host.users.insert_group(gid, &name),
            Note::Process(snapshot) => self.snapshots.push((*snapshot).into()),
            Note::Started => self.start(),
            Note::Container(container) => self.facts.containers.learn((*container).into()),
            Note::Clock {
                wall_offset_ns,
                utc_offset_s,
            } => {
                self.clock = WallClock::new(wall_offset_ns);
                self.host.utc_offset_s = utc_offset_s;
            }
            Note::Sweep { time_boot_ns, gone } => {
                let gone: HashSet<u32> = gone.into_iter().collect();
                self.processes
                    .retain_alive(BootTime(time_boot_ns), |pid| !gone.contains(&pid.0));
            }
            note
            @ (Note::ProcessRead { .. } | Note::ProcessCgroup { .. } | Note::Cgroup { .. }) => {
                if !self.answers.add(note) {
                    count(&mut self.notes_dropped);
                }
            }
        }
    }

    /// Whether what the note tells can be kept; counts its texts.
    fn has_room(&mut self, note: &Note) -> bool {
        let used = match note {
            Note::Process(_) if self.snapshots.len() >= PROCESSES_MAX => return false,
            Note::Process(_) => &mut self.snapshot_bytes,
            Note::User { .. } | Note::Group { .. } => &mut self.user_bytes,
            Note::Container(_) => &mut self.container_bytes,
            answer => return answer.text_bytes() <= ANSWER_TEXT_BYTES_MAX,
        };
        let bytes = used.saturating_add(note.text_bytes());
        let has_room = bytes <= TEXT_BYTES_MAX;
        if has_room {
            *used = bytes;
        }
        has_room
    }

    /// Adds the processes of the begin, once.
    #[inline]
    fn start(&mut self) {
        if !self.snapshots.is_empty() {
            self.processes
                .bootstrap(std::mem::take(&mut self.snapshots));
        }
    }
}
