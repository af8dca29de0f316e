//! Priorities of rules, in Falco's names and order.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How urgent an alert is. The order is Falco's: `Emergency` is the smallest value, so
/// `priority <= minimum` selects what is at least as urgent as a minimum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Priority {
    /// The system is unusable.
    Emergency,
    /// Action must be taken at once.
    Alert,
    /// Critical conditions.
    Critical,
    /// Errors.
    Error,
    /// Warnings.
    Warning,
    /// Normal but significant.
    Notice,
    /// Information.
    Informational,
    /// Debugging.
    Debug,
}

/// The text is not one of Falco's priority names.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid priority '{0}', use one of {names}", names = Priority::NAMES.join(", "))]
pub struct UnknownPriority(pub String);

impl Priority {
    /// All priorities, most urgent first.
    pub const ALL: [Self; 8] = [
        Self::Emergency,
        Self::Alert,
        Self::Critical,
        Self::Error,
        Self::Warning,
        Self::Notice,
        Self::Informational,
        Self::Debug,
    ];

    /// The names, most urgent first.
    pub const NAMES: [&'static str; 8] = [
        "Emergency",
        "Alert",
        "Critical",
        "Error",
        "Warning",
        "Notice",
        "Informational",
        "Debug",
    ];

    /// The name as alerts show it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Emergency => "Emergency",
            Self::Alert => "Alert",
            Self::Critical => "Critical",
            Self::Error => "Error",
            Self::Warning => "Warning",
            Self::Notice => "Notice",
            Self::Informational => "Informational",
            Self::Debug => "Debug",
        }
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Priority {
    type Err = UnknownPriority;

    /// Case does not matter; `Info` is `Informational`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.eq_ignore_ascii_case("info") {
            return Ok(Self::Informational);
        }
        Self::ALL
            .into_iter()
            .find(|priority| priority.name().eq_ignore_ascii_case(text))
            .ok_or_else(|| UnknownPriority(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::Priority;

    #[test]
    fn names_and_order_are_falcos() {
        assert!(Priority::ALL.is_sorted());
        for (priority, name) in Priority::ALL.into_iter().zip(Priority::NAMES) {
            assert_eq!(priority.to_string(), name);
            assert_eq!(name.to_uppercase().parse(), Ok(priority));
        }
        assert_eq!("info".parse(), Ok(Priority::Informational));
        assert!("urgent".parse::<Priority>().is_err());
    }
}
