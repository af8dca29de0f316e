//! Mock fields.

use saker_rule_language::{FieldId, FieldRef, FieldType};

/// Ids of these fields begin beyond those of the real table.
pub(crate) const FIRST_ID: u16 = 60_000;

/// Name, type and plurality; the position is the id after [`FIRST_ID`].
pub(crate) const FIELDS: &[(&str, FieldType, bool)] = &[
    ("evt.type", FieldType::String, false),
    ("text", FieldType::String, false),
    ("path", FieldType::String, false),
    ("int", FieldType::Int, false),
    ("uint", FieldType::Uint, false),
    ("bool", FieldType::Bool, false),
    ("double", FieldType::Double, false),
    ("list", FieldType::String, true),
    ("address", FieldType::IpAddr, false),
    ("network", FieldType::IpNet, false),
    ("port", FieldType::Port, false),
    ("bytes", FieldType::Bytes, false),
];

/// The field of this name.
pub(crate) fn field(name: &str) -> FieldRef {
    let position = FIELDS
        .iter()
        .position(|(known, ..)| *known == name)
        .unwrap();
    let (name, value_type, is_list) = FIELDS[position];
    FieldRef {
        id: FieldId(FIRST_ID + u16::try_from(position).unwrap()),
        name: name.into(),
        value_type,
        is_list,
        argument: None,
    }
}
