//! Names and acts that a careless sensor gets wrong.

use crate::scene::Scene;
use saker_event_schema::{data_flag, record_flag};
use saker_kernel_tests::{Recorded, expect_arguments, trigger};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

/// The bytes of an argument.
fn bytes(record: &Recorded, argument: &str) -> Vec<u8> {
    let view = record.view();
    let slot = view.row().slot(argument).expect("an argument");
    view.data(slot).expect("a value").bytes.to_vec()
}

#[test]
fn a_name_that_is_not_text() {
    let mut scene = Scene::new();
    let mut path = OsString::from(scene.root());
    path.push(OsStr::from_bytes(b"/\xff\xfe evil\n\x1b[31m"));
    std::fs::write(&path, "").expect("a file");
    let done = trigger(&mut scene.recorder, &[OsStr::new("open"), &path]);
    let record = done.last("open");
    assert_eq!(bytes(record, "name"), path.as_bytes());
    assert_eq!(bytes(record, "file_path"), path.as_bytes());
}

#[test]
fn the_longest_path() {
    let mut scene = Scene::new();
    let root = scene.root();
    let done = scene.run(&["deep_open", &root]);
    let record = done.last("creat");
    let path = done.fact("path");
    assert_eq!(path.len(), 4095);
    assert_eq!(record.text("name"), path);
    assert_eq!(record.text("file_path"), path);
}

#[test]
fn a_folder_that_is_deeper_than_a_walk_hides_nothing() {
    let mut scene = Scene::new();
    let root = scene.root();
    let done = scene.run(&["abyss_open", &root]);
    let record = done.last("creat");
    let view = record.view();
    let slot = view.row().slot("file_path").expect("a path");
    assert_ne!(
        view.data_flags(slot) & data_flag::TRUNCATED,
        0,
        "it says that it was cut"
    );
    assert!(record.text("file_path").ends_with("/d/d/bottom"));
    assert_eq!(
        done.last("open").text("file_path"),
        done.last("open").text("name")
    );
    for (_, counts) in scene.recorder.losses().all().expect("counts") {
        assert_eq!(counts.lost_walk_failed, 0);
    }
}

#[test]
fn a_relative_path_after_chdir() {
    let mut scene = Scene::new();
    let file = scene.file("a");
    let root = scene.root();
    let done = scene.run(&["chdir_open", &root, "./../nowhere/../a"]);
    // `nowhere` does not exist, so the call fails; the requested view is there all the same.
    let record = done.last("openat");
    assert_eq!(record.text("directory"), root);
    assert_eq!(bytes(record, "name"), b"./../nowhere/../a");
    let above = std::path::Path::new(&root)
        .parent()
        .expect("a folder above");
    assert_eq!(record.text("name"), above.join("a").to_str().expect("text"));
    let done = scene.run(&["chdir_open", &root, "a"]);
    let record = done.last("openat");
    assert_eq!(record.text("directory"), root);
    assert_eq!(record.text("file_path"), file);
}

#[test]
fn a_symbolic_link() {
    let mut scene = Scene::new();
    let file = scene.file("a");
    let link = scene.path("link");
    std::os::unix::fs::symlink(&file, &link).expect("a link");
    let done = scene.run(&["open", &link]);
    assert_eq!(done.last("open").text("name"), link);
    assert_eq!(done.last("open").text("file_path"), file);
}

#[test]
fn a_bind_mount() {
    let mut scene = Scene::new();
    for folder in ["from", "to"] {
        std::fs::create_dir(scene.place(folder)).expect("a folder");
    }
    scene.file("from/a");
    let (from, to, file) = (scene.path("from"), scene.path("to"), scene.path("to/a"));
    let done = scene.run(&["bind_open", &from, &to, &file]);
    // The path leads through the mount, not to where the folder came from.
    assert_eq!(done.last("openat").text("file_path"), file);
}

