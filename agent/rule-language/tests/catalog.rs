//! A catalog of Falco's fields and events, read from the conformance data.

use std::collections::{BTreeMap, BTreeSet};

use saker_rule_language::{
    ArgumentForms, ArgumentRule, FieldCatalog, FieldDefinition, FieldId, FieldType, FieldUsage,
};

use crate::data;

/// Falco's fields.
pub(crate) struct FalcoCatalog {
    fields: BTreeMap<String, Row>,
    names: Vec<String>,
    events: Vec<String>,
    parameters: BTreeSet<String>,
}

struct Row {
    id: FieldId,
    sources: Sources,
    value_type: FieldType,
    is_list: bool,
    argument: ArgumentRule,
    usage: FieldUsage,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sources {
    All,
    Only(&'static str),
}

impl FalcoCatalog {
    /// Reads the catalog; `None` if there is no conformance data.
    pub(crate) fn read() -> Option<Self> {
        let fields = data::read("fields_all.tsv")?;
        let events = data::read("events.tsv")?;
        let mut catalog = Self {
            fields: BTreeMap::new(),
            names: Vec::new(),
            events: Vec::new(),
            parameters: BTreeSet::new(),
        };
        for line in fields.lines().skip(1).filter(|line| !line.is_empty()) {
            let columns: Vec<&str> = line.split('\t').collect();
            let id = FieldId(u16::try_from(catalog.fields.len()).expect("few fields"));
            catalog
                .fields
                .insert(columns[0].to_owned(), row(id, &columns));
            catalog.names.push(columns[0].to_owned());
        }
        for line in events.lines().skip(1) {
            let columns: Vec<&str> = line.split('\t').collect();
            catalog.events.push(columns[0].to_owned());
            catalog
                .parameters
                .extend(columns[5].split(',').map(str::to_owned));
        }
        Some(catalog)
    }
}

fn row(id: FieldId, columns: &[&str]) -> Row {
    let &[_, provider, class, kind, argument, flags, ..] = columns else {
        panic!("a field has at least six columns: {columns:?}")
    };
    let (kind, is_list) = match kind.strip_suffix(" list") {
        Some(kind) => (kind, true),
        None => (kind, false),
    };
    let sources = match (provider, class) {
        (_, "evt (all sources)") | ("plugin:json", _) => Sources::All,
        ("plugin:k8saudit", _) => Sources::Only("k8s_audit"),
        _ => Sources::Only("syscall"),
    };
    let has = |flag: &str| flags.split('|').any(|it| it == flag);
    Row {
        id,
        sources,
        value_type: value_type(kind),
        is_list,
        argument: argument_rule(argument),
        usage: FieldUsage {
            filter_only: has("FILTER_ONLY"),
            print_only: has("PRINT_ONLY"),
            no_rhs: has("NO_RHS"),
            no_transformer: has("NO_TRANSFORMER"),
            deprecated: has("DEPRECATED"),
        },
    }
}

fn value_type(kind: &str) -> FieldType {
    match kind.to_ascii_uppercase().as_str() {
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
        other => panic!("unknown field type {other}"),
    }
}

fn argument_rule(argument: &str) -> ArgumentRule {
    let has = |word: &str| argument.split(", ").any(|it| it == word);
    let forms = match (has("index"), has("key")) {
        (true, false) => ArgumentForms::Index,
        (false, true) => ArgumentForms::Key,
        _ => ArgumentForms::IndexOrKey,
    };
    if argument == "none" {
        ArgumentRule::None
    } else if has("required") {
        ArgumentRule::Required(forms)
    } else {
        ArgumentRule::Optional(forms)
    }
}

impl FieldCatalog for FalcoCatalog {
    fn field(&self, source: &str, name: &str) -> Option<FieldDefinition<'_>> {
        let (name, row) = self.fields.get_key_value(name)?;
        let there = match row.sources {
            Sources::All => true,
            Sources::Only(only) => only == source,
        };
        let argument = match name.as_str() {
            "evt.abspath" => ArgumentRule::Optional(ArgumentForms::Key),
            _ => row.argument,
        };
        there.then_some(FieldDefinition {
            id: row.id,
            name,
            value_type: row.value_type,
            is_list: row.is_list,
            argument,
            usage: row.usage,
        })
    }

    fn field_names(&self, source: &str) -> Vec<&str> {
        let names = self.names.iter().map(String::as_str);
        names
            .filter(|name| self.field(source, name).is_some())
            .collect()
    }

    fn has_source(&self, source: &str) -> bool {
        matches!(source, "syscall" | "k8s_audit")
    }

    fn event_types(&self, source: &str) -> Vec<&str> {
        match source {
            "syscall" => self.events.iter().map(String::as_str).collect(),
            _ => Vec::new(),
        }
    }

    fn is_argument(&self, _source: &str, field: FieldId, argument: &str) -> bool {
        let is = |name: &str| self.fields[name].id == field;
        if is("evt.arg") || is("evt.rawarg") {
            self.parameters.contains(argument)
        } else if is("evt.type.is") {
            self.events.iter().any(|event| event == argument)
        } else if is("evt.abspath") {
            matches!(argument, "src" | "dst")
        } else {
            true
        }
    }

    fn dynamic_type(&self, _source: &str, _field: FieldId, argument: &str) -> Option<FieldType> {
        let numbers = [
            "res",
            "fd",
            "size",
            "flags",
            "uid",
            "gid",
            "pgid",
            "cap_inheritable",
            "exe_ino_ctime",
        ];
        match argument {
            "addr" => Some(FieldType::Bytes),
            number if numbers.contains(&number) => Some(FieldType::Int),
            _ => None,
        }
    }
}
