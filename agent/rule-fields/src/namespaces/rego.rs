//! `rego.*`: what policies in Rego say about an event.
//!
//! Without policies, and for events that no policy wants, nothing is evaluated.

use super::container::shown;
use crate::context::EventContext;
use crate::row::{FieldRow, FieldSources, Plurality};
use crate::value::FieldValue;
use saker_rego_policies::{Finding, Judgment};
use saker_rule_language::FieldType;

pub(super) static ROWS: &[&[FieldRow]] = &[REGO];

static REGO: &[FieldRow] = &[
    FieldRow::filled(
        "rego.deny",
        FieldType::Bool,
        "Whether a rule `deny` or `violation` of the policies in Rego holds ([rego.md](rego.md)); missing \
         without policies, and where none denies the event and one could not be evaluated.",
        |context, _| {
            let denied = context.rego().and_then(Judgment::is_denied);
            context.show(denied.map(FieldValue::Bool), FieldValue::Missing)
        },
    )
    .of(FieldSources::All),
    FieldRow::filled(
        "rego.violations",
        FieldType::String,
        "What these rules say.",
        |context, _| messages(context, |judgment| &judgment.denials),
    )
    .several(Plurality::List)
    .of(FieldSources::All),
    FieldRow::filled(
        "rego.policy",
        FieldType::String,
        "The rule that denies the event, as `package.rule`; where there are several, the first of them \
         by name.",
        |context, _| {
            let first = context.rego().and_then(|judgment| judgment.denials.first());
            context.show(first.map(|found| shown(&found.policy)), FieldValue::Missing)
        },
    )
    .of(FieldSources::All),
    FieldRow::filled(
        "rego.warnings",
        FieldType::String,
        "What the rules `warn` of the policies say.",
        |context, _| messages(context, |judgment| &judgment.warnings),
    )
    .several(Plurality::List)
    .of(FieldSources::All),
];

fn messages<'c>(
    context: &'c EventContext<'_>,
    which: impl for<'j> FnOnce(&'j Judgment) -> &'j [Finding],
) -> FieldValue<'c> {
    let all = context.rego().map(|judgment| {
        let texts = which(judgment).iter().map(|found| shown(&found.message));
        FieldValue::list(texts.collect())
    });
    context.show(all, FieldValue::Missing)
}
