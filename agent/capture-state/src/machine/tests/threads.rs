//! Which threads there are.

use super::*;

#[test]
fn what_was_there_is_known_before_the_first_event() {
    let world = World::new();
    let shell = world.thread(10);
    assert_eq!(text(shell.process.exe().unwrap()), "-sh");
    let arguments: Vec<&[u8]> = shell.process.arguments().collect();
    assert_eq!(arguments, [&b"-a"[..], b"b c"]);
    assert_eq!(world.cwd(10), "/home/u/");
    assert_eq!(world.machine.parent(shell).unwrap().tid, 1);
    assert!(world.machine.parent(world.thread(1)).is_none());
}

#[test]
fn where_there_is_no_thread_there_is_no_directory() {
    let mut world = World::new();
    for (tid, directory) in [(77, &b"./"[..]), (-1, b"")] {
        let subject = world.apply(tid, code::READ, &[("res", N(0)), ("fd", N(3))]);
        let thread = subject.thread.unwrap();
        assert_eq!(thread.process.cwd(), Some(directory), "{tid}");
    }
}

#[test]
fn a_thread_of_which_nothing_is_known_gets_a_record_of_its_id() {
    let mut world = World::new();
    let subject = world.apply(77, code::READ, &[("res", N(0)), ("fd", N(3))]);
    let thread = subject.thread.unwrap();
    assert!(thread.is_invalid());
    assert_eq!(
        (thread.tid, thread.pid, &*thread.name),
        (77, -1, &b"<NA>"[..])
    );
    assert_eq!(world.machine.stats().threads_unknown, 1);
    assert_eq!((subject.fd_number, subject.descriptor), (Some(3), None));
}

#[test]
fn switches_and_ends_make_no_records() {
    let mut world = World::new();
    for code in [code::SCHEDSWITCH, code::PROCEXIT] {
        assert!(world.apply(77, code, &[]).thread.is_none());
    }
    assert!(world.machine.thread(77).is_none());
}

#[test]
fn an_event_that_changes_nothing_copies_nothing() {
    let mut world = World::new();
    let first = world.apply(10, code::READ, &[("res", N(1)), ("fd", N(3))]);
    let second = world.apply(10, code::READ, &[("res", N(1)), ("fd", N(3))]);
    assert!(Arc::ptr_eq(&first.thread.unwrap(), &second.thread.unwrap()));
    let descriptors = (first.descriptor.unwrap(), second.descriptor.unwrap());
    assert!(Arc::ptr_eq(&descriptors.0, &descriptors.1));
}

#[test]
fn a_record_that_was_handed_out_does_not_change() {
    let mut world = World::new();
    let before = world.tick();
    let before = before.thread.unwrap();
    world.apply(1, code::SETSID, &[("res", N(9))]);
    assert_eq!(before.sid, 0);
    assert_eq!(world.thread(1).sid, 9);
    assert_eq!(world.thread(1).process.session.0, 9);
}

#[test]
fn a_thread_that_ended_is_gone_with_the_next_event() {
    let mut world = World::new();
    world.fork(20);
    let subject = world.exit(20, 0);
    assert!(subject.thread.unwrap().is_dead());
    assert!(world.machine.thread(20).is_some());
    world.tick();
    assert!(world.machine.thread(20).is_none());
    assert_eq!(world.machine.stats().threads_removed, 1);
}

#[test]
fn the_main_thread_stays_until_the_last_thread_ends() {
    let mut world = World::new();
    world.spawn(11);
    world.exit(10, 0);
    world.tick();
    assert!(world.thread(10).is_dead());
    // Its descriptors and its directory are those of the process.
    assert_eq!(world.name_of(11, 3).unwrap(), "/etc/motd");
    assert_eq!(world.cwd(11), "/home/u/");
    world.exit(11, 0);
    world.tick();
    assert!(world.machine.thread(10).is_none());
    assert!(world.machine.thread(11).is_none());
}

#[test]
fn children_of_a_thread_that_ended_get_the_reaper_that_the_kernel_names() {
    let mut world = World::new();
    world.fork(20);
    world.apply(20, code::CLONE, &cloned(30, 20, 20, 10, 0));
    world.exit(20, 10);
    world.tick();
    assert_eq!(world.thread(30).ptid, 10);
    assert_eq!(world.thread(30).process.ppid.0, 10);
}

#[test]
fn without_a_name_the_next_ancestor_that_reaps_is_the_reaper() {
    let mut world = World::new();
    world.fork(20);
    world.apply(20, code::CLONE, &cloned(30, 20, 20, 10, 0));
    world.apply(30, code::CLONE, &cloned(40, 30, 30, 20, 0));
    // A process may say that it reaps.
    let values = [("res", N(0)), ("option", N(36)), ("arg2_int", N(1))];
    world.apply(20, code::PRCTL, &values);
    world.exit(30, 0);
    world.tick();
    assert_eq!(world.thread(40).ptid, 20);
    let values = [("res", N(0)), ("option", N(36)), ("arg2_int", N(0))];
    world.apply(20, code::PRCTL, &values);
    world.exit(20, 0);
    world.tick();
    // Init always does.
    assert_eq!(world.thread(40).ptid, 1);
}

#[test]
fn another_thread_of_the_process_reaps_first() {
    let mut world = World::new();
    world.spawn(11);
    world.apply(11, code::CLONE, &cloned(30, 11, 10, 1, 0));
    assert_eq!(world.thread(30).ptid, 11);
    world.exit(11, 0);
    world.tick();
    assert_eq!(world.thread(30).ptid, 10);
}

#[test]
fn events_about_no_thread_make_no_record() {
    let mut world = World::new();
    world.apply(
        88,
        code::USER_ADDED,
        &[("uid", N(7)), ("container_id", T(""))],
    );
    world.apply(88, code::PROCINFO, &[]);
    assert!(world.machine.thread(88).is_none());
    assert!(world.apply(10, code::PROCINFO, &[]).thread.is_some());
}

#[test]
fn of_many_threads_those_that_ended_are_forgotten() {
    let mut world = World::new();
    let threads = 11..2_011;
    for tid in threads.clone() {
        world.spawn(tid);
        assert_eq!(world.cwd(tid), "/home/u/");
    }
    let main = world.thread(10).clone();
    assert_eq!(world.machine.thread_count(&main), 2_001);
    for tid in threads {
        world.exit(tid, 0);
    }
    world.tick();
    assert_eq!(world.machine.thread_count(&main), 1);
    assert!(world.machine.threads.group(10).unwrap().members.len() < 20);
}

#[test]
fn of_many_children_those_that_ended_are_forgotten() {
    let mut world = World::new();
    let children = 20..2_020;
    for child in children.clone() {
        world.fork(child);
    }
    for child in children {
        world.exit(child, 0);
    }
    world.tick();
    assert!(world.machine.threads.records[&10].children.len() < 20);
}
