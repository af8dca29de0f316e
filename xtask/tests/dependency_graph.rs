//! The arrows between the crates point down only (docs/ARCHITECTURE.md): each may depend on the
//! crates named here and on no other of the workspace; its tests on whatever lies below it.

use std::collections::BTreeMap;
use std::path::Path;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

/// Crate, and which crates of the workspace it may use.
const ALLOWED: &[(&str, &[&str])] = &[
    ("saker-event-schema", &[]),
    ("saker-ebpf-programs", &["saker-event-schema"]),
    ("saker-event-decode", &["saker-event-schema"]),
    (
        "saker-process-state",
        &["saker-event-decode", "saker-event-schema"],
    ),
    ("saker-audit-source", &[]),
    (
        "saker-container-metadata",
        &[
            "saker-process-state",
            "saker-event-decode",
            "saker-event-schema",
        ],
    ),
    (
        "saker-container-runtimes",
        &["saker-container-metadata", "saker-process-state"],
    ),
    ("saker-flow-inspection", &[]),
    (
        "saker-flow-state",
        &[
            "saker-flow-inspection",
            "saker-process-state",
            "saker-event-decode",
            "saker-event-schema",
        ],
    ),
    ("saker-policy-audit", &["saker-kube-metadata"]),
    (
        "saker-encryption-ledger",
        &["saker-flow-inspection", "saker-proto"],
    ),
    ("saker-kube-metadata", &[]),
    (
        "saker-kube-manifests",
        &["saker-kube-metadata", "saker-policy-audit"],
    ),
    (
        "saker-kube-watch",
        &[
            "saker-kube-manifests",
            "saker-kube-metadata",
            "saker-policy-audit",
        ],
    ),
    (
        "saker-falco-events",
        &["saker-event-decode", "saker-event-schema"],
    ),
    (
        "saker-capture-state",
        &[
            "saker-container-metadata",
            "saker-falco-events",
            "saker-process-state",
            "saker-event-decode",
            "saker-event-schema",
        ],
    ),
    (
        "saker-capture-file",
        &[
            "saker-capture-state",
            "saker-container-metadata",
            "saker-falco-events",
            "saker-process-state",
            "saker-event-decode",
            "saker-event-schema",
        ],
    ),
    ("saker-rego-policies", &["saker-kube-metadata"]),
    ("saker-rule-language", &[]),
    (TEST_DATA, &[]),
    (
        "saker-rule-fields",
        &[
            "saker-flow-inspection",
            "saker-flow-state",
            "saker-rego-policies",
            "saker-policy-audit",
            "saker-audit-source",
            "saker-container-metadata",
            "saker-kube-metadata",
            "saker-capture-state",
            "saker-falco-events",
            "saker-process-state",
            "saker-event-decode",
            "saker-event-schema",
            "saker-rule-language",
        ],
    ),
    (
        "saker-rule-engine",
        &[
            "saker-flow-inspection",
            "saker-flow-state",
            "saker-policy-audit",
            "saker-container-metadata",
            "saker-kube-metadata",
            "saker-capture-state",
            "saker-falco-events",
            "saker-rule-fields",
            "saker-rule-language",
            "saker-process-state",
            "saker-event-decode",
            "saker-event-schema",
        ],
    ),
    (
        "saker-capture-replay",
        &[
            "saker-capture-file",
            "saker-capture-state",
            "saker-container-metadata",
            "saker-kube-metadata",
            "saker-falco-events",
            "saker-rule-fields",
            "saker-process-state",
            "saker-event-decode",
            "saker-event-schema",
        ],
    ),
    (
        "saker-rule-lint",
        &[
            "saker-rule-engine",
            "saker-rule-fields",
            "saker-rule-language",
        ],
    ),
    (
        "saker-alert",
        &[
            "saker-flow-inspection",
            "saker-flow-state",
            "saker-policy-audit",
            "saker-container-metadata",
            "saker-kube-metadata",
            "saker-falco-events",
            "saker-process-state",
            "saker-rule-engine",
            "saker-rule-fields",
            "saker-rule-language",
            "saker-alert-formats",
            "saker-proto",
        ],
    ),
    ("saker-proto", &[]),
    ("saker-proto-codegen", &[]),
    ("saker-alert-formats", &["saker-proto"]),
    ("saker-metrics-text", &[]),
    ("saker-tls", &[]),
    ("saker-alert-clients", &["saker-tls"]),
    ("saker-alert-spool", &["saker-proto"]),
    (
        "saker-alert-delivery",
        &[
            "saker-alert-clients",
            "saker-alert-formats",
            "saker-alert-spool",
            "saker-proto",
            "saker-tls",
        ],
    ),
    (
        "saker-audit-intake",
        &["saker-alert-delivery", "saker-audit-source", "saker-tls"],
    ),
    ("saker-alert-intake", &["saker-proto"]),
    (
        "saker-alert-queue",
        &["saker-alert-clients", "saker-proto", "saker-tls"],
    ),
    (
        "saker-alert-store",
        &[
            "saker-alert-clients",
            "saker-alert-formats",
            "saker-proto",
            "saker-tls",
        ],
    ),
    (
        "saker-alert-sinks",
        &[
            "saker-alert-clients",
            "saker-alert-formats",
            "saker-proto",
            "saker-tls",
        ],
    ),
    (
        "saker-collector",
        &[
            "saker-alert-clients",
            "saker-alert-formats",
            "saker-alert-intake",
            "saker-alert-queue",
            "saker-alert-sinks",
            "saker-alert-store",
            "saker-metrics-text",
            "saker-proto",
            "saker-tls",
        ],
    ),
    (
        "saker-delivery-tests",
        &[
            "saker-alert-clients",
            "saker-alert-formats",
            "saker-alert-queue",
            "saker-alert-sinks",
            "saker-alert-spool",
            "saker-alert-store",
            "saker-capture-file",
            "saker-event-decode",
            "saker-event-schema",
            "saker-proto",
            "saker-tls",
        ],
    ),
    (
        "saker-kernel-source",
        &["saker-event-decode", "saker-event-schema"],
    ),
    (
        "saker-rule-cases",
        &[
            "saker-kube-manifests",
            "saker-flow-inspection",
            "saker-flow-state",
            "saker-rego-policies",
            "saker-policy-audit",
            "saker-container-metadata",
            "saker-kube-metadata",
            "saker-capture-file",
            "saker-capture-replay",
            "saker-capture-state",
            "saker-falco-events",
            "saker-alert",
            "saker-audit-source",
            "saker-rule-engine",
            "saker-rule-fields",
            "saker-rule-language",
            "saker-process-state",
            "saker-event-decode",
            "saker-event-schema",
        ],
    ),
    (
        "saker-conformance-suite",
        &[
            "saker-capture-file",
            "saker-capture-replay",
            "saker-capture-state",
            "saker-falco-events",
            TEST_DATA,
            "saker-audit-source",
            "saker-alert",
            "saker-rule-engine",
            "saker-rule-fields",
            "saker-rule-language",
            "saker-process-state",
            "saker-event-decode",
            "saker-event-schema",
        ],
    ),
    (
        "saker-engine-bench",
        &[
            "saker-flow-inspection",
            "saker-flow-state",
            "saker-policy-audit",
            "saker-container-metadata",
            "saker-kube-metadata",
            "saker-capture-file",
            "saker-capture-replay",
            "saker-capture-state",
            "saker-falco-events",
            "saker-rule-engine",
            "saker-rule-fields",
            "saker-rule-language",
            "saker-process-state",
            "saker-event-decode",
            "saker-event-schema",
        ],
    ),
    ("saker", AGENT),
    (
        "saker-fuzz",
        &[
            "saker-encryption-ledger",
            "saker-flow-inspection",
            "saker-flow-state",
            "saker-rego-policies",
            "saker-policy-audit",
            "saker-alert",
            "saker-alert-intake",
            "saker-alert-spool",
            "saker-audit-source",
            "saker-capture-file",
            "saker-capture-replay",
            "saker-capture-state",
            "saker-falco-events",
            "saker-kube-manifests",
            "saker-kube-metadata",
            "saker-proto",
            "saker-rule-cases",
            "saker-rule-engine",
            "saker-rule-fields",
            "saker-rule-language",
            "saker-process-state",
            "saker-event-decode",
            "saker-event-schema",
        ],
    ),
    ("saker-kernel-tests", AGENT),
    ("xtask", &[]),
];