#[test]
fn a_chroot() {
    let mut scene = Scene::new();
    scene.file("a");
    let root = scene.root();
    let done = scene.run(&["chroot_open", &root, "/a"]);
    let record = done.last("openat");
    assert_eq!(record.text("name"), "/a");
    // As the process sees it, and the rest of the way to the host's root.
    assert_eq!(record.text("file_path"), "/a");
    assert_eq!(record.text("file_root"), root);
    let view = record.view();
    let mut host_path = Vec::new();
    assert!(view.host_path(
        view.row().slot("file_path").expect("a path"),
        &mut host_path
    ));
    assert_eq!(host_path, format!("{root}/a").as_bytes());
}

#[test]
fn a_file_without_a_name() {
    let mut scene = Scene::new();
    let done = scene.run(&["memfd_create"]);
    let record = done.last("memfd_create");
    let view = record.view();
    let flags = view.data_flags(view.row().slot("file_path").expect("a path"));
    assert_ne!(flags & data_flag::UNREACHABLE, 0);
}

#[test]
fn a_thread_that_is_not_the_leader_runs_a_program() {
    let mut scene = Scene::new();
    let program = std::fs::canonicalize("/bin/true").expect("a program");
    let done = scene.run(&["exec_in_thread", program.to_str().expect("text")]);
    let record = done.last("execve");
    let header = record.header();
    assert_eq!(header.result, 0);
    assert_eq!(
        (header.pid, header.tid),
        (done.pid, done.pid),
        "the thread became the leader"
    );
    let view = record.view();
    let previous = view.signed(view.row().slot("previous_tid").expect("a slot"));
    assert_ne!(
        previous,
        Some(i64::from(done.pid)),
        "it was another thread before"
    );
    assert_eq!(
        header.start_boot_ns,
        done.records[0].header().start_boot_ns,
        "the same process"
    );
}

#[test]
fn a_process_that_ends_at_once() {
    let mut scene = Scene::new();
    let done = scene.run(&["procexit"]);
    let child = done.fact("child").parse().expect("a pid");
    scene.recorder.wait_for_end_of(child);
    let fork = done.last("sched_process_fork");
    let records = scene.recorder.of(child);
    assert_eq!(fork.text("child_pid"), child.to_string());
    assert_eq!(
        fork.text("child_start"),
        records[0].header().start_boot_ns.to_string()
    );
    assert!(fork.header().time_boot_ns <= records[0].header().time_boot_ns);
}

#[test]
fn a_pid_that_is_used_again_is_another_process() {
    let mut scene = Scene::new();
    let done = scene.run(&["same_pid_twice"]);
    let child: u32 = done.fact("child").parse().expect("a pid");
    let forks: Vec<_> = done
        .all("sched_process_fork")
        .into_iter()
        .filter(|fork| fork.text("child_pid") == child.to_string())
        .collect();
    assert_eq!(forks.len(), 2);
    assert_ne!(forks[0].text("child_start"), forks[1].text("child_start"));
}

#[test]
fn the_32_bit_entry() {
    let mut scene = Scene::new();
    let path = scene.path("folder");
    let done = scene.run(&["compat", &path]);
    let record = done.last("mkdir");
    assert_ne!(record.header().flags & record_flag::COMPAT, 0);
    assert_eq!(record.text("path"), path);
    assert_eq!(record.header().result, 0);
    let record = done.last("umount");
    let result = done.fact("umount");
    assert_eq!(record.header().result.to_string(), result);
    expect_arguments(
        record,
        &[
            ("res", &record.text("res")),
            ("name", &path),
            ("directory", "<NA>"),
        ],
    );
}

#[test]
fn a_connection_through_the_32_bit_socketcall() {
    let mut scene = Scene::new();
    let done = scene.run(&["compat_socketcall"]);
    let record = done.last("connect");
    assert_ne!(record.header().flags & record_flag::COMPAT, 0);
    assert_eq!(record.text("addr"), done.fact("server"));
    assert!(
        record
            .text("tuple")
            .ends_with(&format!("->{}", done.fact("server")))
    );
}
