//! Messages that are looked into no deeper than necessary.

use bytes::Bytes;

/// `saker.v1.AlertBatch`, whose alerts stay encoded: on the wire a message and bytes are the same.
#[derive(Clone, PartialEq, prost::Message)]
pub struct EncodedBatch {
    /// Alerts, each an encoded [`Alert`](crate::v1::Alert).
    #[prost(bytes = "bytes", repeated, tag = "1")]
    pub alerts: Vec<Bytes>,
}

/// What passing an alert on needs to know of it. Decodes from an encoded [`Alert`](crate::v1::Alert); to encode
/// it would lose the rest.
#[derive(Clone, PartialEq, prost::Message)]
pub struct AlertHeader {
    /// See [`Alert::id`](crate::v1::Alert::id).
    #[prost(bytes = "bytes", tag = "1")]
    pub id: Bytes,
    /// See [`Alert::time_unix_ns`](crate::v1::Alert::time_unix_ns).
    #[prost(fixed64, tag = "2")]
    pub time_unix_ns: u64,
    /// See [`Alert::rule`](crate::v1::Alert::rule).
    #[prost(string, tag = "3")]
    pub rule: String,
    /// See [`Alert::priority`](crate::v1::Alert::priority).
    #[prost(enumeration = "crate::v1::Priority", tag = "4")]
    pub priority: i32,
}
