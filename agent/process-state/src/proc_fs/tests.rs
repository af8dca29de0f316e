use super::*;
use std::fs;
use std::os::unix::fs::symlink;

/// A directory that looks like `/proc` with one process in it.
struct FakeProc {
    root: tempfile::TempDir,
}

impl FakeProc {
    fn new() -> Self {
        Self {
            root: tempfile::tempdir().expect("a directory"),
        }
    }

    fn process(&self, pid: u32, stat: &[u8]) -> PathBuf {
        let directory = self.root.path().join(pid.to_string());
        fs::create_dir_all(directory.join("ns")).expect("a process");
        fs::write(directory.join("stat"), stat).expect("stat");
        directory
    }
}

const STAT: &[u8] =
    b"42 (a) (b\n c) S 7 42 40 34816 42 4194304 1 2 3 4 5 6 7 8 20 0 1 0 12345 9 9\n";

#[test]
fn a_process_is_read_whole() {
    let fake = FakeProc::new();
    let directory = fake.process(42, STAT);
    let file = |name: &str, content: &[u8]| fs::write(directory.join(name), content).expect("file");
    file(
        "status",
        b"Name:\tx\nUid:\t1000\t0\t0\t0\nGid:\t100\t50\t50\t50\nNSpid:\t42\t5\nNSpgid:\t42\t5\n\
          CapInh:\t0000000000000000\nCapPrm:\t000001ffffffffff\nCapEff:\t0000000000000020\n",
    );
    file("cmdline", b"/bin/\xff\0-x\0\0");
    file("environ", b"HOME=/root\0A=\xfe\0");
    file("cgroup", b"0::/system.slice/x.service\n");
    file("loginuid", b"1000");
    symlink("/usr/bin/x (deleted)", directory.join("exe")).expect("exe");
    symlink("/srv/jail/work", directory.join("cwd")).expect("cwd");
    symlink("/srv/jail", directory.join("root")).expect("root");
    symlink("pid:[4026531836]", directory.join("ns/pid")).expect("ns");
    symlink("mnt:[4026531841]", directory.join("ns/mnt")).expect("ns");

    let snapshot = ProcFs::new(fake.root.path()).read(Pid(42)).expect("there");
    let process = snapshot.process;
    assert_eq!(
        process.key,
        ProcessKey::new(Pid(42), BootTime(123_450_000_000))
    );
    assert_eq!(process.comm.as_bytes(), b"a) (b\n c");
    assert_eq!(process.ppid, Pid(7));
    assert_eq!((process.pgid, process.vpgid), (Some(Pid(42)), Some(5)));
    assert_eq!(
        (process.session, process.tty, process.vpid),
        (Pid(40), 34816, 5)
    );
    assert_eq!(process.exe_path(), Some(&b"/usr/bin/x"[..]));
    assert_eq!(process.image.path_flags, data_flag::DELETED);
    assert_eq!(process.image.exe_root.as_deref(), Some(&b"/srv/jail"[..]));
    assert_eq!(process.cwd(), Some(&b"/work"[..]));
    assert_eq!(process.exe(), Some(&b"/bin/\xff"[..]));
    assert_eq!(process.arguments().collect::<Vec<_>>(), [&b"-x"[..], b""]);
    assert_eq!(process.environment_variable(b"HOME"), Some(&b"/root"[..]));
    assert_eq!(process.environment_variable(b"HOM"), None);
    let credentials = process.credentials;
    assert_eq!(
        (credentials.uid, credentials.ruid, credentials.suid),
        (0, Some(1000), Some(0))
    );
    assert_eq!((credentials.gid, credentials.rgid), (50, Some(100)));
    assert_eq!(credentials.loginuid, Some(1000));
    assert_eq!(process.capabilities.expect("read").effective, 0x20);
    assert_eq!(process.pid_namespace, 4_026_531_836);
    assert_eq!(process.mount_namespace, 4_026_531_841);
    assert_eq!(process.has_exec_flag(EXE_FROM_MEMFD), None);
    assert_eq!(
        snapshot.cgroup_path.as_deref(),
        Some(&b"/system.slice/x.service"[..])
    );
}

