//! Containers of processes that are gone, with their cgroups, before anybody could look.
//!
//! Each test makes one cgroup below the mount of a hierarchy of this host: on pure cgroup v2 there is
//! one, on hosts with both versions those of `pids` and `memory` too.

use saker_event_decode::EventView;
use saker_event_schema::{cgroup_key, event};
use saker_kernel_source::{CgroupPaths, host};
use saker_kernel_tests::{ANY, Recorder, Triggered, expect_arguments, trigger};
use saker_process_state::{
    CgroupId, CgroupResolver, ContainerChange, ContainerId, Limits, Pid, ProcFs, ProcessState,
};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// A cgroup that does not exist yet, named as Docker names that of a container.
struct Cgroup {
    hierarchy: u64,
    directory: PathBuf,
    path: String,
    container: ContainerId,
}

impl Cgroup {
    fn below(hierarchy: u64, mount: &Path) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let id = format!("{:032x}{number:032x}", std::process::id());
        let name = format!("docker-{id}.scope");
        Self {
            hierarchy,
            directory: mount.join(&name),
            path: format!("/{name}"),
            container: ContainerId::new(&id),
        }
    }

    fn directory(&self) -> &str {
        self.directory.to_str().expect("text")
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        // Only a scenario that failed leaves it behind.
        let _gone = std::fs::remove_dir(&self.directory);
    }
}

/// The host's own answers, as the agent gets them.
struct Cgroups(CgroupPaths);

impl CgroupResolver for Cgroups {
    fn path(&self, id: CgroupId) -> Option<Vec<u8>> {
        self.0.path(id.0)
    }
}

/// What a scenario and its child did, told to a process table only when all was over.
struct Scene {
    recorder: Recorder,
    done: Triggered,
    child: u32,
}

impl Scene {
    fn run(scenario: &str, cgroup: &Cgroup) -> Self {
        let mut recorder = Recorder::start();
        let done = trigger(&mut recorder, &[scenario, cgroup.directory()]);
        let child = done.fact("child").parse().expect("a pid");
        recorder.wait_for_end_of(child);
        recorder.stop();
        Self {
            recorder,
            done,
            child,
        }
    }

    fn key(&self, cgroup: &Cgroup) -> u64 {
        let id: u64 = self.done.fact("kernfs_id").parse().expect("a number");
        id | cgroup.hierarchy
    }
}

fn process_state() -> ProcessState {
    ProcessState::new(
        Limits::default(),
        Box::new(ProcFs::new("/proc")),
        Box::new(Cgroups(CgroupPaths::find())),
    )
}

/// Every event of the child since it is in the cgroup has the container, and the container appears
/// and ends once.
fn expect_container(scene: &Scene, cgroup: &Cgroup, expected: &[&str]) {
    let key = scene.key(cgroup);
    assert_eq!(
        CgroupPaths::find().path(key),
        None,
        "nothing is left to look the container up by"
    );
    let mut state = process_state();
    let mut events = Vec::new();
    for record in scene.recorder.records() {
        let view = EventView::parse(record).expect("a record");
        let process = state.apply(&view);
        // A child may return from `fork` before it is moved, or after.
        if view.header().pid == scene.child && view.id() == event::FORK {
            continue;
        }
        if view.header().pid != scene.child {
            assert_ne!(
                process.container().map(|it| &it.id),
                Some(&cgroup.container)
            );
            continue;
        }
        events.push(view.row().name);
        assert_eq!(view.header().cgroup_id, key, "{events:?}");
        let container = process.container().map(|container| &container.id);
        assert_eq!(container, Some(&cgroup.container), "{events:?}");
    }
    assert_eq!(events, expected);
    let changes: Vec<String> = state
        .take_container_changes()
        .into_iter()
        .filter_map(|change| match change {
            ContainerChange::Appeared(container) if container.id == cgroup.container => {
                assert_eq!(&*container.cgroup_path, cgroup.path.as_bytes());
                Some("appeared".to_owned())
            }
            ContainerChange::Ended(id) if id == cgroup.container => Some("ended".to_owned()),
            _ => None,
        })
        .collect();
    assert_eq!(changes, ["appeared", "ended"]);
}

