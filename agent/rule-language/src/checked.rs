//! The last stage: rules whose every field, operator and literal has been checked against a catalog.
//!
//! Lists, macros, exceptions and overrides are gone; literals have the type of what they are compared
//! with. The nesting of a condition is bounded by
//! [`Limits::tree_depth`](crate::Limits::tree_depth), so walking it recursively is safe.
//! Normalisation is left to the consumer.

use std::net::IpAddr;
use std::sync::Arc;

use crate::catalog::{FieldId, FieldType};
use crate::digest::Digest;
use crate::document::DEFAULT_SOURCE;
use crate::event_types::EventTypeSet;
use crate::operator::{Modifier, Operator};
use crate::options::PluginRequirement;
use crate::priority::Priority;
use crate::span::Span;
use crate::template::{OnMissing, Template};

/// A complete, error-free set of rules.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckedRuleSet {
    /// The rules in definition order. Skipped ones (unknown source, `skip-if-unknown-filter`) are left
    /// out; disabled ones are present.
    pub rules: Vec<CheckedRule>,
    /// The files it was made of, in load order.
    pub files: Vec<LoadedFile>,
    /// Digest over all files in order.
    pub digest: Digest,
    /// What the files require of plugins.
    pub required_plugins: Vec<PluginRequirement>,
}

/// One file that went into a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadedFile {
    /// Name as given.
    pub name: Arc<str>,
    /// SHA-256 of its text.
    pub digest: Digest,
}

/// One rule, ready to be compiled.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckedRule {
    /// Unique within the set.
    pub name: Arc<str>,
    /// The `desc` key.
    pub description: Arc<str>,
    /// When it fires.
    pub condition: Condition,
    /// The condition as text, with lists, macros and exceptions expanded, in Falco's canonical form.
    pub condition_text: Arc<str>,
    /// What it says.
    pub output: Template,
    /// How urgent.
    pub priority: Priority,
    /// Sorted, without duplicates.
    pub tags: Vec<Arc<str>>,
    /// Source of the events it looks at (`syscall` unless stated).
    pub source: Arc<str>,
    /// Whether it fires unless the configuration says otherwise.
    pub enabled: bool,
    /// Event types outside this set can never match.
    pub event_types: EventTypeSet,
    /// The `warn_evttypes` key.
    pub warn_evttypes: bool,
    /// The `capture` keys.
    pub capture: Capture,
    /// Hash over everything above but the span: equal for a rule that did not change.
    pub digest: Digest,
    /// The name where the rule was (last) defined.
    pub span: Span,
}

impl CheckedRule {
    /// A rule with a name and a condition, and nothing to print: for system calls of every type, whatever
    /// the condition says of types.
    #[must_use]
    pub fn bare(name: &str, condition: Condition) -> Self {
        Self {
            name: name.into(),
            description: "".into(),
            condition,
            condition_text: "".into(),
            output: Template {
                parts: Vec::new(),
                on_missing: OnMissing::Print,
                text: "".into(),
            },
            priority: Priority::Notice,
            tags: Vec::new(),
            source: DEFAULT_SOURCE.into(),
            enabled: true,
            event_types: EventTypeSet::all(),
            warn_evttypes: true,
            capture: Capture::default(),
            digest: Digest([0; 32]),
            span: Span::default(),
        }
    }
}

impl FromIterator<CheckedRule> for CheckedRuleSet {
    /// Rules that come from no file.
    fn from_iter<T: IntoIterator<Item = CheckedRule>>(rules: T) -> Self {
        Self {
            rules: rules.into_iter().collect(),
            files: Vec::new(),
            digest: Digest([0; 32]),
            required_plugins: Vec::new(),
        }
    }
}

/// What a rule asks to be recorded when it fires.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capture {
    /// The `capture` key.
    pub enabled: bool,
    /// The `capture_duration` key in milliseconds; zero means the configured default.
    pub duration_ms: u32,
}

/// A condition tree. A test that cannot be decided because a field is missing is false.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// All hold.
    And(Vec<Condition>),
    /// At least one holds.
    Or(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
    /// One comparison.
    Test(Test),
}

/// One comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    /// What is looked at.
    pub left: Operand,
    /// How it is compared.
    pub operator: Operator,
    /// How many of the right-hand values must hold; only after operators on single values.
    pub modifier: Option<Modifier>,
    /// What it is compared with.
    pub right: Right,
    /// Where it is written.
    pub span: Span,
}

/// A value that is read from the event.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    /// A field.
    Field(FieldRef),
    /// A function of fields.
    Transform(Transform),
}

impl Operand {
    /// The type of its value, or of one element.
    #[must_use]
    pub fn value_type(&self) -> FieldType {
        match self {
            Self::Field(field) => field.value_type,
            Self::Transform(transform) => transform.value_type,
        }
    }

