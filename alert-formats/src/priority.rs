//! Names of priorities.

use saker_proto::v1::Priority;

/// Falco's name of a priority; `Unspecified` where an alert has none.
#[must_use]
pub const fn priority_name(priority: Priority) -> &'static str {
    match priority {
        Priority::Unspecified => "Unspecified",
        Priority::Debug => "Debug",
        Priority::Informational => "Informational",
        Priority::Notice => "Notice",
        Priority::Warning => "Warning",
        Priority::Error => "Error",
        Priority::Critical => "Critical",
        Priority::Alert => "Alert",
        Priority::Emergency => "Emergency",
    }
}
