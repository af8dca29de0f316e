//! Which alerts a sink gets.

use crate::{Outcome, Sink};
use async_trait::async_trait;
use saker_alert_formats::Notification;
use saker_proto::v1;
use serde::Deserialize;

/// Which alerts a sink gets. What is empty excludes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// As urgent as this, or more.
    pub minimum_priority: Option<v1::Priority>,
    /// What else they are like.
    pub filter: Filter,
}

/// What alerts are like: of one of these rules, with one of these tags, in one of these namespaces.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Filter {
    /// One of these rules, by name.
    pub rules: Vec<String>,
    /// At least one of these tags.
    pub tags: Vec<String>,
    /// In a pod of one of these namespaces.
    pub namespaces: Vec<String>,
}

impl Selection {
    /// Whether it excludes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The sink, told of these alerts only.
    pub(crate) fn applied_to(self, sink: Box<dyn Sink>) -> Box<dyn Sink> {
        if self.is_empty() {
            sink
        } else {
            Box::new(SelectiveSink {
                selection: self,
                sink,
            })
        }
    }

    /// Whether the sink gets this alert.
    #[must_use]
    pub fn contains(&self, alert: &v1::Alert) -> bool {
        let Filter {
            rules,
            tags,
            namespaces,
        } = &self.filter;
        let namespace = alert.pod.as_ref().map(|pod| &pod.namespace);
        self.minimum_priority
            .is_none_or(|minimum| alert.priority >= i32::from(minimum))
            && (rules.is_empty() || rules.contains(&alert.rule))
            && (tags.is_empty() || tags.iter().any(|tag| alert.tags.contains(tag)))
            && (namespaces.is_empty()
                || namespace.is_some_and(|namespace| namespaces.contains(namespace)))
    }
}

/// The priority of this name, as rules have it.
pub(crate) fn priority(name: &str) -> Option<v1::Priority> {
    let name = name.to_ascii_uppercase();
    let name = if name == "INFO" {
        "INFORMATIONAL"
    } else {
        &name
    };
    v1::Priority::from_str_name(&format!("PRIORITY_{name}"))
        .filter(|priority| *priority != v1::Priority::Unspecified)
}

/// A sink that gets some alerts only.
struct SelectiveSink {
    selection: Selection,
    sink: Box<dyn Sink>,
}

#[async_trait]
impl Sink for SelectiveSink {
    fn kind(&self) -> &'static str {
        self.sink.kind()
    }

    fn batch_max(&self) -> usize {
        self.sink.batch_max()
    }

    async fn deliver(&self, notifications: &[Notification]) -> Vec<Outcome> {
        let mut outcomes = vec![Outcome::Excluded; notifications.len()];
        let (places, selected): (Vec<usize>, Vec<Notification>) = notifications
            .iter()
            .enumerate()
            .filter(|(_, notification)| self.selection.contains(&notification.alert))
            .map(|(place, notification)| (place, notification.clone()))
            .unzip();
        if selected.is_empty() {
            return outcomes;
        }
        let mut told = self.sink.deliver(&selected).await.into_iter();
        for place in places {
            if let Some(outcome) = outcomes.get_mut(place) {
                *outcome = told
                    .next()
                    .unwrap_or_else(|| Outcome::retry("the sink did not say what became of it"));
            }
        }
        outcomes
    }
}
