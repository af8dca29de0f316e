//! Every control of the Pod Security Standards in every version: where it is violated, and where it is not.

use saker_kube_manifests::pod_templates;
use saker_kube_metadata::PodSecurity;
use saker_policy_audit::pod_security::Demand;
use saker_policy_audit::pod_security::{
    CONTROLS, Level, Version, strictest_level, summary, violations,
};
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

/// The newest version with a change.
const NEWEST: u16 = 37;

/// All versions.
const ALWAYS: RangeInclusive<u16> = 0..=NEWEST;

/// No version.
#[expect(clippy::reversed_empty_ranges, reason = "it is to be empty")]
const NEVER: RangeInclusive<u16> = 1..=0;

const BASELINE: Level = Level::Baseline;
const RESTRICTED: Level = Level::Restricted;

/// A control, a level that has it, a specification, and the versions in which that violates it.
type Row = (&'static str, Level, &'static str, RangeInclusive<u16>);

fn pod(specification: &str) -> PodSecurity {
    let text = format!(
        "{{apiVersion: v1, kind: Pod, metadata: {{name: web}}, spec: {{{specification}}}}}"
    );
    pod_with(&text)
}

fn pod_with(text: &str) -> PodSecurity {
    let mut read = pod_templates(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    read.templates.remove(0).security
}

fn is_violated(pod: &PodSecurity, level: Level, minor: u16, control: &str) -> bool {
    let found = violations(pod, level, Version::Minor(minor));
    found
        .iter()
        .any(|violation| violation.control.id == control)
}

fn check(rows: &[Row]) {
    for (control, level, specification, expected) in rows {
        let pod = pod(specification);
        for minor in ALWAYS {
            assert_eq!(
                is_violated(&pod, *level, minor, control),
                expected.contains(&minor),
                "{control} of {level:?} in v1.{minor}: {specification}"
            );
        }
    }
}

const BASELINE_ROWS: &[Row] = &[
    (
        "privileged",
        BASELINE,
        "containers: [{name: a, securityContext: {privileged: true}}]",
        ALWAYS,
    ),
    (
        "privileged",
        RESTRICTED,
        "initContainers: [{name: a, securityContext: {privileged: true}}]",
        ALWAYS,
    ),
    (
        "privileged",
        BASELINE,
        "ephemeralContainers: [{name: a, securityContext: {privileged: true}}]",
        ALWAYS,
    ),
    (
        "privileged",
        BASELINE,
        "containers: [{name: a, securityContext: {privileged: false}}]",
        NEVER,
    ),
    ("hostNamespaces", BASELINE, "hostNetwork: true", ALWAYS),
    ("hostNamespaces", BASELINE, "hostPID: true", ALWAYS),
    ("hostNamespaces", BASELINE, "hostIPC: true", ALWAYS),
    (
        "hostNamespaces",
        BASELINE,
        "hostIPC: false, hostPID: false",
        NEVER,
    ),
    (
        "hostPathVolumes",
        BASELINE,
        "volumes: [{name: a, hostPath: {path: /}}]",
        ALWAYS,
    ),
    (
        "hostPathVolumes",
        RESTRICTED,
        "volumes: [{name: a, hostPath: {path: /}}]",
        NEVER,
    ),
    (
        "hostPathVolumes",
        BASELINE,
        "volumes: [{name: a, hostPath: null, emptyDir: {}}]",
        NEVER,
    ),
    (
        "hostPorts",
        BASELINE,
        "containers: [{name: a, ports: [{containerPort: 1, hostPort: 1}]}]",
        ALWAYS,
    ),
    (
        "hostPorts",
        BASELINE,
        "containers: [{name: a, ports: [{containerPort: 1, hostPort: 0}]}]",
        NEVER,
    ),
    (
        "windowsHostProcess",
        BASELINE,
        "securityContext: {windowsOptions: {hostProcess: true}}",
        ALWAYS,
    ),
    (
        "windowsHostProcess",
        BASELINE,
        "containers: [{name: a, securityContext: {windowsOptions: {hostProcess: true}}}]",
        ALWAYS,
    ),
    (
        "windowsHostProcess",
        BASELINE,
        "securityContext: {windowsOptions: {hostProcess: false}}",
        NEVER,
    ),
    (
        "capabilities_baseline",
        BASELINE,
        "containers: [{name: a, securityContext: {capabilities: {add: [NET_RAW]}}}]",
        ALWAYS,
    ),
    (
        "capabilities_baseline",
        BASELINE,
        "containers: [{name: a, securityContext: {capabilities: {add: [CAP_CHOWN]}}}]",
        ALWAYS,
    ),
    (
        "capabilities_baseline",
        BASELINE,
        "containers: [{name: a, securityContext: {capabilities: {add: [CHOWN, KILL]}}}]",
        NEVER,
    ),
    (
        "capabilities_baseline",
        RESTRICTED,
        "containers: [{name: a, securityContext: {capabilities: {add: [NET_RAW]}}}]",
        0..=21,
    ),
    (
        "appArmorProfile",
        BASELINE,
        "securityContext: {appArmorProfile: {type: Unconfined}}",
        ALWAYS,
    ),
    (
        "appArmorProfile",
        BASELINE,
        "containers: [{name: a, securityContext: {appArmorProfile: {type: Unconfined}}}]",
        ALWAYS,
    ),
    (
        "appArmorProfile",
        BASELINE,
        "securityContext: {appArmorProfile: {type: RuntimeDefault}}",
        NEVER,
    ),
    (
        "appArmorProfile",
        BASELINE,
        "securityContext: {appArmorProfile: {type: Localhost}}",
        NEVER,
    ),
    (
        "seLinuxOptions",
        BASELINE,
        "securityContext: {seLinuxOptions: {type: spc_t}}",
        ALWAYS,
    ),
    (
        "seLinuxOptions",
        BASELINE,
        "securityContext: {seLinuxOptions: {user: u}}",
        ALWAYS,
    ),
    (
        "seLinuxOptions",
        BASELINE,
        "containers: [{name: a, securityContext: {seLinuxOptions: {role: r}}}]",
        ALWAYS,
    ),
    (
        "seLinuxOptions",
        BASELINE,
        "securityContext: {seLinuxOptions: {type: container_engine_t}}",
        0..=30,
    ),
    (
        "seLinuxOptions",
        BASELINE,
        "securityContext: {seLinuxOptions: {type: container_kvm_t, level: s0}}",
        NEVER,
    ),
    (
        "procMount",
        BASELINE,
        "containers: [{name: a, securityContext: {procMount: Unmasked}}]",
        ALWAYS,
    ),
    (
        "procMount",
        BASELINE,
        "hostUsers: false, containers: [{name: a, securityContext: {procMount: Unmasked}}]",
        0..=34,
    ),
    (
        "procMount",
        RESTRICTED,
        "containers: [{name: a, securityContext: {procMount: Unmasked}}]",
        0..=34,
    ),
    (
        "procMount",
        BASELINE,
        "containers: [{name: a, securityContext: {procMount: Default}}]",
        NEVER,
    ),
    (
        "seccompProfile_baseline",
        BASELINE,
        "securityContext: {seccompProfile: {type: Unconfined}}",
        19..=NEWEST,
    ),
    (
        "seccompProfile_baseline",
        BASELINE,
        "containers: [{name: a, securityContext: {seccompProfile: {type: Unconfined}}}]",
        19..=NEWEST,
    ),
    (
        "seccompProfile_baseline",
        BASELINE,
        "securityContext: {seccompProfile: {type: RuntimeDefault}}",
        NEVER,
    ),
    (
        "sysctls",
        BASELINE,
        "securityContext: {sysctls: [{name: kernel.msgmax, value: '1'}]}",
        ALWAYS,
    ),
    (
        "sysctls",
        BASELINE,
        "securityContext: {sysctls: [{name: kernel.shm_rmid_forced, value: '1'}]}",
        NEVER,
    ),
    (
        "sysctls",
        BASELINE,
        "securityContext: {sysctls: [{name: net.ipv4.ip_local_reserved_ports, value: '1'}]}",
        0..=26,
    ),
    (
        "sysctls",
        BASELINE,
        "securityContext: {sysctls: [{name: net.ipv4.tcp_keepalive_time, value: '1'}]}",
        0..=28,
    ),
    (
        "sysctls",
        BASELINE,
        "securityContext: {sysctls: [{name: net.ipv4.tcp_wmem, value: '1'}]}",
        0..=31,
    ),
    (
        "sysctls",
        BASELINE,
        "securityContext: {sysctls: [{name: net.ipv4.tcp_notsent_lowat, value: '1'}]}",
        0..=36,
    ),
    (
        "hostProbesAndHostLifecycle",
        BASELINE,
        "containers: [{name: a, startupProbe: {tcpSocket: {host: 10.0.0.1, port: 1}}}]",
        34..=NEWEST,
    ),
    (
        "hostProbesAndHostLifecycle",
        BASELINE,
        "containers: [{name: a, lifecycle: {postStart: {httpGet: {host: other, port: 1}}}}]",
        34..=NEWEST,
    ),
    (
        "hostProbesAndHostLifecycle",
        BASELINE,
        "containers: [{name: a, livenessProbe: {httpGet: {host: '', port: 1}}}]",
        NEVER,
    ),
];

const RESTRICTED_ROWS: &[Row] = &[
    (
        "restrictedVolumes",
        RESTRICTED,
        "volumes: [{name: a, nfs: {server: b, path: /}}]",
        ALWAYS,
    ),
    (
        "restrictedVolumes",
        RESTRICTED,
        "volumes: [{name: a, hostPath: {path: /}}]",
        ALWAYS,
    ),
    (
        "restrictedVolumes",
        RESTRICTED,
        "volumes: [{name: a, newKind: {}}]",
        ALWAYS,
    ),
    (
        "restrictedVolumes",
        BASELINE,
        "volumes: [{name: a, nfs: {server: b, path: /}}]",
        NEVER,
    ),
    (
        "restrictedVolumes",
        RESTRICTED,
        "volumes: [{name: a, secret: {}}, {name: b, image: {}}, {name: c}]",
        NEVER,
    ),
    (
        "allowPrivilegeEscalation",
        RESTRICTED,
        "containers: [{name: a}]",
        8..=NEWEST,
    ),
    (
        "allowPrivilegeEscalation",
        RESTRICTED,
        "os: {name: windows}, containers: [{name: a}]",
        8..=24,
    ),
    (
        "allowPrivilegeEscalation",
        RESTRICTED,
        "containers: [{name: a, securityContext: {allowPrivilegeEscalation: false}}]",
        NEVER,
    ),
    (
        "capabilities_restricted",
        RESTRICTED,
        "containers: [{name: a}]",
        22..=NEWEST,
    ),
    (
        "capabilities_restricted",
        RESTRICTED,
        "os: {name: windows}, containers: [{name: a}]",
        22..=24,
    ),
    (
        "capabilities_restricted",
        RESTRICTED,
        "containers: [{name: a, securityContext: {capabilities: {drop: [ALL], add: [CHOWN]}}}]",
        22..=NEWEST,
    ),
    (
        "capabilities_restricted",
        RESTRICTED,
        "containers: [{name: a, securityContext: {capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]}}}]",
        NEVER,
    ),
    (
        "procMount_restricted",
        RESTRICTED,
        "hostUsers: false, containers: [{name: a, securityContext: {procMount: Unmasked}}]",
        35..=NEWEST,
    ),
    (
        "procMount_restricted",
        RESTRICTED,
        "containers: [{name: a}]",
        NEVER,
    ),
    (
        "runAsNonRoot",
        RESTRICTED,
        "containers: [{name: a}]",
        ALWAYS,
    ),
    (
        "runAsNonRoot",
        RESTRICTED,
        "securityContext: {runAsNonRoot: false}, containers: [{name: a, securityContext: {runAsNonRoot: true}}]",
        ALWAYS,
    ),
    (
        "runAsNonRoot",
        RESTRICTED,
        "securityContext: {runAsNonRoot: true}, containers: [{name: a, securityContext: {runAsNonRoot: false}}]",
        ALWAYS,
    ),
    (
        "runAsNonRoot",
        RESTRICTED,
        "hostUsers: false, containers: [{name: a}]",
        0..=34,
    ),
    (
        "runAsNonRoot",
        RESTRICTED,
        "securityContext: {runAsNonRoot: true}, containers: [{name: a}]",
        NEVER,
    ),
    (
        "runAsNonRoot",
        RESTRICTED,
        "containers: [{name: a, securityContext: {runAsNonRoot: true}}]",
        NEVER,
    ),
    (
        "runAsUser",
        RESTRICTED,
        "securityContext: {runAsUser: 0}",
        23..=NEWEST,
    ),
    (
        "runAsUser",
        RESTRICTED,
        "containers: [{name: a, securityContext: {runAsUser: 0}}]",
        23..=NEWEST,
    ),
    (
        "runAsUser",
        RESTRICTED,
        "hostUsers: false, securityContext: {runAsUser: 0}",
        23..=34,
    ),
    (
        "runAsUser",
        RESTRICTED,
        "securityContext: {runAsUser: 1}",
        NEVER,
    ),
    (
        "seccompProfile_restricted",
        RESTRICTED,
        "containers: [{name: a}]",
        19..=NEWEST,
    ),
    (
        "seccompProfile_restricted",
        RESTRICTED,
        "os: {name: windows}, containers: [{name: a}]",
        19..=24,
    ),
    (
        "seccompProfile_restricted",
        RESTRICTED,
        "securityContext: {seccompProfile: {type: Unconfined}}",
        19..=NEWEST,
    ),
    (
        "seccompProfile_restricted",
        RESTRICTED,
        "securityContext: {seccompProfile: {type: Localhost}}, containers: [{name: a}]",
        NEVER,
    ),
    (
        "seccompProfile_restricted",
        RESTRICTED,
        "containers: [{name: a, securityContext: {seccompProfile: {type: RuntimeDefault}}}]",
        NEVER,
    ),
];

/// An annotation, and the versions in which it violates a control of `baseline`.
const ANNOTATION_ROWS: &[(&str, &str, RangeInclusive<u16>)] = &[
    (
        "seccomp.security.alpha.kubernetes.io/pod: unconfined",
        "seccompProfile_baseline",
        0..=18,
    ),
    (
        "seccomp.security.alpha.kubernetes.io/pod: docker/default",
        "seccompProfile_baseline",
        NEVER,
    ),
    (
        "container.seccomp.security.alpha.kubernetes.io/a: unconfined",
        "seccompProfile_baseline",
        0..=18,
    ),
    (
        "container.seccomp.security.alpha.kubernetes.io/a: localhost/x",
        "seccompProfile_baseline",
        NEVER,
    ),
    (
        "container.seccomp.security.alpha.kubernetes.io/b: unconfined",
        "seccompProfile_baseline",
        NEVER,
    ),
    (
        "container.apparmor.security.beta.kubernetes.io/a: unconfined",
        "appArmorProfile",
        ALWAYS,
    ),
    (
        "container.apparmor.security.beta.kubernetes.io/a: runtime/default",
        "appArmorProfile",
        NEVER,
    ),
];

#[test]
fn controls_of_baseline_in_every_version() {
    check(BASELINE_ROWS);
}

#[test]
fn controls_of_restricted_in_every_version() {
    check(RESTRICTED_ROWS);
}

#[test]
fn every_control_and_each_of_its_versions_is_tried() {
    for control in CONTROLS.iter().filter(|control| control.id != "unchecked") {
        let rows = || {
            let rows = BASELINE_ROWS.iter().chain(RESTRICTED_ROWS);
            let rows = rows.map(|row| (row.0, &row.3));
            let annotations = ANNOTATION_ROWS.iter().map(|row| (row.1, &row.2));
            let rows = rows.chain(annotations);
            rows.filter(|row| row.0 == control.id).map(|row| row.1)
        };
        assert!(
            rows().any(|versions| versions.is_empty()),
            "{} is met somewhere",
            control.id
        );
        let edges: BTreeSet<u16> = rows()
            .filter(|versions| !versions.is_empty())
            .flat_map(|versions| [*versions.start(), versions.end() + 1])
            .collect();
        for minor in control.versions() {
            assert!(edges.contains(&minor), "{} from v1.{minor} on", control.id);
        }
    }
}

#[test]
fn annotations_count_as_long_as_there_was_nothing_else() {
    let annotated = |annotation: &str| {
        pod_with(&format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: web, annotations: {{{annotation}}}}}, \
             spec: {{containers: [{{name: a}}]}}}}"
        ))
    };
    for (annotation, control, expected) in ANNOTATION_ROWS {
        let pod = annotated(annotation);
        for minor in ALWAYS {
            let is_violated = is_violated(&pod, BASELINE, minor, control);
            assert_eq!(
                is_violated,
                expected.contains(&minor),
                "{annotation} in v1.{minor}"
            );
        }
    }
}

