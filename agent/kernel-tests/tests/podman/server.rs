//! Servers in the foreground, and the programs that talk to them.

use std::fs::File;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a server may take to listen, and to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server that is a child of the test; ended when dropped.
pub(crate) struct Server {
    child: Child,
    log: PathBuf,
}

impl Server {
    /// Starts a server and waits until it listens at a socket.
    pub(crate) fn start(mut command: Command, socket: &Path, log: PathBuf) -> Self {
        let output = File::create(&log).expect("a file for its messages");
        let errors = output.try_clone().expect("a second descriptor");
        let child = command
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}"));
        let mut server = Self { child, log };
        let limit = Instant::now() + PATIENCE;
        while UnixStream::connect(socket).is_err() {
            let ended = server.child.try_wait().expect("its state");
            assert!(
                ended.is_none() && Instant::now() < limit,
                "nobody listens at {} ({ended:?}):\n{}",
                socket.display(),
                server.said()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
        server
    }

    /// What it wrote.
    pub(crate) fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let pid = self.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &pid]).status();
        let limit = Instant::now() + PATIENCE;
        while asked.as_ref().is_ok_and(std::process::ExitStatus::success) {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            if Instant::now() > limit {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        eprintln!("the server {pid} is killed; it said:\n{}", self.said());
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Runs a program to its end and returns the last line that it printed.
pub(crate) fn output_of(mut command: Command) -> String {
    let output = command
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}"));
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).expect("text");
    text.trim_end()
        .lines()
        .last()
        .unwrap_or_default()
        .to_owned()
}

/// Writes a file system with nothing but `/bin/busybox` and names of it, as a tar file.
pub(crate) fn write_image(folder: &Path) -> PathBuf {
    let bin = folder.join("rootfs/bin");
    std::fs::create_dir_all(&bin).expect("a folder");
    std::fs::copy("/bin/busybox", bin.join("busybox"))
        .expect("/bin/busybox; install busybox-static");
    for name in ["sh", "sleep", "cat", "true"] {
        std::os::unix::fs::symlink("busybox", bin.join(name)).expect("a link");
    }
    let alone = Command::new("chroot")
        .arg(folder.join("rootfs"))
        .arg("/bin/true")
        .status();
    assert!(
        alone.is_ok_and(|status| status.success()),
        "/bin/busybox needs libraries: install busybox-static"
    );
    // Something to read that every rule about passwords knows.
    std::fs::create_dir_all(folder.join("rootfs/etc")).expect("a folder");
    std::fs::write(folder.join("rootfs/etc/shadow"), "root:*:1:0:99999:7:::\n").expect("a file");
    let image = folder.join("image.tar");
    let mut tar = Command::new("tar");
    tar.arg("-C").arg(folder.join("rootfs"));
    tar.arg("-cf").arg(&image).arg(".");
    output_of(tar);
    image
}

/// Removes a control group that a server made for all its containers, with those below it, where
/// nothing runs in them.
pub(crate) fn remove_cgroup(name: &str) {
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    for mount in mounts.lines() {
        let mut fields = mount.split(' ').skip(1);
        if let (Some(point), Some("cgroup" | "cgroup2")) = (fields.next(), fields.next()) {
            remove_empty(&Path::new(point).join(name));
        }
    }
}

fn remove_empty(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_empty(&entry.path());
        }
    }
    // Not where it is not there, or somebody else's containers run in it.
    std::fs::remove_dir(folder).ok();
}
