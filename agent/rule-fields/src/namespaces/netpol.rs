//! `netpol.*`: what the network policies of the cluster say of a connection.

use super::fd::static_text;
use super::flow::PARTIES;
use crate::facts::Needs;
use crate::row::{Extractor, FieldRow};
use crate::value::FieldValue;
use saker_kube_metadata::Scope;
use saker_rule_language::FieldType;

pub(super) static ROWS: &[&[FieldRow]] = &[VERDICT];

static VERDICT: &[FieldRow] = &[
    asked(
        "netpol.verdict",
        "What the network policies say of the connection, at the end that it was seen at and at the other \
         if that is a known pod: `denied` if one end denies it, else `unknown` where it depends on what is \
         not known, else `allowed`, or `not_isolated` where no policy is about it.",
        |context, _| {
            let verdict = context.network_verdict().map(|found| found.verdict.name());
            context.show(verdict.map(static_text), FieldValue::Missing)
        },
    ),
    asked(
        "netpol.policy",
        "The policy that allows it, as `namespace/name`; where it is denied those that isolate the pod, \
         with a comma and a space between them, at most eight of each end.",
        |context, _| {
            let policies = context.network_verdict().and_then(|found| {
                let names: Vec<&str> = found.policies().map(|name| &**name).collect();
                (!names.is_empty()).then(|| FieldValue::owned(names.join(", ")))
            });
            context.show(policies, FieldValue::Missing)
        },
    ),
    asked(
        "netpol.direction",
        "Which end decided: `egress` what may go out of the client's pod, `ingress` what may come into the \
         server's, `both`; missing where neither was judged.",
        |context, _| {
            let direction = context
                .network_verdict()
                .and_then(|found| found.direction());
            context.show(direction.map(static_text), FieldValue::Missing)
        },
    ),
    asked(
        "netpol.reason",
        "Why, as a word; [policies.md](policies.md) lists them.",
        |context, _| {
            let reason = context.network_verdict().map(|found| found.reason.name());
            context.show(reason.map(static_text), FieldValue::Missing)
        },
    ),
];

/// The ends, their namespaces, and the policies.
const NETWORK_POLICIES: Needs = PARTIES.with(Needs::cluster(
    Scope::NAMESPACES.with(Scope::NETWORK_POLICIES),
));

const fn asked(name: &'static str, doc: &'static str, extractor: Extractor) -> FieldRow {
    FieldRow::flow(name, FieldType::String, doc, extractor).asking(NETWORK_POLICIES)
}
