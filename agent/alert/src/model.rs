//! The alert itself.

use std::sync::Arc;

use saker_proto::AlertId;
use saker_rule_engine::{Enrichment, PathView};
use saker_rule_fields::Subject;
use saker_rule_language::{Digest, Priority};

use crate::compose::Node;
use crate::value::OutputValue;

/// One alert, independent of the event and the rule set that it came from.
#[derive(Clone, Debug)]
pub struct Alert {
    /// The same again for the same event, rule and view.
    pub id: AlertId,
    /// When the event happened, nanoseconds since the epoch.
    pub time_wall_ns: u64,
    /// Name of the rule.
    pub rule: Arc<str>,
    /// How urgent.
    pub priority: Priority,
    /// Source of the event.
    pub source: Arc<str>,
    /// Tags of the rule.
    pub tags: Arc<[Arc<str>]>,
    /// Node on which it happened.
    pub node: Node,
    /// The rule's output with its fields filled in, safe to print, without time and priority.
    pub message: String,
    /// The fields that the output names, in its order, each once.
    pub fields: Vec<OutputField>,
    /// Which paths the rule saw when it fired.
    pub path_view: PathView,
    /// Whether all was known of container and pod that rule and output ask for.
    pub enrichment: Enrichment,
    /// Who acted, and where; empty where that was not asked for.
    pub subject: Subject,
    /// The rules in force.
    pub rules: Option<Digest>,
}

impl Alert {
    /// The same alert, with who acted and the rules in force: what goes beyond lines of text.
    #[must_use]
    pub fn with_details(mut self, subject: Subject, rules: Digest) -> Self {
        self.subject = subject;
        self.rules = Some(rules);
        self
    }
}

/// A field of an alert.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputField {
    /// Canonical text of the field or transform.
    pub name: Arc<str>,
    /// Its value.
    pub value: OutputValue,
}