#[test]
fn an_executable_of_the_host_is_trusted() {
    let trusted = |root: &str, exe: &str, namespace: &str, placement: Placement| {
        let fake = FakeProc::new();
        let directory = fake.process(42, STAT);
        symlink(exe, directory.join("exe")).expect("exe");
        symlink(root, directory.join("root")).expect("root");
        symlink(namespace, directory.join("ns/user")).expect("ns");
        let mut process = ProcFs::new(fake.root.path())
            .read(Pid(42))
            .expect("there")
            .process;
        process.placement = placement;
        process.has_trusted_executable()
    };
    let initial = "user:[4026531837]";
    let exe = "/usr/bin/x";
    let path = b"/docker/4c01db0b339c4a2cd3cd0ec4a9ea2f5b7a7a5a8e0e4d8a1f6b7c8d9e0f112233";
    let container = crate::container_of(path).expect("a container");
    let container = Placement::Container(Arc::new(container));
    assert_eq!(trusted("/", exe, initial, Placement::Host), Some(true));
    assert_eq!(trusted("/", exe, initial, container), Some(false));
    assert_eq!(trusted("/", exe, initial, Placement::Unknown), Some(false));
    assert_eq!(trusted("/srv", exe, initial, Placement::Host), Some(false));
    assert_eq!(
        trusted("/", exe, "user:[4026532000]", Placement::Host),
        Some(false)
    );
    assert_eq!(trusted("/", exe, "unreadable", Placement::Host), None);
    let deleted = "/usr/bin/x (deleted)";
    assert_eq!(trusted("/", deleted, initial, Placement::Host), Some(false));
}

#[test]
fn a_kernel_thread_has_no_program() {
    let fake = FakeProc::new();
    let directory = fake.process(
        2,
        b"2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 3 0 0",
    );
    fs::write(directory.join("cmdline"), b"").expect("cmdline");
    let process = ProcFs::new(fake.root.path())
        .read(Pid(2))
        .expect("there")
        .process;
    assert_eq!(process.exe_path(), None);
    assert_eq!(process.exe(), None);
    assert_eq!(process.image.arguments, Some(StringVector::default()));
}

#[test]
fn a_program_in_memory_is_known_by_its_link() {
    let fake = FakeProc::new();
    let directory = fake.process(9, STAT);
    symlink("/memfd:x (deleted)", directory.join("exe")).expect("exe");
    let process = ProcFs::new(fake.root.path())
        .read(Pid(9))
        .expect("there")
        .process;
    assert_eq!(process.has_exec_flag(EXE_FROM_MEMFD), Some(true));
    assert_eq!(process.exe_path(), Some(&b"/memfd:x"[..]));
}

#[test]
fn a_name_that_ends_like_the_remark_is_a_name() {
    let fake = FakeProc::new();
    let directory = fake.process(9, STAT);
    let program = fake.root.path().join("sshd (deleted)");
    fs::write(&program, b"").expect("a program");
    symlink(&program, directory.join("exe")).expect("exe");
    let process = ProcFs::new(fake.root.path())
        .read(Pid(9))
        .expect("there")
        .process;
    let exe = process.exe_path().expect("a path");
    assert!(exe.ends_with(b"/sshd (deleted)"));
    assert_eq!(process.image.path_flags, 0);
}

