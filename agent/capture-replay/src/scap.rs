//! Plays captures of Falco.

use crate::input::Bytes;
use crate::replay::Options;
use crate::stats::{Missing, Skipped, Stats, count};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use saker_capture_file::scap::{Audience, Reader, Record, ScapError, SnapshotItem};
use saker_capture_state::{Limits, Machine, MachineInfo};
use saker_event_decode::WallClock;
use saker_falco_events::{Class, ConversionError, Converter, Event, EventCode, EventFlags};
use saker_process_state::Users;
use saker_rule_fields::{
    CapturedEvent, EventContext, Facts, Host, Patience, Scratch, Surroundings,
};
use std::ops::ControlFlow;

/// Enters that Falco's state engine still looks at: they count in the numbers and are not shown.
const KEPT_ENTERS: [EventCode; 7] = [
    EventCode(2),   // open
    EventCode(22),  // connect
    EventCode(58),  // creat
    EventCode(292), // execve
    EventCode(306), // openat
    EventCode(326), // openat2
    EventCode(330), // execveat
];

/// Events that tell of what was there before, if they come first.
const INITIAL: [EventCode; 6] = [
    EventCode(324), // container
    EventCode(354), // user added
    EventCode(356), // user deleted
    EventCode(358), // group added
    EventCode(360), // group deleted
    EventCode(402), // asynchronous event
];

/// Events of sources that a plugin may have.
const ASYNCHRONOUS: EventCode = EventCode(402);
const OF_PLUGIN: EventCode = EventCode(322);

/// Offsets of local time change at multiples of a quarter of an hour.
const OFFSET_NS: u64 = 15 * 60 * 1_000_000_000;

/// A capture of Falco that is played.
pub(crate) struct ScapPlayer {
    reader: Reader<Bytes>,
    stage: Stage,
}

/// What is known while a capture is played.
struct Stage {
    converter: Converter,
    machine: Machine,
    limits: Limits,
    host: Host,
    /// Name that the host has whatever captures say.
    hostname: Option<Box<str>>,
    zone: TimeZone,
    /// Which quarter of an hour the offset of local time is for.
    offset_at: Option<u64>,
    clock: WallClock,
    scratch: Scratch,
    facts: Facts,
    number: u64,
    previous_time_ns: Option<u64>,
    place: Place,
    shown: u64,
    skipped: Skipped,
    /// What the state of the sections before lacked.
    missing: Missing,
    /// The first event that has no current form: where its block begins, and why.
    first_refused: Option<(u64, ConversionError)>,
}

/// What events are about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// What was there before the capture.
    Initial,
    /// What happened.
    Running,
}

impl ScapPlayer {
    pub(crate) fn new(bytes: Bytes, options: &Options) -> Result<Self, ScapError> {
        let hostname = options.hostname.as_deref().map(Box::from);
        Ok(Self {
            reader: Reader::new(bytes)?,
            stage: Stage {
                converter: Converter::new(),
                machine: Machine::new(MachineInfo::default(), options.limits),
                limits: options.limits,
                host: Host::new(hostname.as_deref().unwrap_or_default(), Users::none()),
                hostname,
                zone: options.zone.clone(),
                offset_at: None,
                clock: WallClock::default(),
                scratch: Scratch::new(),
                facts: Facts {
                    rego: options.rego.clone(),
                    ..Facts::none()
                },
                number: 0,
                previous_time_ns: None,
                place: Place::Initial,
                shown: 0,
                skipped: Skipped::default(),
                missing: Missing::default(),
                first_refused: None,
            },
        })
    }

    #[inline]
    pub(crate) fn next<T>(
        &mut self,
        look: impl FnOnce(&EventContext<'_>) -> T,
    ) -> Result<Option<T>, ScapError> {
        let mut look = look;
        while let Some(record) = self.reader.next_record()? {
            match record {
                Record::Event {
                    offset,
                    audience,
                    event,
                } => match self.stage.play((offset, audience), event, look) {
                    ControlFlow::Break(result) => return Ok(Some(result)),
                    ControlFlow::Continue(unused) => look = unused,
                },
                Record::SectionStart => self.stage.begin(),
                Record::Snapshot(item) => self.stage.add(*item),
                Record::SnapshotEnd => self.stage.machine.start(),
            }
        }
        Ok(None)
    }

    pub(crate) fn hostname(&self) -> &str {
        &self.stage.host.hostname
    }

    pub(crate) fn stats(&self) -> Stats {
        let read = self.reader.stats();
        let mut skipped = self.stage.skipped;
        skipped.unknown = skipped.unknown.saturating_add(read.unknown_events);
        skipped.malformed = skipped.malformed.saturating_add(read.malformed_events);
        Stats {
            shown: self.stage.shown,
            skipped,
            missing: self.stage.missing(),
            blocks_skipped: read
                .unknown_blocks
                .saturating_add(read.misplaced_blocks)
                .saturating_add(read.malformed_lists),
        }
    }

    /// What was skipped as damaged, as far as the capture was read.
    pub(crate) fn damage(&self) -> Option<String> {
        let read = self.reader.stats();
        let block = read.first_problem;
        let block = block.map(|(offset, block, problem)| (offset, format!("{block}: {problem}")));
        let event = self.stage.first_refused;
        let event = event.map(|(offset, error)| (offset, error.to_string()));
        let first = block.into_iter().chain(event).min();
        let first = first.map(|(offset, what)| {
            let places = read
                .malformed_events
                .saturating_add(read.malformed_lists)
                .saturating_add(self.stage.skipped.malformed);
            format!(
                "damaged in {places} places, which were skipped; the first is at byte {offset}: {what}"
            )
        });
        let rest = read.has_trailing_data.then(|| {
            "what follows its compressed data is not compressed and was not read".to_owned()
        });
        let missing = self.stage.missing();
        let dropped = missing
            .threads_dropped
            .saturating_add(missing.descriptors_dropped)
            .saturating_add(missing.entries_dropped);
        let dropped = (dropped > 0).then(|| {
            format!("{dropped} threads, descriptors, users and interfaces were too many to keep")
        });
        let parts: Vec<String> = first.into_iter().chain(rest).chain(dropped).collect();
        (!parts.is_empty()).then(|| parts.join("; "))
    }
}

impl Stage {
    /// A capture begins: nothing of an earlier one in the same file holds any longer, but for the
    /// numbers.
    fn begin(&mut self) {
        self.missing = self.missing();
        self.machine = Machine::new(MachineInfo::default(), self.limits);
        self.converter = Converter::new();
        self.host.began_wall_ns = 0;
        self.place = Place::Initial;
    }

