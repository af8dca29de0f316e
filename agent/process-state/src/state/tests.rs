use super::*;
use crate::identity::Comm;
use crate::process::{Image, Origin};
use crate::source::NoSource;
use saker_event_decode::names::exec_flags::{EXE_FROM_MEMFD, EXE_UPPER_LAYER};
use saker_event_decode::{EventBuilder, Value};
use saker_event_schema::data_flag;
use std::collections::HashMap;

const MS: u64 = 1_000_000;
const ID: &str = "4c01db0b339c4a2cd3cd0ec4a9ea2f5b7a7a5a8e0e4d8a1f6b7c8d9e0f112233";

fn state() -> ProcessState {
    ProcessState::new(Limits::default(), Box::new(NoSource), Box::new(NoSource))
}

fn apply(state: &mut ProcessState, event: &EventBuilder) -> Arc<Process> {
    let record = event.build();
    state.apply(&EventView::parse(&record).expect("a record"))
}

fn fork(parent: u32, child: u32, time: u64) -> EventBuilder {
    EventBuilder::new(event::SCHED_PROCESS_FORK)
        .pid(parent)
        .time_boot_ns(time)
        .set("child_pid", child)
        .set("child_tid", child)
        .set("child_vpid", child)
        .set("child_vtid", child)
        .set("child_start", time)
        .set("child_exec_id", 1)
        .set("child_cgroup", 1)
        .set("child_pid_namespace", 0xEFFF_FFFCu32)
}

fn exec(pid: u32, start: u64, time: u64, path: &str) -> EventBuilder {
    EventBuilder::new(event::EXECVE)
        .pid(pid)
        .start_boot_ns(start)
        .time_boot_ns(time)
        .exec_id(2)
        .comm(path.rsplit('/').next().unwrap_or(path))
        .set("args", [path, "-x"])
        .set("env", ["HOME=/root"])
        .set("cwd", "/")
        .set("trusted_exepath", path)
        .set("flags", EXE_UPPER_LAYER)
        .set("pgid", pid)
        .set("vpgid", pid)
}

#[test]
fn a_child_may_be_given_the_callers_parent() {
    let mut state = state();
    apply(&mut state, &fork(1, 100, 10 * MS));
    let asks = fork(100, 101, 20 * MS).start_boot_ns(10 * MS).ppid(1);
    apply(&mut state, &asks.set("child_ppid", 1));
    let child = state.by_pid(Pid(101)).expect("the child");
    assert_eq!(child.ppid, Pid(1));
    assert_eq!(
        state.parent(child).map(|parent| parent.key.pid),
        Some(Pid(1))
    );
}

#[test]
fn a_child_begins_as_its_parent_and_becomes_what_it_runs() {
    let mut state = state();
    apply(&mut state, &exec(100, 1, 10 * MS, "/bin/bash"));
    let parent = apply(&mut state, &fork(100, 101, 20 * MS).exec_id(2));
    let child = Arc::clone(state.by_pid(Pid(101)).expect("the child"));
    assert_eq!(child.origin, Origin::Fork);
    assert_eq!(child.comm.as_bytes(), b"bash");
    assert!(
        Arc::ptr_eq(&child.image, &parent.image),
        "an image is shared"
    );
    assert_eq!(child.parent, Some(parent.key));

    let ran = apply(
        &mut state,
        &exec(101, 20 * MS, 30 * MS, "/bin/cat").ppid(100),
    );
    assert_eq!(ran.exe_path(), Some(&b"/bin/cat"[..]));
    assert_eq!(ran.exe(), Some(&b"/bin/cat"[..]));
    assert_eq!(ran.arguments().collect::<Vec<_>>(), [b"-x"]);
    assert_eq!(ran.environment_variable(b"HOME"), Some(&b"/root"[..]));
    assert_eq!(ran.cwd(), Some(&b"/"[..]));
    assert_eq!(ran.has_exec_flag(EXE_UPPER_LAYER), Some(true));
    assert_eq!(ran.image_start_time(), BootTime(30 * MS));
    assert_eq!(ran.clone_time, Some(BootTime(20 * MS)));
    assert_eq!(
        child.comm.as_bytes(),
        b"bash",
        "a record that was handed out stays"
    );
    let line: Vec<_> = state.ancestors(&ran).map(|process| process.pid()).collect();
    assert_eq!(line, [Pid(100)]);
    assert_eq!((state.stats().forked, state.stats().executed), (1, 2));
}

