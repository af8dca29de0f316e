//! One audit event.

use jiff::Timestamp;
use serde_json::Value;

/// An event of the audit log: a request to the API server at one stage.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditEvent {
    json: Value,
    time_wall_ns: u64,
}

/// Why a value is not an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    NoTime,
    Time,
}

impl AuditEvent {
    pub(crate) fn new(json: Value) -> Result<Self, Refusal> {
        let time = json.get("stageTimestamp").ok_or(Refusal::NoTime)?;
        let time: Timestamp = time
            .as_str()
            .and_then(|text| text.parse().ok())
            .ok_or(Refusal::Time)?;
        let time_wall_ns = u64::try_from(time.as_nanosecond()).map_err(|_| Refusal::Time)?;
        Ok(Self { json, time_wall_ns })
    }

    /// The event as the API server wrote it.
    #[must_use]
    pub const fn json(&self) -> &Value {
        &self.json
    }

    /// When the stage was reached (`stageTimestamp`), nanoseconds since the epoch.
    #[must_use]
    pub const fn time_wall_ns(&self) -> u64 {
        self.time_wall_ns
    }

    /// Id of the request (`auditID`), the same at each of its stages.
    #[must_use]
    pub fn audit_id(&self) -> Option<&str> {
        self.json.get("auditID")?.as_str()
    }

    /// How far the request was (`stage`), such as `ResponseComplete`.
    #[must_use]
    pub fn stage(&self) -> Option<&str> {
        self.json.get("stage")?.as_str()
    }
}