/// Where tests find their data: every crate's tests may use it, and the suite of Falco's cases.
const TEST_DATA: &str = "saker-conformance";

/// The agent's crates.
const AGENT: &[&str] = &[
    "saker-alert",
    "saker-alert-clients",
    "saker-alert-delivery",
    "saker-alert-formats",
    "saker-alert-spool",
    "saker-metrics-text",
    "saker-proto",
    "saker-tls",
    "saker-audit-intake",
    "saker-audit-source",
    "saker-capture-file",
    "saker-capture-replay",
    "saker-capture-state",
    "saker-container-metadata",
    "saker-container-runtimes",
    "saker-engine-bench",
    "saker-encryption-ledger",
    "saker-event-decode",
    "saker-event-schema",
    "saker-falco-events",
    "saker-flow-inspection",
    "saker-flow-state",
    "saker-kernel-source",
    "saker-kube-metadata",
    "saker-kube-manifests",
    "saker-kube-watch",
    "saker-policy-audit",
    "saker-rego-policies",
    "saker-process-state",
    "saker-rule-cases",
    "saker-rule-engine",
    "saker-rule-fields",
    "saker-rule-language",
    "saker-rule-lint",
];

fn workspace() -> Metadata {
    MetadataCommand::new()
        .manifest_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml"))
        .no_deps()
        .exec()
        .expect("cargo metadata")
}

