//! How much text is kept.

use super::*;
use crate::machine::texts::{descriptor_bytes, thread_bytes};
use crate::snapshot::UserEntry;

const KIB: usize = 1024;

fn kept(world: &World) -> (usize, usize) {
    let records = &world.machine.threads.records;
    (
        thread_bytes(records.values()),
        descriptor_bytes(records.values()),
    )
}

/// A text of its own for each number.
fn long(number: i64, length: usize) -> Box<[u8]> {
    let mut text = format!("{number}=").into_bytes();
    text.resize(length, b'x');
    text.into()
}

fn large(tid: i64) -> ThreadSnapshot {
    ThreadSnapshot {
        arguments: long(tid, 4 * KIB),
        environment: long(tid, 4 * KIB),
        cgroups: long(tid, 4 * KIB),
        ..snapshot(tid, tid, 1, "large")
    }
}

#[test]
fn every_text_is_cut() {
    let limits = Limits {
        text_bytes: 4,
        ..Limits::default()
    };
    let mut world = World::with_limits(limits);
    world.open(10, 4, "/etc/passwd");
    world.apply(10, code::EXECVE, &executed(10, "/usr/bin/cat"));
    world.apply(10, code::CHROOT, &[("res", N(0)), ("path", T("/var/lib"))]);
    world.machine.add_user(UserEntry {
        uid: 7,
        gid: 7,
        name: (*b"somebody").into(),
        home: (*b"/home/somebody").into(),
        shell: (*b"/bin/sh").into(),
    });
    let thread = world.thread(10);
    let image = &thread.process.image;
    assert_eq!(&*image.arguments.as_ref().unwrap().bytes, b"cat\0");
    assert!(image.arguments.as_ref().unwrap().is_truncated);
    assert_eq!(image.exe_path.as_deref(), Some(&b"/usr"[..]));
    assert_eq!(&*thread.root, b"/var");
    assert_eq!(world.name_of(10, 4).as_deref(), Some("/etc"));
    let user = world.machine.user(7).unwrap();
    assert_eq!((&*user.name, &*user.home), (&b"some"[..], &b"/hom"[..]));
    assert!(world.machine.stats().texts_cut >= 6);
}

#[test]
fn the_texts_of_all_threads_of_the_begin_are_bounded() {
    let limits = Limits {
        thread_text_bytes: 64 * KIB,
        ..Limits::default()
    };
    let mut world = World::with_limits(limits);
    for tid in 100..200 {
        world.machine.add_thread(large(tid));
    }
    assert!(kept(&world).0 <= limits.thread_text_bytes);
    // The first have theirs; of the others the ids are known.
    assert_eq!(&*world.thread(100).cgroups, {
        let mut cgroups = long(100, 4 * KIB).into_vec();
        cgroups.push(0);
        cgroups
    });
    assert!(world.thread(199).cgroups.is_empty());
    assert_eq!(world.thread(199).pid, 199);
    assert!(world.machine.stats().texts_left_out >= 90);
}

#[test]
fn a_main_thread_s_environment_is_not_copied_beyond_the_bound() {
    let limits = Limits {
        thread_text_bytes: 64 * KIB,
        ..Limits::default()
    };
    let mut world = World::with_limits(limits);
    world.machine.add_thread(large(100));
    for tid in 101..200 {
        world.machine.add_thread(ThreadSnapshot {
            pid: 100,
            ..snapshot(tid, 100, 1, "thread")
        });
    }
    world.machine.start();
    assert!(kept(&world).0 <= limits.thread_text_bytes);
    assert!(world.machine.stats().texts_left_out > 50);
}

#[test]
fn the_texts_that_events_tell_are_bounded() {
    let limits = Limits {
        thread_text_bytes: 64 * KIB,
        ..Limits::default()
    };
    let mut world = World::with_limits(limits);
    for child in 100..300 {
        let mut values = cloned(child, 10, 10, 1, 0);
        values.retain(|(name, _)| !["args", "cgroups"].contains(name));
        values.push(("args", B(long(child, 4 * KIB).into())));
        values.push(("cgroups", B(long(child, 4 * KIB).into())));
        world.apply(10, code::CLONE, &values);
        let directory = format!("/{}/{child}", "d".repeat(900));
        world.apply(
            child,
            code::CHDIR,
            &[("res", N(0)), ("path", T(&directory))],
        );
    }
    assert!(kept(&world).0 <= limits.thread_text_bytes);
    assert!(world.machine.stats().texts_left_out > 300);
}

#[test]
fn texts_that_went_away_make_room() {
    let limits = Limits {
        thread_text_bytes: 64 * KIB,
        ..Limits::default()
    };
    let mut world = World::with_limits(limits);
    for round in 0..100 {
        let mut values = executed(10, "/bin/cat");
        values.retain(|(name, _)| *name != "env");
        values.push(("env", B(long(round, 8 * KIB).into())));
        world.apply(10, code::EXECVE, &values);
        let environment = world.environment(world.thread(10));
        assert_eq!(*environment, *long(round, 8 * KIB));
    }
    assert_eq!(world.machine.stats().texts_left_out, 0);
}

#[test]
fn texts_that_are_shared_count_once() {
    let limits = Limits {
        thread_text_bytes: 64 * KIB,
        ..Limits::default()
    };
    let mut world = World::with_limits(limits);
    let mut values = executed(10, "/bin/cat");
    values.retain(|(name, _)| *name != "env");
    values.push(("env", B(long(1, 8 * KIB).into())));
    world.apply(10, code::EXECVE, &values);
    for child in 100..300 {
        let mut values = cloned(child, 10, 10, 1, 0);
        values.retain(|(name, _)| !["exe", "args"].contains(name));
        values.push(("exe", T("cat")));
        values.push(("args", B(b"/etc/passwd\0-n\0".to_vec())));
        world.apply(10, code::CLONE, &values);
    }
    let environment = world.environment(world.thread(299));
    assert_eq!(environment.len(), 8 * KIB);
    assert_eq!(world.machine.stats().texts_left_out, 0);
}

#[test]
fn the_names_of_descriptors_are_bounded() {
    let limits = Limits {
        descriptor_text_bytes: 16 * KIB,
        ..Limits::default()
    };
    let mut world = World::with_limits(limits);
    for number in 4..200 {
        let path = format!("/{}/{number}", "d".repeat(500));
        world.open(10, number, &path);
    }
    assert!(kept(&world).1 <= limits.descriptor_text_bytes);
    assert_eq!(world.name_of(10, 199).as_deref(), Some(""));
    assert!(world.machine.stats().texts_left_out > 150);
    // What is closed makes room.
    for number in 4..200 {
        world.apply(10, code::CLOSE, &[("res", N(0)), ("fd", N(number))]);
    }
    for number in 4..30 {
        world.open(10, number, &format!("/{}/{number}", "d".repeat(300)));
    }
    assert!(kept(&world).1 > limits.descriptor_text_bytes / 4);
}

#[test]
fn the_texts_of_users_are_bounded() {
    let limits = Limits {
        user_text_bytes: 1_000,
        ..Limits::default()
    };
    let mut world = World::with_limits(limits);
    for uid in 100..200 {
        world.machine.add_user(UserEntry {
            uid,
            gid: 1,
            name: long(uid.into(), 100),
            home: Box::default(),
            shell: Box::default(),
        });
    }
    assert_eq!(world.machine.user(100).unwrap().name.len(), 100);
    assert!(world.machine.user(199).unwrap().name.is_empty());
    assert!(world.machine.stats().texts_left_out >= 90);
}
