//! Captures of Falco that are made up, played.

use saker_capture_file::scap::{BlockType, Writer};
use saker_capture_replay::{Missing, Options, Replay};
use saker_capture_state::{Limits, MachineInfo, ThreadSnapshot};
use saker_falco_events::{EventCode, Header};
use std::io::Cursor;

/// A list of threads in its latest form.
const THREADS: BlockType = BlockType(0x215);

/// `close`, returning: result and descriptor.
const CLOSE_EXIT: EventCode = EventCode(5);

/// `open`, returning, as Falco had it before it appended device and inode: no version had 7 parameters.
const OPEN_EXIT: EventCode = EventCode(3);

fn capture() -> Writer<Vec<u8>> {
    Writer::new(Vec::new()).expect("memory takes it")
}

fn info(hostname: &str) -> MachineInfo {
    MachineInfo {
        hostname: hostname.as_bytes().into(),
        ..MachineInfo::default()
    }
}

fn thread(tid: i64) -> ThreadSnapshot {
    ThreadSnapshot {
        tid,
        pid: tid,
        comm: (*b"cat").into(),
        ..ThreadSnapshot::default()
    }
}

fn header(time_ns: u64) -> Header {
    Header {
        time_ns,
        tid: 42,
        cpu: 0,
    }
}

fn add_close(writer: &mut Writer<Vec<u8>>, time_ns: u64) {
    let (result, descriptor) = (0_i64.to_le_bytes(), 3_i64.to_le_bytes());
    writer
        .event(header(time_ns), CLOSE_EXIT, &[&result, &descriptor])
        .expect("memory takes it");
}

fn replay(writer: Writer<Vec<u8>>) -> Replay {
    let file = Cursor::new(writer.into_inner());
    Replay::read("test.scap", file, &Options::default()).expect("a capture")
}

/// The number of each event and the name of its process.
fn play(replay: &mut Replay) -> Vec<(u64, String)> {
    let mut played = Vec::new();
    while let Some(event) = replay
        .next(|context| {
            let name = context.captured().and_then(|it| it.subject.thread.clone());
            let name = name.map(|thread| String::from_utf8_lossy(&thread.name).into_owned());
            (context.number(), name.unwrap_or_default())
        })
        .expect("it plays")
    {
        played.push(event);
    }
    played
}

#[test]
fn threads_that_are_listed_before_the_host_are_known() {
    let mut writer = capture();
    writer.threads(THREADS, &[thread(42)]).expect("a list");
    writer.machine(&info("node-1")).expect("a host");
    add_close(&mut writer, 1);
    let mut replay = replay(writer);
    assert_eq!(play(&mut replay), [(1, "cat".to_owned())]);
    assert_eq!(replay.hostname(), "node-1");
    assert_eq!(replay.damage(), None);
}

#[test]
fn nothing_of_an_earlier_section_holds_but_the_numbers_go_on() {
    let mut writer = capture();
    writer.machine(&info("node-1")).expect("a host");
    writer.threads(THREADS, &[thread(42)]).expect("a list");
    add_close(&mut writer, 1);
    writer.section(&[]).expect("a section");
    writer.machine(&info("node-2")).expect("a host");
    add_close(&mut writer, 2);
    let mut replay = replay(writer);
    let played = play(&mut replay);
    assert_eq!(played, [(1, "cat".to_owned()), (2, "<NA>".to_owned())]);
    assert_eq!(replay.hostname(), "node-2");
}

#[test]
fn what_is_skipped_as_damaged_is_told_with_its_place() {
    let mut writer = capture();
    writer.machine(&info("node-1")).expect("a host");
    let zeros = [0; 8];
    let parameters: [&[u8]; 7] = [&zeros; 7];
    writer
        .event(header(1), OPEN_EXIT, &parameters)
        .expect("an event");
    add_close(&mut writer, 2);
    let mut replay = replay(writer);
    assert_eq!(play(&mut replay).len(), 1);
    assert_eq!(replay.stats().skipped.malformed, 1);
    let damage = replay.damage().expect("it says so");
    // The section header has 28 bytes, the block of the host 192.
    assert!(
        damage.starts_with("damaged in 1 places, which were skipped; the first is at byte 220: "),
        "{damage}"
    );
    assert!(
        damage.contains("'open' (code 3) with 7 parameters"),
        "{damage}"
    );
}

#[test]
fn what_the_state_lacks_is_counted_over_all_sections() {
    let mut writer = capture();
    for section in 0..2 {
        if section > 0 {
            writer.section(&[]).expect("a section");
        }
        writer.machine(&info("node-1")).expect("a host");
        let threads = [1, 2, 3].map(|tid| ThreadSnapshot {
            comm: (*b"long-name").into(),
            ..thread(tid)
        });
        writer.threads(THREADS, &threads).expect("a list");
        add_close(&mut writer, section);
    }
    let limits = Limits {
        threads: 3,
        text_bytes: 8,
        ..Limits::default()
    };
    let options = Options {
        limits,
        ..Options::default()
    };
    let file = Cursor::new(writer.into_inner());
    let mut cut = Replay::read("test.scap", file, &options).expect("a capture");
    play(&mut cut);
    let missing = cut.stats().missing;
    // The name of each thread is too long for this limit.
    assert_eq!(missing.texts_cut, 6);
    assert_eq!((missing.threads_unknown, missing.threads_dropped), (0, 0));

    let mut writer = capture();
    for section in 0..2 {
        if section > 0 {
            writer.section(&[]).expect("a section");
        }
        writer.machine(&info("node-1")).expect("a host");
        writer.threads(THREADS, &[thread(1)]).expect("a list");
        add_close(&mut writer, section);
    }
    let mut unknown = replay(writer);
    play(&mut unknown);
    let expected = Missing {
        threads_unknown: 2,
        ..Missing::default()
    };
    assert_eq!(unknown.stats().missing, expected);
}
