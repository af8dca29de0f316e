//! A rules file as a list of items: what is written, with its shape checked and nothing resolved.

mod exceptions;
mod fields;
mod overrides;
mod reader;
mod requirements;
mod rule;
mod schema;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::options::PluginRequirement;
use crate::origin::MappedText;
use crate::priority::Priority;
use crate::report::{Context, Findings};
use crate::span::{FileIndex, Span};

pub(crate) use reader::read_items;
pub(crate) use rule::DEFAULT_SOURCE;
pub use schema::{SchemaFinding, SchemaStatus};

/// A top-level item.
pub(crate) enum Item {
    PluginRequirement(PluginRequirement, Context),
    List(ListItem),
    Macro(MacroItem),
    Rule(RuleItem),
    /// Its error has been reported.
    Unread(Unread),
}

/// What an item that could not be read would have defined or changed.
pub(crate) enum Unread {
    List(Arc<str>),
    Macro(Arc<str>),
    Rule(Arc<str>),
    /// There is no telling, but it was in this file.
    Unnamed(FileIndex),
}

/// Whether an item defines something or adds to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Define,
    Append,
}

/// A `list` item.
pub(crate) struct ListItem {
    pub(crate) name: Arc<str>,
    pub(crate) context: Context,
    pub(crate) items: Vec<Arc<str>>,
    pub(crate) mode: Mode,
}

/// A `macro` item.
pub(crate) struct MacroItem {
    pub(crate) name: Arc<str>,
    pub(crate) context: Context,
    pub(crate) condition: MappedText,
    pub(crate) mode: Mode,
}

/// A `rule` item.
pub(crate) struct RuleItem {
    pub(crate) name: Arc<str>,
    pub(crate) name_span: Span,
    pub(crate) context: Context,
    pub(crate) action: RuleAction,
}

/// What a `rule` item does.
pub(crate) enum RuleAction {
    Define(Box<RuleDefinition>),
    Append(Box<RuleUpdate>),
    /// With an `override` key: what is appended, what is replaced, and what is wrong with the rest of the
    /// item. Falco reads and applies one after the other.
    Override {
        append: OverridePart,
        replace: OverridePart,
        wrong: Findings,
    },
    /// Nothing but `enabled`.
    Enable(bool),
}

/// A whole rule. What could not be read has been reported: nothing stands in place of a condition or an
/// output, a default in place of the rest.
pub(crate) struct RuleDefinition {
    pub(crate) condition: Option<MappedText>,
    pub(crate) output: Option<MappedText>,
    pub(crate) description: String,
    pub(crate) priority: Priority,
    pub(crate) source: Arc<str>,
    pub(crate) enabled: bool,
    pub(crate) capture: bool,
    pub(crate) capture_duration_ms: u32,
    pub(crate) warn_evttypes: bool,
    pub(crate) skip_if_unknown_filter: bool,
    pub(crate) tags: BTreeSet<Arc<str>>,
    pub(crate) exceptions: Exceptions,
}

/// Parts of a rule, to be added to or put in place of those of an earlier one.
#[derive(Default)]
pub(crate) struct RuleUpdate {
    pub(crate) source: Option<Arc<str>>,
    pub(crate) condition: Option<MappedText>,
    pub(crate) output: Option<MappedText>,
    pub(crate) description: Option<String>,
    pub(crate) tags: Option<BTreeSet<Arc<str>>>,
    pub(crate) exceptions: Option<Exceptions>,
    pub(crate) priority: Option<Priority>,
    pub(crate) enabled: Option<bool>,
    pub(crate) capture: Option<bool>,
    pub(crate) capture_duration_ms: Option<u32>,
    pub(crate) warn_evttypes: Option<bool>,
    pub(crate) skip_if_unknown_filter: Option<bool>,
}

/// What an `override` key says of one kind.
#[derive(Default)]
pub(crate) struct OverridePart {
    /// What could be read, if anything.
    pub(crate) update: Option<Box<RuleUpdate>>,
    /// What could not.
    pub(crate) wrong: Findings,
}

/// The exceptions of a rule.
#[derive(Debug, Default)]
pub(crate) struct Exceptions {
    pub(crate) items: Vec<Exception>,
    /// Whether all of them could be read.
    pub(crate) are_whole: bool,
}

/// An exception of a rule.
#[derive(Clone, Debug)]
pub(crate) struct Exception {
    pub(crate) name: Arc<str>,
    pub(crate) context: Context,
    pub(crate) fields: Entry,
    pub(crate) comps: Entry,
    pub(crate) values: Vec<Entry>,
}

/// A part of an exception: a text, a list, or nothing of use.
#[derive(Clone, Debug, Default)]
pub(crate) enum Entry {
    #[default]
    Absent,
    Text(MappedText),
    List(Vec<Entry>),
}

impl Entry {
    /// Whether there is anything in it.
    pub(crate) fn is_given(&self) -> bool {
        match self {
            Self::Absent => false,
            Self::Text(text) => text.len() > 0,
            Self::List(items) => !items.is_empty(),
        }
    }

    /// Its text, or nothing.
    pub(crate) fn text(&self) -> MappedText {
        match self {
            Self::Text(text) => text.clone(),
            Self::Absent | Self::List(_) => MappedText::default(),
        }
    }
}
