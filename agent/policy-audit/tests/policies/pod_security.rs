use saker_kube_metadata::{
    CapabilityChanges, ContainerSecurity, HostNamespaces, Labels, PodSecurity, SecuritySettings,
};
use saker_policy_audit::pod_security::{
    Break, CapabilitySet, Demand, Demands, Level, Mode, PodVerdict, RuntimeFacts, Version, breaks,
};
use std::sync::Arc;

fn namespace(labels: &[(&str, &str)]) -> Labels {
    let prefix = "pod-security.kubernetes.io/";
    let labels = labels.iter();
    labels
        .map(|(key, value)| (format!("{prefix}{key}"), (*value).to_owned()))
        .collect()
}

fn demand(level: Level, version: Version) -> Demand {
    Demand { level, version }
}

#[test]
fn labels_are_read_as_admission_reads_them() {
    let none = Demand::default();
    assert_eq!(none, demand(Level::Privileged, Version::Latest));
    let restricted = demand(Level::Restricted, Version::Latest);
    let baseline_30 = demand(Level::Baseline, Version::Minor(30));
    for (labels, enforce, audit, warn) in [
        (&[][..], none, none, none),
        (
            &[("enforce", "baseline"), ("enforce-version", "v1.30")],
            baseline_30,
            none,
            baseline_30,
        ),
        (
            &[("enforce", "restricted"), ("warn-version", "v1.30")],
            restricted,
            none,
            demand(Level::Restricted, Version::Minor(30)),
        ),
        (
            &[("enforce", "restricted"), ("warn", "privileged")],
            restricted,
            none,
            none,
        ),
        (&[("audit", "restricted")], none, restricted, none),
        // What is no level is the strictest to enforce, and nothing to audit and warn of.
        (
            &[
                ("enforce", "strict"),
                ("audit", "strict"),
                ("warn", "strict"),
            ],
            restricted,
            none,
            none,
        ),
        (
            &[("enforce", "restricted"), ("enforce-version", "1.30")],
            restricted,
            none,
            restricted,
        ),
    ] {
        let demands = Demands::of_labels(&namespace(labels));
        assert_eq!(
            Mode::ALL.map(|mode| demands.of(mode)),
            [enforce, audit, warn],
            "{labels:?}"
        );
    }
}

#[test]
fn the_strictest_demand_counts_in_its_gravest_mode() {
    for (labels, mode, level) in [
        (
            &[("enforce", "restricted"), ("audit", "restricted")][..],
            Mode::Enforce,
            Level::Restricted,
        ),
        (
            &[
                ("enforce", "baseline"),
                ("audit", "restricted"),
                ("warn", "restricted"),
            ],
            Mode::Audit,
            Level::Restricted,
        ),
        (&[("warn", "baseline")], Mode::Warn, Level::Baseline),
        (&[], Mode::Enforce, Level::Privileged),
    ] {
        let (strictest, demand) = Demands::of_labels(&namespace(labels)).strictest();
        assert_eq!((strictest, demand.level), (mode, level), "{labels:?}");
    }
}

#[test]
fn words_are_those_of_labels() {
    assert_eq!("baseline".parse(), Ok(Level::Baseline));
    assert!("Baseline".parse::<Level>().is_err());
    assert_eq!("v1.0".parse(), Ok(Version::Minor(0)));
    assert_eq!("latest".parse(), Ok(Version::Latest));
    for wrong in [
        "1.30",
        "v1.030",
        "v1.",
        "v2.0",
        "v1.30.1",
        "v1.-1",
        "v1.+1",
        "v1.99999999",
        "",
    ] {
        assert!(wrong.parse::<Version>().is_err(), "{wrong}");
    }
    assert_eq!(Version::Minor(30).to_string(), "v1.30");
}

#[test]
fn a_verdict_tells_the_modes_apart() {
    let pod = PodSecurity {
        containers: [container("web")].into(),
        ..PodSecurity::default()
    };
    let labels = namespace(&[("enforce", "baseline"), ("warn", "restricted")]);
    let verdict = PodVerdict::new(&pod, &labels);
    assert_eq!(verdict.required.level, Level::Restricted);
    assert_eq!((verdict.mode, verdict.level), (Mode::Warn, Level::Baseline));
    assert_eq!(verdict.violated, [Mode::Warn]);
    assert!(!verdict.violations.is_empty());
}

fn container(name: &str) -> ContainerSecurity {
    ContainerSecurity {
        name: name.into(),
        ..ContainerSecurity::default()
    }
}

fn changes(add: &[&str], drop: &[&str]) -> Option<CapabilityChanges> {
    let texts = |texts: &[&str]| texts.iter().map(|text| Arc::from(*text)).collect();
    Some(CapabilityChanges {
        add: texts(add),
        drop: texts(drop),
    })
}

fn pod_of(containers: impl Into<Box<[ContainerSecurity]>>) -> PodSecurity {
    PodSecurity {
        containers: containers.into(),
        ..PodSecurity::default()
    }
}

fn set(names: &[&str]) -> CapabilitySet {
    names
        .iter()
        .map(|name| CapabilitySet::named(name))
        .fold(CapabilitySet::default(), CapabilitySet::with)
}

