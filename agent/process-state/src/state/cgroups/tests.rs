use super::*;
use crate::container::ContainerChange;
use crate::process::Placement;
use crate::source::{CgroupResolver, NoSource, Snapshot};
use crate::state::Limits;
use saker_event_decode::{EventBuilder, Value};
use saker_event_schema::{EventId, data_flag, event};

const MS: u64 = 1_000_000;
const ID: &str = "4c01db0b339c4a2cd3cd0ec4a9ea2f5b7a7a5a8e0e4d8a1f6b7c8d9e0f112233";
const UNIFIED: CgroupId = CgroupId::new(Hierarchy::Unified, 70);
const PIDS: CgroupId = CgroupId::new(Hierarchy::Pids, 70);

/// Knows one cgroup.
struct One(CgroupId, String);

impl CgroupResolver for One {
    fn path(&self, id: CgroupId) -> Option<Vec<u8>> {
        (id == self.0).then(|| self.1.clone().into_bytes())
    }
}

fn state() -> ProcessState {
    ProcessState::new(Limits::default(), Box::new(NoSource), Box::new(NoSource))
}

fn path() -> String {
    format!("/docker/{ID}")
}

fn about(event: EventId, cgroup: CgroupId, path: &str, time: u64) -> EventBuilder {
    EventBuilder::new(event)
        .pid(1)
        .cgroup_id(1)
        .time_boot_ns(time)
        .set("cgroup", cgroup.0)
        .set(
            "hierarchy",
            u64::from(cgroup.hierarchy() != Some(Hierarchy::Unified)),
        )
        .set("cgroup_path", path)
}

fn made(cgroup: CgroupId, path: &str) -> EventBuilder {
    about(event::CGROUP_MKDIR, cgroup, path, 10 * MS)
}

fn removed(cgroup: CgroupId, path: &str) -> EventBuilder {
    about(event::CGROUP_RMDIR, cgroup, path, 50 * MS)
}

fn moved(pid: u32, cgroup: CgroupId, path: &str, time: u64) -> EventBuilder {
    about(event::CGROUP_ATTACH_TASK, cgroup, path, time)
        .set("moved_pid", pid)
        .set("moved_tid", pid)
        .set("moved_start", 20 * MS)
        .set("whole_process", 1)
}

/// An event of a process that began at 20 ms.
fn acts(pid: u32, cgroup: CgroupId, time: u64) -> EventBuilder {
    EventBuilder::new(event::OPENAT)
        .pid(pid)
        .start_boot_ns(20 * MS)
        .cgroup_id(cgroup.0)
        .time_boot_ns(time)
}

fn apply(state: &mut ProcessState, event: &EventBuilder) -> Arc<crate::Process> {
    let record = event.build();
    state.apply(&EventView::parse(&record).expect("a record"))
}

/// `+id` and `-id`, ids cut.
fn changes(state: &mut ProcessState) -> Vec<String> {
    let changes = state.take_container_changes().into_iter();
    let told = changes.map(|change| match change {
        ContainerChange::Appeared(container) => format!("+{}", container.id.short()),
        ContainerChange::Ended(id) => format!("-{}", id.short()),
    });
    told.collect()
}

fn container(process: &crate::Process) -> Option<&str> {
    process.container().map(|container| container.id.full())
}

#[test]
fn a_process_keeps_its_container_when_both_are_gone() {
    let mut state = state();
    apply(&mut state, &made(UNIFIED, &path()));
    assert_eq!(changes(&mut state), ["+4c01db0b339c"]);
    apply(&mut state, &removed(UNIFIED, &path()));
    assert_eq!(changes(&mut state), ["-4c01db0b339c"]);
    let process = apply(&mut state, &acts(9, UNIFIED, 30 * MS));
    assert_eq!(container(&process), Some(ID), "an event that came late");
    assert_eq!(changes(&mut state), [""; 0]);
    assert_eq!(state.stats().cgroups_unresolved, 0);
}

#[test]
fn a_container_has_ended_when_the_last_of_its_own_cgroups_is_removed() {
    let mut state = state();
    let nested = format!("{}/init.scope", path());
    let inner = CgroupId::new(Hierarchy::Pids, 71);
    apply(&mut state, &made(PIDS, &path()));
    apply(&mut state, &made(UNIFIED, &path()));
    apply(&mut state, &made(inner, &nested));
    assert_eq!(changes(&mut state), ["+4c01db0b339c"]);
    apply(&mut state, &removed(inner, &nested));
    apply(&mut state, &removed(PIDS, &path()));
    assert_eq!(changes(&mut state), [""; 0]);
    apply(&mut state, &removed(UNIFIED, &path()));
    assert_eq!(changes(&mut state), ["-4c01db0b339c"]);
    // Its runtime starts it again.
    let again = CgroupId::new(Hierarchy::Unified, 72);
    apply(&mut state, &made(again, &path()));
    assert_eq!(changes(&mut state), ["+4c01db0b339c"]);
}

