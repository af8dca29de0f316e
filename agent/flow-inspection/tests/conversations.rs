//! Conversations of real programs (`tests/conversations/`), each with the verdict that it must have.
//!
//! A file has a comment that says what was recorded, then `port`, `class`, `protocol`, `confidence`, `reason`,
//! `credential` if one is shown, and then what was sent: `>` by the client, `<` by the server, with `\n`, `\r`, `\\`
//! and `\xNN` for bytes that are not printable. `~>` and `~<` are so many bytes that were not captured.
//! Whatever the cut, the order of the directions and the place where it stops, the verdict must not be
//! another one: only less certain.

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use saker_flow_inspection::{
    Classification, Direction, Inspector, Progress, SecurityClass, Segment, Transport,
};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

/// Bytes of one direction.
#[derive(Clone, Debug)]
struct Piece {
    direction: Direction,
    offset: u64,
    bytes: Vec<u8>,
    sent_bytes: u32,
}

#[derive(Debug)]
struct Conversation {
    name: String,
    port: u16,
    transport: Transport,
    expected: BTreeMap<String, String>,
    pieces: Vec<Piece>,
}

impl Conversation {
    fn read(path: &Path) -> Self {
        let name = path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let text = std::fs::read_to_string(path).expect("a readable file");
        let mut expected = BTreeMap::new();
        let mut pieces: Vec<Piece> = Vec::new();
        let mut sent = [0_u64; 2];
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let (key, value) = line.split_once(' ').unwrap_or((line, ""));
            let direction = if key.ends_with('>') {
                Direction::FromClient
            } else {
                Direction::FromServer
            };
            let sent = &mut sent[usize::from(direction == Direction::FromServer)];
            match key {
                ">" | "<" => {
                    let bytes = unescape(value);
                    let sent_bytes = u32::try_from(bytes.len()).expect("a short piece");
                    pieces.push(Piece {
                        direction,
                        offset: *sent,
                        bytes,
                        sent_bytes,
                    });
                    *sent += u64::from(sent_bytes);
                }
                "~>" | "~<" => {
                    let missing: u32 = value.parse().expect("a number");
                    pieces.last_mut().expect("bytes before a gap").sent_bytes += missing;
                    *sent += u64::from(missing);
                }
                _ => {
                    expected.insert(key.to_owned(), value.to_owned());
                }
            }
        }
        Self {
            port: expected
                .remove("port")
                .expect("a port")
                .parse()
                .expect("a number"),
            transport: match expected.remove("transport").as_deref() {
                Some("udp") => Transport::Udp,
                _ => Transport::Tcp,
            },
            name,
            expected,
            pieces,
        }
    }

    fn all() -> Vec<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conversations");
        let mut conversations: Vec<_> = std::fs::read_dir(folder)
            .expect("the conversations")
            .map(|entry| Self::read(&entry.expect("an entry").path()))
            .collect();
        conversations.sort_by(|a, b| a.name.cmp(&b.name));
        assert!(conversations.len() > 40, "the conversations are missing");
        conversations
    }

    fn inspect<'a>(&self, pieces: impl IntoIterator<Item = &'a Piece>) -> Classification {
        let mut inspector = Inspector::new(self.transport, self.port);
        let mut decided = None;
        for piece in pieces {
            let progress = inspector.feed(Segment {
                direction: piece.direction,
                offset: piece.offset,
                bytes: &piece.bytes,
                sent_bytes: piece.sent_bytes,
            });
            if let Some(decided) = &decided {
                assert_eq!(
                    &inspector.classification(),
                    decided,
                    "{} changed its mind",
                    self.name
                );
            } else if progress == Progress::Decided {
                decided = Some(inspector.classification());
            }
        }
        inspector.classification()
    }

    fn whole(&self) -> Classification {
        self.inspect(&self.pieces)
    }

    /// As the fuzz target reads it; `None` where something was not captured.
    fn seed(&self) -> Option<Vec<u8>> {
        let mut seed = vec![u8::from(self.transport == Transport::Udp)];
        seed.extend(self.port.to_be_bytes());
        for piece in &self.pieces {
            let length = u16::try_from(piece.bytes.len()).expect("a short piece");
            if u32::from(length) != piece.sent_bytes {
                return None;
            }
            seed.push(u8::from(piece.direction == Direction::FromServer));
            seed.extend(length.to_be_bytes());
            seed.extend(&piece.bytes);
        }
        Some(seed)
    }

    /// The same bytes, one by one.
    fn single_bytes(&self) -> Vec<Piece> {
        self.pieces.iter().flat_map(Piece::single_bytes).collect()
    }
}