#[test]
fn an_executable_is_trusted_by_what_the_kernel_says_of_it() {
    let trusted = |change: fn(EventBuilder) -> EventBuilder| {
        let exec = exec(100, 1, 10 * MS, "/usr/bin/cat").set("flags", 0);
        apply(&mut state(), &change(exec)).has_trusted_executable()
    };
    let flagged = |flags| Value::flagged("/usr/bin/cat", flags);
    assert_eq!(trusted(|exec| exec), Some(true), "no namespace is told");
    assert_eq!(
        trusted(|exec| exec.set("user_namespace", 0xEFFF_FFFDu32)),
        Some(true)
    );
    assert_eq!(
        trusted(|exec| exec.set("user_namespace", 4_026_532_000u32)),
        Some(false)
    );
    assert_eq!(trusted(|exec| exec.set("exe_root", "/jail")), Some(false));
    for flag in [EXE_UPPER_LAYER, EXE_FROM_MEMFD] {
        let exec = exec(100, 1, 10 * MS, "/usr/bin/cat").set("flags", flag);
        let process = apply(&mut state(), &exec);
        assert_eq!(process.has_trusted_executable(), Some(false));
    }
    for (flag, expected) in [
        (data_flag::UNREACHABLE, false),
        (data_flag::TRUNCATED, false),
        (data_flag::DELETED, false),
        (data_flag::LOWER_LAYER, true),
    ] {
        let exec = exec(100, 1, 10 * MS, "/usr/bin/cat").set("flags", 0);
        let process = apply(&mut state(), &exec.set("trusted_exepath", flagged(flag)));
        assert_eq!(process.has_trusted_executable(), Some(expected), "{flag}");
    }
    assert_eq!(
        trusted(|exec| exec.set("trusted_exepath", Value::Missing)),
        None
    );
    let open = EventBuilder::new(event::OPENAT).pid(7);
    let unknown = apply(&mut state(), &open);
    assert_eq!(unknown.has_trusted_executable(), None);
}

#[test]
fn a_failed_exec_changes_nothing() {
    let mut state = state();
    apply(&mut state, &exec(100, 1, 10 * MS, "/bin/bash"));
    let after = apply(&mut state, &exec(100, 1, 20 * MS, "/bin/none").result(-2));
    assert_eq!(after.exe_path(), Some(&b"/bin/bash"[..]));
}

#[test]
fn a_thread_is_not_a_process() {
    let mut state = state();
    apply(&mut state, &fork(100, 100, 10 * MS).set("child_tid", 105));
    assert!(state.by_pid(Pid(105)).is_none());
    assert_eq!(state.len(), 1);
}

#[test]
fn an_ended_process_is_kept_for_late_events() {
    let mut state = state();
    apply(&mut state, &exec(100, 1, 10 * MS, "/bin/bash"));
    let exit = EventBuilder::new(event::PROCEXIT)
        .pid(100)
        .exec_id(2)
        .time_boot_ns(20 * MS);
    let thread = apply(&mut state, &exit.clone());
    assert!(!thread.has_exited(), "only a thread ended");
    let ended = apply(&mut state, &exit.set("group_dead", true));
    assert_eq!(ended.exit_time, Some(BootTime(20 * MS)));
    assert!(state.by_pid(Pid(100)).is_none());

    let late = EventBuilder::new(event::OPENAT)
        .pid(100)
        .exec_id(2)
        .time_boot_ns(15 * MS);
    assert_eq!(apply(&mut state, &late).exe_path(), Some(&b"/bin/bash"[..]));
    assert_eq!(state.stats().late_events, 1);

    let kept = Limits::default().exited_kept_ns;
    let other = EventBuilder::new(event::OPENAT)
        .pid(7)
        .time_boot_ns(kept + 30 * MS);
    apply(&mut state, &other);
    assert_eq!(state.get(&ended.key).map(|process| process.pid()), None);
    assert_eq!((state.stats().exited, state.stats().purged), (1, 1));
}