#[test]
fn the_cgroup_of_a_process_that_ended_says_nothing_at_the_root() {
    let fake = FakeProc::new();
    let proc_fs = ProcFs::new(fake.root.path());
    let line = |state: &str, flags: u32| {
        format!("6 (z) {state} 1 6 6 0 -1 {flags} 1 2 3 4 5 6 7 8 20 0 1 0 12345 9 9").into_bytes()
    };
    for (state, flags, at_root) in [("S", 0, true), ("R", 4, false), ("Z", 0, false)] {
        let directory = fake.process(6, &line(state, flags));
        let expect = |path: &str, is_known: bool| {
            fs::write(directory.join("cgroup"), format!("0::{path}\n")).expect("cgroup");
            let read = proc_fs.read(Pid(6)).expect("there").cgroup_path;
            assert_eq!(read.is_some(), is_known, "{state} {flags} {path}");
            assert_eq!(proc_fs.cgroup_path(Pid(6)).is_some(), is_known);
        };
        expect("/", at_root);
        expect("/user.slice", true);
    }
}

#[test]
fn what_is_not_a_process_is_skipped() {
    let fake = FakeProc::new();
    fake.process(3, STAT);
    fake.process(4, b"4 broken");
    let zombie = |threads: u32| {
        format!("6 (z) Z 1 6 6 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 {threads} 0 12345 9 9")
            .into_bytes()
    };
    fake.process(6, &zombie(1));
    fake.process(7, &zombie(2));
    fs::create_dir(fake.root.path().join("sys")).expect("sys");
    fs::create_dir(fake.root.path().join("5")).expect("a process that ended");
    let proc_fs = ProcFs::new(fake.root.path());
    assert_eq!(proc_fs.pids(), [3, 4, 5, 6, 7].map(Pid));
    let pids: Vec<_> = proc_fs
        .scan()
        .iter()
        .map(|found| found.process.pid())
        .collect();
    assert_eq!(pids, [Pid(3), Pid(7)], "one of two threads of 7 runs");
    assert!(
        proc_fs.read(Pid(6)).is_some(),
        "an event of it may come yet"
    );
}

#[test]
fn the_telling_path_is_the_container_s() {
    let id = "4c01db0b339c4a2cd3cd0ec4a9ea2f5b7a7a5a8e0e4d8a1f6b7c8d9e0f112233";
    let legacy = format!(
        "12:cpuset:/\n8:pids:/docker/{id}\n4:memory:/docker/{id}\n1:name=systemd:/docker/{id}\n0::/system.slice/containerd.service\n"
    );
    let expected = format!("/docker/{id}");
    assert_eq!(
        cgroup::telling(legacy.as_bytes()),
        Some(expected.as_bytes())
    );
    assert_eq!(cgroup::telling(b"0::/\n"), Some(&b"/"[..]));
    assert_eq!(
        cgroup::telling(b"3:cpu:/\n2:pids:/user.slice\n0::/\n"),
        Some(&b"/user.slice"[..])
    );
    assert_eq!(
        cgroup::telling(b"5:memory:/some/limit\n2:pids:/\n0::/x.service (deleted)\n"),
        Some(&b"/x.service"[..])
    );
    assert_eq!(
        cgroup::named(b"5:memory,pids:/a\n0::/b\n"),
        Some((Hierarchy::Pids, &b"/a"[..]))
    );
    assert_eq!(cgroup::named(b"5:memory:/\n0::/\n"), None);
    assert_eq!(cgroup::telling(b""), None);
}

#[test]
fn this_very_process_is_in_proc() {
    let proc_fs = ProcFs::new("/proc").with_cgroup_mount(Hierarchy::Unified, "/sys/fs/cgroup");
    let me = Pid(std::process::id());
    let snapshot = proc_fs.read(me).expect("this process");
    let exe = std::env::current_exe()
        .expect("a program")
        .into_os_string()
        .into_vec();
    assert_eq!(snapshot.process.exe_path(), Some(exe.as_slice()));
    assert!(snapshot.process.image.inode.is_some());
    assert!(proc_fs.scan().iter().any(|found| found.process.pid() == me));
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(text in proptest::collection::vec(proptest::num::u8::ANY, 0..400)) {
        let _stat = Stat::parse(&text);
        let _status = Status::parse(&text);
        let _path = cgroup::telling(&text);
        let _container = crate::container_of(&text);
    }
}
