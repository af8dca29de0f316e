//! `append_output:` of the configuration file: what is added to the outputs of rules.

use saker_rule_fields::SYSCALL_SOURCE;
use saker_rule_language::AppendOutput;
use serde::Deserialize;

/// The fields that Falco's container plugin suggests for the outputs of system calls.
const SUGGESTED: &str = "container_id=%container.id container_name=%container.name \
                         container_image_repository=%container.image.repository \
                         container_image_tag=%container.image.tag \
                         k8s_pod_name=%k8s.pod.name k8s_ns_name=%k8s.ns.name";

/// One addition.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct AdditionFile {
    /// Which rules it is for; all that have none of this.
    #[serde(rename = "match")]
    rules: RulesFile,
    /// Text with fields.
    extra_output: Option<String>,
    /// Whether the fields are added that are suggested for the rule's source.
    suggested_output: bool,
}

/// Rules, by all that is given.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RulesFile {
    source: Option<String>,
    tags: Vec<String>,
    rule: Option<String>,
}

/// The additions in their order; where the file says nothing, what is suggested.
pub(super) fn additions(file: Option<Vec<AdditionFile>>) -> Vec<AppendOutput> {
    let default = || {
        vec![AdditionFile {
            suggested_output: true,
            ..AdditionFile::default()
        }]
    };
    let additions = file.unwrap_or_else(default);
    additions.iter().flat_map(AdditionFile::texts).collect()
}

impl AdditionFile {
    fn texts(&self) -> impl Iterator<Item = AppendOutput> {
        let extra = self.extra_output.as_deref().filter(|text| !text.is_empty());
        let extra = extra.map(|text| self.addition(self.rules.source.as_deref(), text));
        // Sources beside system calls have no fields that are suggested.
        let has_suggestion = self.suggested_output
            && self
                .rules
                .source
                .as_deref()
                .is_none_or(|source| source == SYSCALL_SOURCE);
        let suggested = has_suggestion.then(|| self.addition(Some(SYSCALL_SOURCE), SUGGESTED));
        extra.into_iter().chain(suggested)
    }

    fn addition(&self, source: Option<&str>, text: &str) -> AppendOutput {
        AppendOutput {
            source: source.map(Into::into),
            tags: self
                .rules
                .tags
                .iter()
                .map(|tag| tag.as_str().into())
                .collect(),
            rule: self.rules.rule.as_deref().map(Into::into),
            text: text.into(),
        }
    }
}
