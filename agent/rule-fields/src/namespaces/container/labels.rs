//! Labels as fields show them.

use crate::value::FieldValue;
use saker_container_metadata::Labels;
use saker_rule_language::FieldArgument;

/// What begins the keys of labels that a runtime or a kubelet puts there for itself.
const INTERNAL: &[&str] = &["annotation.", "io.kubernetes."];

/// The label that the argument names.
pub(in crate::namespaces) fn one<'c>(
    labels: &'c Labels,
    argument: Option<&FieldArgument>,
) -> Option<FieldValue<'c>> {
    let value = match argument? {
        FieldArgument::Key(key) => labels.get(&**key),
        FieldArgument::Index(number) => labels.get(number.to_string().as_str()),
    };
    value.map(|value| FieldValue::text(value.as_bytes()))
}

/// All labels but internal ones, as Falco joins them: `a:1, b, c:3`.
pub(in crate::namespaces) fn all(labels: &Labels) -> FieldValue<'static> {
    let mut text = Vec::new();
    for (key, value) in labels {
        if INTERNAL.iter().any(|prefix| key.starts_with(prefix)) {
            continue;
        }
        if !text.is_empty() {
            text.extend_from_slice(b", ");
        }
        text.extend_from_slice(key.as_bytes());
        if !value.is_empty() {
            text.push(b':');
            text.extend_from_slice(value.as_bytes());
        }
    }
    FieldValue::owned(text)
}
