//! `pss.*`: Pod Security Standards.
//!
//! What a pod asks for is compared with what its namespace demands, by the labels of admission. What a
//! process does is compared with its pod's specification.

use super::container::shown;
use super::fd::static_text;
use crate::facts::Needs;
use crate::row::{Extractor, FieldRow, FieldSources, Plurality};
use crate::value::FieldValue;
use saker_kube_metadata::Scope;
use saker_policy_audit::pod_security::{Break, Mode, summary};
use saker_rule_language::FieldType;

/// The runtime, which says which pod it is and how it runs its containers, and the cluster.
const POD_AND_NAMESPACE: Needs = Needs::CONTAINER
    .with(Needs::cluster(Scope::NODE_PODS))
    .with(Needs::cluster(Scope::NAMESPACES));

pub(super) static ROWS: &[&[FieldRow]] = &[POD, PROCESS];

static POD: &[FieldRow] = &FieldRow::of_pods([
    asked(
        "pss.level",
        "The strictest level of the Pod Security Standards that the pod meets: `privileged`, `baseline` or \
         `restricted`, in the version of `pss.version`.",
        |context, _| {
            let level = context.pod_level().map(|level| static_text(level.name()));
            context.show(level, FieldValue::Missing)
        },
    ),
    asked(
        "pss.required",
        "The strictest level that the labels of its namespace demand in any mode (`enforce`, `audit`, `warn`); \
         `privileged` where they say nothing.",
        |context, _| {
            let verdict = context.pod_verdict();
            let level = verdict.map(|verdict| static_text(verdict.required.level.name()));
            context.show(level, FieldValue::Missing)
        },
    ),
    asked(
        "pss.version",
        "The version in which that level is demanded, such as `v1.30`; `latest` where they do not say.",
        |context, _| {
            let verdict = context.pod_verdict();
            let version = verdict.map(|verdict| {
                FieldValue::owned(verdict.required.version.to_string())
            });
            context.show(version, FieldValue::Missing)
        },
    ),
    asked(
        "pss.mode",
        "The gravest mode that demands `pss.required`: `enforce`, `audit` or `warn`.",
        |context, _| {
            let verdict = context.pod_verdict();
            let mode = verdict.map(|verdict| static_text(verdict.mode.name()));
            context.show(mode, FieldValue::Missing)
        },
    ),
    asked(
        "pss.violations",
        "The controls of `pss.required` that the pod violates, as admission names them, such as \
         `hostNamespaces`, `runAsNonRoot`; missing where it violates none. [pod-security.md](pod-security.md) \
         lists them.",
        |context, _| {
            let verdict = context.pod_verdict();
            let controls = verdict.map(|verdict| {
                let ids = verdict.violations.iter().map(|it| static_text(it.control.id));
                FieldValue::list(ids.collect())
            });
            context.show(controls, FieldValue::Missing)
        },
    )
    .several(Plurality::List),
    asked(
        "pss.violated",
        "The modes whose own level the pod violates: `enforce`, `audit`, `warn`; missing where there are none. \
         A pod that violates what is enforced was made before that, or exempt.",
        |context, _| {
            let verdict = context.pod_verdict();
            let modes = verdict.map(|verdict| {
                let names = verdict.violated.iter().copied().map(Mode::name);
                FieldValue::list(names.map(static_text).collect())
            });
            context.show(modes, FieldValue::Missing)
        },
    )
    .several(Plurality::List),
    asked(
        "pss.message",
        "How the pod violates `pss.required`, in a sentence that names the containers; missing where it does \
         not.",
        |context, _| {
            let verdict = context.pod_verdict();
            let message = verdict.and_then(|verdict| summary(&verdict.violations, verdict.required));
            context.show(message.map(FieldValue::owned), FieldValue::Missing)
        },
    ),
]);

static PROCESS: &[FieldRow] = &[
    asked(
        "pss.container",
        "Name that the container of the process has in its pod.",
        |context, _| {
            let name = context.container_in_pod();
            context.show(name.map(shown), FieldValue::Missing)
        },
    ),
    asked(
        "pss.break",
        "What the process has or does that its pod's specification, or the level that its namespace demands, \
         rules out: `capability_gained`, `root_under_non_root`, `write_to_read_only_root`, \
         `privileged_container`, `host_namespace`; missing where there is nothing.",
        |context, _| {
            let breaks = context.pod_breaks().map(|breaks| {
                let names = breaks.iter().copied().map(Break::name);
                FieldValue::list(names.map(static_text).collect())
            });
            context.show(breaks, FieldValue::Missing)
        },
    )
    .several(Plurality::List)
    .of(FieldSources::Syscall),
];

const fn asked(name: &'static str, doc: &'static str, extractor: Extractor) -> FieldRow {
    FieldRow::filled(name, FieldType::String, doc, extractor).asking(POD_AND_NAMESPACE)
}
