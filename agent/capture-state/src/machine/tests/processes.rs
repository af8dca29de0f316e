//! Clones and execs.

use super::*;

#[test]
fn a_child_is_like_its_caller() {
    let mut world = World::new();
    world.apply(10, code::CHDIR, &[("res", N(0)), ("path", T("work"))]);
    world.fork(20);
    let child = world.thread(20);
    assert_eq!((child.pid, child.ptid, child.vpid), (20, 10, 20));
    assert_eq!(child.clone_time_ns, 1_002);
    assert_eq!(child.process.key.start_boot_ns.0, 1_002);
    assert_eq!(child.fd_limit, 1024);
    assert_eq!(child.process.exe_path().unwrap(), b"/bin/sh");
    assert_eq!(child.process.credentials.loginuid, Some(1000));
    assert_eq!(world.cwd(20), "/home/u/work/");
    assert_eq!(world.name_of(20, 3).unwrap(), "/etc/motd");
    // The words are the same, so that nothing was copied.
    let images = (&child.process.image, &world.thread(10).process.image);
    assert!(Arc::ptr_eq(images.0, images.1));
    let environment = world.environment(child);
    assert_eq!(environment, b"HOME=/home/u\0");
}

#[test]
fn child_and_caller_have_descriptors_of_their_own() {
    let mut world = World::new();
    world.fork(20);
    world.open(20, 4, "a");
    world.apply(10, code::CLOSE, &[("res", N(0)), ("fd", N(3))]);
    world.tick();
    assert_eq!(world.name_of(10, 4), None);
    assert_eq!(world.name_of(10, 3), None);
    assert_eq!(world.name_of(20, 3).unwrap(), "/etc/motd");
    assert_eq!(world.machine.descriptor_count(world.thread(20)), 2);
}

#[test]
fn threads_share_what_belongs_to_the_process() {
    let mut world = World::new();
    world.spawn(11);
    let thread = world.thread(11);
    assert_eq!((thread.pid, thread.ptid), (10, 1));
    assert_eq!(world.machine.thread_count(thread), 2);
    world.open(11, 5, "x");
    assert_eq!(world.name_of(10, 5).unwrap(), "/home/u/x");
    world.apply(10, code::CHDIR, &[("res", N(0)), ("path", T("/tmp"))]);
    assert_eq!(world.cwd(11), "/tmp/");
    let environment = world.environment(world.thread(11));
    assert_eq!(environment, b"HOME=/home/u\0");
}

#[test]
fn the_child_may_tell_first() {
    let mut world = World::new();
    world.apply(20, code::CLONE, &cloned(0, 20, 20, 10, 0));
    assert_ne!(world.thread(20).flags & clone_flag::INVERTED, 0);
    let time = world.thread(20).clone_time_ns;
    world.apply(10, code::CLONE, &cloned(20, 10, 10, 1, 0));
    assert_eq!(world.thread(20).clone_time_ns, time);
}

#[test]
fn in_a_namespace_only_the_child_knows_its_id() {
    let mut world = World::new();
    let flags = clone_flag::NEWPID.into();
    world.apply(10, code::CLONE, &cloned(2, 10, 10, 1, flags));
    assert!(world.machine.thread(2).is_none());
    let mut values = cloned(0, 20, 20, 10, flags);
    values.retain(|(name, _)| !matches!(*name, "vtid" | "vpid"));
    values.extend([
        ("vtid", N(1)),
        ("vpid", N(1)),
        ("pidns_init_start_ts", N(100)),
    ]);
    world.apply(20, code::CLONE, &values);
    let child = world.thread(20);
    assert_eq!((child.vpid, child.process.vpid), (1, 1));
    assert!(child.is_in_pid_namespace());
    assert_eq!(child.pid_namespace_start_ns, 105);
}

