//! The formats by their names.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::falco::{JsonKeys, JsonRenderer};
use crate::notification::Notification;
use crate::text_line::{Colour, TextRenderer};
use crate::time::Clock;
use crate::{cef, ecs, ocsf};

/// How an alert is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Format {
    /// Falco's line of text.
    Text,
    /// Falco's JSON object, with the id beside it.
    #[default]
    FalcoJson,
    /// Detection Finding of the Open Cybersecurity Schema Framework, as JSON.
    Ocsf,
    /// Elastic Common Schema, as JSON.
    Ecs,
    /// ArcSight's Common Event Format.
    Cef,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Text,
        Self::FalcoJson,
        Self::Ocsf,
        Self::Ecs,
        Self::Cef,
    ];

    /// Its name in configurations.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::FalcoJson => "falco_json",
            Self::Ocsf => "ocsf",
            Self::Ecs => "ecs",
            Self::Cef => "cef",
        }
    }

    /// Whether a line of it is a JSON object.
    #[must_use]
    pub const fn is_json(self) -> bool {
        match self {
            Self::Text | Self::Cef => false,
            Self::FalcoJson | Self::Ocsf | Self::Ecs => true,
        }
    }

    /// Media type of one line.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        if self.is_json() {
            "application/json"
        } else {
            "text/plain; charset=utf-8"
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// No format has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown format '{0}', use one of text, falco_json, ocsf, ecs, cef")]
pub struct UnknownFormat(String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|format| format.name() == text)
            .ok_or_else(|| UnknownFormat(text.to_owned()))
    }
}

impl Serialize for Format {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Format {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// Writes notifications in one format, each as one line.
#[derive(Clone, Debug)]
pub struct Renderer {
    format: Format,
    text: TextRenderer,
    json: JsonRenderer,
}

impl Renderer {
    /// A renderer that takes the time format and zone of [`Format::Text`] and of `output` in
    /// [`Format::FalcoJson`] from the clock; the other formats know UTC only.
    #[must_use]
    pub fn new(format: Format, clock: Clock) -> Self {
        Self {
            format,
            text: TextRenderer::new(clock.clone(), Colour::Never),
            json: JsonRenderer::new(clock, JsonKeys::default()),
        }
    }

    /// The same, with Falco's optional keys in [`Format::FalcoJson`].
    #[must_use]
    pub fn with_json_keys(mut self, clock: Clock, keys: JsonKeys) -> Self {
        self.json = JsonRenderer::new(clock, keys);
        self
    }

    /// The same, with the priority coloured in [`Format::Text`].
    #[must_use]
    pub fn with_colour(mut self, clock: Clock, colour: Colour) -> Self {
        self.text = TextRenderer::new(clock, colour);
        self
    }

    /// How it writes.
    #[must_use]
    pub const fn format(&self) -> Format {
        self.format
    }

    /// The line, without a line break.
    #[must_use]
    pub fn line(&self, notification: &Notification) -> String {
        match self.format {
            Format::Text => self.text.line(notification),
            Format::FalcoJson => self.json.line(notification),
            Format::Ocsf => serde_json::Value::Object(ocsf::finding(notification)).to_string(),
            Format::Ecs => serde_json::Value::Object(ecs::document(notification)).to_string(),
            Format::Cef => cef::line(notification),
        }
    }
}
