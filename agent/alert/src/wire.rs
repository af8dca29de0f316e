//! From an alert of the agent to the message that travels.

mod subject;

use std::sync::Arc;

use saker_alert_formats::Notification;
use saker_proto::v1;
use saker_rule_engine::{Enrichment, PathView};
use saker_rule_language::{Digest, Priority};

use crate::model::{Alert, OutputField};
use crate::value::OutputValue;

/// The agent that sends alerts: what is the same for all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    /// Its version.
    pub version: Arc<str>,
    /// SHA-256 of the table of events and the table of fields; see
    /// [`schema_digest`](saker_rule_fields::schema_digest).
    pub schema_digest: Digest,
    /// Name of the cluster as the configuration has it; empty without one.
    pub cluster: Arc<str>,
}

impl Agent {
    /// An agent of this version with the tables that it is built with.
    #[must_use]
    pub fn new(version: &str, cluster: &str) -> Self {
        Self {
            version: version.into(),
            schema_digest: saker_rule_fields::schema_digest(),
            cluster: cluster.into(),
        }
    }
}

impl Alert {
    /// The alert as it travels. Every text in it is safe to print.
    #[must_use]
    pub fn to_wire(&self, agent: &Agent) -> v1::Alert {
        let rules_digest = self.rules.map(|digest| digest.0.to_vec());
        v1::Alert {
            event_type: subject::event_type(&self.subject),
            cluster: agent.cluster.as_ref().to_owned(),
            process: subject::process(&self.subject),
            container: subject::container(&self.subject),
            pod: subject::pod(&self.subject),
            request: subject::request(&self.subject),
            engine: Some(v1::Engine {
                version: agent.version.as_ref().to_owned(),
                schema_digest: agent.schema_digest.0.to_vec().into(),
                rules_digest: rules_digest.unwrap_or_default().into(),
            }),
            ..self.essentials()
        }
    }

    /// What lines of text and Falco's JSON tell, and no more.
    pub(crate) fn notification(&self) -> Notification {
        Notification::single(self.id, Arc::new(self.essentials()))
    }

    fn essentials(&self) -> v1::Alert {
        v1::Alert {
            id: self.id.to_bytes().to_vec().into(),
            time_unix_ns: self.time_wall_ns,
            rule: self.rule.as_ref().to_owned(),
            priority: priority(self.priority).into(),
            source: self.source.as_ref().to_owned(),
            tags: self.tags.iter().map(|tag| (**tag).to_owned()).collect(),
            output: self.message.clone(),
            fields: self.fields.iter().map(field).collect(),
            node: Some(v1::Node {
                hostname: self.node.hostname.as_ref().to_owned(),
                boot_id: self.node.boot_id.as_ref().to_owned(),
                kubernetes_name: subject::kube_node(&self.subject),
            }),
            path_view: match self.path_view {
                PathView::Requested => v1::PathView::Requested,
                PathView::Resolved => v1::PathView::Resolved,
            }
            .into(),
            enrichment: match self.enrichment {
                Enrichment::Complete => v1::Enrichment::Complete,
                Enrichment::Partial(_) => v1::Enrichment::Partial,
            }
            .into(),
            ..v1::Alert::default()
        }
    }
}

/// A priority as it travels.
#[must_use]
pub const fn priority(priority: Priority) -> v1::Priority {
    match priority {
        Priority::Emergency => v1::Priority::Emergency,
        Priority::Alert => v1::Priority::Alert,
        Priority::Critical => v1::Priority::Critical,
        Priority::Error => v1::Priority::Error,
        Priority::Warning => v1::Priority::Warning,
        Priority::Notice => v1::Priority::Notice,
        Priority::Informational => v1::Priority::Informational,
        Priority::Debug => v1::Priority::Debug,
    }
}

fn field(field: &OutputField) -> v1::Field {
    v1::Field {
        name: field.name.as_ref().to_owned(),
        value: Some(value(&field.value)),
    }
}

fn value(value: &OutputValue) -> v1::Value {
    use v1::value::Kind;
    let kind = match value {
        OutputValue::Null => None,
        OutputValue::Bool(boolean) => Some(Kind::Boolean(*boolean)),
        OutputValue::Unsigned(number) => Some(Kind::Unsigned(*number)),
        OutputValue::Signed(number) => Some(Kind::Signed(*number)),
        OutputValue::Float(number) => Some(Kind::Float(*number)),
        OutputValue::Text(text) => Some(Kind::Text(text.clone())),
        OutputValue::List(elements) => Some(Kind::List(v1::ValueList {
            values: elements.iter().map(self::value).collect(),
        })),
    };
    v1::Value { kind }
}
