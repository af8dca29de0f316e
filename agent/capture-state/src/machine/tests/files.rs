//! Files, directories and other descriptors.

use super::*;

#[test]
fn a_file_is_named_by_its_whole_path() {
    let mut world = World::new();
    let subject = world.open(10, 4, "../x");
    assert_eq!(
        (subject.fd_number, name(&subject)),
        (Some(4), "/home/x".into())
    );
    let descriptor = subject.descriptor.unwrap();
    assert_eq!(&*descriptor.name_raw, b"../x");
    assert_eq!(descriptor.kind, DescriptorKind::File);
    assert!(subject.has_name_changed);
    assert_eq!(
        name(&world.apply(10, code::READ, &[("res", N(1)), ("fd", N(4))])),
        "/home/x"
    );
}

#[test]
fn a_failed_open_leaves_no_descriptor() {
    let mut world = World::new();
    let subject = world.open(10, -2, "x");
    assert_eq!((subject.errno, subject.fd_number), (2, Some(-1)));
    assert!(subject.descriptor.is_none());
}

#[test]
fn paths_are_relative_to_a_directory() {
    let mut world = World::new();
    let directory = [
        ("fd", N(5)),
        ("name", T("/srv/")),
        ("flags", N(1 << 10 | 1)),
    ];
    let subject = world.apply(10, code::OPEN, &directory);
    assert_eq!(subject.descriptor.unwrap().kind, DescriptorKind::Directory);
    for (number, path, expected) in [
        (5, "www/./a", "/srv/www/a"),
        (5, "/abs", "/abs"),
        (AT_FDCWD, "a", "/home/u/a"),
        (42, "a", "<UNKNOWN>a"),
    ] {
        let values = [("fd", N(6)), ("dirfd", N(number)), ("name", T(path))];
        assert_eq!(name(&world.apply(10, code::OPENAT, &values)), expected);
    }
}

#[test]
fn what_the_caller_asked_for_counts() {
    let mut world = World::new();
    let enter = [
        ("dirfd", N(AT_FDCWD)),
        ("name", T("asked")),
        ("flags", N(4)),
    ];
    let exit = [
        ("fd", N(4)),
        ("dirfd", N(AT_FDCWD)),
        ("name", T("swapped")),
        ("flags", N(1 | 1 << 14)),
    ];
    world.apply(10, code::OPENAT_ENTER, &enter);
    let subject = world.apply(10, code::OPENAT, &exit);
    assert_eq!(name(&subject), "/home/u/asked");
    assert_eq!(subject.descriptor.unwrap().open_flags, 4 | 1 << 14);
    // It is forgotten with the exit, whatever that was.
    assert_eq!(
        name(&world.apply(10, code::OPENAT, &exit)),
        "/home/u/swapped"
    );
    world.apply(10, code::OPENAT_ENTER, &enter);
    world.apply(10, code::LSEEK, &[("res", N(0)), ("fd", N(3))]);
    assert_eq!(
        name(&world.apply(10, code::OPENAT, &exit)),
        "/home/u/swapped"
    );
}

#[test]
fn layers_of_overlays_are_told_by_flags() {
    let mut world = World::new();
    let creat = [
        ("fd", N(4)),
        ("name", T("a")),
        ("dev", N(7)),
        ("ino", N(9)),
        ("creat_flags", N(2)),
    ];
    let descriptor = world.apply(10, code::CREAT, &creat).descriptor.unwrap();
    assert!(descriptor.is_overlay_lower && !descriptor.is_overlay_upper);
    assert_eq!((descriptor.device, descriptor.inode), (7, 9));
    let open = [("fd", N(4)), ("name", T("a")), ("flags", N(1 << 15))];
    let descriptor = world.apply(10, code::OPEN, &open).descriptor.unwrap();
    assert!(descriptor.is_overlay_upper && !descriptor.is_overlay_lower);
}

