//! One output of a configuration file.
//!
//! What outputs have in common and what one kind has stand side by side in the file. They are told apart here by
//! their keys, so that each part refuses what it does not know.

use saker_alert_formats::Format;
use saker_proto::v1::Priority;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error};
use serde_json::{Map, Value};

use super::kinds::Kind;
use crate::filter::Filter;

/// The keys of [`Common`].
const COMMON: [&str; 5] = ["enabled", "name", "format", "minimum_priority", "filter"];

/// What every output may have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Common {
    pub(super) enabled: Option<bool>,
    pub(super) name: Option<String>,
    pub(super) format: Option<Format>,
    #[serde(deserialize_with = "priority")]
    pub(super) minimum_priority: Option<Priority>,
    pub(super) filter: Filter,
}

/// An output under one of Falco's keys, such as `file_output`.
#[derive(Clone, Debug)]
pub struct FalcoEntry<K> {
    pub(super) common: Common,
    pub(super) kind: K,
}

/// An output of the list `outputs`.
#[derive(Clone, Debug)]
pub struct ListedEntry {
    pub(super) common: Common,
    pub(super) kind: Kind,
}

impl<'de, K: DeserializeOwned> Deserialize<'de> for FalcoEntry<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (common, rest) = split(Map::deserialize(deserializer)?, &COMMON);
        if common.contains_key("name") {
            return Err(D::Error::custom(
                "an output under this key has the key's name; those of the list `outputs` have a `name`",
            ));
        }
        Ok(Self {
            common: read(common)?,
            kind: read(rest)?,
        })
    }
}

impl<'de> Deserialize<'de> for ListedEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (common, mut rest) = split(Map::deserialize(deserializer)?, &COMMON);
        let common: Common = read(common)?;
        let Some(name) = &common.name else {
            return Err(D::Error::custom(
                "an output of the list `outputs` needs a `name`",
            ));
        };
        let within = |error: D::Error| D::Error::custom(format!("output `{name}`: {error}"));
        let Some(Value::String(kind)) = rest.remove("kind") else {
            return Err(within(missing_kind("a `kind` is missing")));
        };
        let kind = match kind.as_str() {
            "stdout" => read(rest).map(Kind::Stdout),
            "file" => read(rest).map(Kind::File),
            "syslog" => read(rest).map(Kind::Syslog),
            "program" => read(rest).map(Kind::Program),
            "http" => read(rest).map(Kind::Http),
            "collector" => read(rest).map(Kind::Collector),
            other => Err(missing_kind(&format!("there is no kind `{other}`"))),
        };
        Ok(Self {
            kind: kind.map_err(within)?,
            common,
        })
    }
}

fn missing_kind<E: Error>(what: &str) -> E {
    E::custom(format!(
        "{what}; it is one of stdout, file, syslog, program, http, collector"
    ))
}

/// The entries with these keys, and the others.
pub(super) fn split(
    map: Map<String, Value>,
    keys: &[&str],
) -> (Map<String, Value>, Map<String, Value>) {
    map.into_iter()
        .partition(|(key, _)| keys.contains(&key.as_str()))
}

pub(super) fn read<T: DeserializeOwned, E: Error>(map: Map<String, Value>) -> Result<T, E> {
    serde_json::from_value(Value::Object(map)).map_err(E::custom)
}

/// A priority by Falco's name.
fn priority<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Priority>, D::Error> {
    let name = String::deserialize(deserializer)?;
    Ok(Some(match name.to_lowercase().as_str() {
        "emergency" => Priority::Emergency,
        "alert" => Priority::Alert,
        "critical" => Priority::Critical,
        "error" => Priority::Error,
        "warning" => Priority::Warning,
        "notice" => Priority::Notice,
        "info" | "informational" => Priority::Informational,
        "debug" => Priority::Debug,
        _ => {
            return Err(D::Error::custom(format!(
                "minimum_priority: `{name}` is not allowed; emergency, alert, critical, error, \
                 warning, notice, informational or debug"
            )));
        }
    }))
}
