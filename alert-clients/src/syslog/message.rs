//! Messages of syslog, as RFC 5424 writes them.
//!
//! `<PRI>1 TIME HOST APP-NAME PROCID MSGID [ID NAME="VALUE" …] TEXT`
//!
//! or, for sockets of this machine, as `syslog(3)` does ([`SyslogHeader::Local`]).
//!
//! The text is UTF-8 without a byte order mark. The RFC asks for one to tell UTF-8 from other encodings; no
//! receiver in use needs it, several show it or choke on JSON that begins with it. By the RFC the text is
//! then of unknown encoding (MSG-ANY), which may be UTF-8.
//!
//! Control characters do not get through: `\n`, `\r`, `\t`, and `\u{1b}` for others stand in their place, so
//! that nothing in an alert starts another line at the receiver.

use super::settings::SyslogHeader;
use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;
use jiff::tz::TimeZone;
use std::fmt::Write;

/// The identifier of our structured data. 32473 is the number that RFC 5612 reserves for those that have
/// none of their own.
pub const STRUCTURED_DATA_ID: &str = "saker@32473";

/// RFC 5424 has microseconds at most.
const TIME: DateTimePrinter = DateTimePrinter::new().precision(Some(6));

/// Ends a text that was cut off.
const CUT: &str = " […truncated]";

/// Which part of a system a message is about (RFC 5424, 6.2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Facility {
    /// Kernel.
    Kern,
    /// Users' programs; what Falco sends with.
    #[default]
    User,
    /// Daemons.
    Daemon,
    /// Authentication.
    Auth,
    /// Authentication that not everyone is to read about.
    Authpriv,
    /// For local use.
    Local0,
    /// For local use.
    Local1,
    /// For local use.
    Local2,
    /// For local use.
    Local3,
    /// For local use.
    Local4,
    /// For local use.
    Local5,
    /// For local use.
    Local6,
    /// For local use.
    Local7,
}

impl Facility {
    fn code(self) -> u8 {
        match self {
            Self::Kern => 0,
            Self::User => 1,
            Self::Daemon => 3,
            Self::Auth => 4,
            Self::Authpriv => 10,
            Self::Local0 => 16,
            Self::Local1 => 17,
            Self::Local2 => 18,
            Self::Local3 => 19,
            Self::Local4 => 20,
            Self::Local5 => 21,
            Self::Local6 => 22,
            Self::Local7 => 23,
        }
    }
}

/// How bad it is; the priorities of rules are the same eight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The system is unusable.
    Emergency,
    /// Someone must act at once.
    Alert,
    /// Critical.
    Critical,
    /// An error.
    Error,
    /// A warning.
    Warning,
    /// Normal but significant.
    Notice,
    /// For information.
    Informational,
    /// For debugging.
    Debug,
}

impl Severity {
    fn code(self) -> u8 {
        match self {
            Self::Emergency => 0,
            Self::Alert => 1,
            Self::Critical => 2,
            Self::Error => 3,
            Self::Warning => 4,
            Self::Notice => 5,
            Self::Informational => 6,
            Self::Debug => 7,
        }
    }
}

/// A message. Host, application, process and message id are cut to what the RFC allows; characters that it
/// does not allow there become `_`; empty ones are sent as `-`.
#[derive(Clone, Debug)]
pub struct SyslogMessage<'a> {
    /// Which part of the system it is about.
    pub facility: Facility,
    /// How bad it is.
    pub severity: Severity,
    /// When it happened.
    pub time: Timestamp,
    /// Where it happened.
    pub host: &'a str,
    /// What tells of it, such as `saker`.
    pub app_name: &'a str,
    /// Its process, such as a pid.
    pub process_id: &'a str,
    /// What kind of message it is.
    pub message_id: &'a str,
    /// Names and values.
    pub data: &'a [StructuredElement],
    /// What there is to say.
    pub text: &'a str,
}

/// Names and values under an identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StructuredElement {
    id: String,
    parameters: Vec<(String, String)>,
}

/// A name that structured data cannot have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is no name for structured data: 1 to 32 printable ASCII characters, no space, `=`, `]`, `\"`", name.escape_debug())]
pub struct ElementError {
    /// The name.
    pub name: String,
}

impl StructuredElement {
    /// Without parameters as yet. The identifier is `name@number`, where the number is an organisation's.
    ///
    /// # Errors
    ///
    /// Where the RFC does not allow the identifier.
    pub fn new(id: impl Into<String>) -> Result<Self, ElementError> {
        Ok(Self {
            id: checked_name(id.into())?,
            parameters: Vec::new(),
        })
    }

