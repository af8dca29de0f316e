//! Which events of captures are shown, with which numbers, and what is said of the others.

use std::io::Cursor;
use std::ops::ControlFlow;

use saker_capture_file::scap::{BlockType, Writer};
use saker_capture_replay::{Options, Replay, ReplayError};
use saker_capture_state::{MachineInfo, ThreadSnapshot};
use saker_falco_events::{EventCode, Header};

const TID: i64 = 7;
const PROCESS_LIST: BlockType = BlockType(0x215);
const EVENT_WITH_FLAGS: BlockType = BlockType(0x217);

/// Enter of `open`, which counts, and its exit.
const OPEN_ENTER: EventCode = EventCode(2);
const OPEN: EventCode = EventCode(3);
/// Enter of `fstat`, which does not count, and its exit.
const FSTAT_ENTER: EventCode = EventCode(70);
/// Exit of a call without parameters.
const PLAIN: EventCode = EventCode(39);
const USER_ADDED: EventCode = EventCode(354);
const PROCINFO: EventCode = EventCode(234);
const PLUGIN: EventCode = EventCode(322);
const UNKNOWN: EventCode = EventCode(9_000);

/// A capture that is being written.
struct Capture {
    writer: Writer<Vec<u8>>,
    time_ns: u64,
}

impl Capture {
    fn new(hostname: &str) -> Self {
        let mut capture = Self {
            writer: Writer::new(Vec::new()).unwrap(),
            time_ns: 1_000,
        };
        capture.begin(hostname);
        capture
    }

    fn begin(&mut self, hostname: &str) {
        let info = MachineInfo {
            cpus: 1,
            hostname: hostname.as_bytes().into(),
            ..MachineInfo::default()
        };
        self.writer.machine(&info).unwrap();
        let thread = ThreadSnapshot {
            tid: TID,
            pid: TID,
            ptid: 1,
            comm: (*b"cat").into(),
            ..ThreadSnapshot::default()
        };
        self.writer.threads(PROCESS_LIST, &[thread]).unwrap();
    }

    fn header(&mut self) -> Header {
        self.time_ns += 1;
        Header {
            time_ns: self.time_ns,
            tid: TID,
            cpu: 0,
        }
    }

    fn event(&mut self, code: EventCode, parameters: &[&[u8]]) {
        let header = self.header();
        self.writer.event(header, code, parameters).unwrap();
    }

    fn plain(&mut self) {
        self.event(PLAIN, &[]);
    }

    fn open(&mut self) {
        let fd = 3_i64.to_le_bytes();
        let [flags, mode, device] = [1_u32, 0, 0].map(u32::to_le_bytes);
        let inode = 9_u64.to_le_bytes();
        self.event(
            OPEN,
            &[&fd, b"/etc/hosts\0", &flags, &mode, &device, &inode],
        );
    }

    fn user_added(&mut self) {
        let id = 1_u32.to_le_bytes();
        self.event(
            USER_ADDED,
            &[&id, &id, b"ann\0", b"/home/ann\0", b"/bin/sh\0", b"\0"],
        );
    }

    fn replay(self) -> Replay {
        play(self.writer.into_inner())
    }
}

fn play(bytes: Vec<u8>) -> Replay {
    Replay::read("test", Cursor::new(bytes), &Options::default()).unwrap()
}

/// Numbers and hosts of the events that are shown, and how it ended.
fn shown(replay: &mut Replay) -> (Vec<(u64, String)>, Result<(), ReplayError>) {
    let mut shown = Vec::new();
    let outcome = replay.for_each(|context| {
        shown.push((context.number(), context.host().hostname.to_string()));
        ControlFlow::<()>::Continue(())
    });
    (shown, outcome.map(drop))
}

fn numbers(replay: &mut Replay) -> Vec<u64> {
    let (shown, outcome) = shown(replay);
    outcome.unwrap();
    shown.into_iter().map(|(number, _)| number).collect()
}

#[test]
fn enters_are_not_shown_and_few_of_them_count() {
    let mut capture = Capture::new("a");
    capture.event(FSTAT_ENTER, &[&3_i64.to_le_bytes()]);
    capture.plain();
    let [flags, mode] = [1_u32, 0].map(u32::to_le_bytes);
    capture.event(OPEN_ENTER, &[b"/etc/hosts\0", &flags, &mode]);
    capture.open();
    capture.event(PROCINFO, &[&[0; 8], &[0; 8]]);
    let mut replay = capture.replay();
    assert_eq!(numbers(&mut replay), [1, 3, 4]);
    let stats = replay.stats();
    assert_eq!((stats.shown, stats.skipped.enters), (3, 2));
    assert_eq!(stats.skipped.total(), 2);
}

#[test]
fn what_tells_of_the_time_before_counts_and_is_not_shown() {
    let mut capture = Capture::new("a");
    capture.user_added();
    capture.user_added();
    capture.plain();
    // Later it is an event like others.
    capture.user_added();
    let mut replay = capture.replay();
    assert_eq!(numbers(&mut replay), [3, 4]);
    assert_eq!(replay.stats().skipped.state_only, 2);
}

