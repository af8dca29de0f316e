//! Recorded connections: inputs of the fuzz target `flow`.

use std::fs;
use std::path::{Path, PathBuf};

use saker_flow_inspection::{Classification, Direction, Inspector, Segment, Transport};

/// The first bytes of a connection.
#[derive(Clone)]
pub(crate) struct Recorded {
    pub(crate) name: String,
    pub(crate) transport: Transport,
    pub(crate) server_port: u16,
    /// Who sent it, and what, in the order in which it was seen.
    pub(crate) sent: Vec<(Direction, Vec<u8>)>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/flow")
}

impl Recorded {
    pub(crate) fn open(name: &str) -> Self {
        let bytes = fs::read(folder().join(name)).expect(name);
        let ([flags, high, low], mut rest) = bytes.split_first_chunk().unwrap();
        let mut sent = Vec::new();
        while let Some(([from, high, low], after)) = rest.split_first_chunk() {
            let direction = match from {
                0 => Direction::FromClient,
                1 => Direction::FromServer,
                flags => panic!("{name}: flags {flags} are for the fuzzer's own inputs"),
            };
            let (payload, after) = after.split_at(usize::from(u16::from_be_bytes([*high, *low])));
            sent.push((direction, payload.to_vec()));
            rest = after;
        }
        Self {
            name: name.to_owned(),
            transport: if *flags == 0 {
                Transport::Tcp
            } else {
                Transport::Udp
            },
            server_port: u16::from_be_bytes([*high, *low]),
            sent,
        }
    }

    /// Those whose names begin so; there is at least one. What the fuzzer found is not recorded.
    pub(crate) fn all(prefix: &str) -> impl Iterator<Item = Self> {
        let names: Vec<String> = fs::read_dir(folder())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.starts_with(prefix) && !name.starts_with("found-"))
            .collect();
        assert!(!names.is_empty());
        names.into_iter().map(|name| Self::open(&name))
    }

    /// The segments with their offsets.
    pub(crate) fn segments(&self) -> impl Iterator<Item = Segment<'_>> {
        let mut offsets = [0_u64; 2];
        self.sent.iter().map(move |(direction, bytes)| {
            let offset = &mut offsets[usize::from(*direction == Direction::FromServer)];
            let segment = Segment {
                direction: *direction,
                offset: *offset,
                bytes,
                sent_bytes: u32::try_from(bytes.len()).unwrap(),
            };
            *offset += bytes.len() as u64;
            segment
        })
    }

    pub(crate) fn classify(&self) -> Classification {
        let mut inspector = Inspector::new(self.transport, self.server_port);
        for segment in self.segments() {
            inspector.feed(segment);
        }
        inspector.classification()
    }
}
