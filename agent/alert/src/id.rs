//! How the identity of an alert follows from the event, the rule and the view.

use saker_proto::AlertId;
use saker_rule_engine::PathView;

/// What an id is made of.
#[derive(Clone, Copy, Debug)]
pub struct IdParts<'a> {
    /// Boot id of the node, or id of the recording that the event comes from.
    pub origin: &'a str,
    /// Nanoseconds since the epoch.
    pub time_wall_ns: u64,
    /// Nanoseconds since boot.
    pub time_boot_ns: u64,
    /// Processor on which the event happened.
    pub cpu: u32,
    /// Number of the event on that processor.
    pub sequence: u32,
    /// Name of the rule.
    pub rule: &'a str,
    /// View under which the rule fired.
    pub view: PathView,
}

const HASH_BITS: u32 = 80;
const NANOSECONDS_PER_MILLISECOND: u64 = 1_000_000;

impl IdParts<'_> {
    /// The id: 80 bits of FNV-1a follow the milliseconds.
    #[must_use]
    pub fn id(&self) -> AlertId {
        let view: u8 = match self.view {
            PathView::Requested => 0,
            PathView::Resolved => 1,
        };
        let mut hash = Fnv::new();
        hash.field(self.origin.as_bytes());
        hash.field(&self.time_boot_ns.to_le_bytes());
        hash.field(&self.cpu.to_le_bytes());
        hash.field(&self.sequence.to_le_bytes());
        hash.field(self.rule.as_bytes());
        hash.field(&[view]);
        let milliseconds = u128::from(self.time_wall_ns / NANOSECONDS_PER_MILLISECOND);
        // The upper bits of FNV-1a are the better mixed ones.
        let id = (milliseconds << HASH_BITS) | (hash.0 >> (u128::BITS - HASH_BITS));
        AlertId::from_bytes(id.to_be_bytes())
    }
}

/// A hash of texts in two halves, the same again in every run.
pub(crate) fn halves(texts: &[&str]) -> (u32, u32) {
    let mut hash = Fnv::new();
    for text in texts {
        hash.field(text.as_bytes());
    }
    let [a, b, c, d, e, f, g, h, ..] = hash.0.to_be_bytes();
    (
        u32::from_be_bytes([a, b, c, d]),
        u32::from_be_bytes([e, f, g, h]),
    )
}

/// FNV-1a with 128 bits.
struct Fnv(u128);

impl Fnv {
    const fn new() -> Self {
        Self(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }

    /// Adds a field, its length first, so that fields cannot run into each other.
    fn field(&mut self, bytes: &[u8]) {
        const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
        let length = bytes.len().to_le_bytes();
        for byte in length.iter().chain(bytes) {
            self.0 = (self.0 ^ u128::from(*byte)).wrapping_mul(PRIME);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARTS: IdParts<'_> = IdParts {
        origin: "boot",
        time_wall_ns: 1_470_327_477_881_781_397,
        time_boot_ns: 5_000,
        cpu: 1,
        sequence: 7,
        rule: "A rule",
        view: PathView::Requested,
    };

    #[test]
    fn ids_are_the_same_again_and_differ_by_every_part() {
        let id = PARTS.id();
        assert_eq!(id, PARTS.id());
        let others = [
            IdParts {
                origin: "boo",
                rule: "tA rule",
                ..PARTS
            },
            IdParts {
                time_boot_ns: 5_001,
                ..PARTS
            },
            IdParts { cpu: 2, ..PARTS },
            IdParts {
                sequence: 8,
                ..PARTS
            },
            IdParts {
                rule: "Another rule",
                ..PARTS
            },
            IdParts {
                view: PathView::Resolved,
                ..PARTS
            },
        ];
        for other in others {
            assert_ne!(other.id(), id, "{other:?}");
        }
    }

    #[test]
    fn ids_sort_by_time() {
        let later = IdParts {
            time_wall_ns: PARTS.time_wall_ns + 1_000_000,
            ..PARTS
        };
        assert!(PARTS.id() < later.id());
    }

    #[test]
    fn an_id_stays_what_it_was_in_all_versions() {
        assert_eq!(PARTS.id().to_string(), "01565658d679ccbf69018a7b434d73d9");
    }
}
