//! A rule's output template, filled in from an event.

use std::borrow::Cow;
use std::sync::Arc;

use saker_alert_formats::{escaped, push_escaped};
use saker_rule_engine::{Event, EventKind, FieldValue, PathView, read};
use saker_rule_language::{
    FieldArgument, FieldRef, OnMissing, Operand, Template, TemplatePart, TemplateToken,
    TransformArgument,
};

use crate::model::OutputField;
use crate::replaced::replaced;
use crate::value::OutputValue;

/// What a missing value prints.
const MISSING: &str = "<NA>";

/// Fields whose JSON value is the event's time in nanoseconds since the epoch, whatever they print.
const TIME_FIELDS: [&str; 6] = [
    "evt.time",
    "evt.time.s",
    "evt.time.iso8601",
    "evt.datetime",
    "evt.datetime.s",
    "evt.outputtime",
];

/// The ancestor's pid at a level. Without one a condition looks at all ancestors, and an output prints
/// the pid of the process itself.
const ANCESTOR_PID: &str = "proc.apid";

/// The text of a template for an event; nothing where the template asks for none without its values.
#[must_use]
pub fn render<E: Event + ?Sized>(template: &Template, event: &E, view: PathView) -> Option<String> {
    let mut output = String::with_capacity(template.text.len());
    for part in &template.parts {
        match part {
            // A rules file may fold lines; an alert is one line.
            TemplatePart::Text(text) => push_escaped(&mut output, text.as_bytes()),
            TemplatePart::Token(token) => {
                match (render_token(token, event, view), template.on_missing) {
                    (Some(text), _) => output.push_str(&text),
                    (None, OnMissing::Print) => output.push_str(&fitted(MISSING.to_owned(), token)),
                    (None, OnMissing::Omit) => return None,
                }
            }
        }
    }
    Some(output)
}

/// The text of each field of a template for an event, in its order; nothing for missing values.
#[must_use]
pub fn texts<E: Event + ?Sized>(
    template: &Template,
    event: &E,
    view: PathView,
) -> Vec<Option<String>> {
    let tokens = template.parts.iter().filter_map(|part| match part {
        TemplatePart::Token(token) => Some(token),
        TemplatePart::Text(_) => None,
    });
    tokens
        .map(|token| render_token(token, event, view))
        .collect()
}

fn render_token<E: Event + ?Sized>(
    token: &TemplateToken,
    event: &E,
    view: PathView,
) -> Option<String> {
    let value = read(event, &printed(&token.operand), view);
    Some(fitted(
        text(&value, token.operand.is_list(), shown(event))?,
        token,
    ))
}

/// What an output prints for an operand.
fn printed(operand: &Operand) -> Cow<'_, Operand> {
    match operand {
        Operand::Field(field) if field.argument.is_none() && *field.name == *ANCESTOR_PID => {
            Cow::Owned(Operand::Field(FieldRef {
                argument: Some(FieldArgument::Index(0)),
                ..field.clone()
            }))
        }
        _ => Cow::Borrowed(operand),
    }
}

/// Pads or cuts a text to the width of its token.
fn fitted(text: String, token: &TemplateToken) -> String {
    match token.width {
        Some(width) => {
            let cut: String = text.chars().take(width).collect();
            format!("{cut:<width$}")
        }
        None => text,
    }
}

/// How bytes of an event become text.
type Shown = fn(&[u8]) -> String;

/// Live events are shown with all that is in them; those that Falco captured as Falco shows them, so
/// that both say the same about one capture.
fn shown<E: Event + ?Sized>(event: &E) -> Shown {
    match event.kind() {
        EventKind::Captured(_) => replaced,
        _ => escaped,
    }
}

/// The value as a line of text shows it.
fn text(value: &FieldValue<'_>, is_list: bool, shown: Shown) -> Option<String> {
    Some(match value {
        FieldValue::Missing | FieldValue::Pending => return None,
        FieldValue::Bool(value) => value.to_string(),
        FieldValue::Int(number) => number.to_string(),
        FieldValue::Uint(number) | FieldValue::RelTime(number) | FieldValue::AbsTime(number) => {
            number.to_string()
        }
        FieldValue::Double(number) => number.to_string(),
        FieldValue::Text(bytes) | FieldValue::Bytes(bytes) => shown(bytes),
        FieldValue::Ip(address) => address.to_string(),
        FieldValue::Port(port) => port.to_string(),
        FieldValue::List(elements) => {
            let elements: Vec<String> = elements
                .iter()
                .filter_map(|element| text(element, false, shown))
                .collect();
            if is_list {
                format!("({})", elements.join(","))
            } else {
                elements.join(" ")
            }
        }
    })
}

/// The value as JSON has it.
fn typed(value: &FieldValue<'_>, is_list: bool, shown: Shown) -> OutputValue {
    match value {
        FieldValue::Missing | FieldValue::Pending => OutputValue::Null,
        FieldValue::Bool(value) => OutputValue::Bool(*value),
        FieldValue::Int(number) => (*number).into(),
        FieldValue::Uint(number) | FieldValue::RelTime(number) | FieldValue::AbsTime(number) => {
            (*number).into()
        }
        FieldValue::Double(number) => OutputValue::Float(*number),
        FieldValue::Port(port) => u64::from(*port).into(),
        FieldValue::List(elements) if is_list => OutputValue::List(
            elements
                .iter()
                .map(|element| typed(element, false, shown))
                .collect(),
        ),
        other => text(other, false, shown).map_or(OutputValue::Null, OutputValue::Text),
    }
}

/// The fields that a template names, each once and in its order. Before a transform stand the fields
/// that it is made of.
#[must_use]
pub fn fields<E: Event + ?Sized>(
    template: &Template,
    event: &E,
    view: PathView,
    time_wall_ns: u64,
) -> Vec<OutputField> {
    let mut collector = Collector {
        event,
        view,
        time_wall_ns,
        fields: Vec::new(),
    };
    for part in &template.parts {
        if let TemplatePart::Token(token) = part {
            collector.add(&token.operand, &token.text);
        }
    }
    collector.fields
}

struct Collector<'e, E: Event + ?Sized> {
    event: &'e E,
    view: PathView,
    time_wall_ns: u64,
    fields: Vec<OutputField>,
}

impl<E: Event + ?Sized> Collector<'_, E> {
    fn add(&mut self, operand: &Operand, name: &Arc<str>) {
        if let Operand::Transform(transform) = operand {
            self.add_arguments(&transform.arguments);
        }
        if self.fields.iter().any(|field| field.name == *name) {
            return;
        }
        let value = if TIME_FIELDS.contains(&&**name) {
            self.time_wall_ns.into()
        } else {
            typed(
                &read(self.event, &printed(operand), self.view),
                operand.is_list(),
                shown(self.event),
            )
        };
        self.fields.push(OutputField {
            name: Arc::clone(name),
            value,
        });
    }

    fn add_arguments(&mut self, arguments: &[TransformArgument]) {
        for argument in arguments {
            match argument {
                TransformArgument::Operand(Operand::Field(field)) => {
                    self.add(&Operand::Field(field.clone()), &field.name);
                }
                TransformArgument::Operand(Operand::Transform(transform)) => {
                    self.add(&Operand::Transform(transform.clone()), &transform.text);
                }
                TransformArgument::List(inner) => self.add_arguments(inner),
                TransformArgument::Text(_) => {}
            }
        }
    }
}
