//! What is wrong with a rules file, where, and what to do about it.

use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::span::{Position, Span};

/// Whether a diagnostic stops the set from loading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The set loads.
    Warning,
    /// The set does not load.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// Falco's result codes. Names and meaning are those that `falco --validate` reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// A file could not be read, or is larger than the limit.
    ErrFileRead,
    /// The text is not YAML.
    ErrYamlParse,
    /// The YAML has not the shape of a rules file.
    ErrYamlValidate,
    /// Items contradict each other or refer to what does not exist.
    ErrValidate,
    /// A condition does not parse or does not fit the fields.
    ErrCompileCondition,
    /// An output template does not parse or names an unknown field.
    ErrCompileOutput,
    /// An extension item is wrong.
    ErrExtension,
    /// No event of the rule's source is known; the rule is left out.
    UnknownSource,
    /// A comparison with `<NA>` on a field where it is not safe.
    UnsafeNaCheck,
    /// The rule looks at too many event types.
    NoEvttype,
    /// An unknown field or event type in a rule with `skip-if-unknown-filter`; the rule is left out.
    UnknownFilter,
    /// A macro that nothing refers to.
    UnusedMacro,
    /// A list that nothing refers to.
    UnusedList,
    /// A top-level item of no known kind.
    UnknownItem,
    /// A key that the item does not have.
    UnknownKey,
    /// Something that will go away.
    DeprecatedItem,
    /// An exception is appended to without values.
    AppendNoValues,
    /// Two exceptions of one rule have the same name.
    ExceptionNameNotUnique,
    /// A macro name that no condition can refer to.
    InvalidMacroName,
    /// A list name that no condition can refer to.
    InvalidListName,
    /// A condition compiles but probably means something else.
    CompileCondition,
    /// An extension item gives a warning.
    WarningExtension,
}

impl Code {
    /// Every code, errors first.
    pub const ALL: [Self; 22] = [
        Self::ErrFileRead,
        Self::ErrYamlParse,
        Self::ErrYamlValidate,
        Self::ErrValidate,
        Self::ErrCompileCondition,
        Self::ErrCompileOutput,
        Self::ErrExtension,
        Self::UnknownSource,
        Self::UnsafeNaCheck,
        Self::NoEvttype,
        Self::UnknownFilter,
        Self::UnusedMacro,
        Self::UnusedList,
        Self::UnknownItem,
        Self::UnknownKey,
        Self::DeprecatedItem,
        Self::AppendNoValues,
        Self::ExceptionNameNotUnique,
        Self::InvalidMacroName,
        Self::InvalidListName,
        Self::CompileCondition,
        Self::WarningExtension,
    ];