#[test]
fn a_removed_cgroup_is_forgotten_after_a_while() {
    let mut state = state();
    apply(&mut state, &made(UNIFIED, &path()));
    apply(&mut state, &removed(UNIFIED, &path()));
    let other = CgroupId::new(Hierarchy::Unified, 80);
    let later = 40_000 * MS;
    apply(&mut state, &made(other, "/x.slice"));
    apply(
        &mut state,
        &about(event::CGROUP_RMDIR, other, "/x.slice", later),
    );
    let process = apply(&mut state, &acts(9, UNIFIED, later));
    assert_eq!(process.placement, Placement::Unknown);
}

#[test]
fn a_process_that_is_moved_is_there_before_it_acts() {
    let mut state = state();
    let home = CgroupId::new(Hierarchy::Unified, 60);
    apply(&mut state, &made(home, "/system.slice/containerd.service"));
    let process = apply(&mut state, &acts(9, home, 30 * MS));
    assert_eq!(process.placement, Placement::Host);
    apply(&mut state, &moved(9, PIDS, &path(), 40 * MS));
    let process = Arc::clone(state.by_pid(Pid(9)).expect("the process"));
    assert_eq!(container(&process), Some(ID));
    assert_eq!(changes(&mut state), ["+4c01db0b339c"]);
    // In cgroup v2 it moves too, but records name it by the other hierarchy.
    apply(&mut state, &moved(9, home, "/x.service", 41 * MS));
    // Another process had the pid, or the process has done something since.
    let stranger = moved(9, home, "/x.service", 42 * MS).set("moved_start", 5 * MS);
    apply(&mut state, &stranger);
    apply(&mut state, &moved(9, PIDS, "/x.service", 25 * MS));
    // One thread of it.
    let thread = moved(9, PIDS, "/x.service", 43 * MS)
        .set("moved_tid", 10)
        .set("whole_process", 0);
    apply(&mut state, &thread);
    // Out of it: its next event tells where to.
    let root = CgroupId::new(Hierarchy::Pids, 1);
    apply(&mut state, &moved(9, root, "/", 44 * MS));
    let process = state.by_pid(Pid(9)).expect("the process");
    assert_eq!(container(process), Some(ID));
    assert_eq!(process.cgroup_id, Some(PIDS));
}

#[test]
fn containers_that_ran_before_appear_once() {
    let mut state = state();
    let snapshot = |pid: u32, cgroup: Option<CgroupId>, path: String| {
        let record = acts(pid, PIDS, 30 * MS).build();
        let view = EventView::parse(&record).expect("a record");
        let mut process = super::super::header::minimal(&view);
        process.cgroup_id = cgroup;
        Snapshot {
            process,
            cgroup_path: Some(path.into_bytes().into()),
        }
    };
    let nested = CgroupId::new(Hierarchy::Pids, 71);
    state.bootstrap([
        snapshot(8, Some(nested), format!("{}/init.scope", path())),
        snapshot(9, Some(PIDS), path()),
        // Its cgroup was removed meanwhile: the path is all that is known.
        snapshot(10, None, path()),
        snapshot(11, Some(CgroupId::ROOT), "/x.service".into()),
    ]);
    assert_eq!(changes(&mut state), ["+4c01db0b339c"]);
    let of = |pid| {
        state
            .by_pid(Pid(pid))
            .and_then(|it| it.container().cloned())
    };
    let (first, second) = (of(8).expect("one"), of(9).expect("one"));
    assert!(Arc::ptr_eq(&first, &second), "one record for all");
    assert_eq!(of(10).as_ref(), Some(&first));
    assert_eq!(of(11), None);
    apply(&mut state, &removed(PIDS, &path()));
    assert_eq!(changes(&mut state), ["-4c01db0b339c"]);
}

#[test]
fn hierarchies_count_for_themselves() {
    let mut state = state();
    apply(&mut state, &made(PIDS, &path()));
    apply(&mut state, &made(UNIFIED, "/system.slice/x.service"));
    let contained = apply(&mut state, &acts(9, PIDS, 30 * MS));
    let free = apply(&mut state, &acts(10, UNIFIED, 30 * MS));
    assert_eq!(container(&contained), Some(ID));
    assert_eq!(free.placement, Placement::Host);
}