#[test]
fn a_pid_that_is_used_again_is_another_process() {
    let mut state = state();
    let first = apply(&mut state, &exec(100, 1, 10 * MS, "/bin/bash"));
    let second = apply(&mut state, &exec(100, 500 * MS, 510 * MS, "/bin/cat"));
    assert_ne!(first.key, second.key);
    assert_eq!(state.stats().exits_missed, 1);
    let late = EventBuilder::new(event::OPENAT)
        .pid(100)
        .exec_id(2)
        .time_boot_ns(20 * MS);
    assert_eq!(apply(&mut state, &late).exe_path(), Some(&b"/bin/bash"[..]));
    // One that ended before the table knew it does not replace the one that runs.
    let older = late.start_boot_ns(200 * MS).time_boot_ns(210 * MS);
    assert_eq!(apply(&mut state, &older).origin, Origin::Header);
    assert_eq!(
        state.by_pid(Pid(100)).map(|process| process.key),
        Some(second.key)
    );
}

#[test]
fn the_head_of_an_event_refreshes_ids() {
    let mut state = state();
    apply(
        &mut state,
        &exec(100, 1, 10 * MS, "/bin/su")
            .set("ruid", 1000)
            .set("suid", 0)
            .uid(0),
    );
    let open = EventBuilder::new(event::OPENAT).pid(100).exec_id(2);
    let same = apply(&mut state, &open.clone().time_boot_ns(20 * MS));
    let unchanged = apply(&mut state, &open.clone().time_boot_ns(21 * MS));
    assert!(Arc::ptr_eq(&same, &unchanged), "no copy without a change");
    let changed = apply(
        &mut state,
        &open
            .clone()
            .time_boot_ns(30 * MS)
            .uid(5)
            .gid(6)
            .loginuid(7)
            .session(9)
            .tty(0x8801)
            .ppid(3),
    );
    assert_eq!((changed.credentials.uid, changed.credentials.gid), (5, 6));
    assert_eq!(changed.credentials.loginuid, Some(7));
    assert_eq!(
        (changed.session, changed.tty, changed.ppid),
        (Pid(9), 0x8801, Pid(3))
    );
    assert_eq!(changed.credentials.ruid, Some(1000));
    let older = apply(&mut state, &open.time_boot_ns(25 * MS).uid(0));
    assert_eq!(older.credentials.uid, 5, "an older event changes nothing");
}

#[test]
fn calls_change_directory_group_and_ids() {
    let mut state = state();
    apply(
        &mut state,
        &exec(100, 1, 10 * MS, "/bin/bash")
            .set("cap_effective", 0xFFu64)
            .set("cap_permitted", 0xFFu64),
    );
    let call = |id, time: u64| {
        EventBuilder::new(id)
            .pid(100)
            .exec_id(2)
            .time_boot_ns(time * MS)
    };
    let moved = apply(
        &mut state,
        &call(event::CHDIR, 20).set("working_directory", "/tmp"),
    );
    assert_eq!(moved.cwd(), Some(&b"/tmp"[..]));
    let failed = apply(
        &mut state,
        &call(event::CHDIR, 21)
            .result(-2)
            .set("working_directory", "/x"),
    );
    assert_eq!(failed.cwd(), Some(&b"/tmp"[..]));
    let root = apply(
        &mut state,
        &call(event::CHROOT, 22).set("working_directory", "/"),
    );
    assert_eq!(root.cwd(), Some(&b"/"[..]));

    apply(&mut state, &fork(100, 101, 30 * MS).exec_id(2));
    apply(
        &mut state,
        &call(event::SETPGID, 31).set("pid", 101).set("pgid", 101),
    );
    let child = state.by_pid(Pid(101)).expect("the child");
    assert_eq!((child.pgid, child.vpgid), (Some(Pid(101)), Some(101)));
    let leader = apply(
        &mut state,
        &call(event::SETSID, 40).session(100).result(100),
    );
    assert!(leader.is_session_leader());

    let user = apply(
        &mut state,
        &call(event::SETUID, 50).uid(1000).set("uid", 1000),
    );
    assert_eq!(
        (user.credentials.uid, user.credentials.ruid),
        (1000, Some(1000))
    );
    assert_eq!(
        user.capabilities.expect("known").effective,
        0,
        "root's capabilities are gone"
    );
    let user = apply(
        &mut state,
        &call(event::SETRESUID, 60)
            .uid(1000)
            .set("ruid", -1)
            .set("euid", -1)
            .set("suid", 5),
    );
    assert_eq!(
        (user.credentials.ruid, user.credentials.suid),
        (Some(1000), Some(5))
    );
}

