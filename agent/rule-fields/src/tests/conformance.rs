//! Every field of Falco's system call source and of its plugins container, k8smeta, k8saudit and json is
//! known, as it is there.

use crate::{FieldSources, Fields, K8S_AUDIT_SOURCE, Plurality, SYSCALL_SOURCE, builtin_plugins};
use saker_rule_language::{
    ArgumentForms, ArgumentRule, FieldCatalog, FieldType, LoadOptions, SourceFile, load,
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
        "index" => rule == ArgumentRule::Optional(ArgumentForms::Index),
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
        let [name, provider, class, value_type, argument, flags, _] = columns[..] else {
            panic!("{line}");
        };
        let sources = match (provider, class) {
            ("libsinsp", "evt (all sources)") => FieldSources::All,
            ("libsinsp" | "plugin:container" | "plugin:k8smeta", _) => FieldSources::Syscall,
            ("plugin:k8saudit" | "plugin:json", _) => FieldSources::K8sAudit,
            _ => panic!("provider {provider} of {name}"),
        };
        seen += 1;
        for source in [SYSCALL_SOURCE, K8S_AUDIT_SOURCE] {
            let is_known = fields.field(source, name).is_some();
            assert_eq!(is_known, sources.contains(source), "{name} of {source}");
        }
        let field = fields
            .field(sources.names()[0], name)
            .unwrap_or_else(|| panic!("no field {name}"));
        let row = fields.row(field.id).unwrap();
        let is_list = value_type.ends_with(" list");
        let value_type = value_type.trim_end_matches(" list");
        if let Some((_, bits)) = value_type.split_once("INT") {
            let wanted: u32 = bits.parse().unwrap();
            assert_eq!(
                fields.integer_bits("syscall", field.id, None),
                wanted,
                "{name}"
            );
        }
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
    assert!(seen > 420, "only {seen} fields in the data");
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

/// What Falco's own rules give besides no error.
const EXPLAINED: &[(&str, &str)] = &[(
    "usage of deprecated field 'evt.dir'",
    "Falco gives the same: its deprecated rules use it",
)];

#[test]
fn falcos_rules_load() {
    let Some(folder) = saker_conformance::folder() else {
        return;
    };
    let stable = "falco_rules";
    for names in [
        &[stable][..],
        &[stable, "falco-incubating_rules"],
        &[stable, "falco-sandbox_rules"],
        &[stable, "falco-deprecated_rules"],
        &["k8s_audit_rules"],
    ] {
        let files: Vec<SourceFile> = names
            .iter()
            .map(|name| {
                let path = folder.join(format!("falco-rules/{name}.yaml"));
                SourceFile::new(name, &fs::read_to_string(path).unwrap())
            })
            .collect();
        let options = LoadOptions {
            plugins: Some(builtin_plugins()),
            ..LoadOptions::default()
        };
        let written: usize = files
            .iter()
            .map(|file| file.text.matches("\n- rule:").count())
            .sum();
        let loaded = load(&files, &Fields::new(), &options);
        let unexplained: Vec<String> = loaded
            .diagnostics
            .iter()
            .map(ToString::to_string)
            .filter(|text| !EXPLAINED.iter().any(|(found, _)| text.contains(found)))
            .collect();
        assert!(unexplained.is_empty(), "{names:?}: {unexplained:#?}");
        assert_eq!(loaded.rules.unwrap().rules.len(), written, "{names:?}");
    }
}

#[test]
fn other_plugins_are_not_there() {
    let text = "- required_plugin_versions: [{name: k8saudit, version: 0.19.0}]";
    let options = LoadOptions {
        plugins: Some(builtin_plugins()),
        ..LoadOptions::default()
    };
    let loaded = load(&[SourceFile::new("new", text)], &Fields::new(), &options);
    assert!(loaded.rules.is_none());
    assert_eq!(builtin_plugins().len(), crate::BUILTIN_PLUGINS.len());
}
