//! Rows of processes and signals.

use crate::scene::{Scene, expect_header, namespace};
use saker_kernel_tests::{ANY, Recorded, Triggered, expect_arguments};

/// The record of an event that the parent made, not the child.
fn of_parent<'a>(done: &'a Triggered, event: &str) -> &'a Recorded {
    let all = done.all(event);
    all.into_iter()
        .find(|record| record.header().result != 0)
        .expect("the parent's return")
}

#[test]
fn fork() {
    let mut scene = Scene::new();
    let done = scene.run(&["fork"]);
    let child = done.fact("child").to_owned();
    expect_arguments(of_parent(&done, "fork"), &[("res", &child)]);
    expect_header(&done, of_parent(&done, "fork"));
}

#[test]
fn vfork() {
    let mut scene = Scene::new();
    let done = scene.run(&["vfork"]);
    expect_arguments(of_parent(&done, "vfork"), &[("res", done.fact("child"))]);
}

#[test]
fn clone() {
    let mut scene = Scene::new();
    let done = scene.run(&["clone"]);
    expect_arguments(
        of_parent(&done, "clone"),
        &[("res", done.fact("child")), ("flags", ANY)],
    );
}

#[test]
fn clone3() {
    let mut scene = Scene::new();
    let done = scene.run(&["clone3"]);
    expect_arguments(
        of_parent(&done, "clone3"),
        &[("res", done.fact("child")), ("flags", "0")],
    );
}

#[test]
fn sched_process_fork() {
    let mut scene = Scene::new();
    let done = scene.run(&["sched_process_fork"]);
    let child = done.fact("child").to_owned();
    let parent = done.last("sched_process_fork");
    let header = parent.header();
    expect_arguments(
        parent,
        &[
            ("child_pid", &child),
            ("child_tid", &child),
            ("child_vpid", &child),
            ("child_vtid", &child),
            ("child_start", ANY),
            ("child_exec_id", &header.exec_id.to_string()),
            ("child_cgroup", &header.cgroup_id.to_string()),
            ("child_pid_namespace", &namespace("pid").to_string()),
            ("child_ppid", &done.pid.to_string()),
        ],
    );
    // The child's own records begin where the fork says that it begins.
    let child = child.parse().expect("a pid");
    scene.recorder.wait_for_end_of(child);
    let start = scene.recorder.of(child)[0].header().start_boot_ns;
    assert_eq!(parent.text("child_start"), start.to_string());
}

#[test]
fn execve() {
    let mut scene = Scene::new();
    let program = std::fs::canonicalize("/bin/true").expect("a program");
    let program = program.to_str().expect("text");
    let done = scene.run(&["execve", program]);
    let record = done.last("execve");
    expect_exec(record, program);
    expect_header(&done, record);
    assert_eq!(record.text("filename"), program);
    assert_eq!(record.view().comm(), b"true");
    let start = done.all("execve")[0].header();
    assert_eq!(
        record.header().exec_id,
        start.exec_id + 1,
        "one image after the other"
    );
}

#[test]
fn execve_that_fails() {
    let mut scene = Scene::new();
    let done = scene.run(&["execve_missing"]);
    let record = done.last("execve");
    assert_eq!(record.header().result, -2);
    assert_eq!(record.text("res"), "ENOENT");
    assert_eq!(record.text("filename"), "/nonexistent/program");
    assert_eq!(record.text("trusted_exepath"), "<NA>");
}

#[test]
fn execveat() {
    let mut scene = Scene::new();
    let program = std::fs::canonicalize("/bin/true").expect("a program");
    let program = program.to_str().expect("text");
    let done = scene.run(&["execveat", program]);
    let record = done.last("execveat");
    expect_exec(record, program);
    assert!(
        record.text("filename").starts_with("/dev/fd/"),
        "{}",
        record.text("filename")
    );
}

/// What both kinds of exec must say of the scenario's program.
fn expect_exec(record: &Recorded, program: &str) {
    use std::os::unix::fs::MetadataExt;
    let metadata = std::fs::metadata(program).expect("a program");
    let time = |seconds: i64, nanoseconds: i64| (seconds * 1_000_000_000 + nanoseconds).to_string();
    let header = record.header();
    let text = |name: &str| record.text(name);
    let view = record.view();
    let slot = |name: &str| view.row().slot(name).expect("an argument");
    let strings = |name: &str| -> Vec<Vec<u8>> {
        let data = view.data(slot(name)).expect("a vector");
        data.strings().map(<[u8]>::to_vec).collect()
    };
    assert_eq!(header.result, 0);
    assert_eq!(
        strings("args"),
        [b"name-zero".to_vec(), b"first argument".to_vec()]
    );
    assert_eq!(strings("env"), [b"SAKER_TEST=yes".to_vec()]);
    let cwd = std::env::current_dir().expect("a directory");
    assert_eq!(
        view.path(slot("cwd")),
        Some(cwd.as_os_str().as_encoded_bytes())
    );
    assert_eq!(text("trusted_exepath"), program);
    assert_eq!(text("exe_ino"), metadata.ino().to_string());
    assert_eq!(
        view.unsigned(slot("exe_ino_ctime"))
            .map(|ns| ns.to_string()),
        Some(time(metadata.ctime(), metadata.ctime_nsec()))
    );
    assert_eq!(
        view.unsigned(slot("exe_ino_mtime"))
            .map(|ns| ns.to_string()),
        Some(time(metadata.mtime(), metadata.mtime_nsec()))
    );
    assert_eq!(view.signed(slot("pgid")), view.signed(slot("vpgid")));
    assert_eq!(view.signed(slot("uid")), Some(0));
    assert_eq!(view.signed(slot("gid")), Some(0));
    assert_eq!(view.signed(slot("ruid")), Some(0));
    assert_eq!(view.signed(slot("rgid")), Some(0));
    assert_eq!(view.signed(slot("suid")), Some(0));
    assert_eq!(view.unsigned(slot("tty")), Some(0));
    assert_eq!(
        view.signed(slot("previous_tid")),
        Some(i64::from(header.pid))
    );
    assert_eq!(
        view.unsigned(slot("user_namespace")),
        Some(u64::from(namespace("user")))
    );
    assert_eq!(text("interpreter"), "<NA>");
    let status = std::fs::read_to_string("/proc/self/status").expect("status");
    let effective = status
        .lines()
        .find_map(|line| line.strip_prefix("CapEff:"))
        .expect("CapEff");
    let effective = u64::from_str_radix(effective.trim(), 16).expect("a number");
    assert_eq!(view.unsigned(slot("cap_effective")), Some(effective));
    assert_eq!(view.unsigned(slot("cap_permitted")), Some(effective));
}

