//! A real rsyslog that receives by every transport and writes down what it makes of the messages.

use anyhow::{Context, Result, bail, ensure};
use saker_tls::ClientTlsSettings;
use saker_tls::development::{Authority, Request};
use serde::Deserialize;
use std::fs;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(20);
const LOOK_INTERVAL: Duration = Duration::from_millis(20);

/// Who may connect with TLS.
const PEER: &str = "worker-1";

/// A message as rsyslog understood it, by its own properties.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ReceivedSyslog {
    /// The input that received it: `imuxsock`, `imudp`, `imptcp` or `imtcp`.
    pub input: String,
    /// Facility and severity as one number.
    pub pri: String,
    /// When it happened, as RFC 3339.
    pub time: String,
    /// Where it happened.
    pub host: String,
    /// What told of it.
    pub app_name: String,
    /// Its process.
    pub process_id: String,
    /// What kind of message it is.
    pub message_id: String,
    /// The structured data, as it was sent.
    pub structured_data: String,
    /// The structured data, taken apart by `mmpstrucdata`: identifier, name, value; JSON in text.
    pub parameters: String,
    /// The text.
    pub text: String,
}

/// A running rsyslog; ends when it is dropped.
pub struct Rsyslog {
    child: Child,
    folder: TempDir,
    udp: u16,
    tcp: u16,
    tls: u16,
}

impl Rsyslog {
    /// Starts it in a folder of its own and waits until it receives.
    ///
    /// # Errors
    ///
    /// Where it is not installed, or does not start.
    pub fn start() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let (udp, tcp, tls) = (free_udp_port()?, free_tcp_port()?, free_tcp_port()?);
        write_certificates(folder.path())?;
        let configuration = folder.path().join("rsyslog.conf");
        fs::write(
            &configuration,
            configuration_text(folder.path(), udp, tcp, tls),
        )?;
        let log = fs::File::create(folder.path().join("rsyslogd.log"))?;
        let child = Command::new("rsyslogd")
            .arg("-n")
            .arg("-f")
            .arg(&configuration)
            .arg("-i")
            .arg(folder.path().join("pid"))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("rsyslogd cannot be started; is the package rsyslog installed?")?;
        let mut server = Self {
            child,
            folder,
            udp,
            tcp,
            tls,
        };
        server.wait_until_it_receives()?;
        Ok(server)
    }

    /// A socket of datagrams that is read as `/dev/log` is unless rsyslog is told otherwise.
    #[must_use]
    pub fn socket_by_default(&self) -> PathBuf {
        self.folder.path().join("log-by-default")
    }

    /// A socket of datagrams that takes messages of RFC 5424.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// Host and port for UDP.
    #[must_use]
    pub fn udp(&self) -> String {
        format!("localhost:{}", self.udp)
    }

    /// Host and port for TCP.
    #[must_use]
    pub fn tcp(&self) -> String {
        format!("localhost:{}", self.tcp)
    }

    /// Host and port for TLS, and the certificates that it asks for.
    #[must_use]
    pub fn tls(&self) -> (String, ClientTlsSettings) {
        let path = |name| Some(self.folder.path().join(name));
        let settings = ClientTlsSettings {
            ca_file: path("ca.crt"),
            certificate_file: path("client.crt"),
            key_file: path("client.key"),
            server_name: None,
        };
        (format!("localhost:{}", self.tls), settings)
    }

    /// What it has received, as soon as it is so many messages; all of them, should there be more.
    ///
    /// # Errors
    ///
    /// Where they do not come, or what was written is not what its template says.
    pub fn received(&self, count: usize) -> Result<Vec<ReceivedSyslog>> {
        let started = Instant::now();
        loop {
            let text =
                fs::read_to_string(self.folder.path().join("received.json")).unwrap_or_default();
            let whole = text.rfind('\n').map_or("", |end| &text[..end]);
            let messages = whole
                .lines()
                .map(|line| serde_json::from_str(line).with_context(|| line.to_owned()))
                .collect::<Result<Vec<ReceivedSyslog>>>()?;
            if messages.len() >= count {
                return Ok(messages);
            }
            if started.elapsed() > PATIENCE {
                bail!(
                    "{} of {count} messages came: {text}{}",
                    messages.len(),
                    self.log()
                );
            }
            std::thread::sleep(LOOK_INTERVAL);
        }
    }

    fn wait_until_it_receives(&mut self) -> Result<()> {
        let started = Instant::now();
        loop {
            let ready = self.socket().exists()
                && self.socket_by_default().exists()
                && UdpSocket::bind(("127.0.0.1", self.udp)).is_err()
                && [self.tcp, self.tls]
                    .iter()
                    .all(|port| TcpStream::connect(("127.0.0.1", *port)).is_ok());
            if ready {
                return Ok(());
            }
            ensure!(
                self.child.try_wait()?.is_none() && started.elapsed() < PATIENCE,
                "rsyslogd does not start: {}",
                self.log()
            );
            std::thread::sleep(LOOK_INTERVAL);
        }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("rsyslogd.log")).unwrap_or_default()
    }
}

