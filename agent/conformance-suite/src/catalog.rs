//! The fields that cases may name: the agent's, and what Falco's tests bring along.

use std::collections::BTreeMap;

use saker_rule_fields::Fields;
use saker_rule_language::{
    ArgumentForms, ArgumentRule, FieldCatalog, FieldDefinition, FieldId, FieldType, FieldUsage,
};

/// Ids of fields that the agent's table does not have begin here.
const FIRST_ID: u16 = 50_000;

/// Fields that Falco's tests register themselves: name and type.
const TEST_FIELDS: &[(&str, FieldType)] = &[
    ("c.true", FieldType::String),
    ("c.false", FieldType::String),
    ("c.doublequote", FieldType::String),
    ("c.singlequote", FieldType::String),
    ("c.buffer", FieldType::Bytes),
    ("sample.is_open", FieldType::Uint),
    ("sample.open_count", FieldType::Uint),
    ("sample.evt_count", FieldType::Uint),
    ("sample.proc_name", FieldType::String),
    ("sample.tick", FieldType::String),
];

/// The agent's fields, those of Falco's tests, and those that only other sources have.
#[derive(Debug)]
pub(crate) struct SuiteCatalog {
    fields: Fields,
    /// By name; the id is [`FIRST_ID`] and the position.
    others: BTreeMap<String, Other>,
    names: Vec<String>,
}

#[derive(Debug)]
struct Other {
    id: FieldId,
    /// `None` for every source.
    source: Option<&'static str>,
    value_type: FieldType,
    is_list: bool,
    argument: ArgumentRule,
}

impl SuiteCatalog {
    /// The fields of the agent; `table` is `fields_all.tsv`, from which come those of sources that the
    /// agent's table does not hold.
    pub(crate) fn new(table: &str) -> Self {
        let mut catalog = Self {
            fields: Fields::new(),
            others: BTreeMap::new(),
            names: Vec::new(),
        };
        for (name, value_type) in TEST_FIELDS {
            catalog.add(name, None, *value_type, false, ArgumentRule::None);
        }
        for line in table.lines().skip(1) {
            catalog.add_row(line);
        }
        catalog
    }

    fn add_row(&mut self, line: &str) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [name, provider, class, value_type, argument, ..] = columns[..] else {
            return;
        };
        let source = match (provider, class) {
            ("plugin:k8saudit", _) => Some("k8s_audit"),
            ("plugin:json", _) => None,
            _ => Some("syscall"),
        };
        let known = self.fields.field(source.unwrap_or("syscall"), name);
        let bare = value_type.trim_end_matches(" list");
        if let (None, Some(found)) = (known, type_named(bare)) {
            self.add(name, source, found, bare != value_type, rule(argument));
        }
    }

    fn add(
        &mut self,
        name: &str,
        source: Option<&'static str>,
        value_type: FieldType,
        is_list: bool,
        argument: ArgumentRule,
    ) {
        let position = u16::try_from(self.names.len()).unwrap_or(u16::MAX);
        let other = Other {
            id: FieldId(FIRST_ID.saturating_add(position)),
            source,
            value_type,
            is_list,
            argument,
        };
        self.names.push(name.to_owned());
        self.others.insert(name.to_owned(), other);
    }

    /// The agent's table.
    pub(crate) fn fields(&self) -> &Fields {
        &self.fields
    }
}

fn type_named(text: &str) -> Option<FieldType> {
    Some(match text.to_ascii_uppercase().as_str() {
        "BOOL" => FieldType::Bool,
        "CHARBUF" | "STRING" => FieldType::String,
        "BYTEBUF" => FieldType::Bytes,
        "IPADDR" => FieldType::IpAddr,
        "IPNET" => FieldType::IpNet,
        "PORT" => FieldType::Port,
        "RELTIME" => FieldType::RelTime,
        "ABSTIME" => FieldType::AbsTime,
        "DOUBLE" => FieldType::Double,
        "DYN" => FieldType::Dynamic,
        "UINT32" | "UINT64" => FieldType::Uint,
        "INT16" | "INT32" | "INT64" => FieldType::Int,
        _ => return None,
    })
}

fn rule(text: &str) -> ArgumentRule {
    let has = |word: &str| text.split(", ").any(|part| part == word);
    let forms = match (has("index"), has("key")) {
        (true, false) => ArgumentForms::Index,
        (false, true) => ArgumentForms::Key,
        _ => ArgumentForms::IndexOrKey,
    };
    if has("none") {
        ArgumentRule::None
    } else if has("required") {
        ArgumentRule::Required(forms)
    } else {
        ArgumentRule::Optional(forms)
    }
}

impl FieldCatalog for SuiteCatalog {
    fn field(&self, source: &str, name: &str) -> Option<FieldDefinition<'_>> {
        if let Some(field) = self.fields.field(source, name) {
            return Some(field);
        }
        let (name, other) = self.others.get_key_value(name)?;
        let is_there = other.source.is_none_or(|only| only == source) && self.has_source(source);
        is_there.then_some(FieldDefinition {
            id: other.id,
            name,
            value_type: other.value_type,
            is_list: other.is_list,
            argument: other.argument,
            usage: FieldUsage::default(),
        })
    }

    fn field_names(&self, source: &str) -> Vec<&str> {
        let mut names = self.fields.field_names(source);
        names.extend(self.names.iter().map(String::as_str));
        names.retain(|name| self.field(source, name).is_some());
        names
    }

    fn has_source(&self, source: &str) -> bool {
        self.fields.has_source(source) || source == "k8s_audit"
    }

    fn event_types(&self, source: &str) -> Vec<&str> {
        self.fields.event_types(source)
    }

    fn is_event_type(&self, source: &str, name: &str) -> bool {
        self.fields.is_event_type(source, name)
    }

    fn is_argument(&self, source: &str, field: FieldId, argument: &str) -> bool {
        field.0 >= FIRST_ID || self.fields.is_argument(source, field, argument)
    }

    fn integer_bits(&self, source: &str, field: FieldId, argument: Option<&str>) -> u32 {
        match field.0 {
            FIRST_ID.. => u64::BITS,
            _ => self.fields.integer_bits(source, field, argument),
        }
    }

    fn dynamic_type(&self, source: &str, field: FieldId, argument: &str) -> Option<FieldType> {
        self.fields.dynamic_type(source, field, argument)
    }
}