#[test]
fn the_caller_of_a_vfork_does_not_bring_back_a_child_that_ended() {
    let mut world = World::new();
    world.apply(20, code::VFORK, &cloned(0, 20, 20, 10, 0));
    world.exit(20, 0);
    world.apply(10, code::VFORK, &cloned(20, 10, 10, 1, 0));
    assert!(world.machine.thread(20).is_none());
    // Nor does that of a plain clone, a moment later.
    world.apply(21, code::CLONE, &cloned(0, 21, 21, 10, 0));
    world.exit(21, 0);
    world.apply(10, code::CLONE, &cloned(21, 10, 10, 1, 0));
    assert!(world.machine.thread(21).is_none());
    world.time_ns += 3_000_000_000;
    world.apply(10, code::CLONE, &cloned(21, 10, 10, 1, 0));
    assert!(world.machine.thread(21).is_some());
}

#[test]
fn an_id_that_is_used_again_is_another_process() {
    let mut world = World::new();
    world.fork(20);
    world.open(20, 9, "old");
    world.time_ns += 3_000_000_000;
    world.apply(20, code::CLONE, &cloned(0, 20, 20, 1, 0));
    assert_eq!(world.thread(20).ptid, 1);
    assert_eq!(world.name_of(20, 9), None);
}

#[test]
fn a_caller_of_which_only_the_id_was_known_becomes_known() {
    let mut world = World::new();
    world.apply(70, code::CLONE, &cloned(71, 70, 70, 10, 0));
    let caller = world.thread(70);
    assert!(!caller.is_invalid());
    assert_eq!((caller.pid, caller.ptid), (70, 10));
    assert_eq!(&*caller.name, b"sh");
    assert_eq!(world.thread(71).ptid, 70);
    assert_eq!(world.thread(71).process.exe_path().unwrap(), b"");
}

#[test]
fn the_main_thread_becomes_known_from_a_thread() {
    let mut world = World::new();
    let flags = clone_flag::THREAD.into();
    world.apply(81, code::CLONE, &cloned(0, 81, 80, 10, flags));
    let main = world.machine.main_thread(world.thread(81)).unwrap();
    assert_eq!((main.tid, main.ptid), (80, 10));
    assert_eq!(&*main.name, b"sh");
}

#[test]
fn a_failed_clone_makes_nothing() {
    let mut world = World::new();
    let subject = world.apply(10, code::CLONE, &cloned(-11, 10, 10, 1, 0));
    assert_eq!(subject.errno, 11);
    assert_eq!(world.machine.stats().threads_added, 2);
}

#[test]
fn an_exec_changes_the_image() {
    let mut world = World::new();
    let before = world.thread(10).clone();
    let subject = world.apply(10, code::EXECVE, &executed(10, "/usr/bin/cat (deleted)"));
    let thread = subject.thread.unwrap();
    assert_eq!(&*thread.name, b"cat");
    assert_eq!(thread.process.comm.as_bytes(), b"cat");
    assert_eq!(thread.process.exe_path().unwrap(), b"/usr/bin/cat");
    assert_eq!(thread.process.environment_variable(b"B").unwrap(), b"2");
    assert_eq!((thread.process.tty, thread.fd_limit), (34816, 64));
    assert_eq!(thread.process.credentials.uid, 0);
    assert_eq!(thread.exec_time_ns, 1_001);
    assert_eq!(before.process.exe_path().unwrap(), b"/bin/sh");
    // Whoever runs as root has a name.
    assert_eq!(&*world.machine.user(0).unwrap().name, b"root");
    assert_eq!(&*world.machine.group(0).unwrap().name, b"root");
}

#[test]
fn a_failed_exec_changes_nothing() {
    let mut world = World::new();
    let subject = world.apply(10, code::EXECVE, &[("res", N(-2))]);
    assert_eq!(subject.errno, 2);
    assert_eq!(&*world.thread(10).name, b"sh");
}

