//! `proc.*` and `thread.*`.

use super::scene::{BOOT_WALL_NS, Scene, call, exec, text};
use crate::FieldValue;
use saker_event_decode::EventBuilder;
use saker_event_schema::event;

/// sshd starts bash, bash starts cat, cat opens a file.
pub(super) fn line() -> Scene {
    let fork = |parent: u32, comm: &str, child: u32| {
        call(event::SCHED_PROCESS_FORK, parent, comm)
            .set("child_pid", i64::from(child))
            .set("child_tid", i64::from(child))
            .set("child_vpid", i64::from(child))
            .set("child_vtid", i64::from(child))
            .set("child_start", 1_u64)
            .set("child_exec_id", 2_u64)
            .set("child_cgroup", 2_u64)
    };
    let history = [
        exec(100, &["/usr/sbin/sshd", "-D"], "/usr/sbin/sshd").session(100),
        fork(100, "sshd", 200).session(100),
        exec(200, &["-bash"], "/usr/bin/bash")
            .ppid(100)
            .session(200),
        fork(200, "bash", 300).ppid(100).session(200),
        exec(300, &["cat", "/etc/shadow", "a b"], "/usr/bin/cat")
            .ppid(200)
            .session(200)
            .set("vpgid", 300_i64)
            .set("pgid", 300_i64)
            .set("flags", 2_u64)
            .set("exe_ino", 99_u64)
            .set("exe_ino_ctime", BOOT_WALL_NS.unsigned_abs() - 5)
            .set("exe_ino_mtime", 6_u64)
            .set("cap_permitted", 0b101_u64),
    ];
    let open = call(event::OPENAT, 300, "renamed")
        .ppid(200)
        .session(200)
        .tid(301)
        .result(3)
        .set("name", "/etc/shadow");
    Scene::after(&history, open)
}

#[test]
fn the_process() {
    let scene = line();
    assert_eq!(scene.value("proc.pid"), FieldValue::Int(300));
    assert_eq!(scene.value("proc.vpid"), FieldValue::Int(300));
    scene.text("proc.name", "cat");
    scene.text("proc.exe", "cat");
    scene.text("proc.exepath", "/usr/bin/cat");
    scene.text("proc.exepath_host", "/usr/bin/cat");
    scene.text("proc.args", "/etc/shadow a b");
    scene.text("proc.args[1]", "a b");
    scene.missing(&["proc.args[2]"]);
    scene.text("proc.cmdline", "cat /etc/shadow a b");
    scene.text("proc.exeline", "cat /etc/shadow a b");
    assert_eq!(scene.value("proc.cmdnargs"), FieldValue::Uint(2));
    assert_eq!(scene.value("proc.cmdlenargs"), FieldValue::Uint(14));
    scene.text("proc.cwd", "/home/ann/");
    scene.text("proc.env", "PATH=/usr/bin:/bin HOME=/home/ann");
    scene.text("proc.env[HOME]", "/home/ann");
    scene.text("proc.env[LD_PRELOAD]", "");
    assert_eq!(scene.value("proc.tty"), FieldValue::Uint(0));
    assert_eq!(
        scene.value("proc.duration"),
        FieldValue::RelTime(999_999_999)
    );
    let started = BOOT_WALL_NS.unsigned_abs() + 1;
    assert_eq!(scene.value("proc.pid.ts"), FieldValue::RelTime(started));
    scene.text("saker.exec_id", "1-300-2");
    scene.missing(&["proc.nthreads", "proc.vmsize", "proc.stdin.type"]);
}

#[test]
fn the_executable() {
    let scene = line();
    assert_eq!(
        scene.value("proc.is_exe_upper_layer"),
        FieldValue::Bool(true)
    );
    assert_eq!(
        scene.value("proc.is_exe_from_memfd"),
        FieldValue::Bool(false)
    );
    assert_eq!(scene.value("proc.exe_ino"), FieldValue::Int(99));
    assert_eq!(scene.value("proc.exe_ino.mtime"), FieldValue::AbsTime(6));
    let field = "proc.exe_ino.ctime_duration_proc_start";
    assert_eq!(scene.value(field), FieldValue::AbsTime(6));
}

#[test]
fn ancestors() {
    let scene = line();
    assert_eq!(scene.value("proc.ppid"), FieldValue::Int(200));
    scene.text("proc.pname", "bash");
    scene.text("proc.pexe", "-bash");
    scene.text("proc.pexepath", "/usr/bin/bash");
    scene.text("proc.pcmdline", "bash");
    scene.text("proc.aname[0]", "cat");
    scene.text("proc.aname[1]", "bash");
    scene.text("proc.aname[2]", "sshd");
    scene.text("proc.aexe[2]", "/usr/sbin/sshd");
    scene.text("proc.aexepath[2]", "/usr/sbin/sshd");
    scene.text("proc.acmdline[2]", "sshd -D");
    scene.text("proc.aargs[2]", "-D");
    assert_eq!(scene.value("proc.apid[2]"), FieldValue::Int(100));
    let all = FieldValue::List(vec![text("bash"), text("sshd")]);
    assert_eq!(scene.value("proc.aname"), all);
    scene.text("proc.aenv[HOME]", "/home/ann");
    scene.text("proc.aenv[NOT_SET]", "");
    scene.missing(&["proc.aname[900]", "proc.aexepath[900]"]);
}

#[test]
fn session_and_group() {
    let scene = line();
    assert_eq!(scene.value("proc.sid"), FieldValue::Int(200));
    scene.text("proc.sname", "bash");
    scene.text("proc.sid.exepath", "/usr/bin/bash");
    assert_eq!(scene.value("proc.is_sid_leader"), FieldValue::Bool(false));
    assert_eq!(scene.value("proc.vpgid"), FieldValue::Int(300));
    scene.text("proc.vpgid.name", "cat");
    assert_eq!(scene.value("proc.is_vpgid_leader"), FieldValue::Bool(true));
    assert_eq!(scene.value("proc.loginshellid"), FieldValue::Int(200));
}

#[test]
fn threads() {
    let scene = line();
    assert_eq!(scene.value("thread.tid"), FieldValue::Int(301));
    assert_eq!(scene.value("thread.vtid"), FieldValue::Int(301));
    assert_eq!(scene.value("thread.ismain"), FieldValue::Bool(false));
    scene.text("thread.nametid", "cat301");
    scene.text("thread.cap_permitted", "CAP_CHOWN CAP_DAC_READ_SEARCH");
    scene.text("thread.cap_effective", "");
    scene.missing(&["thread.cpu", "thread.cgroup[cpu]"]);
}

#[test]
fn what_is_not_known_is_missing() {
    let scene = Scene::new(
        EventBuilder::new(event::OPEN)
            .result(3)
            .comm("x")
            .set("name", "/x"),
    );
    scene.text("proc.name", "x");
    scene.missing(&[
        "proc.exepath",
        "proc.args",
        "proc.env",
        "proc.cwd",
        "proc.is_exe_writable",
    ]);
    scene.missing(&["thread.cap_permitted", "proc.exe_ino", "proc.pexe"]);
}