#[test]
fn a_descriptor_is_gone_with_the_event_after_its_close() {
    let mut world = World::new();
    let close = [("res", N(0)), ("fd", N(3))];
    assert_eq!(name(&world.apply(10, code::CLOSE, &close)), "/etc/motd");
    assert_eq!(world.name_of(10, 3).unwrap(), "/etc/motd");
    world.tick();
    assert_eq!(world.name_of(10, 3), None);
    let subject = world.apply(10, code::CLOSE, &[("res", N(-9)), ("fd", N(3))]);
    assert_eq!((subject.errno, subject.fd_number), (9, Some(3)));
}

#[test]
fn a_close_that_failed_closes_nothing() {
    let mut world = World::new();
    world.apply(10, code::CLOSE, &[("res", N(-4)), ("fd", N(3))]);
    world.tick();
    assert_eq!(world.name_of(10, 3).unwrap(), "/etc/motd");
}

#[test]
fn ranges_are_closed_or_marked() {
    let mut world = World::new();
    for number in 4..8 {
        world.open(10, number, "/x");
    }
    let mark = [
        ("res", N(0)),
        ("first", N(4)),
        ("last", N(5)),
        ("flags", N(4)),
    ];
    world.apply(10, code::CLOSE_RANGE, &mark);
    let close = [
        ("res", N(0)),
        ("first", N(6)),
        ("last", N(0xffff_ffff)),
        ("flags", N(0)),
    ];
    world.apply(10, code::CLOSE_RANGE, &close);
    let open: Vec<i64> = (3..9)
        .filter(|number| world.name_of(10, *number).is_some())
        .collect();
    assert_eq!(open, [3, 4, 5]);
    world.apply(10, code::EXECVE, &executed(10, "/bin/cat"));
    let open: Vec<i64> = (3..9)
        .filter(|number| world.name_of(10, *number).is_some())
        .collect();
    assert_eq!(open, [3]);
}

#[test]
fn a_descriptor_is_doubled() {
    let mut world = World::new();
    let dup = [
        ("res", N(1)),
        ("oldfd", N(3)),
        ("newfd", N(1)),
        ("flags", N(1 << 12)),
    ];
    let subject = world.apply(10, code::DUP3, &dup);
    assert_eq!(
        (subject.fd_number, name(&subject)),
        (Some(1), "/etc/motd".into())
    );
    assert!(!subject.has_name_changed);
    assert_eq!(subject.descriptor.unwrap().open_flags, 1 << 12);
    // The output of a shell's pipe.
    assert_ne!(world.thread(10).flags & clone_flag::PIPE_SOURCE, 0);
    let fcntl = [("res", N(8)), ("fd", N(1)), ("cmd", N(1))];
    let subject = world.apply(10, code::FCNTL, &fcntl);
    assert_eq!(
        (subject.fd_number, name(&subject)),
        (Some(8), "/etc/motd".into())
    );
    assert_eq!(subject.descriptor.unwrap().open_flags, 0);
    let fcntl = [("res", N(9)), ("fd", N(1)), ("cmd", N(26))];
    let subject = world.apply(10, code::FCNTL, &fcntl);
    assert_eq!(subject.descriptor.unwrap().open_flags, 1 << 12);
}

#[test]
fn calls_that_make_descriptors_tell_their_kind() {
    let mut world = World::new();
    for (code, kind) in [
        (code::EVENTFD, DescriptorKind::Event),
        (code::EVENTFD2, DescriptorKind::Event),
        (code::SIGNALFD, DescriptorKind::SignalFd),
        (code::SIGNALFD4, DescriptorKind::SignalFd),
        (code::TIMERFD_CREATE, DescriptorKind::TimerFd),
        (code::INOTIFY_INIT, DescriptorKind::Inotify),
        (code::INOTIFY_INIT1, DescriptorKind::Inotify),
        (code::BPF, DescriptorKind::Bpf),
        (code::USERFAULTFD, DescriptorKind::UserFaultFd),
        (code::IO_URING_SETUP, DescriptorKind::IoUring),
        (code::EPOLL_CREATE, DescriptorKind::EventPoll),
        (code::EPOLL_CREATE1, DescriptorKind::EventPoll),
    ] {
        let row = saker_falco_events::event_type(EventCode(code)).unwrap();
        let result = row.parameters.first().unwrap().name;
        let subject = world.apply(10, code, &[(result, N(12))]);
        assert_eq!(subject.descriptor.unwrap().kind, kind, "{}", row.name);
        assert_eq!(subject.fd_number, Some(12), "{}", row.name);
        assert!(!subject.has_name_changed);
    }
}

