//! Two pods, a folder, and certificates: what most tests begin with.

use crate::certificates::{Authority, Certificate, SERVER_NAME};
use crate::pods::{Cable, Container, Pair};
use crate::running::{Ended, Running};
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Two pods with a container each.
pub(crate) struct Scene {
    pub(crate) client: Container,
    pub(crate) server: Container,
    pub(crate) authority: Authority,
    pub(crate) certificate: Certificate,
    pub(crate) pair: Pair,
    folder: TempDir,
}

impl Scene {
    /// Makes everything.
    pub(crate) fn make() -> Self {
        Self::joined_by(Cable::Good)
    }

    /// Makes everything, with a cable of this kind.
    pub(crate) fn joined_by(cable: Cable) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        // Servers change their user before they read their files.
        let all_may_read = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(folder.path(), all_may_read).expect("a folder");
        let pair = Pair::join(cable);
        let authority = Authority::make(folder.path());
        let addresses = [IpAddr::V4(pair.server.v4), IpAddr::V6(pair.server.v6)];
        Self {
            client: pair.client.container("client"),
            server: pair.server.container("server"),
            certificate: authority.server(&addresses),
            authority,
            pair,
            folder,
        }
    }

    /// A path in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A path in the folder, as text.
    pub(crate) fn text(&self, name: &str) -> String {
        text(&self.path(name))
    }

    /// Writes a file and returns its path.
    pub(crate) fn write(&self, name: &str, contents: &str) -> String {
        std::fs::write(self.path(name), contents).expect("a file");
        self.text(name)
    }

    /// Starts a server in the server's container, and waits until it listens.
    pub(crate) fn serve(&self, program: &str, arguments: &[&str], port: u16) -> Running {
        let mut server = self.server.start(program, arguments);
        server.wait_for_port(&self.server, port);
        server
    }

    /// Runs curl at the client. A page of the server's name is asked from the server's address.
    pub(crate) fn curl(&self, arguments: &[&str]) -> Ended {
        let authority = self.authority.file();
        let resolve = format!("{SERVER_NAME}:443:{}", self.server.v4);
        let mut all = vec!["-sS", "--max-time", "20", "--noproxy", "none.test"];
        all.extend(["--cacert", &authority, "--resolve", &resolve]);
        all.extend(arguments);
        self.client.run("curl", &all)
    }

    /// Runs the tests' own program at the client.
    pub(crate) fn peer(&self, arguments: &[&str]) -> Ended {
        self.client.run(&peer(), arguments)
    }
}

/// The tests' own program.
pub(crate) fn peer() -> String {
    let program = env!("CARGO_BIN_EXE_network-peer");
    program.to_owned()
}

/// A program under a name of its own, where everybody may run it: some are known by their names.
pub(crate) fn copy(scene: &Scene, program: &Path, name: &str) -> String {
    let own = scene.path(name);
    if !own.exists() {
        std::fs::copy(program, &own).unwrap_or_else(|error| panic!("{program:?}: {error}"));
        let all_may_run = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(&own, all_may_run).expect("a program");
    }
    text(&own)
}

/// A path as programs are told it.
pub(crate) fn text(path: &Path) -> String {
    path.to_str().expect("text").to_owned()
}
