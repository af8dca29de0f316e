//! What destinations are told.

use saker_proto::{AlertId, v1};
use std::sync::Arc;

/// An alert, and how often it was repeated.
#[derive(Clone, Debug, PartialEq)]
pub struct Notification {
    /// The first of the alerts that this one stands for.
    pub alert: Arc<v1::Alert>,
    /// The alerts that it stands for.
    pub repeats: Repeats,
}

/// The alerts that a notification stands for: one at least.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeats {
    /// When the first event happened, nanoseconds since the epoch.
    pub first_seen_ns: u64,
    /// When the last one happened.
    pub last_seen_ns: u64,
    /// All of them, the first one included.
    pub members: Vec<AlertId>,
}

impl Notification {
    /// A notification of one alert.
    #[must_use]
    pub fn single(id: AlertId, alert: Arc<v1::Alert>) -> Self {
        Self {
            repeats: Repeats {
                first_seen_ns: alert.time_unix_ns,
                last_seen_ns: alert.time_unix_ns,
                members: vec![id],
            },
            alert,
        }
    }

    /// The id of the alert: the first of the members.
    #[must_use]
    pub fn id(&self) -> AlertId {
        AlertId::from_slice(&self.alert.id)
            .or_else(|| self.repeats.members.first().copied())
            .unwrap_or_else(|| AlertId::from_bytes([0; 16]))
    }

    /// Whether it stands for more than one alert.
    #[must_use]
    pub fn is_repeated(&self) -> bool {
        self.repeats.members.len() > 1
    }

    /// The texts of the first ids of the alerts that it stands for.
    pub(crate) fn listed(&self, most: usize) -> Vec<String> {
        let members = self.repeats.members.iter().take(most);
        members.map(ToString::to_string).collect()
    }
}