    /// Whether it can have several values.
    #[must_use]
    pub fn is_list(&self) -> bool {
        match self {
            Self::Field(field) => field.is_list,
            Self::Transform(transform) => transform.is_list,
        }
    }

    /// Its canonical text.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Field(field) => &field.name,
            Self::Transform(transform) => &transform.text,
        }
    }
}

/// A field with its argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldRef {
    /// Identity in the catalog.
    pub id: FieldId,
    /// Full text with argument, as written.
    pub name: Arc<str>,
    /// Type of the value, or of one element.
    pub value_type: FieldType,
    /// Whether one event can give several values.
    pub is_list: bool,
    /// The argument, bracketed or dotted.
    pub argument: Option<FieldArgument>,
}

/// A field's argument.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum FieldArgument {
    /// A number.
    Index(u32),
    /// Anything else.
    Key(Arc<str>),
}

/// A function applied to fields and constants.
#[derive(Clone, Debug, PartialEq)]
pub struct Transform {
    /// Which function.
    pub kind: TransformKind,
    /// Its arguments as written; their number and shape fit the function.
    pub arguments: Vec<TransformArgument>,
    /// The option that `getopt(…)[o]` selects.
    pub selector: Option<Arc<str>>,
    /// Type of the result, or of one element.
    pub value_type: FieldType,
    /// Whether the result can have several values.
    pub is_list: bool,
    /// Canonical text, as output field names show it: `join(->,(proc.name,evt.arg.path))`.
    pub text: Arc<str>,
}

/// An argument of a [`Transform`].
#[derive(Clone, Debug, PartialEq)]
pub enum TransformArgument {
    /// A field or an inner transform.
    Operand(Operand),
    /// A constant.
    Text(Arc<[u8]>),
    /// A parenthesised list (second argument of `join`).
    List(Vec<TransformArgument>),
}

/// The functions of the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TransformKind {
    /// `tolower(text)`: ASCII lower case.
    ToLower,
    /// `toupper(text)`: ASCII upper case.
    ToUpper,
    /// `b64(text)`: Base64 decoded; a value that does not decode is missing.
    Base64Decode,
    /// `basename(text)`: what follows the last `/`.
    Basename,
    /// `len(value)`: length of text or buffer in bytes, or number of list elements.
    Length,
    /// `join(separator, (a, b, …))` or `join(separator, list_field)`.
    Join,
    /// `concat(a, b, …)`.
    Concat,
    /// `getopt(argument_list, "optstring")[o]`: short options.
    Getopt,
}

impl TransformKind {
    /// The function's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ToLower => "tolower",
            Self::ToUpper => "toupper",
            Self::Base64Decode => "b64",
            Self::Basename => "basename",
            Self::Length => "len",
            Self::Join => "join",
            Self::Concat => "concat",
            Self::Getopt => "getopt",
        }
    }
}

/// The right-hand side of a [`Test`].
#[derive(Clone, Debug, PartialEq)]
pub enum Right {
    /// Nothing (`exists`).
    None,
    /// Literals: exactly one for an operator on a single value, any number for `in`, `intersects`,
    /// `pmatch` and after a modifier.
    Values(Vec<Literal>),
    /// `val(field)` or a transform; its type equals that of the left-hand side.
    Operand(Operand),
}

/// A literal, already converted to the type it is compared as.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// For [`FieldType::Bool`].
    Bool(bool),
    /// For [`FieldType::Int`].
    Int(i64),
    /// For [`FieldType::Uint`], [`FieldType::RelTime`] and [`FieldType::AbsTime`] (nanoseconds).
    Uint(u64),
    /// For [`FieldType::Double`].
    Double(f64),
    /// For [`FieldType::String`], for glob patterns and for `pmatch` paths.
    String(Arc<[u8]>),
    /// For [`FieldType::Bytes`]; `bcontains` and `bstartswith` have decoded the hex text.
    Bytes(Arc<[u8]>),
    /// For [`FieldType::IpAddr`].
    Ip(IpAddr),
    /// For [`FieldType::IpNet`].
    Net(IpNetwork),
    /// For [`FieldType::Port`].
    Port(u16),
    /// For `regex`: a valid pattern in the syntax of the `regex` crates, translated from the POSIX
    /// syntax of rules. It must match the whole value, so whoever compiles it puts anchors around it:
    /// `\A(?:…)\z`.
    Regex(Arc<str>),
}

/// An address and the number of leading bits that count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IpNetwork {
    /// The address; bits after the prefix are zero.
    pub address: IpAddr,
    /// Prefix length in bits: at most 32 for IPv4, 128 for IPv6.
    pub prefix: u8,
}