/// A source that knows one process, as `/proc` would.
struct OneProcess(Snapshot);

impl ProcessSource for OneProcess {
    fn read(&self, pid: Pid) -> Option<Snapshot> {
        (pid == self.0.process.key.pid).then(|| self.0.clone())
    }

    fn cgroup_path(&self, _pid: Pid) -> Option<Vec<u8>> {
        self.0.cgroup_path.as_deref().map(<[u8]>::to_vec)
    }
}

fn snapshot(pid: u32, tick: u64, cgroup: &str) -> Snapshot {
    let record = EventBuilder::new(event::OPENAT).pid(pid).build();
    let mut process = header::minimal(&EventView::parse(&record).expect("a record"));
    process.key = ProcessKey::new(Pid(pid), BootTime::from_tick(tick));
    process.comm = Comm::new(b"nginx");
    process.image = Arc::new(Image {
        exe_path: Some((*b"/usr/sbin/nginx").into()),
        ..Image::default()
    });
    process.exec_id = None;
    process.origin = Origin::ProcFs;
    process.updated = BootTime(0);
    Snapshot {
        process,
        cgroup_path: Some(cgroup.as_bytes().into()),
    }
}

#[test]
fn an_unannounced_process_is_repaired_from_proc() {
    let source = OneProcess(snapshot(50, 7, &format!("/docker/{ID}")));
    let mut state = ProcessState::new(Limits::default(), Box::new(source), Box::new(NoSource));
    let open = EventBuilder::new(event::OPENAT)
        .pid(50)
        .start_boot_ns(75 * MS)
        .time_boot_ns(200 * MS);
    let process = apply(&mut state, &open.clone().cgroup_id(77).exec_id(3));
    assert_eq!(process.exe_path(), Some(&b"/usr/sbin/nginx"[..]));
    assert_eq!(
        process.key.start_boot_ns,
        BootTime(75 * MS),
        "the exact time replaces the tick"
    );
    assert_eq!(
        process.container().expect("a container").id.short(),
        "4c01db0b339c"
    );
    assert_eq!((state.stats().repaired, state.stats().unknown), (1, 0));
    // Another process had the pid when `/proc` was read.
    let reused = apply(&mut state, &open.start_boot_ns(150 * MS));
    assert_eq!(reused.exe_path(), None);
    assert_eq!(state.stats().unknown, 1);
}

#[test]
fn a_lost_exec_is_noticed_by_the_count_of_images() {
    let source = OneProcess(snapshot(100, 0, "/"));
    let mut state = ProcessState::new(Limits::default(), Box::new(source), Box::new(NoSource));
    apply(&mut state, &exec(100, 1, 10 * MS, "/bin/bash"));
    let open = EventBuilder::new(event::OPENAT)
        .pid(100)
        .time_boot_ns(20 * MS)
        .exec_id(3);
    assert_eq!(
        apply(&mut state, &open).exe_path(),
        Some(&b"/usr/sbin/nginx"[..])
    );
    apply(&mut state, &open);
    assert_eq!(
        state.stats().repaired,
        2,
        "once at the first exec, once for the lost one"
    );
}

#[test]
fn bootstrap_links_parents_and_keeps_what_events_said() {
    let mut state = state();
    apply(&mut state, &exec(100, 1, 10 * MS, "/bin/bash"));
    let mut child = snapshot(200, 9, "/");
    child.process.ppid = Pid(100);
    state.bootstrap([snapshot(100, 0, "/"), child]);
    assert_eq!(
        state.by_pid(Pid(100)).and_then(|p| p.exe_path()),
        Some(&b"/bin/bash"[..])
    );
    let child = state.by_pid(Pid(200)).expect("the child");
    assert_eq!(child.placement, Placement::Host);
    assert_eq!(
        state.parent(child).map(|parent| parent.pid()),
        Some(Pid(100))
    );
    for time in [20, 30] {
        state.retain_alive(BootTime(time * MS), |pid| pid == Pid(100));
    }
    assert!(state.by_pid(Pid(200)).is_none());
}

