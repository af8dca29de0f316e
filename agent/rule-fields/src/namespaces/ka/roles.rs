//! `ka.req.*` of roles and their bindings.

use super::{indexed, read, text, texts, truth, whole};
use crate::row::{FieldRow, JsonReader, Keys, Plurality};
use crate::value::FieldValue;
use saker_rule_language::{ArgumentForms, ArgumentRule};
use serde_json::Value;

const SUBJECTS: &[&str] = &["requestObject", "subjects"];

pub(super) static ROWS: &[FieldRow] = &[
    texts(
        "ka.req.binding.subjects",
        SUBJECTS,
        "Whom a role is bound to, each as JSON.",
    ),
    names(
        "ka.req.binding.subjects.user_names",
        "Users that a role is bound to.",
        |json, keys, _| of_kind(json, keys, "User", |_, name| Some(name)),
    ),
    names(
        "ka.req.binding.subjects.serviceaccount_names",
        "Service accounts that a role is bound to.",
        |json, keys, _| of_kind(json, keys, "ServiceAccount", |_, name| Some(name)),
    ),
    names(
        "ka.req.binding.subjects.serviceaccount_ns_names",
        "Service accounts that a role is bound to, as `namespace:name`.",
        |json, keys, _| {
            of_kind(json, keys, "ServiceAccount", |subject, name| {
                let mut account = read::text(subject.get("namespace")?).as_bytes()?.to_vec();
                account.push(b':');
                account.extend_from_slice(name.as_bytes()?);
                Some(FieldValue::owned(account))
            })
        },
    ),
    names(
        "ka.req.binding.subjects.group_names",
        "Groups that a role is bound to.",
        |json, keys, _| of_kind(json, keys, "Group", |_, name| Some(name)),
    ),
    text(
        "ka.req.binding.role",
        &["requestObject", "roleRef", "name"],
        "Name of the role that is bound.",
    ),
    FieldRow::audit(
        "ka.req.binding.subject.has_name",
        whole(&[]),
        "Always `true`, as in Falco.",
        |_, _, _| Some(truth(true)),
    )
    .takes(ArgumentRule::Required(ArgumentForms::Key))
    .deprecated(),
    texts(
        "ka.req.role.rules",
        &["requestObject", "rules"],
        "Rules of a role, each as JSON.",
    ),
    indexed(
        "ka.req.role.rules.apiGroups",
        &["requestObject", "rules", "apiGroups"],
        "API groups of all rules of a role, or of one.",
        read::flattened,
    ),
    indexed(
        "ka.req.role.rules.nonResourceURLs",
        &["requestObject", "rules", "nonResourceURLs"],
        "Paths of all rules of a role, or of one.",
        read::flattened,
    ),
    indexed(
        "ka.req.role.rules.verbs",
        &["requestObject", "rules", "verbs"],
        "Verbs of all rules of a role, or of one.",
        read::flattened,
    ),
    indexed(
        "ka.req.role.rules.resources",
        &["requestObject", "rules", "resources"],
        "Resources of all rules of a role, or of one.",
        read::flattened,
    ),
];

const fn names(name: &'static str, doc: &'static str, reader: JsonReader) -> FieldRow {
    FieldRow::audit(name, whole(SUBJECTS), doc, reader).several(Plurality::List)
}

/// The subjects of a kind that have a name.
fn of_kind<'v>(
    json: &'v Value,
    keys: Keys,
    kind: &str,
    shown: fn(&'v Value, FieldValue<'v>) -> Option<FieldValue<'v>>,
) -> Option<FieldValue<'v>> {
    let subjects = read::at(json, keys.base.iter().copied())?.as_array()?;
    let names = subjects.iter().filter_map(|subject| {
        let name = read::text(subject.get("name")?);
        let is_wanted = subject.get("kind")?.as_str() == Some(kind);
        shown(subject, name).filter(|_| is_wanted)
    });
    Some(FieldValue::list(names.collect()))
}
