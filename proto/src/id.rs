//! Identity of an alert.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Identifies an alert: the same event, rule and view give the same id again, also in replay, so that
/// what is delivered twice can be told from what happened twice.
///
/// 48 bits of wall-clock milliseconds, so that ids sort by time, then 80 bits of a hash. It tells alerts
/// apart and is no protection against forgery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AlertId(u128);

impl AlertId {
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

    /// The id in [`Alert::id`](crate::v1::Alert::id), unless it has another length.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self::from_bytes)
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

#[cfg(test)]
mod tests {
    use super::*;

    const ID: AlertId = AlertId(0x0156_5658_d679_ccbf_6901_8a7b_434d_73d9);

    #[test]
    fn an_id_survives_text_and_bytes() {
        assert_eq!(ID.to_string(), "01565658d679ccbf69018a7b434d73d9");
        assert_eq!(ID.to_string().parse(), Ok(ID));
        assert_eq!(ID.to_string().to_uppercase().parse(), Ok(ID));
        assert_eq!(AlertId::from_bytes(ID.to_bytes()), ID);
        assert_eq!(AlertId::from_slice(&ID.to_bytes()), Some(ID));
        let json = serde_json::to_string(&ID).unwrap();
        assert_eq!(serde_json::from_str::<AlertId>(&json).unwrap(), ID);
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for text in [
            "",
            "0",
            "+0000000000000000000000000000001",
            "01565658d679ccbf69018a7b434d73d",
            "01565658d679ccbf69018a7b434d73d90",
            "01565658d679ccbf69018a7b434d73dg",
        ] {
            let error = text.parse::<AlertId>().unwrap_err();
            assert!(error.to_string().contains(text), "{error}");
        }
        assert_eq!(AlertId::from_slice(&[0; 15]), None);
        assert_eq!(AlertId::from_slice(&[0; 17]), None);
    }

    #[test]
    fn ids_sort_as_their_bytes_do() {
        let later = AlertId(ID.0 + 1);
        assert!(ID < later);
        assert!(ID.to_bytes() < later.to_bytes());
    }
}