#[test]
fn versions_after_the_newest_are_as_it_is() {
    for (_, level, specification, _) in BASELINE_ROWS.iter().chain(RESTRICTED_ROWS) {
        let pod = pod(specification);
        let of = |version| {
            let found = violations(&pod, *level, version);
            found.iter().map(|it| it.control.id).collect::<Vec<_>>()
        };
        assert_eq!(of(Version::Minor(NEWEST)), of(Version::Latest));
        assert_eq!(of(Version::Minor(u16::MAX)), of(Version::Latest));
    }
}

#[test]
fn a_pod_that_is_not_known_whole_meets_nothing() {
    let ports: Vec<String> = (1..=1025)
        .map(|port| format!("{{hostPort: 0, containerPort: {port}}}"))
        .collect();
    let many = pod(&format!(
        "containers: [{{name: a, ports: [{}]}}]",
        ports.join(", ")
    ));
    assert_eq!(
        strictest_level(&many, Version::Latest),
        Level::Baseline,
        "ports that do not count"
    );
    let names = "CHOWN, ".repeat(1025);
    let many = pod(&format!(
        "containers: [{{name: a, securityContext: {{capabilities: {{add: [{names}]}}}}}}]"
    ));
    assert_eq!(strictest_level(&many, Version::Latest), Level::Privileged);
}

#[test]
fn a_message_names_all_that_is_wrong_and_where() {
    let pod = pod(
        "hostNetwork: true, securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}, \
         containers: [{name: a, securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}}, \
         {name: b, securityContext: {allowPrivilegeEscalation: false, capabilities: {add: [SYS_ADMIN]}}}]",
    );
    let demand = Demand {
        level: RESTRICTED,
        version: Version::Minor(25),
    };
    let found = violations(&pod, demand.level, demand.version);
    assert_eq!(
        summary(&found, demand).as_deref(),
        Some(
            "violates PodSecurity \"restricted:v1.25\": hostNamespaces (the pod may not share namespaces of its \
             node: hostNetwork), capabilities_restricted (container \"b\" must drop ALL capabilities; container \
             \"b\" may not add capabilities \"SYS_ADMIN\")"
        )
    );
    assert_eq!(summary(&[], demand), None);
    assert_eq!(strictest_level(&pod, demand.version), Level::Privileged);
}
