//! Policies in Rego: loading them beside the rules that turn what they say into alerts.

use crate::config::RegoConfig;
use saker_rego_policies::{LoadError, PolicySet};
use saker_rule_fields::{FLOW_EVENT_NAMES, FLOW_SOURCE, FieldCatalog as _, Fields, RegoPolicies};
use saker_rule_language::SourceFile;
use std::sync::Arc;

/// The list in the shipped rules by which system calls are tried against policies.
const CALLS_LIST: &str = "rego_syscall_events";
/// The same for what happens to connections.
const FLOWS_LIST: &str = "rego_flow_events";

/// Reads, checks and looks up policies.
///
/// # Errors
///
/// The first thing that is wrong with them; nothing is loaded then.
pub(crate) fn load(config: &RegoConfig) -> Result<Arc<RegoPolicies>, LoadError> {
    let set = PolicySet::load(&config.policies, config.syntax, config.limits)?;
    RegoPolicies::new(set, &Fields::new()).map(Arc::new)
}

/// The lists by which the shipped rules ask policies, as these policies want it: without policies they are empty, so
/// that nothing is collected for them. Nothing where the rules have no such lists.
pub(crate) fn lists(policies: Option<&RegoPolicies>, sources: &[SourceFile]) -> Option<SourceFile> {
    let mention = |list: &str| sources.iter().any(|source| source.text.contains(list));
    if !mention(CALLS_LIST) && !mention(FLOWS_LIST) {
        return None;
    }
    let names = policies.map(RegoPolicies::event_names).unwrap_or_default();
    let fields = Fields::new();
    let (mut calls, mut flows): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    for name in &names {
        if &**name == FLOW_SOURCE {
            flows.extend(FLOW_EVENT_NAMES);
        } else if let Some(name) = FLOW_EVENT_NAMES.iter().find(|known| ***known == **name) {
            flows.push(name);
        } else if !fields.has_source(name) {
            calls.push(name);
        }
    }
    let list =
        |name: &str, items: &[&str]| format!("- list: {name}\n  items: [{}]\n", items.join(", "));
    let text = format!("{}{}", list(CALLS_LIST, &calls), list(FLOWS_LIST, &flows));
    Some(SourceFile::new(
        "(events that policies in Rego ask for)",
        &text,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use saker_rego_policies::{Limits, Syntax};

    fn policies(text: &str) -> RegoPolicies {
        let set = PolicySet::of_texts([("p.rego", text)], Syntax::V1, Limits::default());
        RegoPolicies::new(set.expect("loads"), &Fields::new()).expect("known fields")
    }

    fn lists_of(policies: Option<&RegoPolicies>) -> String {
        let rules = SourceFile::new("r.yaml", "- list: rego_syscall_events\n  items: [execve]\n");
        lists(policies, &[rules])
            .expect("asked for")
            .text
            .to_string()
    }

    #[test]
    fn policies_say_which_events_are_tried() {
        let none = lists_of(None);
        assert_eq!(
            none,
            "- list: rego_syscall_events\n  items: []\n- list: rego_flow_events\n  items: []\n"
        );
        let some = policies(
            "package p\nsaker_events := {\"openat\", \"flow_closed\", \"k8s_audit\"}\ndeny if false",
        );
        let some = lists_of(Some(&some));
        assert!(
            some.contains("rego_syscall_events\n  items: [openat]\n"),
            "{some}"
        );
        assert!(
            some.contains("rego_flow_events\n  items: [flow_closed]\n"),
            "{some}"
        );
        let default = lists_of(Some(&policies("package p\ndeny if false")));
        assert!(default.contains("[execve, execveat]"), "{default}");
        assert!(default.contains("flow_classified"), "{default}");
    }

    #[test]
    fn rules_without_the_lists_get_none() {
        assert!(
            lists(
                None,
                &[SourceFile::new("r.yaml", "- list: x\n  items: []\n")]
            )
            .is_none()
        );
    }
}