    /// What the state lacks by now, in all sections.
    fn missing(&self) -> Missing {
        let mut missing = self.missing;
        missing.add(self.machine.stats(), self.converter.forgotten());
        missing
    }

    /// Takes what was there when the capture began.
    fn add(&mut self, item: SnapshotItem) {
        match item {
            SnapshotItem::Machine(info) => {
                if self.hostname.is_none() {
                    self.host.hostname = String::from_utf8_lossy(&info.hostname).into();
                }
                self.machine.set_info(info);
            }
            SnapshotItem::Interface(interface) => self.machine.add_interface(interface),
            SnapshotItem::User(user) => self.machine.add_user(user),
            SnapshotItem::Group(group) => self.machine.add_group(group),
            SnapshotItem::Thread(thread) => self.machine.add_thread(thread),
            SnapshotItem::Descriptor { tid, snapshot } => {
                self.machine.add_descriptor(tid, snapshot);
            }
        }
    }

    /// Takes an event, and shows it if it is to be shown; gives `look` back if not.
    #[inline]
    fn play<T, F: FnOnce(&EventContext<'_>) -> T>(
        &mut self,
        (offset, audience): (u64, Audience),
        event: Event<'_>,
        look: F,
    ) -> ControlFlow<T, F> {
        let written_as = event.event_type;
        let event = match self.converter.convert(event) {
            Ok(Some(event)) => event,
            Ok(None) => {
                self.place = Place::Running;
                count(if written_as.flags.contains(EventFlags::UNUSED) {
                    &mut self.skipped.unused
                } else {
                    &mut self.skipped.enters
                });
                return ControlFlow::Continue(look);
            }
            Err(error) => {
                count(&mut self.skipped.malformed);
                self.first_refused.get_or_insert((offset, error));
                return ControlFlow::Continue(look);
            }
        };
        self.number = self.number.saturating_add(1);
        let time_ns = event.header.time_ns;
        if self.host.began_wall_ns == 0 && event.event_type.class != Class::Meta {
            self.host.began_wall_ns = time_ns;
        }
        let subject = self.machine.apply(&event);
        let code = event.event_type.code;
        if self.place == Place::Initial && !INITIAL.contains(&code) {
            self.place = Place::Running;
        }
        let reason = if KEPT_ENTERS.contains(&code) {
            Some(&mut self.skipped.enters)
        } else if self.place == Place::Initial || audience == Audience::State {
            Some(&mut self.skipped.state_only)
        } else if is_foreign(&event) {
            Some(&mut self.skipped.foreign)
        } else {
            None
        };
        if let Some(counter) = reason {
            count(counter);
            return ControlFlow::Continue(look);
        }
        count(&mut self.shown);
        let quarter = time_ns.checked_div(OFFSET_NS);
        if self.offset_at != quarter {
            self.offset_at = quarter;
            self.host.utc_offset_s = offset_s(&self.zone, time_ns);
        }
        let captured = CapturedEvent {
            event: &event,
            subject: &subject,
            machine: &self.machine,
        };
        let surroundings = Surroundings {
            processes: None,
            clock: &self.clock,
            host: &self.host,
            scratch: &self.scratch,
        };
        let mut context = EventContext::of_capture(&captured, surroundings, self.number)
            .with_facts(&self.facts, Patience::Ended);
        if let Some(previous_time_ns) = self.previous_time_ns.replace(time_ns) {
            context = context.after(previous_time_ns);
        }
        ControlFlow::Break(look(&context))
    }
}

/// Whether an event is of a plugin that has a source of its own.
fn is_foreign(event: &Event<'_>) -> bool {
    [OF_PLUGIN, ASYNCHRONOUS].contains(&event.event_type.code)
        && event.unsigned(0).is_some_and(|plugin| plugin != 0)
}

/// Seconds that local time is ahead of UTC at a time, nanoseconds since the epoch.
fn offset_s(zone: &TimeZone, time_ns: u64) -> i32 {
    let time = Timestamp::from_nanosecond(i128::from(time_ns)).unwrap_or(Timestamp::MAX);
    zone.to_offset(time).seconds()
}