    /// Falco's name of the code.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().0
    }

    /// What the code means, in a few words.
    #[must_use]
    pub fn description(self) -> &'static str {
        self.row().1
    }

    /// Whether it is an error or a warning.
    #[must_use]
    pub fn severity(self) -> Severity {
        if self.name().starts_with("LOAD_ERR_") {
            Severity::Error
        } else {
            Severity::Warning
        }
    }

    fn row(self) -> (&'static str, &'static str) {
        match self {
            Self::ErrFileRead => ("LOAD_ERR_FILE_READ", "error opening file"),
            Self::ErrYamlParse => ("LOAD_ERR_YAML_PARSE", "error parsing YAML"),
            Self::ErrYamlValidate => ("LOAD_ERR_YAML_VALIDATE", "error validating YAML structure"),
            Self::ErrValidate => ("LOAD_ERR_VALIDATE", "error validating rules content"),
            Self::ErrCompileCondition => {
                ("LOAD_ERR_COMPILE_CONDITION", "error compiling condition")
            }
            Self::ErrCompileOutput => ("LOAD_ERR_COMPILE_OUTPUT", "error compiling output"),
            Self::ErrExtension => ("LOAD_ERR_EXTENSION", "error in extension item"),
            Self::UnknownSource => ("LOAD_UNKNOWN_SOURCE", "unknown event source"),
            Self::UnsafeNaCheck => ("LOAD_UNSAFE_NA_CHECK", "unsafe comparison with <NA>"),
            Self::NoEvttype => (
                "LOAD_NO_EVTTYPE",
                "condition has no event-type restriction, or a very wide one",
            ),
            Self::UnknownFilter => (
                "LOAD_UNKNOWN_FILTER",
                "unknown field or event type, rule skipped",
            ),
            Self::UnusedMacro => ("LOAD_UNUSED_MACRO", "macro not used"),
            Self::UnusedList => ("LOAD_UNUSED_LIST", "list not used"),
            Self::UnknownItem => ("LOAD_UNKNOWN_ITEM", "unknown rules file item"),
            Self::UnknownKey => ("LOAD_UNKNOWN_KEY", "unknown key in item"),
            Self::DeprecatedItem => ("LOAD_DEPRECATED_ITEM", "deprecated"),
            Self::AppendNoValues => (
                "LOAD_APPEND_NO_VALUES",
                "exception appended to without values",
            ),
            Self::ExceptionNameNotUnique => (
                "LOAD_EXCEPTION_NAME_NOT_UNIQUE",
                "exception name is not unique in the rule",
            ),
            Self::InvalidMacroName => ("LOAD_INVALID_MACRO_NAME", "invalid macro name"),
            Self::InvalidListName => ("LOAD_INVALID_LIST_NAME", "invalid list name"),
            Self::CompileCondition => (
                "LOAD_COMPILE_CONDITION",
                "condition compiles, but looks mistaken",
            ),
            Self::WarningExtension => ("LOAD_WARNING_EXTENSION", "warning in extension item"),
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// What kind of thing a diagnostic is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ItemKind {
    /// The value of a key.
    ValueFor,
    /// A rule's `exceptions` sequence.
    Exceptions,
    /// One exception.
    Exception,
    /// The `values` of an exception.
    ExceptionValues,
    /// One value of an exception.
    ExceptionValue,
    /// A whole file.
    RulesContent,
    /// A top-level item.
    RulesContentItem,
    /// A `required_engine_version` item.
    RequiredEngineVersion,
    /// A `required_plugin_versions` item.
    RequiredPluginVersions,
    /// One plugin of it.
    RequiredPluginVersionsEntry,
    /// One alternative of a plugin.
    RequiredPluginVersionsAlternative,
    /// A list.
    List,
    /// An item of a list or of `tags`.
    ListItem,
    /// A macro.
    Macro,
    /// The condition of a macro.
    MacroCondition,
    /// A rule.
    Rule,
    /// The condition of a rule.
    RuleCondition,
    /// A condition given by itself.
    ConditionExpression,
    /// The output of a rule.
    RuleOutput,
    /// An output template given by itself.
    RuleOutputExpression,
    /// The priority of a rule.
    RulePriority,
    /// An `override` mapping or one of its keys.
    Overrides,
    /// An extension item.
    ExtensionItem,
}

impl ItemKind {
    /// Falco's name of the kind.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ValueFor => "value for",
            Self::Exceptions => "exceptions",
            Self::Exception => "exception",
            Self::ExceptionValues => "exception values",
            Self::ExceptionValue => "exception value",
            Self::RulesContent => "rules content",
            Self::RulesContentItem => "rules content item",
            Self::RequiredEngineVersion => "required_engine_version",
            Self::RequiredPluginVersions => "required plugin versions",
            Self::RequiredPluginVersionsEntry => "required plugin versions entry",
            Self::RequiredPluginVersionsAlternative => "required plugin versions alternative",
            Self::List => "list",
            Self::ListItem => "list item",
            Self::Macro => "macro",
            Self::MacroCondition => "macro condition",
            Self::Rule => "rule",
            Self::RuleCondition => "rule condition",
            Self::ConditionExpression => "condition expression",
            Self::RuleOutput => "rule output",
            Self::RuleOutputExpression => "rule output expression",
            Self::RulePriority => "rule priority",
            Self::Overrides => "overrides",
            Self::ExtensionItem => "extension item",
        }
    }
}

impl fmt::Display for ItemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// One step on the way from the file to what a diagnostic is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemContext {
    /// What it is.
    pub kind: ItemKind,
    /// Its name; empty where it has none.
    pub name: Arc<str>,
    /// Where it is.
    pub span: Span,
}

/// One finding about a rules file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Error or warning; follows from the code.
    pub severity: Severity,
    /// Falco's code.
    pub code: Code,
    /// What is wrong, in lower case, naming the object.
    pub message: String,
    /// What it is about, from the file down to the innermost item.
    pub context: Vec<ItemContext>,
    /// Name of the file.
    pub file: Arc<str>,
    /// The offending text.
    pub span: Span,
    /// Where `span` starts.
    pub position: Position,
    /// What to do about it, where something is known.
    pub remedy: Option<String>,
}

impl Diagnostic {
    /// The innermost named item it is about, or the innermost one of all.
    #[must_use]
    pub fn item(&self) -> Option<&ItemContext> {
        self.context
            .iter()
            .rev()
            .find(|item| !item.name.is_empty())
            .or(self.context.last())
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}: {}: {}",
            self.file, self.position, self.code, self.message
        )?;
        match &self.remedy {
            Some(remedy) => write!(f, " ({remedy})"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::Code;

    #[test]
    fn names_are_unique() {
        let names: BTreeSet<&str> = Code::ALL.into_iter().map(Code::name).collect();
        assert_eq!(names.len(), Code::ALL.len());
    }
}