#[test]
fn a_path_that_was_cut_is_looked_up() {
    let whole = format!("/very/long{}", path());
    let resolver = One(UNIFIED, whole);
    let mut state = ProcessState::new(Limits::default(), Box::new(NoSource), Box::new(resolver));
    let cut = Value::flagged("/very/lon", data_flag::TRUNCATED);
    let event = EventBuilder::new(event::CGROUP_MKDIR)
        .pid(1)
        .cgroup_id(1)
        .time_boot_ns(10 * MS)
        .set("cgroup", UNIFIED.0)
        .set("cgroup_path", cut);
    apply(&mut state, &event);
    let process = apply(&mut state, &acts(9, UNIFIED, 30 * MS));
    assert_eq!(container(&process), Some(ID));
}

#[test]
fn without_events_a_container_lives_as_long_as_its_processes() {
    let resolver = One(UNIFIED, path());
    let mut state = ProcessState::new(Limits::default(), Box::new(NoSource), Box::new(resolver));
    apply(&mut state, &acts(9, UNIFIED, 30 * MS));
    assert_eq!(changes(&mut state), ["+4c01db0b339c"]);
    let second = 1_000 * MS;
    state.retain_alive(BootTime(second), |_| true);
    state.retain_alive(BootTime(2 * second), |pid| pid != Pid(9));
    assert_eq!(changes(&mut state), [""; 0], "missed once");
    state.retain_alive(BootTime(3 * second), |pid| pid != Pid(9));
    state.retain_alive(BootTime(4 * second), |pid| pid != Pid(9));
    assert_eq!(changes(&mut state), ["-4c01db0b339c"]);
    // A process appears in it after all.
    let late = acts(10, UNIFIED, 5 * second);
    let process = apply(&mut state, &late);
    assert_eq!(container(&process), Some(ID));
    assert_eq!(changes(&mut state), ["+4c01db0b339c"]);
}

#[test]
fn what_is_kept_is_bounded() {
    let limits = Limits {
        cgroups_max: 8,
        ..Limits::default()
    };
    let mut state = ProcessState::new(limits, Box::new(NoSource), Box::new(NoSource));
    for number in 0..40_000u64 {
        let cgroup = CgroupId::new(Hierarchy::Unified, 100 + number);
        let path = format!("/docker/{number:064x}");
        apply(&mut state, &made(cgroup, &path));
        assert!(state.placements.len() <= 8);
    }
    let told = state.take_container_changes().len();
    assert_eq!(told, 16_384);
    assert_eq!(state.stats().container_changes_lost, 40_000 - 16_384);
    assert_eq!(state.take_container_changes().capacity(), 0);
}

/// What an event of a cgroup may say.
fn any_event() -> impl proptest::strategy::Strategy<Value = EventBuilder> {
    use proptest::prelude::*;
    let kinds = [
        event::CGROUP_MKDIR,
        event::CGROUP_RMDIR,
        event::CGROUP_ATTACH_TASK,
        event::OPENAT,
    ];
    let kind = proptest::sample::select(kinds.to_vec());
    (kind, 0u64..6, 0u64..4, 0u32..3, 0u64..90_000).prop_map(|(kind, id, high, name, time)| {
        let cgroup = CgroupId(id | high << 62);
        let time = time * MS;
        let path = match name {
            0 => "/".to_owned(),
            1 => path(),
            _ => format!("/docker/{id:064x}/nested"),
        };
        match kind {
            event::OPENAT => acts(9, cgroup, time),
            event::CGROUP_ATTACH_TASK => moved(9, cgroup, &path, time),
            kind => about(kind, cgroup, &path, time),
        }
    })
}

proptest::proptest! {
    /// Appearing and ending alternate for each container, whatever comes in whatever order.
    #[test]
    fn a_container_ends_only_after_it_appeared(
        events in proptest::collection::vec(any_event(), 0..60)
    ) {
        let mut state = state();
        let mut present = std::collections::HashSet::new();
        for event in &events {
            let process = apply(&mut state, event);
            for change in state.take_container_changes() {
                match change {
                    ContainerChange::Appeared(container) => {
                        proptest::prop_assert!(present.insert(container.id.clone()));
                    }
                    ContainerChange::Ended(id) => proptest::prop_assert!(present.remove(&id)),
                }
            }
            drop(process);
        }
    }
}