impl Piece {
    /// What was not captured stays behind the last byte.
    fn single_bytes(&self) -> Vec<Self> {
        let last = self.bytes.len() - 1;
        let missing = self.sent_bytes - u32::try_from(self.bytes.len()).expect("a short piece");
        let byte = |(index, byte): (usize, &u8)| Self {
            direction: self.direction,
            offset: self.offset + index as u64,
            bytes: vec![*byte],
            sent_bytes: 1 + if index == last { missing } else { 0 },
        };
        self.bytes.iter().enumerate().map(byte).collect()
    }
}

fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            bytes.push(u8::try_from(character).expect("ASCII"));
            continue;
        }
        match characters.next().expect("an escape") {
            'n' => bytes.push(b'\n'),
            'r' => bytes.push(b'\r'),
            '\\' => bytes.push(b'\\'),
            'x' => {
                let digits: String = characters.by_ref().take(2).collect();
                bytes.push(u8::from_str_radix(&digits, 16).expect("two digits"));
            }
            other => panic!("an unknown escape: {other}"),
        }
    }
    bytes
}

fn facts(classification: &Classification) -> BTreeMap<String, String> {
    let mut facts: BTreeMap<_, _> = [
        ("class", classification.class.name()),
        ("protocol", classification.protocol.name()),
        ("confidence", classification.confidence.name()),
        ("reason", classification.reason.name()),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .into();
    if let Some(credential) = classification.credential_exposed {
        facts.insert("credential".to_owned(), credential.name().to_owned());
    }
    facts
}

#[test]
fn every_conversation_has_its_verdict() {
    let mut wrong = String::new();
    for conversation in Conversation::all() {
        let found = facts(&conversation.whole());
        let mut expected = conversation.expected.clone();
        expected.remove("begins_as");
        if found != expected {
            wrong += &format!(
                "{}\n  expected {:?}\n  found    {found:?}\n",
                conversation.name, expected
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn neither_cut_nor_order_matters() {
    for conversation in Conversation::all()
        .into_iter()
        .filter(|it| it.transport == Transport::Tcp)
    {
        let whole = conversation.whole();
        let name = &conversation.name;
        assert_eq!(
            conversation.inspect(&conversation.single_bytes()),
            whole,
            "{name}, by bytes"
        );
        let mut by_side = conversation.pieces.clone();
        by_side.sort_by_key(|piece| piece.direction == Direction::FromServer);
        assert_eq!(
            conversation.inspect(&by_side),
            whole,
            "{name}, client first"
        );
        by_side.sort_by_key(|piece| piece.direction == Direction::FromClient);
        assert_eq!(
            conversation.inspect(&by_side),
            whole,
            "{name}, server first"
        );
    }
}

/// A conversation that stops is opaque, or readable as it began, or what it is.
#[test]
fn a_begin_is_never_something_else() {
    for conversation in Conversation::all()
        .into_iter()
        .filter(|it| it.transport == Transport::Tcp)
    {
        let whole = conversation.whole();
        let bytes = conversation.single_bytes();
        let mut inspector = Inspector::new(Transport::Tcp, conversation.port);
        for (count, piece) in bytes.iter().enumerate() {
            inspector.feed(Segment {
                direction: piece.direction,
                offset: piece.offset,
                bytes: &piece.bytes,
                sent_bytes: piece.sent_bytes,
            });
            let found = inspector.classification();
            let at = format!(
                "{} after {} bytes: {:?}",
                conversation.name,
                count + 1,
                facts(&found)
            );
            assert!(
                found.credential_exposed.is_none()
                    || found.credential_exposed == whole.credential_exposed,
                "{at}"
            );
            let begins_as = conversation.expected.get("begins_as");
            let is_protocol = found.protocol == whole.protocol
                // The name of a protocol inside of TLS may come later.
                || (found.class == whole.class && found.protocol.name() == "tls")
                || begins_as.is_some_and(|name| name.as_str() == found.protocol.name());
            match found.class {
                SecurityClass::Opaque => {}
                SecurityClass::Plaintext => assert!(
                    is_protocol
                        && (matches!(
                            whole.class,
                            SecurityClass::Plaintext | SecurityClass::Upgraded
                        ) || begins_as.is_some()),
                    "{at}"
                ),
                class => assert!(is_protocol && class == whole.class, "{at}"),
            }
        }
    }
}

/// The fuzz target `flow` begins with these conversations too. `SAKER_WRITE_SEEDS=1` writes them.
#[test]
fn the_corpus_has_every_conversation() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/flow");
    for conversation in Conversation::all() {
        let Some(expected) = conversation.seed() else {
            continue;
        };
        let path = folder.join(&conversation.name);
        if std::env::var_os("SAKER_WRITE_SEEDS").is_some() {
            std::fs::write(&path, &expected).expect("a writable corpus");
        }
        let seed = std::fs::read(&path).expect("a seed; SAKER_WRITE_SEEDS=1 writes it");
        assert!(seed == expected, "{} is out of date", conversation.name);
    }
}

/// No byte of a payload can be read in what is printed for debugging.
#[test]
fn passwords_are_not_printed() {
    for conversation in Conversation::all() {
        let mut inspector = Inspector::new(conversation.transport, conversation.port);
        for piece in &conversation.pieces {
            inspector.feed(Segment {
                direction: piece.direction,
                offset: piece.offset,
                bytes: &piece.bytes,
                sent_bytes: piece.sent_bytes,
            });
            let text = format!("{inspector:?} {:?}", inspector.classification());
            let numbers = format!("{:?}", b"secretword").replace(['[', ']'], "");
            assert!(
                !text.contains("secretword") && !text.contains(&numbers),
                "{text}"
            );
        }
    }
}

/// Conversations over streams.
static STREAMS: LazyLock<Vec<Conversation>> = LazyLock::new(|| {
    let mut conversations = Conversation::all();
    conversations.retain(|it| it.transport == Transport::Tcp);
    conversations
});

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("PROPTEST_CASES").map_or(200, |cases| cases.parse().expect("a number")),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// Any cut, and some pieces twice.
    #[test]
    fn any_cut_gives_the_same(choice in any::<prop::sample::Index>(),
        seed in prop::collection::vec((1_usize..40, any::<bool>()), 1..200),
    ) {
        let conversation = choice.get(&STREAMS);
        let mut pieces = Vec::new();
        let mut choices = seed.iter().cycle();
        let bytes = conversation.single_bytes();
        let mut rest = bytes.as_slice();
        while let Some(first) = rest.first() {
            let (length, is_twice) = choices.next().expect("a cycle");
            // Up to a change of direction or a gap.
            let whole = rest
                .iter()
                .take(*length)
                .zip(0_u64..)
                .take_while(|(piece, index)| {
                    piece.direction == first.direction && piece.offset == first.offset + index
                })
                .count();
            let (taken, after) = rest.split_at(whole);
            let joined = Piece {
                direction: first.direction,
                offset: first.offset,
                bytes: taken.iter().flat_map(|piece| piece.bytes.clone()).collect(),
                sent_bytes: taken.iter().map(|piece| piece.sent_bytes).sum(),
            };
            if *is_twice {
                pieces.push(joined.clone());
            }
            pieces.push(joined);
            rest = after;
        }
        let found = conversation.inspect(&pieces);
        if found != conversation.whole() {
            return Err(TestCaseError::fail(format!("{}: {found:?}", conversation.name)));
        }
    }

    /// Conversations that went wrong: the order of the directions and the cut do not matter either.
    #[test]
    fn mutations_are_judged_alike(
        choice in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0_u8..4), 1..4),
    ) {
        let conversation = choice.get(&STREAMS);
        let mut bytes: Vec<(Direction, u8)> = conversation
            .pieces
            .iter()
            .flat_map(|piece| piece.bytes.iter().map(|byte| (piece.direction, *byte)))
            .collect();
        for (place, byte, change) in &changes {
            let index = place.index(bytes.len());
            match change {
                0 => bytes[index].1 = *byte,
                1 => bytes[index].1 ^= 1 << (byte % 8),
                2 => drop(bytes.remove(index)),
                _ => bytes.insert(index, (bytes[index].0, *byte)),
            }
        }
        let mut sent = [0_u64; 2];
        let single: Vec<Piece> = bytes
            .iter()
            .map(|(direction, byte)| {
                let sent = &mut sent[usize::from(*direction == Direction::FromServer)];
                *sent += 1;
                Piece { direction: *direction, offset: *sent - 1, bytes: vec![*byte], sent_bytes: 1 }
            })
            .collect();
        let side = |direction| Piece {
            direction,
            offset: 0,
            bytes: bytes.iter().filter(|it| it.0 == direction).map(|it| it.1).collect(),
            sent_bytes: u32::try_from(bytes.iter().filter(|it| it.0 == direction).count()).expect("few"),
        };
        let (client, server) = (side(Direction::FromClient), side(Direction::FromServer));
        let at_once = conversation.inspect([&client, &server]);
        prop_assert_eq!(&conversation.inspect([&server, &client]), &at_once, "server first");
        prop_assert_eq!(&conversation.inspect(&single), &at_once, "one byte at a time");
    }

    /// Bytes of no protocol: nothing but a guess of low confidence.
    #[test]
    fn noise_is_opaque(
        client in prop::collection::vec(any::<u8>(), 1..300),
        server in prop::collection::vec(any::<u8>(), 0..300),
        port in any::<u16>(),
    ) {
        let mut inspector = Inspector::new(Transport::Tcp, port);
        for (direction, bytes) in [(Direction::FromClient, &client), (Direction::FromServer, &server)] {
            inspector.feed(Segment {
                direction,
                offset: 0,
                bytes,
                sent_bytes: u32::try_from(bytes.len()).expect("few"),
            });
        }
        let found = inspector.classification();
        prop_assert_eq!(found.class, SecurityClass::Opaque, "{:?}", found);
    }
}
