//! The catalog that the rule language and the engine see.

use crate::captured::argument::raw_type;
use crate::context::EventContext;
use crate::event_names::{
    EVENT_NAMES, FLOW_EVENT_NAMES, FlowEventName, POD_EVENT_NAMES, is_event, is_parameter,
};
use crate::namespaces::{ROWS, argument_lies_ready};
use crate::row::{FieldRow, FieldSources, Plurality};
use crate::value::FieldValue;
use saker_event_decode::is_signed;
use saker_event_schema::{Kind, ROWS as EVENT_ROWS};
use saker_falco_events::event_types;
use saker_rule_language::{
    FieldArgument, FieldCatalog, FieldDefinition, FieldId, FieldType, PluginVersion,
};
use std::collections::BTreeMap;

/// The source of events from the kernel.
pub const SYSCALL_SOURCE: &str = "syscall";
/// The source of events from the audit log of Kubernetes.
pub const K8S_AUDIT_SOURCE: &str = "k8s_audit";
/// The source of events about connections.
pub const FLOW_SOURCE: &str = "flow";
/// The source of events about pods.
pub const POD_SOURCE: &str = "pod";

/// Falco's plugins whose fields or events are built in, with the versions that they correspond to:
/// what `required_plugin_versions` may ask for.
pub const BUILTIN_PLUGINS: &[(&str, &str)] = &[
    ("container", "0.7.0"),
    ("json", "0.7.4"),
    ("k8saudit", "0.18.0"),
    ("k8smeta", "0.4.1"),
];

/// [`BUILTIN_PLUGINS`] as the loader of rules takes them.
#[must_use]
pub fn builtin_plugins() -> Vec<PluginVersion> {
    BUILTIN_PLUGINS
        .iter()
        .filter_map(|(name, version)| {
            Some(PluginVersion {
                name: (*name).into(),
                version: version.parse().ok()?,
            })
        })
        .collect()
}

/// The field table, searchable.
#[derive(Debug)]
pub struct Fields {
    /// Every row by name; a [`FieldId`] is its position.
    rows: Vec<&'static FieldRow>,
    by_name: BTreeMap<&'static str, FieldId>,
}

impl Default for Fields {
    fn default() -> Self {
        Self::new()
    }
}

impl Fields {
    /// The table.
    #[must_use]
    pub fn new() -> Self {
        let mut rows: Vec<&'static FieldRow> =
            ROWS.iter().copied().flatten().copied().flatten().collect();
        rows.sort_by_key(|row| row.name);
        let by_name = rows
            .iter()
            .zip(0u16..)
            .map(|(row, position)| (row.name, FieldId(position)))
            .collect();
        Self { rows, by_name }
    }

    /// The row of a field; `None` for an id of another catalog.
    #[must_use]
    pub fn row(&self, id: FieldId) -> Option<&'static FieldRow> {
        self.rows.get(usize::from(id.0)).copied()
    }

    /// The id of the field with exactly this name.
    #[must_use]
    pub fn id(&self, name: &str) -> Option<FieldId> {
        self.by_name.get(name).copied()
    }

    /// The value of a field for an event.
    #[must_use]
    #[inline]
    pub fn extract<'c>(
        &self,
        id: FieldId,
        argument: Option<&FieldArgument>,
        context: &'c EventContext<'_>,
    ) -> FieldValue<'c> {
        match self.row(id) {
            Some(row) => row.extract(context, argument),
            None => FieldValue::Missing,
        }
    }

    /// Whether the value of a field is there without being put together or collected: reading it takes
    /// about as long as comparing it.
    #[must_use]
    pub fn lies_ready(&self, id: FieldId, argument: Option<&FieldArgument>) -> bool {
        let Some(row) = self.row(id) else {
            return true;
        };
        let is_single = matches!(row.plurality, Plurality::One | Plurality::EitherEnd);
        match argument {
            Some(argument) if row.name == "evt.arg" => argument_lies_ready(argument),
            _ => is_single,
        }
    }

    /// Every field by name, and so namespace by namespace.
    pub fn iter(&self) -> impl Iterator<Item = (FieldId, &'static FieldRow)> {
        (0u16..).map(FieldId).zip(self.rows.iter().copied())
    }

    /// How many fields there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are no fields.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn has_name(&self, id: FieldId, name: &str) -> bool {
        self.row(id).is_some_and(|row| row.name == name)
    }
}

