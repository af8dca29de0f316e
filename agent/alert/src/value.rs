//! Values of output fields, owned and typed.

use serde::{Deserialize, Serialize};

/// The value of an output field as JSON has it.
///
/// Texts are escaped already (see [`escaped`](crate::escaped)), so they are safe to print; JSON adds its
/// own escapes to them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OutputValue {
    /// The event has no such value.
    Null,
    /// Truth value.
    Bool(bool),
    /// Number that is not negative.
    Unsigned(u64),
    /// Negative number.
    Signed(i64),
    /// Number with a fraction.
    Float(f64),
    /// Text.
    Text(String),
    /// Several values.
    List(Vec<OutputValue>),
}

impl From<u64> for OutputValue {
    fn from(number: u64) -> Self {
        Self::Unsigned(number)
    }
}

impl From<i64> for OutputValue {
    fn from(number: i64) -> Self {
        u64::try_from(number).map_or(Self::Signed(number), Self::Unsigned)
    }
}
