//! etcd and kube-apiserver on the loopback interface, for the time of a test.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::server::Programs;
use crate::apt::Apt;
use crate::cache::{create_folder, remove_folder};
use crate::command;
use crate::progress;

/// How long the server may take until it listens.
const START_PATIENCE: Duration = Duration::from_secs(60);

/// Lines of a server's log that an error repeats.
const LOG_LINES_MAX: usize = 30;

/// The token of the administrator. It opens nothing but a server on the loopback interface that lives
/// as long as the test.
const TOKEN: &str = "saker-kube-test";

/// Running servers; they end with it.
#[derive(Debug)]
pub(super) struct ControlPlane {
    kubeconfig: PathBuf,
    // Fields are dropped in order: the server before what it needs.
    _api_server: Server,
    _etcd: Server,
}

impl ControlPlane {
    /// Starts both in a folder that is emptied first.
    pub(super) fn start(programs: &Programs, folder: &Path) -> Result<Self> {
        remove_folder(folder)?;
        create_folder(folder)?;
        let (etcd_port, peer_port, port) = (free_port()?, free_port()?, free_port()?);
        let etcd = Server::start(
            Command::new(&programs.etcd)
                .arg("--data-dir")
                .arg(folder.join("etcd"))
                .args(["--log-level", "warn", "--unsafe-no-fsync"])
                .args(urls("client", etcd_port))
                .args(urls("peer", peer_port))
                .arg(format!(
                    "--initial-cluster=default=http://127.0.0.1:{peer_port}"
                )),
            folder.join("etcd.log"),
        )?;
        let mut api_server = Server::start(
            &mut api_server(programs, folder, etcd_port, port)?,
            folder.join("kube-apiserver.log"),
        )?;
        progress::detail(&format!("kube-apiserver on 127.0.0.1:{port}"));
        api_server.wait_for(port)?;
        let kubeconfig = folder.join("kubeconfig");
        fs::write(&kubeconfig, kubeconfig_text(folder, port))
            .with_context(|| format!("cannot write {}", kubeconfig.display()))?;
        Ok(Self {
            kubeconfig,
            _api_server: api_server,
            _etcd: etcd,
        })
    }

    /// How a client reaches it, with all rights.
    pub(super) fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }
}

fn urls(kind: &str, port: u16) -> [String; 2] {
    let advertise = match kind {
        "peer" => "initial-advertise-peer",
        _ => "advertise-client",
    };
    [format!("listen-{kind}"), advertise.to_owned()]
        .map(|option| format!("--{option}-urls=http://127.0.0.1:{port}"))
}

fn api_server(programs: &Programs, folder: &Path, etcd_port: u16, port: u16) -> Result<Command> {
    Apt::system().install(&["openssl".to_owned()])?;
    let key = folder.join("service-accounts.key");
    command::run_quietly(
        Command::new("openssl")
            .args(["genrsa", "-out"])
            .arg(&key)
            .arg("2048"),
    )?;
    let tokens = folder.join("tokens.csv");
    fs::write(&tokens, format!("{TOKEN},admin,admin,system:masters\n"))
        .with_context(|| format!("cannot write {}", tokens.display()))?;
    let mut command = Command::new(&programs.api_server);
    command
        .arg(format!("--etcd-servers=http://127.0.0.1:{etcd_port}"))
        .args(["--bind-address=127.0.0.1", "--insecure-port=0"])
        .arg(format!("--secure-port={port}"))
        .arg("--cert-dir")
        .arg(folder.join("certificates"))
        .arg("--service-account-issuer=https://kubernetes.default.svc")
        .arg("--service-account-key-file")
        .arg(&key)
        .arg("--service-account-signing-key-file")
        .arg(&key)
        .arg("--token-auth-file")
        .arg(&tokens)
        .arg("--authorization-mode=RBAC")
        .arg("--service-cluster-ip-range=10.96.0.0/16")
        // No controller is there that would make the account of a namespace.
        .arg("--disable-admission-plugins=ServiceAccount");
    Ok(command)
}

fn kubeconfig_text(folder: &Path, port: u16) -> String {
    let authority = folder.join("certificates/apiserver.crt");
    let authority = authority.display();
    format!(
        "apiVersion: v1
kind: Config
clusters:
- name: test
  cluster:
    server: https://127.0.0.1:{port}
    certificate-authority: {authority}
users:
- name: admin
  user:
    token: {TOKEN}
contexts:
- name: test
  context:
    cluster: test
    user: admin
current-context: test
"
    )
}

/// A port that nobody listens on now.
fn free_port() -> Result<u16> {
    let listener =
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no port is free on the loopback")?;
    Ok(listener.local_addr()?.port())
}

/// A child that is killed when it is dropped.
#[derive(Debug)]
struct Server {
    child: Child,
    log: PathBuf,
}

impl Server {
    fn start(command: &mut Command, log: PathBuf) -> Result<Self> {
        let file = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        let child = command
            .stdin(std::process::Stdio::null())
            .stdout(file.try_clone().context("cannot share the log")?)
            .stderr(file)
            .spawn()
            .with_context(|| format!("cannot start {}", command.get_program().display()))?;
        Ok(Self { child, log })
    }

    /// Waits until somebody listens on a port.
    fn wait_for(&mut self, port: u16) -> Result<()> {
        let deadline = Instant::now() + START_PATIENCE;
        loop {
            let ended = self
                .child
                .try_wait()
                .context("cannot look after a server")?;
            if ended.is_none() && TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
                return Ok(());
            }
            if ended.is_some() || Instant::now() > deadline {
                let log = fs::read_to_string(&self.log).unwrap_or_default();
                let reason = ended.map_or_else(
                    || "does not listen".to_owned(),
                    |status| format!("ended ({status})"),
                );
                bail!(
                    "the server {reason}\n{}",
                    command::tail(&log, LOG_LINES_MAX)
                );
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        if self.child.kill().is_ok() && self.child.wait().is_err() {
            progress::note(&format!("process {} was left", self.child.id()));
        }
    }
}