#[test]
fn a_process_whose_events_still_wait_is_not_lost() {
    let mut state = state();
    let sweep = |state: &mut ProcessState, time: u64| {
        state.retain_alive(BootTime(time * MS), |pid| pid == Pid(100));
    };
    apply(&mut state, &exec(100, 1, 10 * MS, "/bin/bash"));
    for child in [101, 102, 103] {
        let forked = fork(100, child, 20 * MS).exec_id(2);
        apply(&mut state, &forked);
    }
    sweep(&mut state, 50);
    assert!(state.by_pid(Pid(101)).is_some(), "a suspect only");
    let ran = apply(&mut state, &exec(101, 20 * MS, 30 * MS, "/bin/cat"));
    sweep(&mut state, 60);
    assert!(
        state.by_pid(ran.pid()).is_some(),
        "an event of it came between"
    );
    assert!(state.by_pid(Pid(102)).is_none(), "missed twice");
    assert_eq!(state.stats().exits_missed, 2);

    let ran = apply(&mut state, &exec(102, 20 * MS, 31 * MS, "/bin/ls"));
    assert_eq!(ran.exe_path(), Some(&b"/bin/ls"[..]));
    assert_eq!((ran.has_exited(), ran.origin), (false, Origin::Fork));
    apply(
        &mut state,
        &fork(103, 104, 32 * MS).start_boot_ns(20 * MS).ppid(100),
    );
    let child = state.by_pid(Pid(104)).expect("the fork still applies");
    assert_eq!(child.exe_path(), Some(&b"/bin/bash"[..]));
    assert_eq!(state.stats().revived, 2);

    let exit = EventBuilder::new(event::PROCEXIT).pid(102).exec_id(2);
    let exit = exit.start_boot_ns(20 * MS).time_boot_ns(33 * MS);
    let ended = apply(&mut state, &exit.set("group_dead", true));
    assert_eq!(ended.exit_time, Some(BootTime(33 * MS)));
    // What an event ended does not come back.
    let late = apply(&mut state, &exec(102, 20 * MS, 32 * MS, "/bin/ls"));
    assert!(late.has_exited());
    assert!(state.by_pid(Pid(102)).is_none());
    // Nor does a fork that comes after the end of the child.
    apply(&mut state, &fork(100, 102, 20 * MS).exec_id(2));
    assert!(state.by_pid(Pid(102)).is_none());
}

/// A resolver with a fixed table that counts how often it is asked.
struct Fixed(HashMap<u64, String>, Arc<std::sync::atomic::AtomicU32>);

impl CgroupResolver for Fixed {
    fn path(&self, id: CgroupId) -> Option<Vec<u8>> {
        self.1.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        self.0.get(&id.0).map(|path| path.clone().into_bytes())
    }
}

#[test]
fn a_cgroup_is_resolved_once() {
    let asked = Arc::default();
    let paths = HashMap::from([(77, format!("/docker/{ID}")), (78, "/user.slice".into())]);
    let resolver = Fixed(paths, Arc::clone(&asked));
    let mut state = ProcessState::new(Limits::default(), Box::new(NoSource), Box::new(resolver));
    let open = |pid, id, time| {
        EventBuilder::new(event::OPENAT)
            .pid(pid)
            .cgroup_id(id)
            .time_boot_ns(time)
    };
    assert!(
        apply(&mut state, &open(1, 77, 10 * MS))
            .container()
            .is_some()
    );
    assert!(
        apply(&mut state, &open(2, 77, 10 * MS))
            .container()
            .is_some()
    );
    assert_eq!(
        apply(&mut state, &open(3, 78, 10 * MS)).placement,
        Placement::Host
    );
    assert_eq!(asked.load(std::sync::atomic::Ordering::Relaxed), 2);
    // One that cannot be resolved is asked for again, but not at once.
    for pid in 10..20 {
        let process = apply(&mut state, &open(pid, 99, 10 * MS));
        assert_eq!(process.placement, Placement::Unknown);
    }
    assert_eq!(asked.load(std::sync::atomic::Ordering::Relaxed), 3);
    apply(&mut state, &open(30, 99, 2000 * MS));
    assert_eq!(asked.load(std::sync::atomic::Ordering::Relaxed), 4);
    // A process that is moved is in another container from then on.
    let moved = apply(&mut state, &open(3, 77, 3000 * MS));
    assert!(moved.container().is_some());
    assert_eq!(state.stats().cgroups_resolved, 2);
}