#[test]
fn a_script_names_its_interpreter() {
    use std::os::unix::fs::PermissionsExt;
    let mut scene = Scene::new();
    let script = scene.path("script");
    std::fs::write(&script, "#!/bin/true\n").expect("a script");
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).expect("runnable");
    let done = scene.run(&["execve", &script]);
    let record = done.last("execve");
    assert_eq!(record.text("filename"), script);
    assert_eq!(record.text("interpreter"), "/bin/true");
}

#[test]
fn procexit() {
    let mut scene = Scene::new();
    let done = scene.run(&["procexit"]);
    let child = done.fact("child").parse().expect("a pid");
    scene.recorder.wait_for_end_of(child);
    let records = scene.recorder.of(child);
    let end = records.last().expect("the child's end");
    expect_arguments(
        end,
        &[
            ("status", ANY),
            ("ret", "42"),
            ("sig", "0"),
            ("core", "0"),
            ("group_dead", "1"),
        ],
    );
    assert_eq!(end.header().ppid, done.pid);
}

#[test]
fn a_killed_process_ends_with_the_signal() {
    let mut scene = Scene::new();
    let done = scene.run(&["killed"]);
    let child = done.fact("child").parse().expect("a pid");
    scene.recorder.wait_for_end_of(child);
    let records = scene.recorder.of(child);
    assert_eq!(
        records.last().expect("the child's end").text("sig"),
        "SIGKILL"
    );
}

#[test]
fn ptrace() {
    let mut scene = Scene::new();
    let done = scene.run(&["ptrace"]);
    let child = done.fact("child").to_owned();
    expect_arguments(
        done.last("ptrace"),
        &[
            ("res", "0"),
            ("addr", "0"),
            ("data", "0"),
            ("request", "PTRACE_ATTACH"),
            ("pid", &child),
        ],
    );
}

#[test]
fn setns() {
    let mut scene = Scene::new();
    scene.expect(
        "setns",
        &["setns"],
        &[
            ("res", "0"),
            ("fd", ANY),
            ("nstype", "CLONE_NEWUTS"),
            ("file_path", ANY),
            ("file_root", ANY),
            ("file_mode", ANY),
        ],
    );
}

#[test]
fn unshare() {
    let mut scene = Scene::new();
    scene.expect(
        "unshare",
        &["unshare"],
        &[("res", "0"), ("flags", "CLONE_NEWUTS")],
    );
}

#[test]
fn setsid() {
    let mut scene = Scene::new();
    let done = scene.run(&["setsid"]);
    let child = done.fact("child").parse().expect("a pid");
    scene.recorder.wait_for_end_of(child);
    let records = scene.recorder.of(child);
    let record = records
        .iter()
        .find(|record| record.row().name == "setsid")
        .expect("setsid");
    expect_arguments(record, &[("res", done.fact("child"))]);
    assert_eq!(record.header().session, child);
}

#[test]
fn setpgid() {
    let mut scene = Scene::new();
    scene.expect(
        "setpgid",
        &["setpgid"],
        &[("res", "0"), ("pid", "0"), ("pgid", "0")],
    );
}

#[test]
fn kill() {
    let mut scene = Scene::new();
    let done = scene.run(&["kill"]);
    let pid = done.pid.to_string();
    expect_arguments(
        done.last("kill"),
        &[("res", "0"), ("pid", &pid), ("sig", "0")],
    );
}

#[test]
fn tkill() {
    let mut scene = Scene::new();
    let done = scene.run(&["tkill"]);
    let pid = done.pid.to_string();
    expect_arguments(
        done.last("tkill"),
        &[("res", "0"), ("tid", &pid), ("sig", "0")],
    );
}

#[test]
fn tgkill() {
    let mut scene = Scene::new();
    let done = scene.run(&["tgkill"]);
    let pid = done.pid.to_string();
    expect_arguments(
        done.last("tgkill"),
        &[("res", "0"), ("pid", &pid), ("tid", &pid), ("sig", "0")],
    );
}

#[test]
fn pidfd_send_signal() {
    let mut scene = Scene::new();
    scene.expect(
        "pidfd_send_signal",
        &["pidfd_send_signal"],
        &[("res", "0"), ("pidfd", ANY), ("sig", "0")],
    );
}
