//! A value for each priority.

use saker_proto::v1::Priority;

/// All priorities, most urgent first. An alert without one is the least urgent.
pub const PRIORITIES: [Priority; 9] = [
    Priority::Emergency,
    Priority::Alert,
    Priority::Critical,
    Priority::Error,
    Priority::Warning,
    Priority::Notice,
    Priority::Informational,
    Priority::Debug,
    Priority::Unspecified,
];

/// As files and metrics name it.
#[must_use]
pub fn priority_name(priority: Priority) -> &'static str {
    match priority {
        Priority::Emergency => "emergency",
        Priority::Alert => "alert",
        Priority::Critical => "critical",
        Priority::Error => "error",
        Priority::Warning => "warning",
        Priority::Notice => "notice",
        Priority::Informational => "informational",
        Priority::Debug => "debug",
        Priority::Unspecified => "unspecified",
    }
}

/// One value for each priority.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PriorityTable<T> {
    emergency: T,
    alert: T,
    critical: T,
    error: T,
    warning: T,
    notice: T,
    informational: T,
    debug: T,
    unspecified: T,
}

impl<T> PriorityTable<T> {
    pub(crate) fn get(&self, priority: Priority) -> &T {
        match priority {
            Priority::Emergency => &self.emergency,
            Priority::Alert => &self.alert,
            Priority::Critical => &self.critical,
            Priority::Error => &self.error,
            Priority::Warning => &self.warning,
            Priority::Notice => &self.notice,
            Priority::Informational => &self.informational,
            Priority::Debug => &self.debug,
            Priority::Unspecified => &self.unspecified,
        }
    }

    pub(crate) fn get_mut(&mut self, priority: Priority) -> &mut T {
        match priority {
            Priority::Emergency => &mut self.emergency,
            Priority::Alert => &mut self.alert,
            Priority::Critical => &mut self.critical,
            Priority::Error => &mut self.error,
            Priority::Warning => &mut self.warning,
            Priority::Notice => &mut self.notice,
            Priority::Informational => &mut self.informational,
            Priority::Debug => &mut self.debug,
            Priority::Unspecified => &mut self.unspecified,
        }
    }
}
