//! PostgreSQL: Debian's package `postgresql`.

use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// It refuses to run as root.
const USER: &str = "postgres";
const START_PATIENCE: Duration = Duration::from_secs(30);
/// The password of the superuser, who has the name of [`USER`].
const PASSWORD: &str = "of the tests";

/// A server with an empty data folder, on a loopback port and a Unix socket of its own. Killed when dropped.
pub struct PostgresServer {
    folder: tempfile::TempDir,
    binaries: PathBuf,
    port: u16,
    child: Option<Child>,
    options: Vec<String>,
}

impl PostgresServer {
    /// Makes the data folder and starts the server.
    ///
    /// # Errors
    ///
    /// The package is missing, or the server does not come up.
    pub fn start() -> Result<Self> {
        Self::start_with(&[])
    }

    /// Starts it with options such as `max_connections=20`.
    ///
    /// # Errors
    ///
    /// The package is missing, or the server does not come up.
    pub fn start_with(options: &[&str]) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
        let mut server = Self {
            binaries: binaries()?,
            port: TcpListener::bind("127.0.0.1:0")?.local_addr()?.port(),
            folder,
            child: None,
            options: options.iter().map(|option| (*option).to_owned()).collect(),
        };
        server.initialise()?;
        server.restart()?;
        Ok(server)
    }

    /// Port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The folder of the Unix socket.
    #[must_use]
    pub fn socket_folder(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    /// The folder with the data, for files that the server is to read.
    #[must_use]
    pub fn data_folder(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A file with the password of the superuser `postgres`.
    #[must_use]
    pub fn password_file(&self) -> PathBuf {
        self.folder.path().join("password")
    }

    /// Gives a file to the user that the server runs as.
    ///
    /// # Errors
    ///
    /// The user is not there.
    pub fn give(path: &Path) -> Result<()> {
        chown(path, Some(id("-u")?), Some(id("-g")?))?;
        Ok(())
    }

    /// Runs SQL as the superuser; what it prints.
    ///
    /// # Errors
    ///
    /// The server refuses.
    pub fn sql(&self, database: &str, sql: &str) -> Result<String> {
        let output = Command::new(self.binaries.join("psql"))
            .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align"])
            .args(["--set", "ON_ERROR_STOP=1", "--username", USER])
            .arg("--host")
            .arg(self.socket_folder())
            .args(["--port", &self.port.to_string()])
            .args(["--dbname", database, "--command", sql])
            .output()?;
        let error = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "psql: {error}");
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }

    /// Kills it with SIGKILL, as a loss of power would end it.
    ///
    /// # Errors
    ///
    /// The process cannot be waited for.
    pub fn kill(&mut self) -> Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// Starts it again with the data it had.
    ///
    /// # Errors
    ///
    /// It does not come up.
    pub fn restart(&mut self) -> Result<()> {
        self.kill()?;
        let deadline = Instant::now() + START_PATIENCE;
        while Instant::now() < deadline {
            self.launch()?;
            while Instant::now() < deadline {
                if self.sql("postgres", "SELECT 1").is_ok() {
                    return Ok(());
                }
                std::thread::sleep(Duration::from_millis(50));
                let child = self.child.as_mut().context("launched")?;
                if child.try_wait()?.is_some() {
                    // Processes of the one that was killed may still hold its memory.
                    std::thread::sleep(Duration::from_millis(200));
                    break;
                }
            }
        }
        bail!("PostgreSQL does not come up:\n{}", self.log())
    }

    fn launch(&mut self) -> Result<()> {
        let log = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.folder.path().join("log"))?;
        let mut command = as_user(&self.binaries.join("postgres"));
        command
            .arg("-D")
            .arg(self.data_folder())
            .args(["-p", &self.port.to_string()])
            .args(["-c", "listen_addresses=127.0.0.1"])
            .arg("-c")
            .arg(format!(
                "unix_socket_directories={}",
                self.socket_folder().display()
            ))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        for option in &self.options {
            command.args(["-c", option]);
        }
        self.child = Some(command.spawn()?);
        Ok(())
    }

    fn initialise(&self) -> Result<()> {
        for folder in [self.data_folder(), self.socket_folder()] {
            fs::create_dir(&folder)?;
            Self::give(&folder)?;
        }
        fs::write(self.password_file(), PASSWORD)?;
        Self::give(&self.password_file())?;
        let output = as_user(&self.binaries.join("initdb"))
            .args(["--no-sync", "--username", USER, "--encoding", "UTF8"])
            .args(["--locale", "C", "--auth-local", "trust"])
            .args(["--auth-host", "scram-sha-256", "--pwfile"])
            .arg(self.password_file())
            .arg(self.data_folder())
            .output()?;
        let error = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "initdb: {error}");
        Ok(())
    }

    /// The end of its log.
    #[must_use]
    pub fn log(&self) -> String {
        let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("PostgreSQL's log:\n{}", self.log());
        }
        if let Err(error) = self.kill() {
            eprintln!("PostgreSQL cannot be killed: {error}");
        }
    }
}

/// Where the newest version's programs are.
fn binaries() -> Result<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").context("install the package postgresql")?;
    let newest = versions
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok())
        .max()
        .context("install the package postgresql")?;
    Ok(PathBuf::from(format!("/usr/lib/postgresql/{newest}/bin")))
}

fn id(which: &str) -> Result<u32> {
    let output = Command::new("id").args([which, USER]).output()?;
    let text = String::from_utf8(output.stdout)?;
    text.trim()
        .parse()
        .with_context(|| format!("there is no user {USER}"))
}

fn as_user(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid", USER, "--regid", USER, "--clear-groups", "--"])
        .arg(program)
        .current_dir("/");
    command
}
