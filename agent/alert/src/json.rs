//! An alert as a JSON object, with Falco's keys in Falco's order.

use saker_rule_engine::{Enrichment, PathView};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::model::Alert;
use crate::text_line::{Colour, ENRICHMENT, PARTIAL, TextRenderer};
use crate::time::{Clock, TimeFormat, rfc3339};

/// Whether a key is part of the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It is.
    Shown,
    /// It is not.
    Hidden,
}

/// Which optional keys an object has; the default is Falco's, and the id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JsonKeys {
    /// `id`, which Falco does not have.
    pub id: Presence,
    /// `output`: the whole text line.
    pub output: Presence,
    /// `message`: the text line without time and priority.
    pub message: Presence,
    /// `output_fields`.
    pub output_fields: Presence,
    /// `tags`.
    pub tags: Presence,
}

impl Default for JsonKeys {
    fn default() -> Self {
        Self {
            id: Presence::Shown,
            output: Presence::Shown,
            message: Presence::Hidden,
            output_fields: Presence::Shown,
            tags: Presence::Shown,
        }
    }
}

/// Renders alerts as JSON objects on one line.
#[derive(Clone, Debug)]
pub struct JsonRenderer {
    text: TextRenderer,
    time_key: &'static str,
    keys: JsonKeys,
}

impl JsonRenderer {
    /// A renderer whose `output` takes the time format and zone from the clock.
    #[must_use]
    pub fn new(clock: Clock, keys: JsonKeys) -> Self {
        let time_key = match clock.format() {
            TimeFormat::TimeOfDay => "evt.time",
            TimeFormat::Iso8601 => "evt.time.iso8601",
        };
        Self {
            text: TextRenderer::new(clock, Colour::Never),
            time_key,
            keys,
        }
    }

    /// The object, without a line break.
    ///
    /// # Errors
    ///
    /// None in practice: every value has a JSON form. The error is serde's.
    pub fn line(&self, alert: &Alert) -> Result<String, serde_json::Error> {
        let shown = |presence: Presence| presence == Presence::Shown;
        let mut line = serde_json::to_string(&Object {
            hostname: &alert.node.hostname,
            output: shown(self.keys.output).then(|| self.text.line(alert)),
            message: shown(self.keys.message).then_some(&alert.message),
            priority: alert.priority.name(),
            rule: &alert.rule,
            source: &alert.source,
            tags: shown(self.keys.tags).then_some(Texts(&alert.tags)),
            time: rfc3339(alert.time_wall_ns),
        })?;
        // What follows goes inside of the object. The blanks are Falco's: lines can be compared as
        // they are.
        line.pop();
        if shown(self.keys.output_fields) {
            let fields = Fields {
                alert,
                time_key: self.time_key,
            };
            line.push_str(", \"output_fields\": ");
            line.push_str(&serde_json::to_string(&fields)?);
        }
        if shown(self.keys.id) {
            line.push_str(", \"id\": ");
            line.push_str(&serde_json::to_string(&alert.id)?);
        }
        line.push('}');
        Ok(line)
    }
}

#[derive(Serialize)]
struct Object<'a> {
    hostname: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a String>,
    priority: &'a str,
    rule: &'a str,
    source: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<Texts<'a>>,
    time: String,
}

/// Texts, without asking serde for its `rc` feature.
struct Texts<'a>(&'a [std::sync::Arc<str>]);

impl Serialize for Texts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|text| &**text))
    }
}

/// The fields in order, the event's time first.
struct Fields<'a> {
    alert: &'a Alert,
    time_key: &'static str,
}

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry(self.time_key, &self.alert.time_wall_ns)?;
        for field in &self.alert.fields {
            if &*field.name != self.time_key {
                map.serialize_entry(&*field.name, &field.value)?;
            }
        }
        if self.alert.path_view == PathView::Resolved && self.lacks("saker.path_view") {
            map.serialize_entry("saker.path_view", "resolved")?;
        }
        if self.alert.enrichment != Enrichment::Complete && self.lacks(ENRICHMENT) {
            map.serialize_entry(ENRICHMENT, PARTIAL)?;
        }
        map.end()
    }
}

impl Fields<'_> {
    /// Whether the output does not name a field.
    fn lacks(&self, name: &str) -> bool {
        let mut fields = self.alert.fields.iter();
        fields.all(|field| &*field.name != name)
    }
}
