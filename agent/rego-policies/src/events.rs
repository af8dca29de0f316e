//! Which events policies are evaluated for.

use crate::error::{LoadError, Place};
use regorus::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// The source: `syscall`, `flow`, `k8s_audit`.
    pub source: &'a str,
    /// The type, if the source tells types apart: `execve`, `flow_classified`.
    pub event_type: Option<&'a str>,
}

/// The events that the policies of a package are evaluated for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventSelection {
    /// The package does not say: programs that are started, and all of the sources that have few events.
    Default,
    /// These: types, and whole sources.
    Named(BTreeSet<Arc<str>>),
}

/// Types of system calls that policies get unless they ask for others.
pub(crate) const DEFAULT_CALLS: &[&str] = &["execve", "execveat"];

/// The source whose events have types of the kernel.
const SYSCALL: &str = "syscall";

impl EventSelection {
    /// Whether an event is wanted.
    #[must_use]
    pub fn wants(&self, event: Event<'_>) -> bool {
        match self {
            Self::Default if event.source == SYSCALL => event
                .event_type
                .is_some_and(|name| DEFAULT_CALLS.contains(&name)),
            Self::Default => true,
            Self::Named(names) => {
                let is_named = |name: &str| names.contains(name);
                is_named(event.source) || event.event_type.is_some_and(is_named)
            }
        }
    }

    /// The value of `saker_events`: names in an array or a set.
    pub(crate) fn of_value(value: &Value, place: &Place) -> Result<Self, LoadError> {
        let values: Vec<&Value> = match value {
            Value::Array(values) => values.iter().collect(),
            Value::Set(values) => values.iter().collect(),
            _ => return Err(refused(place)),
        };
        let names = values.into_iter().map(|value| match value {
            // Everything that the kernel reports would be evaluated.
            Value::String(name) if &**name == SYSCALL => Err(refused(place)),
            Value::String(name) => Ok(Arc::clone(name)),
            _ => Err(refused(place)),
        });
        names.collect::<Result<_, _>>().map(Self::Named)
    }
}

fn refused(place: &Place) -> LoadError {
    LoadError::Refused {
        place: place.clone(),
        what: "saker_events does not name events".to_owned(),
        remedy: "write names of events and of the sources flow and k8s_audit, as in \
                 `saker_events := {\"execve\", \"connect\", \"flow\"}`"
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event<'a>(source: &'a str, event_type: Option<&'a str>) -> Event<'a> {
        Event { source, event_type }
    }

    #[test]
    fn who_does_not_say_gets_programs_flows_and_audit_events() {
        let selection = EventSelection::Default;
        assert!(selection.wants(event("syscall", Some("execve"))));
        assert!(!selection.wants(event("syscall", Some("openat"))));
        assert!(selection.wants(event("flow", Some("flow_classified"))));
        assert!(selection.wants(event("k8s_audit", None)));
    }

    #[test]
    fn names_are_types_or_sources() {
        let place = Place {
            file: "a.rego".into(),
            line: 1,
            column: 1,
        };
        let of = |json: &str| {
            EventSelection::of_value(&Value::from_json_str(json).expect("json"), &place)
        };
        let selection = of(r#"["openat", "flow"]"#).expect("names");
        assert!(selection.wants(event("syscall", Some("openat"))));
        assert!(!selection.wants(event("syscall", Some("execve"))));
        assert!(selection.wants(event("flow", Some("flow_closed"))));
        assert!(!selection.wants(event("k8s_audit", None)));
        for wrong in [r#""openat""#, "[1]", r#"["syscall"]"#] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
    }
}
