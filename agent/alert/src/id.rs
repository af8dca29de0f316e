//! Identity of an alert.

use std::fmt;
use std::str::FromStr;

use saker_rule_engine::PathView;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Identifies an alert: the same event, rule and view give the same id again, also in replay, so that
/// what is delivered twice can be told from what happened twice.
///
/// 48 bits of wall-clock milliseconds, so that ids sort by time, then 80 bits of a hash (FNV-1a). It
/// tells alerts apart and is no protection against forgery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AlertId(u128);

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

impl AlertId {
    /// Derives the id.
    #[must_use]
    pub fn derive(parts: &IdParts<'_>) -> Self {
        let view: u8 = match parts.view {
            PathView::Requested => 0,
            PathView::Resolved => 1,
        };
        let mut hash = Fnv::new();
        hash.field(parts.origin.as_bytes());
        hash.field(&parts.time_boot_ns.to_le_bytes());
        hash.field(&parts.cpu.to_le_bytes());
        hash.field(&parts.sequence.to_le_bytes());
        hash.field(parts.rule.as_bytes());
        hash.field(&[view]);
        let milliseconds = u128::from(parts.time_wall_ns / NANOSECONDS_PER_MILLISECOND);
        // The upper bits of FNV-1a are the better mixed ones.
        Self((milliseconds << HASH_BITS) | (hash.0 >> (u128::BITS - HASH_BITS)))
    }

    /// Its sixteen bytes, the time first.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// The id with these bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }
}

impl fmt::Display for AlertId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// The text is not an alert id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid alert id '{0}', it is 32 hexadecimal digits")]
pub struct InvalidAlertId(String);

impl FromStr for AlertId {
    type Err = InvalidAlertId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_hex = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        u128::from_str_radix(text, 16)
            .ok()
            .filter(|_| is_hex)
            .map(Self)
            .ok_or_else(|| InvalidAlertId(text.to_owned()))
    }
}

impl Serialize for AlertId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AlertId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
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
        let id = AlertId::derive(&PARTS);
        assert_eq!(id, AlertId::derive(&PARTS));
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
            assert_ne!(AlertId::derive(&other), id, "{other:?}");
        }
    }

    #[test]
    fn ids_sort_by_time_and_survive_text() {
        let id = AlertId::derive(&PARTS);
        let later = AlertId::derive(&IdParts {
            time_wall_ns: PARTS.time_wall_ns + 1_000_000,
            ..PARTS
        });
        assert!(id < later);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(AlertId::from_bytes(id.to_bytes()), id);
        assert!(
            "+0000000000000000000000000000001"
                .parse::<AlertId>()
                .is_err()
        );
        assert_eq!(
            serde_json::from_str::<AlertId>(&serde_json::to_string(&id).unwrap()).unwrap(),
            id
        );
    }
}