#[test]
fn a_known_placement_stays_when_the_process_is_gone() {
    let paths = HashMap::from([(77, format!("/docker/{ID}"))]);
    let resolver = Fixed(paths, Arc::default());
    let mut state = ProcessState::new(Limits::default(), Box::new(NoSource), Box::new(resolver));
    let open = EventBuilder::new(event::OPENAT).pid(100).cgroup_id(77);
    apply(&mut state, &open.time_boot_ns(10 * MS));
    let forked = fork(100, 101, 20 * MS).cgroup_id(77).set("child_cgroup", 1);
    apply(&mut state, &forked);
    let child = state.by_pid(Pid(101)).expect("the child");
    assert!(child.container().is_some(), "inherited");
    let ran = apply(&mut state, &exec(101, 20 * MS, 30 * MS, "/bin/true"));
    assert!(ran.container().is_some(), "nothing tells otherwise");
    let open = EventBuilder::new(event::OPENAT).pid(101).exec_id(2);
    let moved = open
        .start_boot_ns(20 * MS)
        .time_boot_ns(40 * MS)
        .cgroup_id(99);
    assert!(apply(&mut state, &moved).container().is_some());
    // Nothing else is known of this one.
    let alone = apply(&mut state, &exec(7, 1, 50 * MS, "/bin/true"));
    assert_eq!(alone.placement, Placement::Host);
}

#[test]
fn a_full_table_forgets_the_ended_first_and_counts() {
    let limits = Limits {
        processes_max: 3,
        ..Limits::default()
    };
    let mut state = ProcessState::new(limits, Box::new(NoSource), Box::new(NoSource));
    let open = |pid| EventBuilder::new(event::OPENAT).pid(pid);
    for pid in 1..=3 {
        apply(&mut state, &open(pid));
    }
    let exit = EventBuilder::new(event::PROCEXIT)
        .pid(2)
        .set("group_dead", true);
    apply(&mut state, &exit);
    apply(&mut state, &open(4));
    assert_eq!((state.len(), state.stats().purged_early), (3, 1));
    let unkept = apply(&mut state, &open(5));
    assert_eq!(unkept.pid(), Pid(5), "its events still get a record");
    assert!(state.by_pid(Pid(5)).is_none());
    assert_eq!(state.stats().table_full, 1);
}

fn padded_exec(pid: u32, time: u64) -> EventBuilder {
    let padding = "x".repeat(15_000);
    exec(pid, 1, time, "/bin/pad")
        .set("args", ["pad", &padding])
        .set("env", [&padding[..]])
}

#[test]
fn an_ended_process_keeps_the_beginning_of_its_arguments() {
    let mut state = state();
    let ran = apply(&mut state, &padded_exec(100, 10 * MS));
    assert_eq!(state.image_bytes(), 4 + 2 * 15_001);
    let exit = EventBuilder::new(event::PROCEXIT).pid(100).exec_id(2);
    let exit = exit.time_boot_ns(20 * MS).set("group_dead", true);
    let ended = apply(&mut state, &exit);
    assert_eq!(ended.image, ran.image, "the exit itself sees all");
    let kept = state.get(&ran.key).expect("kept for late events");
    let arguments = kept.image.arguments.as_ref().expect("known");
    assert_eq!(
        (arguments.bytes.len(), arguments.is_truncated),
        (1024, true)
    );
    assert_eq!(kept.exe(), Some(&b"pad"[..]));
    assert_eq!(kept.image.environment, None);
    assert_eq!(kept.exe_path(), Some(&b"/bin/pad"[..]));
    assert_eq!(state.image_bytes(), 1024);
    let later = EventBuilder::new(event::OPENAT).pid(7);
    let later = later.time_boot_ns(Limits::default().exited_kept_ns + 30 * MS);
    apply(&mut state, &later);
    assert_eq!(state.image_bytes(), 0);
    assert_eq!(state.stats().images_trimmed, 0);
}

