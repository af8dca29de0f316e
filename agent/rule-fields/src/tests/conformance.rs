//! Every field of Falco's system call source and container plugin is known, as it is there.

use crate::{Fields, Plurality};
use saker_rule_language::{
    ArgumentForms, ArgumentRule, FieldCatalog, FieldType, LoadOptions, Severity, SourceFile, load,
};
use std::fs;

fn type_of(text: &str) -> FieldType {
    match text {
        "BOOL" | "bool" => FieldType::Bool,
        "INT16" | "INT32" | "INT64" => FieldType::Int,
        "UINT32" | "UINT64" => FieldType::Uint,
        "DOUBLE" => FieldType::Double,
        "CHARBUF" | "string" => FieldType::String,
        "BYTEBUF" => FieldType::Bytes,
        "IPADDR" => FieldType::IpAddr,
        "IPNET" => FieldType::IpNet,
        "PORT" => FieldType::Port,
        "RELTIME" | "reltime" => FieldType::RelTime,
        "ABSTIME" | "abstime" => FieldType::AbsTime,
        "DYN" => FieldType::Dynamic,
        other => panic!("type {other}"),
    }
}

fn is_argument_right(text: &str, rule: ArgumentRule) -> bool {
    match text {
        "none" => rule == ArgumentRule::None,
        "optional" => matches!(rule, ArgumentRule::Optional(_)),
        "required" => matches!(rule, ArgumentRule::Required(_)),
        "key, required" => rule == ArgumentRule::Required(ArgumentForms::Key),
        "index, key, required" => rule == ArgumentRule::Required(ArgumentForms::IndexOrKey),
        other => panic!("argument {other}"),
    }
}

#[test]
fn every_field_is_known() {
    let Some(folder) = saker_conformance::folder() else {
        return;
    };
    let table = fs::read_to_string(folder.join("fields_all.tsv")).unwrap();
    let fields = Fields::new();
    let mut seen = 0;
    for line in table.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [name, provider, _, value_type, argument, flags, _] = columns[..] else {
            panic!("{line}");
        };
        if !matches!(provider, "libsinsp" | "plugin:container") {
            continue;
        }
        seen += 1;
        let field = fields
            .field("syscall", name)
            .unwrap_or_else(|| panic!("no field {name}"));
        let row = fields.row(field.id).unwrap();
        let is_list = value_type.ends_with(" list");
        let value_type = value_type.trim_end_matches(" list");
        assert_eq!(field.value_type, type_of(value_type), "type of {name}");
        assert_eq!(
            row.plurality == Plurality::List,
            is_list,
            "{name} is a list"
        );
        // Falco calls the argument of `evt.abspath` required and takes the field without one.
        let rule = match (name, field.argument) {
            ("evt.abspath", ArgumentRule::Optional(forms)) => ArgumentRule::Required(forms),
            (_, rule) => rule,
        };
        assert!(is_argument_right(argument, rule), "argument of {name}");
        let has = |flag: &str| flags.split('|').any(|set| set == flag);
        assert_eq!(
            field.usage.filter_only,
            has("FILTER_ONLY"),
            "{name} in outputs"
        );
        assert_eq!(
            field.usage.print_only,
            has("PRINT_ONLY"),
            "{name} in conditions"
        );
        assert_eq!(
            field.usage.no_rhs,
            has("NO_RHS"),
            "{name} as right-hand side"
        );
        assert_eq!(
            field.usage.no_transformer,
            has("NO_TRANSFORMER"),
            "{name} in transformers"
        );
        assert_eq!(
            field.usage.deprecated,
            has("DEPRECATED"),
            "{name} is deprecated"
        );
    }
    assert!(seen > 290, "only {seen} fields in the data");
}

#[test]
fn every_event_and_parameter_is_known() {
    let Some(folder) = saker_conformance::folder() else {
        return;
    };
    let table = fs::read_to_string(folder.join("events.tsv")).unwrap();
    let fields = Fields::new();
    let arg = fields.id("evt.arg").unwrap();
    for line in table.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        assert!(
            fields.is_event_type("syscall", columns[0]),
            "{}",
            columns[0]
        );
        for parameter in columns[5].split(',').filter(|name| !name.is_empty()) {
            assert!(fields.is_argument("syscall", arg, parameter), "{parameter}");
        }
    }
}

#[test]
fn falcos_rules_load() {
    let Some(folder) = saker_conformance::folder() else {
        return;
    };
    let mut rules = 0;
    // Each file stands alone: they define the same lists and macros.
    for name in [
        "falco_rules",
        "falco-incubating_rules",
        "falco-sandbox_rules",
        "falco-deprecated_rules",
    ] {
        let path = folder.join(format!("falco-rules/{name}.yaml"));
        let file = SourceFile::new(name, &fs::read_to_string(path).unwrap());
        let loaded = load(&[file], &Fields::new(), &LoadOptions::default());
        let errors = loaded.diagnostics.iter();
        let errors: Vec<_> = errors
            .filter(|found| found.severity == Severity::Error)
            .collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
        rules += loaded.rules.unwrap().rules.len();
    }
    assert!(rules > 80, "only {rules} rules");
}
