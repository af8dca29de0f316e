//! What matching relies on and promises, with the agent's own records and fields.

use std::path::Path;
use std::sync::Arc;

use saker_container_metadata::{ContainerInfo, Containers, Limits as ContainerLimits, Mount};
use saker_event_decode::{EventBuilder, EventView, WallClock};
use saker_event_schema::{ROWS, event};
use saker_kube_metadata::{Cluster, Kind, Object, ObjectName, Pod, PodNetwork, PodPhase, Scope};
use saker_process_state::{
    CgroupId, CgroupResolver, ContainerId, Limits, NoSource, ProcessState, Runtime, Users,
};
use saker_rule_engine::{CompileOptions, Evaluation, RuleSet};
use saker_rule_fields::{
    Enrichment, EventContext, Facts, FieldValue, Fields, Host, Patience, Payload, Scratch,
    Surroundings,
};
use saker_rule_language::{LoadOptions, SourceFile, load};

/// Runs `work` on the context of a record.
fn with_context<T>(
    record: &[u8],
    scratch: &Scratch,
    work: impl FnOnce(&EventContext<'_>) -> T,
) -> T {
    with_context_in(NoSource, record, scratch, |context| work(&context))
}

/// The same where cgroups have paths.
fn with_context_in<T>(
    cgroups: impl CgroupResolver + Send + 'static,
    record: &[u8],
    scratch: &Scratch,
    work: impl FnOnce(EventContext<'_>) -> T,
) -> T {
    let mut processes = ProcessState::new(Limits::default(), Box::new(NoSource), Box::new(cgroups));
    let event = EventView::parse(record).unwrap();
    let process = processes.apply(&event);
    let host = Host::new("test", Users::new(Path::new("/nonexistent")));
    let surroundings = Surroundings {
        processes: Some(&processes),
        clock: &WallClock::new(0),
        host: &host,
        scratch,
    };
    work(EventContext::new(
        Payload::Syscall(&event),
        Some(&process),
        surroundings,
        1,
    ))
}

#[test]
fn the_type_of_an_event_is_the_name_of_its_row() {
    // The compiler takes tests of evt.type out of the conditions of each type of event.
    let fields = Fields::new();
    let field = fields.id("evt.type").unwrap();
    for row in ROWS {
        let record = EventBuilder::new(row.id).build();
        with_context(&record, &Scratch::new(), |context| {
            let found = fields.extract(field, None, context);
            assert_eq!(found, FieldValue::text(row.name.as_bytes()));
        });
    }
}

#[test]
fn an_event_that_matches_nothing_allocates_nothing() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules");
    let sources: Vec<SourceFile> = [
        "00-macros.yaml",
        "10-process.yaml",
        "20-files.yaml",
        "30-network.yaml",
        "40-container.yaml",
        "50-kernel.yaml",
    ]
    .into_iter()
    .map(|name| SourceFile::new(name, &std::fs::read_to_string(folder.join(name)).unwrap()))
    .collect();
    let checked = load(&sources, &Fields::new(), &LoadOptions::default())
        .rules
        .unwrap();
    let rules = RuleSet::compile(&checked, &CompileOptions::default()).unwrap();
    let record = EventBuilder::new(event::OPENAT)
        .result(3)
        .set("name", "/usr/lib/../lib/x86_64-linux-gnu/libc.so.6")
        .set("flags", 0)
        .set("file_path", "/usr/lib/x86_64-linux-gnu/libc.so.6")
        .set("file_mode", 0o100_644)
        .build();
    let scratch = Scratch::new();
    let mut evaluation = Evaluation::new();
    with_context(&record, &scratch, |context| {
        assert!(
            rules
                .evaluate(&rules.event(context), &mut evaluation)
                .is_empty()
        );
    });
    with_context(&record, &scratch, |context| {
        assert_eq!(allocations(&rules, context, &mut evaluation), 0);
        let control = allocation_counter::measure(|| drop(std::hint::black_box(vec![1_u8])));
        assert_eq!(control.count_total, 1, "the counter counts");
    });
}

/// How often the evaluation of an event that matches nothing allocates.
fn allocations(rules: &RuleSet, context: &EventContext<'_>, evaluation: &mut Evaluation) -> u64 {
    let counted = allocation_counter::measure(|| {
        let event = rules.event(context);
        assert!(rules.evaluate(&event, evaluation).is_empty());
    });
    counted.count_total
}

/// The cgroup of a pod's container.
struct OnePod;

const CONTAINER_ID: &str = "3ad7b26ded6d8e7b23da7d48fe889434573036c27ae5a74837233de441c3601e";
const POD_UID: &str = "f1a8f0e4-0b6f-4e6c-8b38-6a1c6b8a6a5d";

impl CgroupResolver for OnePod {
    fn path(&self, _: CgroupId) -> Option<Vec<u8>> {
        let path = format!("/kubepods/burstable/pod{POD_UID}/{CONTAINER_ID}");
        Some(path.into_bytes())
    }
}

/// Somebody who knows that container and its pod.
fn facts() -> Facts {
    let id = ContainerId::new(CONTAINER_ID);
    let (containers, _requests) = Containers::new(ContainerLimits::default(), Box::new(|| {}));
    let mut info = ContainerInfo::new(id, Runtime::Containerd);
    info.image.repository = Some("docker.io/library/redis".into());
    info.labels = Some([("tier".into(), "back".into())].into());
    info.mounts = Some([Mount::default()].into());
    containers.learn(info);
    let cluster = Cluster::unknown();
    cluster.set_scope(Scope::NODE_PODS.with(Scope::OWNERS));
    for kind in [Kind::Pods, Kind::ReplicaSets, Kind::Deployments] {
        cluster.begin_list(kind);
        cluster.end_list(kind);
    }
    cluster.learn(Object::Pod(Pod {
        name: ObjectName::new("shop", "redis-0"),
        uid: POD_UID.into(),
        node_uid: None,
        labels: Arc::default(),
        addresses: [].into(),
        node: Some("node-1".into()),
        service_account: None,
        network: PodNetwork::Own,
        phase: PodPhase::Active,
        created_s: 1,
        owner: None,
        ..Pod::default()
    }));
    Facts {
        containers,
        cluster,
        ..Facts::none()
    }
}

#[test]
fn an_event_of_a_container_that_matches_nothing_allocates_nothing() {
    let conditions = [
        "container.image.repository endswith nginx",
        "container.name = web or container.privileged = true",
        "container.label[tier] = front",
        "container.mount.dest[/proc*] startswith /host",
        "k8s.ns.name = kube-system or k8s.pod.name startswith web",
        "k8s.workload.kind = Deployment or k8smeta.deployment.name = web",
        "k8s.pod.service_account = admin or k8s.node.name = node-2",
        "k8smeta.ns.name = kube-system and saker.enrichment = complete",
    ];
    let text: String = (0..)
        .zip(conditions)
        .map(|(number, condition)| {
            format!(
                "- rule: r{number}\n  desc: d\n  condition: evt.type = openat and ({condition})\n  \
                 output: o\n  priority: NOTICE\n"
            )
        })
        .collect();
    let loaded = load(
        &[SourceFile::new("facts.yaml", &text)],
        &Fields::new(),
        &LoadOptions::default(),
    );
    let rules = RuleSet::compile(&loaded.rules.unwrap(), &CompileOptions::default()).unwrap();
    let record = EventBuilder::new(event::OPENAT)
        .result(3)
        .set("name", "/tmp/link")
        .set("file_path", "/etc/hosts")
        .cgroup_id(7)
        .build();
    let scratch = Scratch::new();
    let mut evaluation = Evaluation::new();
    let facts = facts();
    let mut counts = Vec::new();
    for _ in 0..3 {
        with_context_in(OnePod, &record, &scratch, |context| {
            let context = context.with_facts(&facts, Patience::MayWait);
            counts.push(allocations(&rules, &context, &mut evaluation));
            assert_eq!(context.enrichment(), Enrichment::Complete);
            assert_eq!(evaluation.pending(), 0);
            let fields = Fields::new();
            let image = fields.id("container.image.repository").unwrap();
            let image = fields.extract(image, None, &context);
            assert_eq!(image, FieldValue::text(b"docker.io/library/redis"));
        });
    }
    assert_eq!(counts[1..], [0, 0], "{counts:?}");
    assert!(
        counts[0] > 0,
        "buffers and patterns are made once: {counts:?}"
    );
}