/// What the three events say.
fn expect_events(scene: &Scene, cgroup: &Cgroup) {
    let key = scene.key(cgroup).to_string();
    for name in ["cgroup_mkdir", "cgroup_rmdir"] {
        expect_arguments(
            scene.done.last(name),
            &[
                ("cgroup", &key),
                ("hierarchy", ANY),
                ("cgroup_path", &cgroup.path),
            ],
        );
        let number = scene.done.last(name).text("hierarchy");
        assert_eq!(number == "0", cgroup.hierarchy == cgroup_key::UNIFIED);
    }
    let moved = scene.done.all("cgroup_attach_task");
    let Some(moved) = moved.last() else { return };
    let child = scene.child.to_string();
    expect_arguments(
        moved,
        &[
            ("cgroup", &key),
            ("hierarchy", ANY),
            ("cgroup_path", &cgroup.path),
            ("moved_pid", &child),
            ("moved_tid", &child),
            ("moved_start", ANY),
            ("whole_process", "1"),
        ],
    );
    let of_child = scene.recorder.of(scene.child);
    let start = of_child[0].header().start_boot_ns;
    assert_eq!(moved.text("moved_start"), start.to_string());
}

#[test]
fn a_process_that_is_moved_into_a_cgroup_of_any_hierarchy() {
    let mounts = host::cgroup_mounts();
    assert!(!mounts.is_empty(), "no cgroups are mounted");
    for (hierarchy, mount) in mounts {
        let cgroup = Cgroup::below(hierarchy, &mount);
        let scene = Scene::run("cgroup_of_moved", &cgroup);
        assert_eq!(scene.done.all("cgroup_attach_task").len(), 1);
        expect_events(&scene, &cgroup);
        expect_container(&scene, &cgroup, &["open", "procexit"]);
    }
}

#[test]
fn a_process_that_is_born_in_a_cgroup() {
    let mut mounts = host::cgroup_mounts().into_iter();
    let unified = mounts.find(|(hierarchy, _)| *hierarchy == cgroup_key::UNIFIED);
    let (hierarchy, mount) = unified.expect("cgroup v2 is mounted");
    let cgroup = Cgroup::below(hierarchy, &mount);
    let scene = Scene::run("cgroup_of_born", &cgroup);
    expect_events(&scene, &cgroup);
    expect_container(&scene, &cgroup, &["clone3", "open", "procexit"]);
    let fork = scene.done.last("sched_process_fork");
    assert_eq!(
        fork.text("child_cgroup"),
        scene.key(&cgroup).to_string(),
        "known before the child runs"
    );
}

/// The agent finds by `/proc` the same name of a cgroup that records have.
#[test]
fn proc_and_records_name_a_cgroup_alike() {
    let mut recorder = Recorder::start();
    let done = trigger(&mut recorder, &["sched_process_fork"]);
    let recorded = done.last("sched_process_fork").header().cgroup_id;
    let mut proc_fs = ProcFs::new("/proc");
    for (hierarchy, mount) in host::cgroup_mounts() {
        let hierarchy = CgroupId(hierarchy).hierarchy().expect("a known hierarchy");
        proc_fs = proc_fs.with_cgroup_mount(hierarchy, mount);
    }
    let me = Pid(std::process::id());
    let snapshots = proc_fs.scan();
    let snapshot = snapshots.iter().find(|it| it.process.pid() == me);
    let known = snapshot.expect("this process").process.cgroup_id;
    assert_eq!(known, Some(CgroupId(recorded)), "the scenario is its child");
    let path = CgroupPaths::find().path(recorded).expect("it is there");
    let cgroups = std::fs::read_to_string("/proc/self/cgroup").expect("cgroups");
    let path = String::from_utf8(path).expect("text");
    assert!(
        cgroups
            .lines()
            .any(|line| line.ends_with(&format!(":{path}"))),
        "{path}: {cgroups}"
    );
}

/// A row without a call of its own is reported whatever the rules ask for.
#[test]
fn containers_are_seen_without_any_rule() {
    let state_events = saker_kernel_source::STATE_EVENTS;
    for id in [
        event::CGROUP_MKDIR,
        event::CGROUP_RMDIR,
        event::CGROUP_ATTACH_TASK,
    ] {
        assert!(state_events.contains(&id));
    }
}