#[test]
fn the_path_of_an_old_exec_comes_from_its_enter_event() {
    let mut world = World::new();
    let mut values = executed(10, "");
    values.retain(|(name, _)| *name != "trusted_exepath");
    world.apply(10, code::EXECVE_ENTER, &[("filename", T("../bin/cat"))]);
    world.apply(10, code::EXECVE, &values);
    assert_eq!(
        world.thread(10).process.exe_path().unwrap(),
        b"/home/bin/cat"
    );
    // Without it the path stays as it was.
    world.apply(10, code::EXECVE, &values);
    assert_eq!(
        world.thread(10).process.exe_path().unwrap(),
        b"/home/bin/cat"
    );
    assert_eq!(world.machine.stats().enter_events_missing, 1);
}

#[test]
fn execveat_returns_as_execve() {
    let mut world = World::new();
    let mut values = executed(10, "");
    values.retain(|(name, _)| *name != "trusted_exepath");
    world.apply(
        10,
        code::OPEN,
        &[("fd", N(4)), ("name", T("/opt")), ("flags", N(1 << 10))],
    );
    for (number, path, flags, expected) in [
        (4, "bin/tool", 0, "/opt/bin/tool"),
        (4, "/abs", 0, "/abs"),
        (AT_FDCWD, "tool", 0, "/home/u/tool"),
        (3, "", 1, "/etc/motd"),
        (99, "x", 0, "<NA>"),
    ] {
        let enter = [
            ("dirfd", N(number)),
            ("pathname", T(path)),
            ("flags", N(flags)),
        ];
        world.apply(10, code::EXECVEAT_ENTER, &enter);
        world.apply(10, code::EXECVE, &values);
        let path = text(world.thread(10).process.exe_path().unwrap());
        assert_eq!(path, expected);
    }
}

#[test]
fn an_exec_closes_what_is_to_be_closed_and_ends_other_threads() {
    let mut world = World::new();
    world.spawn(11);
    world.apply(
        10,
        code::OPEN,
        &[("fd", N(4)), ("name", T("/a")), ("flags", N(1 << 12))],
    );
    world.apply(
        10,
        code::FCNTL,
        &[("res", N(0)), ("fd", N(3)), ("cmd", N(3)), ("arg", N(1))],
    );
    world.open(10, 5, "/b");
    world.apply(10, code::EXECVE, &executed(10, "/bin/cat"));
    assert_eq!(world.name_of(10, 3), None);
    assert_eq!(world.name_of(10, 4), None);
    assert_eq!(world.name_of(10, 5).unwrap(), "/b");
    assert!(world.machine.thread(11).is_none());
    assert_eq!(world.machine.thread_count(world.thread(10)), 1);
}

#[test]
fn a_main_thread_that_ended_lives_again_by_an_exec() {
    let mut world = World::new();
    world.spawn(11);
    world.exit(10, 0);
    world.tick();
    world.apply(10, code::EXECVE, &executed(10, "/bin/cat"));
    assert!(!world.thread(10).is_dead());
    world.exit(10, 0);
    world.tick();
    assert!(world.machine.thread(10).is_none());
}

#[test]
fn an_exec_makes_an_unknown_thread_known() {
    let mut world = World::new();
    world.apply(60, code::EXECVE, &executed(60, "/bin/cat"));
    let thread = world.thread(60);
    assert!(!thread.is_invalid());
    assert_eq!((thread.pid, thread.ptid, thread.vpid), (60, 1, 60));
    assert_eq!(world.machine.thread_count(thread), 1);
}

#[test]
fn containers_come_from_cgroups() {
    let id = "4c01db0b339c4a2cd3cd0ec4a9ea2f5b7a7a5a8e0e4d8a1f6b7c8d9e0f112233";
    let mut world = World::new();
    assert!(world.thread(10).process.container().is_none());
    let mut values = executed(10, "/bin/cat");
    let cgroups = format!("cpuset_cgroup=/\0io=/docker/{id}\0perf=/\0");
    values.push(("cgroups", B(cgroups.into_bytes())));
    world.apply(10, code::EXECVE, &values);
    let thread = world.thread(10);
    assert_eq!(thread.process.container().unwrap().id.full(), id);
    let cgroups = text(&thread.cgroups);
    assert_eq!(
        cgroups,
        format!("cpuset=/\0blkio=/docker/{id}\0perf_event=/\0")
    );
}
