//! What every scenario starts from: a recorder and an empty folder.

use saker_kernel_tests::{Recorded, Recorder, Triggered, expect_arguments, trigger};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use tempfile::TempDir;

/// A recorder and an empty folder.
pub(crate) struct Scene {
    pub(crate) recorder: Recorder,
    folder: TempDir,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self {
            recorder: Recorder::start(),
            folder,
        }
    }

    /// A path in the folder.
    pub(crate) fn path(&self, name: &str) -> String {
        self.place(name).to_str().expect("text").to_owned()
    }

    /// A path in the folder.
    pub(crate) fn place(&self, name: &str) -> PathBuf {
        self.folder
            .path()
            .canonicalize()
            .expect("the folder")
            .join(name)
    }

    /// The folder.
    pub(crate) fn root(&self) -> String {
        let root = self.folder.path().canonicalize().expect("the folder");
        root.to_str().expect("text").to_owned()
    }

    /// Makes a file and returns its path.
    pub(crate) fn file(&self, name: &str) -> String {
        std::fs::write(self.place(name), name).expect("a file");
        self.path(name)
    }

    /// Runs a scenario.
    pub(crate) fn run(&mut self, arguments: &[&str]) -> Triggered {
        trigger(&mut self.recorder, arguments)
    }

    /// Runs a scenario and asserts all arguments of its last record of an event.
    pub(crate) fn expect(
        &mut self,
        event: &str,
        arguments: &[&str],
        expected: &[(&str, &str)],
    ) -> Triggered {
        let done = self.run(arguments);
        expect_arguments(done.last(event), expected);
        expect_header(&done, done.last(event));
        done
    }
}

/// Asserts what the header of a scenario's record must say.
pub(crate) fn expect_header(done: &Triggered, record: &Recorded) {
    let header = record.header();
    assert_eq!(header.pid, done.pid);
    assert_eq!(
        header.vpid, header.pid,
        "the test runs in the host's pid namespace"
    );
    assert_eq!(header.vtid, header.tid);
    assert_eq!(header.ppid, std::process::id());
    assert_eq!(header.pid_namespace, namespace("pid"));
    assert_eq!(header.session, session());
    assert_eq!(header.loginuid, login_uid());
    assert_eq!(header.tty, 0, "tests have no terminal of their own");
    assert_eq!(
        usize::try_from(header.length),
        Ok(record.view().record().len())
    );
    assert!(header.time_boot_ns > header.start_boot_ns);
    assert!(header.time_boot_ns - header.start_boot_ns < 60_000_000_000);
    assert!(header.exec_id > 0);
    assert!(header.cgroup_id > 0);
    assert!(header.mount_namespace > 0 || record.row().name == "procexit");
}

/// Inode number of a namespace of the test.
pub(crate) fn namespace(kind: &str) -> u32 {
    let inode = std::fs::metadata(format!("/proc/self/ns/{kind}"))
        .expect("a namespace")
        .ino();
    u32::try_from(inode).expect("namespaces have small numbers")
}

fn session() -> u32 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("stat");
    let after_name = stat.rsplit(')').next().expect("a name");
    after_name
        .split_whitespace()
        .nth(3)
        .expect("a session")
        .parse()
        .expect("a number")
}

fn login_uid() -> u32 {
    // The file is missing where the kernel has no audit: nobody has a login uid then.
    let text = std::fs::read_to_string("/proc/self/loginuid").unwrap_or_default();
    text.trim().parse().unwrap_or(u32::MAX)
}