    /// With another parameter; any text may be its value.
    ///
    /// # Errors
    ///
    /// Where the RFC does not allow the name.
    pub fn with(
        mut self,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> Result<Self, ElementError> {
        let name = checked_name(name.into())?;
        self.parameters.push((name, value.into()));
        Ok(self)
    }
}

fn checked_name(name: String) -> Result<String, ElementError> {
    let allowed = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'=' | b']' | b'"');
    if (1..=32).contains(&name.len()) && name.bytes().all(allowed) {
        Ok(name)
    } else {
        Err(ElementError { name })
    }
}

/// A message as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rendered {
    pub(crate) text: String,
    /// Whether something of it had to be left out.
    pub(crate) truncated: bool,
}

impl SyslogMessage<'_> {
    /// As it is sent, of at most `max` bytes unless the header alone has more. Structured data that takes
    /// more than half of them is left out; then the text is cut off at its end.
    pub(crate) fn render(&self, header: SyslogHeader, max: usize) -> Rendered {
        let mut text = String::with_capacity(256 + self.text.len());
        let truncated = match header {
            SyslogHeader::Rfc5424 => self.push_header(&mut text, max),
            SyslogHeader::Local => {
                self.push_local_header(&mut text);
                false
            }
        };
        if !self.text.is_empty() || truncated {
            text.push(' ');
        }
        push_without_control(&mut text, self.text);
        let truncated = truncated || text.len() > max;
        if truncated {
            cut(&mut text, max.saturating_sub(CUT.len()));
            text.push_str(CUT);
        }
        Rendered { text, truncated }
    }

    /// The header of RFC 5424 with the structured data; says whether that had to be left out.
    fn push_header(&self, text: &mut String, max: usize) -> bool {
        push(text, format_args!("<{}>1 ", self.priority()));
        match TIME.timestamp_to_string(&self.time) {
            time if time.starts_with('-') => text.push('-'),
            time => text.push_str(&time),
        }
        for (field, length_max) in [
            (self.host, 255),
            (self.app_name, 48),
            (self.process_id, 128),
            (self.message_id, 32),
        ] {
            text.push(' ');
            push_field(text, field, length_max);
        }
        text.push(' ');
        let mut data = String::new();
        for element in self.data {
            element.push(&mut data);
        }
        let too_long = text.len() + data.len() > max / 2;
        if data.is_empty() || too_long {
            text.push('-');
        } else {
            text.push_str(&data);
        }
        too_long && !data.is_empty()
    }

    /// As `syslog(3)` writes it, in the time of this machine.
    fn push_local_header(&self, text: &mut String) {
        let time = self.time.to_zoned(TimeZone::system());
        let time = time.strftime("%b %e %H:%M:%S");
        push(text, format_args!("<{}>{time} ", self.priority()));
        push_tag(text, self.app_name, 48);
        if !self.process_id.is_empty() {
            text.push('[');
            push_tag(text, self.process_id, 128);
            text.push(']');
        }
        text.push(':');
    }

    fn priority(&self) -> u8 {
        self.facility.code() * 8 + self.severity.code()
    }
}

impl StructuredElement {
    fn push(&self, text: &mut String) {
        text.push('[');
        text.push_str(&self.id);
        for (name, value) in &self.parameters {
            push(text, format_args!(" {name}=\""));
            let mut clean = String::with_capacity(value.len());
            push_without_control(&mut clean, value);
            for character in clean.chars() {
                if matches!(character, '"' | '\\' | ']') {
                    text.push('\\');
                }
                text.push(character);
            }
            text.push('"');
        }
        text.push(']');
    }
}

/// A field of the header: printable ASCII.
fn push_field(text: &mut String, field: &str, length_max: usize) {
    if field.is_empty() {
        text.push('-');
    }
    text.extend(field.chars().take(length_max).map(|character| {
        if character.is_ascii_graphic() {
            character
        } else {
            '_'
        }
    }));
}

/// A field of the local header: what ends one there is not allowed in it.
fn push_tag(text: &mut String, field: &str, length_max: usize) {
    let start = text.len();
    push_field(text, field, length_max);
    let clean = text.split_off(start).replace(['[', ']', ':'], "_");
    text.push_str(&clean);
}

fn push_without_control(text: &mut String, from: &str) {
    for character in from.chars() {
        match character {
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            other if other.is_control() || matches!(other, '\u{2028}' | '\u{2029}') => {
                push(text, format_args!("\\u{{{:x}}}", u32::from(other)));
            }
            other => text.push(other),
        }
    }
}

/// Leaves at most `max` bytes, whole characters.
fn cut(text: &mut String, max: usize) {
    let mut end = max.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
}

fn push(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    // Writing into a String does not fail.
    text.write_fmt(arguments).unwrap_or_default();
}