impl FieldCatalog for Fields {
    fn field(&self, source: &str, name: &str) -> Option<FieldDefinition<'_>> {
        let id = self.id(name)?;
        let row = self.row(id).filter(|row| row.sources.contains(source))?;
        Some(FieldDefinition {
            id,
            name: row.name,
            value_type: row.value_type,
            is_list: row.plurality == Plurality::List,
            argument: row.argument,
            usage: row.usage,
        })
    }

    fn field_names(&self, source: &str) -> Vec<&str> {
        let rows = self.rows.iter();
        rows.filter(|row| row.sources.contains(source))
            .map(|row| row.name)
            .collect()
    }

    fn has_source(&self, source: &str) -> bool {
        FieldSources::All.contains(source)
    }

    fn sources(&self) -> Vec<&str> {
        FieldSources::All.names().to_vec()
    }

    fn event_types(&self, source: &str) -> Vec<&str> {
        match source {
            SYSCALL_SOURCE => EVENT_NAMES.to_vec(),
            FLOW_SOURCE => FLOW_EVENT_NAMES.to_vec(),
            POD_SOURCE => POD_EVENT_NAMES.to_vec(),
            _ => Vec::new(),
        }
    }

    fn is_event_type(&self, source: &str, name: &str) -> bool {
        match source {
            SYSCALL_SOURCE => is_event(name),
            FLOW_SOURCE => FlowEventName::new(name).is_some(),
            POD_SOURCE => POD_EVENT_NAMES.contains(&name),
            _ => false,
        }
    }

    fn is_argument(&self, source: &str, field: FieldId, argument: &str) -> bool {
        let is_number = argument.bytes().all(|byte| byte.is_ascii_digit());
        let is_parameter = || argument_kind(argument).is_some() || is_parameter(argument);
        if self.has_name(field, "evt.type.is") {
            self.is_event_type(source, argument)
        } else if self.has_name(field, "evt.arg") {
            is_number || is_parameter()
        } else if self.has_name(field, "evt.rawarg") {
            is_parameter()
        } else if self.has_name(field, "evt.abspath") {
            matches!(argument, "src" | "dst")
        } else {
            true
        }
    }

    fn integer_bits(&self, _source: &str, field: FieldId, argument: Option<&str>) -> u32 {
        if self.has_name(field, "evt.rawarg") {
            return match argument.and_then(argument_kind) {
                Some(Kind::Uid | Kind::Gid) => u32::BITS,
                _ => u64::BITS,
            };
        }
        let name = self.row(field).map_or("", |row| row.name);
        match name {
            "evt.cpu" => i16::BITS,
            "evt.type.is" | "fd.dev" | "fd.dev.major" | "fd.dev.minor" | "group.gid"
            | "proc.tty" | "user.uid" => u32::BITS,
            counter if counter == "evt.count" || counter.starts_with("evt.count.") => u32::BITS,
            _ => u64::BITS,
        }
    }

    fn dynamic_type(&self, _source: &str, field: FieldId, argument: &str) -> Option<FieldType> {
        if !self.has_name(field, "evt.rawarg") {
            return None;
        }
        let reported = argument_kind(argument).map(type_of);
        reported.or_else(|| parameter_type(argument))
    }
}

/// The kind of the first argument with this name in the event table.
fn argument_kind(name: &str) -> Option<Kind> {
    EVENT_ROWS
        .iter()
        .flat_map(|row| row.arguments)
        .find(|argument| argument.name == name)
        .map(|argument| argument.kind)
}

/// The type of the first parameter with this name among Falco's events: captures have it although
/// Saker does not report it.
fn parameter_type(name: &str) -> Option<FieldType> {
    event_types()
        .flat_map(|event_type| event_type.parameters)
        .find(|parameter| parameter.name == name)
        .map(|parameter| raw_type(parameter.kind))
}

/// The type in which `evt.rawarg` gives an argument of this kind.
pub(crate) fn type_of(kind: Kind) -> FieldType {
    match kind {
        // Falco's user and group ids have no sign: -1 is 4294967295.
        Kind::Uid | Kind::Gid => FieldType::Uint,
        Kind::Bool => FieldType::Bool,
        Kind::WallTime => FieldType::AbsTime,
        Kind::BootTime => FieldType::RelTime,
        Kind::UserPath | Kind::UserText | Kind::KernelPath => FieldType::String,
        Kind::ArgumentVector
        | Kind::Environment
        | Kind::SocketAddress
        | Kind::Socket
        | Kind::Payload => FieldType::Bytes,
        kind if is_signed(kind) => FieldType::Int,
        _ => FieldType::Uint,
    }
}