#[test]
fn padded_arguments_stay_within_the_budget() {
    let limits = Limits {
        images_bytes_max: 1 << 20,
        ..Limits::default()
    };
    let mut state = ProcessState::new(limits, Box::new(NoSource), Box::new(NoSource));
    let mut ended = 0;
    for pid in 1000..5000 {
        let time = u64::from(pid) * MS;
        let ran = apply(&mut state, &padded_exec(pid, time));
        assert_eq!(
            ran.image.environment.as_ref().map(|all| all.bytes.len()),
            Some(15_001)
        );
        assert!(state.image_bytes() <= 1 << 20);
        // One that shares the image, and ends or does not.
        apply(&mut state, &fork(pid, pid + 10_000, time).exec_id(2));
        if pid % 2 == 0 {
            let exit = EventBuilder::new(event::PROCEXIT).pid(pid).exec_id(2);
            apply(&mut state, &exit.time_boot_ns(time).set("group_dead", true));
            ended += 1;
        }
        assert!(state.image_bytes() <= 1 << 20);
    }
    assert_eq!(state.len(), 8000, "the processes themselves are kept");
    assert_eq!(state.stats().exited, ended);
    assert!(state.stats().images_trimmed > 1000);
    let distinct: HashMap<_, _> = (1000..5000)
        .flat_map(|pid| [pid, pid + 10_000])
        .filter_map(|pid| state.table.find(&ProcessKey::new(Pid(pid), key_start(pid))))
        .map(|process| {
            (
                Arc::as_ptr(&process.image),
                images::bytes_of(&process.image),
            )
        })
        .collect();
    assert_eq!(distinct.values().sum::<usize>(), state.image_bytes());
    let newest = state.by_pid(Pid(4999)).expect("it runs");
    assert!(newest.image.environment.is_some(), "the oldest lose first");
}

/// Start of the processes of `padded_arguments_stay_within_the_budget`.
fn key_start(pid: u32) -> BootTime {
    match pid.checked_sub(10_000) {
        Some(parent) => BootTime(u64::from(parent) * MS),
        None => BootTime(1),
    }
}

#[test]
fn a_loop_of_parents_ends() {
    let mut state = state();
    apply(&mut state, &EventBuilder::new(event::OPENAT).pid(5).ppid(6));
    apply(&mut state, &EventBuilder::new(event::OPENAT).pid(6).ppid(5));
    let process = apply(&mut state, &EventBuilder::new(event::OPENAT).pid(5).ppid(6));
    assert_eq!(state.ancestors(&process).count(), ANCESTORS_MAX);
}

proptest::proptest! {
    /// Whatever order events come in, the table stays within its bound and answers for the process
    /// that acted.
    #[test]
    fn any_order_keeps_the_bound(
        events in proptest::collection::vec((0_usize..6, 1_u32..12, 1_u64..4, 0_u64..40), 1..200)
    ) {
        let limits = Limits { processes_max: 8, exited_kept_ns: 50 * MS, cgroups_max: 2, images_bytes_max: 60 };
        let mut state = ProcessState::new(limits, Box::new(NoSource), Box::new(NoSource));
        for (kind, pid, start, time) in events {
            let (start, time) = (start * 100 * MS, time * 10 * MS);
            let event = match kind {
                0 => fork(pid, pid + 1, time),
                1 => exec(pid, start, time, "/bin/x"),
                2 => EventBuilder::new(event::PROCEXIT).pid(pid).set("group_dead", true),
                3 => EventBuilder::new(event::SETPGID).pid(pid).set("pid", 3).set("pgid", 4),
                4 => EventBuilder::new(event::SETUID).pid(pid).uid(3),
                _ => EventBuilder::new(event::OPENAT).pid(pid).cgroup_id(time),
            };
            let process = apply(&mut state, &event.start_boot_ns(start).time_boot_ns(time));
            proptest::prop_assert_eq!(process.key, ProcessKey::new(Pid(pid), BootTime(start)));
            proptest::prop_assert!(state.len() <= 8);
            proptest::prop_assert!(state.image_bytes() <= 60);
        }
    }
}
