//! Fields as Falco has them, where the agent has no value: events that it does not observe, the table
//! of open descriptors, the fields of Falco's sample plugin.

use std::borrow::Cow;

use saker_event_decode::render::result_name;
use saker_rule_engine::FieldValue;
use saker_rule_language::{FieldArgument, FieldRef};

use super::FalcoEvent;
use super::descriptors::{Descriptor, Descriptors};
use super::value::Value;

/// What stands for a parameter without a value.
const NO_VALUE: &[u8] = b"<NA>";

/// Events that the sample plugin gives fields for.
const SAMPLE_EVENTS: &[&str] = &["open", "openat", "openat2", "inotify_init1", "getcwd"];

/// Fields of namespaces that say something of the event that the carrier of a foreign one does not
/// know: everything but when, where and in which order it happened.
pub(super) fn is_of_the_event(name: &str) -> bool {
    let of_any_event = [
        "evt.num",
        "evt.cpu",
        "evt.source",
        "evt.hostname",
        "evt.is_async",
        "evt.dir",
        "evt.count",
        "evt.count.exit",
    ];
    let is_time = name.contains("time") || name.contains("latency") || name.contains("delta");
    let namespace = name.split('.').next().unwrap_or_default();
    matches!(namespace, "evt" | "fd" | "fs" | "syscall" | "fdlist")
        && !of_any_event.contains(&name)
        && !(namespace == "evt" && is_time)
}

/// An event and what was open when it happened.
pub(super) struct Foreign<'w> {
    pub(super) event: &'w FalcoEvent,
    pub(super) descriptors: &'w Descriptors,
    pub(super) pid: i64,
    pub(super) comm: &'w [u8],
}

