//! What an extractor gives: a value, nothing, or not yet.

use std::borrow::Cow;
use std::net::IpAddr;

/// The value of a field for one event.
///
/// Text stays bytes: whoever caused the event may have chosen them. Nothing here orders or compares
/// values of different types; the type of a field is that of its [`FieldRow`](crate::FieldRow).
#[derive(Clone, Debug, Default, PartialEq)]
pub enum FieldValue<'a> {
    /// The event has no such value: every comparison is false.
    #[default]
    Missing,
    /// The value is being looked up and may come: the rule waits for it.
    Pending,
    /// Truth value.
    Bool(bool),
    /// Signed number.
    Int(i64),
    /// Unsigned number.
    Uint(u64),
    /// Floating-point number.
    Double(f64),
    /// Text.
    Text(Cow<'a, [u8]>),
    /// Byte buffer.
    Bytes(Cow<'a, [u8]>),
    /// Address; also the value of fields that are compared with networks.
    Ip(IpAddr),
    /// TCP or UDP port.
    Port(u16),
    /// Duration in nanoseconds (a field may say another unit).
    RelTime(u64),
    /// Time since the epoch in nanoseconds (a field may say another unit).
    AbsTime(u64),
    /// Several values; [`Plurality`](crate::Plurality) says how they are compared. Never holds
    /// `Missing`, `Pending` or another list, and is never empty: that is `Missing`.
    List(Vec<FieldValue<'a>>),
}

impl<'a> FieldValue<'a> {
    /// Borrowed text.
    #[must_use]
    pub const fn text(bytes: &'a [u8]) -> Self {
        Self::Text(Cow::Borrowed(bytes))
    }

    /// Text made for this event.
    #[must_use]
    pub fn owned(bytes: impl Into<Vec<u8>>) -> Self {
        Self::Text(Cow::Owned(bytes.into()))
    }

    /// The value in `option`, or [`FieldValue::Missing`].
    #[must_use]
    pub fn of<T>(option: Option<T>, value: impl FnOnce(T) -> Self) -> Self {
        match option {
            Some(inner) => value(inner),
            None => Self::Missing,
        }
    }

    /// The value in `option`, or [`FieldValue::Missing`].
    #[must_use]
    pub fn from_option(option: Option<Self>) -> Self {
        match option {
            Some(value) => value,
            None => Self::Missing,
        }
    }

    /// A list, or [`FieldValue::Missing`] when there are no values.
    #[must_use]
    pub fn list(values: Vec<Self>) -> Self {
        if values.is_empty() {
            Self::Missing
        } else {
            Self::List(values)
        }
    }

    /// Whether there is no value, now or ever.
    #[must_use]
    pub const fn is_missing(&self) -> bool {
        matches!(self, Self::Missing)
    }

    /// The bytes of text or of a buffer.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Text(bytes) | Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The number behind every integral type: numbers, ports, times.
    #[must_use]
    pub fn as_integer(&self) -> Option<i128> {
        match self {
            Self::Int(number) => Some(i128::from(*number)),
            Self::Uint(number) | Self::RelTime(number) | Self::AbsTime(number) => {
                Some(i128::from(*number))
            }
            Self::Port(number) => Some(i128::from(*number)),
            _ => None,
        }
    }

    /// The same value without borrows, for an alert that outlives its event.
    #[must_use]
    pub fn into_owned(self) -> FieldValue<'static> {
        match self {
            Self::Missing => FieldValue::Missing,
            Self::Pending => FieldValue::Pending,
            Self::Bool(value) => FieldValue::Bool(value),
            Self::Int(number) => FieldValue::Int(number),
            Self::Uint(number) => FieldValue::Uint(number),
            Self::Double(number) => FieldValue::Double(number),
            Self::Text(bytes) => FieldValue::Text(Cow::Owned(bytes.into_owned())),
            Self::Bytes(bytes) => FieldValue::Bytes(Cow::Owned(bytes.into_owned())),
            Self::Ip(address) => FieldValue::Ip(address),
            Self::Port(port) => FieldValue::Port(port),
            Self::RelTime(time) => FieldValue::RelTime(time),
            Self::AbsTime(time) => FieldValue::AbsTime(time),
            Self::List(values) => {
                FieldValue::List(values.into_iter().map(FieldValue::into_owned).collect())
            }
        }
    }
}
