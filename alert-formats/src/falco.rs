//! An alert as a JSON object, with Falco's keys in Falco's order.

use saker_proto::v1::{Enrichment, PathView};
use serde_json::Value;

use crate::escape::safe;
use crate::notification::Notification;
use crate::object::{json_of, text};
use crate::priority::priority_name;
use crate::text_line::{
    COUNT, Colour, ENRICHMENT, FIRST_SEEN, LAST_SEEN, MEMBERS, PARTIAL, SUPPRESSED, TextRenderer,
};
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
    #[must_use]
    pub fn line(&self, notification: &Notification) -> String {
        let alert = &*notification.alert;
        let hostname = alert.node.as_ref().map_or("", |node| &node.hostname);
        let mut object = ObjectText::default();
        object.add("hostname", &text(hostname));
        if self.keys.output == Presence::Shown {
            object.add("output", &self.text.line(notification).into());
        }
        if self.keys.message == Presence::Shown {
            object.add("message", &text(&alert.output));
        }
        object.add("priority", &priority_name(alert.priority()).into());
        object.add("rule", &text(&alert.rule));
        object.add("source", &text(&alert.source));
        if self.keys.tags == Presence::Shown {
            object.add("tags", &alert.tags.iter().map(|tag| text(tag)).collect());
        }
        object.add("time", &rfc3339(alert.time_unix_ns).into());
        let mut line = object.0;
        // The blanks are Falco's: lines can be compared as they are.
        if self.keys.output_fields == Presence::Shown {
            line.push_str(", \"output_fields\": ");
            line.push_str(&self.fields(notification));
        }
        if self.keys.id == Presence::Shown {
            line.push_str(", \"id\": ");
            line.push_str(&Value::from(notification.id().to_string()).to_string());
        }
        line.push('}');
        line
    }

    /// The fields in order, the event's time first.
    fn fields(&self, notification: &Notification) -> String {
        let alert = &*notification.alert;
        let lacks = |name: &str| alert.fields.iter().all(|field| field.name != name);
        let mut object = ObjectText::default();
        object.add(self.time_key, &alert.time_unix_ns.into());
        for field in &alert.fields {
            if field.name != self.time_key {
                object.add(&safe(&field.name), &json_of(field.value.as_ref()));
            }
        }
        let mut add = |name: &str, value: Value| {
            if lacks(name) {
                object.add(name, &value);
            }
        };
        if alert.path_view() == PathView::Resolved {
            add("saker.path_view", "resolved".into());
        }
        if alert.enrichment() == Enrichment::Partial {
            add(ENRICHMENT, PARTIAL.into());
        }
        if notification.is_repeated() {
            let repeats = &notification.repeats;
            add(COUNT, repeats.members.len().into());
            add(FIRST_SEEN, repeats.first_seen_ns.into());
            add(LAST_SEEN, repeats.last_seen_ns.into());
            add(MEMBERS, notification.listed(usize::MAX).into());
        }
        if alert.suppressed != 0 {
            add(SUPPRESSED, alert.suppressed.into());
        }
        object.0.push('}');
        object.0
    }
}

/// The text of an object that is not finished.
#[derive(Default)]
struct ObjectText(String);

impl ObjectText {
    fn add(&mut self, key: &str, value: &Value) {
        self.0.push(if self.0.is_empty() { '{' } else { ',' });
        self.0.push_str(&Value::from(key).to_string());
        self.0.push(':');
        self.0.push_str(&value.to_string());
    }
}