#[test]
fn a_pipe_has_two_ends() {
    let mut world = World::new();
    let pipe = [("res", N(0)), ("fd1", N(4)), ("fd2", N(5)), ("ino", N(99))];
    let subject = world.apply(10, code::PIPE, &pipe);
    assert_eq!(subject.fd_number, Some(5));
    let thread = world.machine.thread(10).unwrap();
    for number in [4, 5] {
        let end = world.machine.descriptor(thread, number).unwrap();
        assert_eq!((&end.kind, end.inode), (&DescriptorKind::Fifo, 99));
    }
}

#[test]
fn memory_files_and_processes_are_descriptors() {
    let mut world = World::new();
    let memfd = [("fd", N(4)), ("name", T("x")), ("flags", N(1))];
    let subject = world.apply(10, code::MEMFD_CREATE, &memfd);
    assert_eq!(name(&subject), "x");
    let pidfd = [("fd", N(5)), ("pid", N(10)), ("flags", N(0))];
    let subject = world.apply(1, code::PIDFD_OPEN, &pidfd);
    assert_eq!(
        (name(&subject), subject.descriptor.unwrap().pid),
        ("/proc/10".into(), 10)
    );
    let getfd = [("fd", N(6)), ("pid_fd", N(5)), ("target_fd", N(3))];
    let subject = world.apply(1, code::PIDFD_GETFD, &getfd);
    assert_eq!(name(&subject), "/etc/motd");
    assert_eq!(world.name_of(1, 6).unwrap(), "/etc/motd");
}

#[test]
fn a_process_changes_its_directory() {
    let mut world = World::new();
    for (path, expected) in [
        ("src", "/home/u/src/"),
        ("..", "/home/u/"),
        ("/", "/"),
        ("/var//log/", "/var/log/"),
    ] {
        world.apply(10, code::CHDIR, &[("res", N(0)), ("path", T(path))]);
        assert_eq!(world.cwd(10), expected);
    }
    world.apply(10, code::CHDIR, &[("res", N(-2)), ("path", T("/gone"))]);
    assert_eq!(world.cwd(10), "/var/log/");
    let directory = [("fd", N(7)), ("name", T("/srv")), ("flags", N(1 << 10))];
    world.apply(10, code::OPEN, &directory);
    world.apply(10, code::FCHDIR, &[("res", N(0)), ("fd", N(7))]);
    assert_eq!(world.cwd(10), "/srv/");
    world.apply(10, code::GETCWD, &[("res", N(5)), ("path", T("/real"))]);
    assert_eq!(world.cwd(10), "/real/");
}

#[test]
fn a_thread_changes_its_root() {
    let mut world = World::new();
    world.apply(10, code::CHROOT, &[("res", N(0)), ("path", T("jail"))]);
    assert_eq!(&*world.thread(10).root, b"/home/u/jail");
    world.apply(10, code::CHROOT, &[("res", N(0)), ("path", T("/a/../b"))]);
    assert_eq!(&*world.thread(10).root, b"/a/../b");
    world.apply(10, code::CHROOT, &[("res", N(-1)), ("path", T("/no"))]);
    assert_eq!(&*world.thread(10).root, b"/a/../b");
}

#[test]
fn absolute_paths_need_no_directory_of_their_own() {
    let mut world = World::new();
    let subject = world.apply(
        10,
        code::OPENAT,
        &[
            ("fd", N(4)),
            ("dirfd", N(AT_FDCWD)),
            ("name", T("/etc/hosts")),
        ],
    );
    assert_eq!(name(&subject), "/etc/hosts");
    let event = EventBuilder::new(EventCode(code::LSEEK)).unwrap().tid(10);
    event.look(|event| {
        let step = world.machine.begin(event);
        let directory = |path| world.machine.directory_of(&step, path, 99).unwrap();
        assert!(Arc::ptr_eq(&directory(b"/a"), &directory(b"/b")));
    });
}
