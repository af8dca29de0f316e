//! A few fields for unit tests.

use crate::catalog::{
    ArgumentForms, ArgumentRule, FieldCatalog, FieldDefinition, FieldId, FieldType, FieldUsage,
};

/// The catalog.
pub(crate) struct SmallCatalog;

const FIELDS: &[(&str, FieldType, bool, ArgumentRule)] = &[
    ("proc.name", FieldType::String, false, ArgumentRule::None),
    ("proc.pid", FieldType::Int, false, ArgumentRule::None),
    (
        "proc.aname",
        FieldType::String,
        false,
        ArgumentRule::Optional(ArgumentForms::Index),
    ),
    (
        "proc.env",
        FieldType::String,
        false,
        ArgumentRule::Optional(ArgumentForms::Key),
    ),
    (
        "proc.args",
        FieldType::String,
        true,
        ArgumentRule::Optional(ArgumentForms::Index),
    ),
    ("evt.type", FieldType::String, false, ArgumentRule::None),
    (
        "evt.type.is",
        FieldType::Uint,
        false,
        ArgumentRule::Required(ArgumentForms::Key),
    ),
    (
        "evt.arg",
        FieldType::String,
        false,
        ArgumentRule::Required(ArgumentForms::IndexOrKey),
    ),
    ("evt.num", FieldType::Uint, false, ArgumentRule::None),
    ("evt.count", FieldType::Uint, false, ArgumentRule::None),
    ("evt.rawtime", FieldType::AbsTime, false, ArgumentRule::None),
    ("evt.buffer", FieldType::Bytes, false, ArgumentRule::None),
    ("evt.failed", FieldType::Bool, false, ArgumentRule::None),
    ("evt.dir", FieldType::String, false, ArgumentRule::None),
    ("thread.cpu", FieldType::Double, false, ArgumentRule::None),
    ("fd.name", FieldType::String, false, ArgumentRule::None),
    ("fd.ip", FieldType::IpAddr, false, ArgumentRule::None),
    ("fd.net", FieldType::IpNet, false, ArgumentRule::None),
    ("fd.port", FieldType::Port, false, ArgumentRule::None),
];

impl FieldCatalog for SmallCatalog {
    fn field(&self, _source: &str, name: &str) -> Option<FieldDefinition<'_>> {
        let index = FIELDS.iter().position(|(known, ..)| *known == name)?;
        let (name, value_type, is_list, argument) = FIELDS[index];
        let id = FieldId(u16::try_from(index).unwrap());
        let usage = FieldUsage {
            filter_only: name == "fd.ip",
            no_rhs: name == "fd.ip",
            no_transformer: name == "proc.aname",
            deprecated: name == "evt.dir",
            ..FieldUsage::default()
        };
        Some(FieldDefinition {
            id,
            name,
            value_type,
            is_list,
            argument,
            usage,
        })
    }

    fn field_names(&self, _source: &str) -> Vec<&str> {
        FIELDS.iter().map(|(name, ..)| *name).collect()
    }

    fn has_source(&self, source: &str) -> bool {
        source == "syscall"
    }

    fn event_types(&self, _source: &str) -> Vec<&str> {
        vec!["open", "openat", "close", "execve"]
    }

    fn integer_bits(&self, _source: &str, field: FieldId, _argument: Option<&str>) -> u32 {
        match FIELDS[usize::from(field.0)].0 {
            "evt.count" => u32::BITS,
            _ => u64::BITS,
        }
    }

    fn is_argument(&self, _source: &str, field: FieldId, argument: &str) -> bool {
        FIELDS[usize::from(field.0)].0 != "evt.arg" || argument != "nosuch"
    }
}