impl Drop for Rsyslog {
    fn drop(&mut self) {
        // It may have ended by itself.
        if self.child.kill().is_ok() {
            self.child.wait().map(|_| ()).unwrap_or_default();
        }
    }
}

fn write_certificates(folder: &Path) -> Result<()> {
    let authority = Authority::new("rsyslog's authority", Authority::days(1))?;
    fs::write(folder.join("ca.crt"), authority.certificate_pem())?;
    for (name, request) in [
        ("server", Request::server(["localhost"])),
        ("client", Request::client([PEER])),
    ] {
        let issued = authority.issue(&request)?;
        fs::write(folder.join(format!("{name}.crt")), issued.certificate_pem)?;
        fs::write(folder.join(format!("{name}.key")), issued.key_pem)?;
    }
    Ok(())
}

fn configuration_text(folder: &Path, udp: u16, tcp: u16, tls: u16) -> String {
    let folder = folder.display();
    format!(
        r#"global(
  workDirectory="{folder}" maxMessageSize="128k"
  defaultNetstreamDriverCAFile="{folder}/ca.crt"
  defaultNetstreamDriverCertFile="{folder}/server.crt"
  defaultNetstreamDriverKeyFile="{folder}/server.key"
)
module(load="imuxsock" sysSock.use="off")
module(load="imudp")
module(load="imptcp")
module(load="imtcp" streamDriver.name="gtls" streamDriver.mode="1"
       streamDriver.authMode="x509/name" permittedPeer=["{PEER}"])
module(load="mmpstrucdata")
template(name="understood" type="list" option.jsonf="on") {{
  property(outname="input" name="inputname" format="jsonf")
  property(outname="pri" name="pri" format="jsonf")
  property(outname="time" name="timereported" dateFormat="rfc3339" format="jsonf")
  property(outname="host" name="hostname" format="jsonf")
  property(outname="app_name" name="app-name" format="jsonf")
  property(outname="process_id" name="procid" format="jsonf")
  property(outname="message_id" name="msgid" format="jsonf")
  property(outname="structured_data" name="structured-data" format="jsonf")
  property(outname="parameters" name="$!rfc5424-sd" format="jsonf")
  property(outname="text" name="msg" format="jsonf")
}}
ruleset(name="write") {{
  action(type="mmpstrucdata" sd_name.lowercase="off")
  action(type="omfile" file="{folder}/received.json" template="understood")
}}
input(type="imuxsock" socket="{folder}/log" useSpecialParser="off" parseHostname="on"
      ignoreTimestamp="off" useSysTimeStamp="off" rateLimit.interval="0" ruleset="write")
input(type="imuxsock" socket="{folder}/log-by-default" rateLimit.interval="0" ruleset="write")
input(type="imudp" address="127.0.0.1" port="{udp}" ruleset="write")
input(type="imptcp" address="127.0.0.1" port="{tcp}" ruleset="write")
input(type="imtcp" address="127.0.0.1" port="{tls}" ruleset="write")
"#
    )
}

fn free_tcp_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn free_udp_port() -> Result<u16> {
    Ok(UdpSocket::bind("127.0.0.1:0")?.local_addr()?.port())
}
