//! The inputs that fuzzing starts from (`fuzz/corpus/scap/`), made here so that they follow the table
//! of events. `SAKER_WRITE_SEEDS=1 cargo test -p saker-capture-file seeds` writes them anew.

use super::sample::{self, capture, descriptors, event, group, header, read, thread, user};
use crate::scap::{BlockType, Writer};
use flate2::Compression;
use flate2::write::GzEncoder;
use saker_capture_state::ThreadSnapshot;
use saker_falco_events::{EventType, Parameter, ParameterKind, event_types};
use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::Write as _;
use std::path::Path;

/// Kinds of events in one input, so that none is longer than inputs should be.
const KINDS: usize = 16;

#[test]
fn seeds_are_up_to_date() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/scap");
    for (name, bytes) in seeds() {
        let path = folder.join(&name);
        if env::var_os("SAKER_WRITE_SEEDS").is_some() {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&path, &bytes).unwrap();
        }
        let committed = fs::read(&path).unwrap_or_default();
        assert!(
            committed == bytes,
            "{name} is not what the table of events gives: SAKER_WRITE_SEEDS=1 writes it anew"
        );
    }
}

/// Name and bytes of each.
fn seeds() -> BTreeMap<String, Vec<u8>> {
    let mut seeds = BTreeMap::new();
    let whole = capture();
    // Not really compressed: what is changed in it then still makes sense more often.
    let mut compressed = GzEncoder::new(Vec::new(), Compression::none());
    compressed.write_all(&whole).unwrap();
    seeds.insert("made-gzip".to_owned(), compressed.finish().unwrap());
    seeds.insert(
        "made-two-captures".to_owned(),
        [&whole[..], &whole].concat(),
    );
    seeds.insert("made-current-forms".to_owned(), whole);
    seeds.insert("made-old-forms".to_owned(), old_forms());
    let kinds: Vec<_> = event_types().collect();
    for (number, part) in kinds.chunks(KINDS).enumerate() {
        seeds.insert(format!("made-events-{number:02}"), events(part));
    }
    for (name, bytes) in &seeds {
        let content = read(bytes);
        assert!(content.error.is_none(), "{name}: {:?}", content.error);
        assert_eq!(content.stats.skipped(), 0, "{name}: {:?}", content.stats);
        assert!(bytes.len() < 4096, "{name}: {} bytes", bytes.len());
    }
    seeds
}

/// Each list and each event in every form but the current one.
fn old_forms() -> Vec<u8> {
    let mut writer = Writer::new(Vec::new()).unwrap();
    writer.section(b"comment.").unwrap();
    for (number, block) in [0x202, 0x207, 0x209, 0x210, 0x211, 0x212, 0x213, 0x214]
        .into_iter()
        .enumerate()
    {
        let thread = ThreadSnapshot {
            tid: i64::try_from(number).unwrap() + 40,
            ..thread()
        };
        writer.threads(BlockType(block), &[thread]).unwrap();
    }
    writer
        .descriptors(BlockType(0x203), 42, &descriptors())
        .unwrap();
    writer
        .users(BlockType(0x206), &[user()], &[group()])
        .unwrap();
    writer
        .interfaces(BlockType(0x205), &sample::interfaces())
        .unwrap();
    let parameters: [&[u8]; 2] = [&5_i64.to_le_bytes(), b"hello"];
    for block in [0x204, 0x208, 0x217] {
        writer
            .event_in(BlockType(block), header(0), sample::READ_EXIT, &parameters)
            .unwrap();
    }
    event(&mut writer, 1);
    writer.into_inner()
}

/// One event of each kind, by a process with a descriptor.
fn events(kinds: &[&'static EventType]) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new()).unwrap();
    let thread = ThreadSnapshot {
        pid: 42,
        environment: Box::default(),
        ..thread()
    };
    writer.threads(BlockType(0x215), &[thread]).unwrap();
    writer
        .descriptors(BlockType(0x218), 42, &descriptors()[..1])
        .unwrap();
    for (number, kind) in (0..).zip(kinds) {
        let values: Vec<_> = kind.parameters.iter().map(value).collect();
        let values: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
        writer.event(header(number), kind.code, &values).unwrap();
    }
    writer.into_inner()
}

/// A likely value.
fn value(parameter: &Parameter) -> Vec<u8> {
    use ParameterKind as Kind;
    let connection = [2, 10, 0, 0, 1, 0x50, 0, 10, 0, 0, 2, 0x39, 0x30];
    match parameter.kind {
        Kind::Int8
        | Kind::Uint8
        | Kind::Signal
        | Kind::L4Protocol
        | Kind::SocketFamily
        | Kind::Flags8
        | Kind::Enum8 => vec![2],
        Kind::Int16
        | Kind::Uint16
        | Kind::SyscallId
        | Kind::Port
        | Kind::Flags16
        | Kind::Enum16 => vec![1, 0],
        Kind::Int32
        | Kind::Uint32
        | Kind::Bool
        | Kind::Ipv4Address
        | Kind::Flags32
        | Kind::Enum32
        | Kind::Uid
        | Kind::Gid
        | Kind::SignalSet
        | Kind::Mode => vec![1, 0, 0, 0],
        Kind::Fd32 => vec![3, 0, 0, 0],
        Kind::Pid32 => vec![42, 0, 0, 0],
        Kind::Int64
        | Kind::Uint64
        | Kind::RelativeTime
        | Kind::AbsoluteTime
        | Kind::Double
        | Kind::Errno
        | Kind::Fd => 3_i64.to_le_bytes().to_vec(),
        Kind::Pid => 42_i64.to_le_bytes().to_vec(),
        Kind::Text | Kind::Path | Kind::PathRelativeTo(_) => b"/a/b\0".to_vec(),
        Kind::Bytes => b"data".to_vec(),
        Kind::TextArray => b"a\0b\0".to_vec(),
        Kind::TextPairArray => b"a\0b\0c\0d\0".to_vec(),
        Kind::SocketAddress => connection[..7].to_vec(),
        Kind::SocketTuple => connection.to_vec(),
        Kind::FdList => [&[1, 0][..], &3_i64.to_le_bytes(), &[1, 0]].concat(),
        Kind::Dynamic(choices) => {
            let mut bytes = vec![0];
            bytes.extend(choices.first().map(value).unwrap_or_default());
            bytes
        }
    }
}