#[test]
fn events_for_the_state_only_change_it_and_are_not_shown() {
    let mut capture = Capture::new("a");
    capture.plain();
    let mut body = 0_u16.to_le_bytes().to_vec();
    body.extend(1_u32.to_le_bytes());
    body.extend(5_000_u64.to_le_bytes());
    body.extend(TID.to_le_bytes());
    body.extend(26_u32.to_le_bytes());
    body.extend(PLAIN.0.to_le_bytes());
    body.extend(0_u32.to_le_bytes());
    capture.writer.block(EVENT_WITH_FLAGS, &body).unwrap();
    capture.plain();
    let mut replay = capture.replay();
    assert_eq!(numbers(&mut replay), [1, 3]);
    assert_eq!(replay.stats().skipped.state_only, 1);
}

#[test]
fn what_is_not_understood_is_counted_by_its_reason() {
    let mut capture = Capture::new("a");
    capture.plain();
    capture.event(PLUGIN, &[&5_u32.to_le_bytes(), b"data"]);
    capture.event(UNKNOWN, &[]);
    // More parameters than any version had.
    capture.event(PLAIN, &[b"1"]);
    capture.writer.block(BlockType(0x7777), b"what?").unwrap();
    capture.plain();
    let mut replay = capture.replay();
    assert_eq!(numbers(&mut replay), [1, 3]);
    let stats = replay.stats();
    let skipped = stats.skipped;
    assert_eq!(
        (skipped.foreign, skipped.unknown, skipped.malformed),
        (1, 1, 1)
    );
    assert_eq!(stats.blocks_skipped, 1);
}

#[test]
fn captures_in_one_file_have_hosts_of_their_own_and_numbers_that_go_on() {
    let mut capture = Capture::new("first");
    capture.plain();
    capture.writer.section(&[]).unwrap();
    capture.begin("second");
    capture.user_added();
    capture.plain();
    let mut replay = capture.replay();
    let (shown, outcome) = shown(&mut replay);
    outcome.unwrap();
    assert_eq!(shown, [(1, "first".to_owned()), (3, "second".to_owned())]);
    assert_eq!(replay.hostname(), "second");
}

#[test]
fn the_host_can_be_named() {
    let mut capture = Capture::new("first");
    capture.plain();
    let options = Options {
        hostname: Some("mine".to_owned()),
        ..Options::default()
    };
    let bytes = capture.writer.into_inner();
    let mut replay = Replay::read("test", Cursor::new(bytes), &options).unwrap();
    assert_eq!(shown(&mut replay).0, [(1, "mine".to_owned())]);
}

#[test]
fn a_capture_is_played_as_far_as_it_goes() {
    let mut capture = Capture::new("a");
    capture.plain();
    capture.plain();
    let bytes = capture.writer.into_inner();
    for cut in 1..20 {
        let mut replay = play(bytes[..bytes.len() - cut].to_vec());
        let (shown, outcome) = shown(&mut replay);
        assert_eq!(shown.len(), 1);
        let error = outcome.expect_err("it is cut");
        assert!(matches!(error, ReplayError::Scap { .. }), "{error}");
        assert!(error.to_string().contains("test"), "{error}");
    }
}

#[test]
fn looking_can_stop_and_go_on() {
    let mut capture = Capture::new("a");
    (0..5).for_each(|_| capture.plain());
    let mut replay = capture.replay();
    let stopped = replay.for_each(|context| match context.number() {
        3 => ControlFlow::Break("enough"),
        _ => ControlFlow::Continue(()),
    });
    assert_eq!(stopped.unwrap(), Some("enough"));
    assert_eq!(replay.next(|context| context.number()).unwrap(), Some(4));
    assert_eq!(numbers(&mut replay), [5]);
    assert_eq!(replay.next(|_| ()).unwrap(), None);
}

#[test]
fn what_is_no_capture_is_refused() {
    for bytes in [&b""[..], b"MZ", b"0123456789"] {
        let bytes = Cursor::new(bytes.to_vec());
        let Err(error) = Replay::read("test", bytes, &Options::default()) else {
            panic!("it is played");
        };
        assert!(
            error.to_string().starts_with("test is no capture"),
            "{error}"
        );
    }
    let missing = Replay::open("/nowhere/x.scap".as_ref(), &Options::default());
    let error = missing.err().expect("it is not there").to_string();
    assert!(error.contains("/nowhere/x.scap"), "{error}");
}

#[test]
fn progress_counts_the_bytes_of_the_file() {
    let mut capture = Capture::new("a");
    capture.plain();
    let bytes = capture.writer.into_inner();
    let length = u64::try_from(bytes.len()).unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    let mut replay = Replay::open(file.path(), &Options::default()).unwrap();
    assert_eq!(replay.progress().bytes_total, Some(length));
    assert_eq!(numbers(&mut replay), [1]);
    assert_eq!(replay.progress().bytes_read, length);
}

#[test]
fn showing_an_event_allocates_nothing() {
    let replay = |events: usize| {
        let mut capture = Capture::new("a");
        (0..events).for_each(|_| capture.plain());
        capture.replay()
    };
    let allocations = |mut replay: Replay| {
        allocation_counter::measure(|| {
            while replay.next(|context| context.number()).unwrap().is_some() {}
        })
        .count_total
    };
    assert_eq!(allocations(replay(2_000)), allocations(replay(1_000)));
}