impl<'w> Foreign<'w> {
    /// A field that the agent never fills, and the suite does.
    pub(super) fn unfilled(&self, name: &str) -> Option<FieldValue<'w>> {
        let is_sampled = SAMPLE_EVENTS.contains(&self.event.kind.name.as_str());
        Some(match name {
            "fd.types" => {
                let types = self.descriptors.types(self.pid).into_iter();
                FieldValue::list(types.map(|it| FieldValue::text(it.as_bytes())).collect())
            }
            "sample.is_open" if is_sampled => {
                FieldValue::Uint(self.event.kind.name.starts_with("open").into())
            }
            "sample.proc_name" if is_sampled => FieldValue::text(self.comm),
            "sample.tick" if is_sampled => FieldValue::text(b"false"),
            _ => return None,
        })
    }

    /// `evt.arg` and `evt.rawarg` of a parameter without a value. The agent's records always hold a
    /// number; Falco's old ones may not.
    pub(super) fn empty_parameter(&self, name: &str, field: &FieldRef) -> Option<FieldValue<'w>> {
        if !matches!(name, "evt.arg" | "evt.rawarg") {
            return None;
        }
        let (parameter, value) = self.parameter(field)?;
        let raw = name == "evt.rawarg";
        (*value == Value::Empty).then(|| {
            if raw {
                self.raw(parameter, value)
            } else {
                na()
            }
        })
    }

    /// A field of an event that the agent does not observe.
    pub(super) fn field(&self, name: &str, field: &FieldRef) -> FieldValue<'w> {
        let text = |text: &'w str| FieldValue::text(text.as_bytes());
        let result = self.event.result();
        match name {
            "evt.type" | "syscall.type" => text(&self.event.kind.name),
            "evt.type.is" => {
                let is = matches!(&field.argument, Some(FieldArgument::Key(key)) if **key == *self.event.kind.name);
                FieldValue::Uint(is.into())
            }
            "evt.category" => text(&self.event.kind.category),
            "evt.rawres" => FieldValue::of(result, FieldValue::Int),
            "evt.res" => FieldValue::of(result, |it| text(result_name(it))),
            "evt.failed" => FieldValue::Bool(result.is_some_and(|it| it < 0)),
            "evt.count.error" if result.is_some_and(|it| it < 0) => FieldValue::Uint(1),
            "evt.arg" => FieldValue::of(self.parameter(field), |(name, it)| self.text(name, it)),
            "evt.rawarg" => FieldValue::of(self.parameter(field), |(name, it)| self.raw(name, it)),
            "evt.args" | "evt.info" => FieldValue::owned(self.arguments()),
            "evt.buffer" => self.buffer().map_or(FieldValue::Missing, |bytes| {
                FieldValue::Bytes(Cow::Borrowed(bytes))
            }),
            "evt.buflen" => FieldValue::of(self.buffer(), |bytes| {
                FieldValue::Uint(u64::try_from(bytes.len()).unwrap_or(u64::MAX))
            }),
            "evt.abspath" | "fs.path.name" => FieldValue::of(self.path(), FieldValue::text),
            "fd.num" => FieldValue::of(self.number(), FieldValue::Int),
            "fd.type" => FieldValue::of(self.descriptor(), |it| text(it.type_name())),
            "fd.name" | "fd.nameraw" => FieldValue::of(self.file(), FieldValue::text),
            "fd.directory" => FieldValue::of(self.file(), |path| FieldValue::text(split(path).0)),
            "fd.filename" => FieldValue::of(self.file(), |path| FieldValue::text(split(path).1)),
            _ => FieldValue::Missing,
        }
    }

    fn parameter(&self, field: &FieldRef) -> Option<(&'w str, &'w Value)> {
        let parameters = &self.event.parameters;
        let found = match field.argument.as_ref()? {
            FieldArgument::Key(key) => parameters.iter().find(|(name, _)| **name == **key),
            FieldArgument::Index(index) => parameters.get(usize::try_from(*index).ok()?),
        };
        found.map(|(name, value)| (name.as_str(), value))
    }

    /// The text of `evt.arg`.
    fn text(&self, name: &str, value: &'w Value) -> FieldValue<'w> {
        let negative = value.signed().filter(|number| *number < 0);
        match (value, negative) {
            (Value::Empty, _) => na(),
            (_, Some(error)) if name == "res" => FieldValue::owned(result_name(error)),
            (Value::Number { value, .. }, _) => FieldValue::owned(value.to_string()),
            _ => FieldValue::of(value.bytes(), FieldValue::text),
        }
    }

    /// The value of `evt.rawarg`.
    fn raw(&self, name: &str, value: &'w Value) -> FieldValue<'w> {
        match value {
            // Paths of old records are never without a value: they hold the mark for none.
            Value::Empty if name.contains("path") => na(),
            // Results and descriptors have a sign, however the statement writes them.
            Value::Number { .. } if name == "res" || name.contains("fd") => {
                FieldValue::of(value.signed(), FieldValue::Int)
            }
            Value::Number { value, is_signed } => match (u64::try_from(*value), *is_signed) {
                (Ok(number), false) => FieldValue::Uint(number),
                _ => FieldValue::of(i64::try_from(*value).ok(), FieldValue::Int),
            },
            Value::Buffer(bytes) => FieldValue::Bytes(Cow::Borrowed(bytes)),
            _ => FieldValue::of(value.bytes(), FieldValue::text),
        }
    }

    /// `name=value(meaning)`, a space between.
    fn arguments(&self) -> Vec<u8> {
        let parts = self.event.parameters.iter().map(|(name, value)| {
            let plain = match value {
                Value::Number { .. } if name == "res" => {
                    let number = value.signed().unwrap_or(0);
                    let meaning = match number {
                        ..0 => format!("({})", result_name(number)),
                        _ => String::new(),
                    };
                    format!("{number}{meaning}").into_bytes()
                }
                Value::Number { value, .. } => value.to_string().into_bytes(),
                other => other.bytes().unwrap_or(NO_VALUE).to_vec(),
            };
            [name.as_bytes(), b"=", &plain].concat()
        });
        parts.collect::<Vec<_>>().join(&b' ')
    }

    fn buffer(&self) -> Option<&'w [u8]> {
        match self.event.parameter("data")? {
            Value::Buffer(bytes) => Some(bytes),
            _ => None,
        }
    }

    fn path(&self) -> Option<&'w [u8]> {
        let event = self.event;
        let path = event
            .parameter("path")
            .or_else(|| event.parameter("name"))?;
        path.bytes().filter(|path| path.first() == Some(&b'/'))
    }

    /// The descriptor that the event is about.
    fn number(&self) -> Option<i64> {
        self.event.parameter("fd")?.signed()
    }

    fn descriptor(&self) -> Option<&'w Descriptor> {
        self.descriptors.get(self.pid, self.number()?)
    }

    fn file(&self) -> Option<&'w [u8]> {
        match self.descriptor()? {
            Descriptor::File(path) => Some(path),
            _ => None,
        }
    }
}

fn na<'w>() -> FieldValue<'w> {
    FieldValue::text(NO_VALUE)
}

/// Directory and name.
fn split(path: &[u8]) -> (&[u8], &[u8]) {
    match path.iter().rposition(|byte| *byte == b'/') {
        Some(0) => (b"/", path.get(1..).unwrap_or_default()),
        Some(slash) => {
            let (directory, rest) = path.split_at(slash);
            (directory, rest.get(1..).unwrap_or_default())
        }
        None => (b"", path),
    }
}