/// Crate -> the crates of the workspace that it names.
fn arrows(metadata: &Metadata) -> BTreeMap<&str, Vec<(&str, DependencyKind)>> {
    metadata
        .packages
        .iter()
        .map(|package| {
            let inside = package
                .dependencies
                .iter()
                .filter(|dependency| dependency.path.is_some())
                .map(|dependency| (dependency.name.as_str(), dependency.kind))
                .collect();
            (package.name.as_str(), inside)
        })
        .collect()
}

#[test]
fn arrows_point_down_only() {
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.iter().copied().collect();
    let metadata = workspace();
    let mut wrong = Vec::new();
    for (package, dependencies) in arrows(&metadata) {
        let Some(below) = allowed.get(package) else {
            wrong.push(format!(
                "{package} is new: say here which crates it may use"
            ));
            continue;
        };
        for (dependency, kind) in dependencies {
            let may = match kind {
                DependencyKind::Development if dependency == TEST_DATA => true,
                DependencyKind::Development => {
                    dependency != package && reaches(&allowed, package, dependency)
                }
                _ => below.contains(&dependency),
            };
            if !may {
                wrong.push(format!("{package} must not depend on {dependency}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_names_existing_crates_and_has_no_cycle() {
    let metadata = workspace();
    let existing = arrows(&metadata);
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.iter().copied().collect();
    for (package, below) in &allowed {
        assert!(existing.contains_key(package), "{package} is gone");
        for dependency in *below {
            assert!(existing.contains_key(dependency), "{dependency} is gone");
            assert!(
                !reaches(&allowed, dependency, package),
                "{package} and {dependency} may depend on each other"
            );
        }
    }
}

fn reaches(allowed: &BTreeMap<&str, &[&str]>, from: &str, to: &str) -> bool {
    from == to
        || allowed
            .get(from)
            .is_some_and(|below| below.iter().any(|next| reaches(allowed, next, to)))
}