#[test]
fn capabilities_are_those_that_the_container_was_given() {
    for (capabilities, own, is_gained) in [
        (None, set(&["CHOWN", "NET_RAW"]), false),
        (None, set(&["SYS_ADMIN"]), true),
        (changes(&[], &["ALL"]), set(&["CHOWN"]), true),
        (changes(&[], &["all"]), set(&[]), false),
        (
            changes(&["NET_ADMIN"], &["ALL"]),
            set(&["NET_ADMIN"]),
            false,
        ),
        (
            changes(&["CAP_NET_ADMIN"], &[]),
            set(&["NET_ADMIN", "KILL"]),
            false,
        ),
        (changes(&[], &["NET_RAW"]), set(&["NET_RAW"]), true),
        (changes(&["ALL"], &[]), CapabilitySet(u64::MAX), false),
        (
            changes(&["NET_RAW"], &["NET_RAW"]),
            set(&["NET_RAW"]),
            false,
        ),
    ] {
        let pod = pod_of([ContainerSecurity {
            capabilities: capabilities.clone(),
            ..container("web")
        }]);
        let facts = RuntimeFacts {
            capabilities: Some(own),
            container: Some("web"),
            ..RuntimeFacts::default()
        };
        let expected: &[Break] = if is_gained {
            &[Break::CapabilityGained]
        } else {
            &[]
        };
        assert_eq!(breaks(&pod, &facts), expected, "{capabilities:?} {own:?}");
    }
}

#[test]
fn every_capability_has_its_number() {
    assert_eq!(CapabilitySet::named("CHOWN"), CapabilitySet(1));
    assert_eq!(
        CapabilitySet::named("cap_sys_admin"),
        CapabilitySet(1 << 21)
    );
    assert_eq!(
        CapabilitySet::named("CHECKPOINT_RESTORE"),
        CapabilitySet(1 << 40)
    );
    assert!(CapabilitySet::named("NONSENSE").is_empty());
}

#[test]
fn root_is_a_break_where_nobody_may_be() {
    let says = |truth| SecuritySettings {
        run_as_non_root: truth,
        ..SecuritySettings::default()
    };
    for (of_pod, of_container, is_broken) in [
        (None, None, false),
        (Some(true), None, true),
        (Some(true), Some(false), false),
        (Some(false), Some(true), true),
    ] {
        let mut pod = pod_of([ContainerSecurity {
            settings: says(of_container),
            ..container("web")
        }]);
        pod.settings = says(of_pod);
        let facts = |user| RuntimeFacts {
            user_id: Some(user),
            ..RuntimeFacts::default()
        };
        assert_eq!(
            !breaks(&pod, &facts(0)).is_empty(),
            is_broken,
            "{of_pod:?} {of_container:?}"
        );
        assert_eq!(breaks(&pod, &facts(1000)), []);
    }
}

#[test]
fn a_read_only_root_ends_where_something_is_mounted() {
    let confined = ContainerSecurity {
        read_only_root: Some(true),
        mounts: ["/data/".into(), "/var/run/app".into()].into(),
        ..container("web")
    };
    let pod = pod_of([confined]);
    for (path, is_broken) in [
        ("/etc/passwd", true),
        ("/data/orders.db", false),
        ("/data", false),
        ("/database", true),
        ("/run/app/socket", false),
        ("/run/other", true),
        ("/tmp/x", true),
        ("/cache/x", false),
        ("/dev/shm/x", false),
        ("/proc/self/oom_score_adj", false),
        ("/sys/fs/cgroup/x", false),
        ("/etc/hosts", false),
        ("/memfd:code", false),
        ("pipe:[7]", false),
    ] {
        let facts = RuntimeFacts {
            written: Some(path.as_bytes()),
            mounts: &["/cache"],
            ..RuntimeFacts::default()
        };
        assert_eq!(!breaks(&pod, &facts).is_empty(), is_broken, "{path}");
    }
}

#[test]
fn privileges_are_breaks_only_where_they_are_forbidden() {
    let privileged = pod_of([ContainerSecurity {
        privileged: Some(true),
        ..container("web")
    }]);
    let plain = pod_of([container("web")]);
    let mut shared = plain.clone();
    shared.host = HostNamespaces {
        pid: true,
        ..HostNamespaces::default()
    };
    let both = &[Break::PrivilegedContainer, Break::HostNamespace][..];
    for (pod, is_privileged, host, expected) in [
        (&privileged, false, HostNamespaces::default(), &both[..1]),
        (&plain, true, shared.host, both),
        (&shared, false, HostNamespaces::default(), &both[1..]),
        (&plain, false, HostNamespaces::default(), &[]),
    ] {
        let facts = |required| RuntimeFacts {
            required,
            is_privileged,
            host,
            ..RuntimeFacts::default()
        };
        for required in [None, Some(Level::Privileged)] {
            assert_eq!(breaks(pod, &facts(required)), [], "nobody forbids it");
        }
        for required in [Some(Level::Baseline), Some(Level::Restricted)] {
            assert_eq!(breaks(pod, &facts(required)), expected);
        }
    }
}

#[test]
fn what_is_not_known_of_the_container_must_hold_for_all() {
    let free = container("free");
    let confined = ContainerSecurity {
        read_only_root: Some(true),
        ..container("confined")
    };
    let pod = pod_of([free, confined.clone()]);
    let facts = |container| RuntimeFacts {
        container,
        written: Some(b"/etc/x"),
        ..RuntimeFacts::default()
    };
    assert_eq!(breaks(&pod, &facts(None)), []);
    assert_eq!(breaks(&pod, &facts(Some("free"))), []);
    assert_eq!(
        breaks(&pod, &facts(Some("confined"))),
        [Break::WriteToReadOnlyRoot]
    );
    assert_eq!(
        breaks(&pod_of([confined]), &facts(Some("k8s_confined"))),
        [Break::WriteToReadOnlyRoot]
    );
    assert_eq!(
        breaks(&pod_of([]), &facts(None)),
        [],
        "a pod without containers rules nothing out"
    );
}
