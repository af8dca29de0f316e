//! Certificates in a folder, and handshakes over loopback.

use saker_tls::development::{Authority, Issued, Request};
use saker_tls::{
    ClientTls, ClientTlsSettings, ConnectError, Connection, Connector, Incoming, IncomingLimits,
    PeerInfo, Protocol, ServerTls, ServerTlsSettings,
};
use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio_stream::StreamExt;

pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) fn authority(name: &str) -> Authority {
    Authority::new(name, Authority::days(1)).expect("an authority")
}

pub(crate) fn server(authority: &Authority) -> Issued {
    authority
        .issue(&Request::server(["localhost", "127.0.0.1"]))
        .expect("a certificate")
}

pub(crate) fn client(authority: &Authority, name: &str) -> Issued {
    authority
        .issue(&Request::client([
            format!("spiffe://example.org/node/{name}").as_str(),
            name,
        ]))
        .expect("a certificate")
}

/// Files that are replaced as Kubernetes replaces those of a secret: `NAME` leads to `..data/NAME`, and
/// `..data` to a folder that is never written to again.
pub(crate) struct Volume {
    folder: TempDir,
    generation: u32,
}

impl Volume {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let mut volume = Self {
            folder: tempfile::tempdir().expect("a folder"),
            generation: 0,
        };
        volume.replace(files);
        for (name, _) in files {
            symlink(Path::new("..data").join(name), volume.path(name)).expect("a link");
        }
        volume
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn replace(&mut self, files: &[(&str, &str)]) {
        self.generation += 1;
        let generation = format!("..generation-{}", self.generation);
        let folder = self.folder.path().join(&generation);
        fs::create_dir(&folder).expect("a folder");
        for (name, content) in files {
            fs::write(folder.join(name), content).expect("a file");
        }
        let link = self.folder.path().join("..data_tmp");
        symlink(&generation, &link).expect("a link");
        fs::rename(link, self.folder.path().join("..data")).expect("the swap");
    }

    pub(crate) fn server_settings(&self) -> ServerTlsSettings {
        ServerTlsSettings {
            certificate_file: self.path("tls.crt"),
            key_file: self.path("tls.key"),
            client_ca_file: Some(self.path("ca.crt")),
        }
    }

    pub(crate) fn client_settings(&self) -> ClientTlsSettings {
        ClientTlsSettings {
            ca_file: Some(self.path("ca.crt")),
            certificate_file: Some(self.path("tls.crt")),
            key_file: Some(self.path("tls.key")),
            server_name: None,
        }
    }
}

pub(crate) fn volume(issued: &Issued, ca_pem: &str) -> Volume {
    Volume::new(&files(issued, ca_pem))
}

pub(crate) fn files<'a>(issued: &'a Issued, ca_pem: &'a str) -> [(&'static str, &'a str); 3] {
    [
        ("tls.crt", issued.certificate_pem.as_str()),
        ("tls.key", issued.key_pem.as_str()),
        ("ca.crt", ca_pem),
    ]
}

/// Accepts for ever; who connects is told `hello` and let go.
pub(crate) async fn greet(tls: Option<ServerTls>, limits: IncomingLimits) -> Greeter {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    let mut incoming = Incoming::new(listener, tls, limits);
    let counts = incoming.counts();
    let (send, peers) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Some(Ok(mut stream)) = incoming.next().await {
            if send.send(stream.info().clone()).is_err() {
                return;
            }
            tokio::spawn(async move {
                use tokio::io::AsyncWriteExt;
                if stream.write_all(b"hello").await.is_ok() {
                    // The client may be gone already.
                    stream.shutdown().await.unwrap_or_default();
                }
            });
        }
    });
    Greeter {
        address,
        peers,
        counts,
    }
}

pub(crate) struct Greeter {
    pub(crate) address: SocketAddr,
    pub(crate) peers: tokio::sync::mpsc::UnboundedReceiver<PeerInfo>,
    pub(crate) counts: std::sync::Arc<saker_tls::IncomingCounts>,
}

impl Greeter {
    /// Connects to `localhost`, or another name for it, and waits for the greeting.
    pub(crate) async fn visit(&self, tls: &ClientTls) -> Result<Connection, VisitError> {
        let uri = format!("https://localhost:{}/", self.address.port());
        let mut connection = Connector::new(Some(tls.clone()), Protocol::Http2, PATIENCE)
            .connect(uri.parse().expect("a uri"))
            .await?;
        let mut greeting = [0; 5];
        connection.read_exact(&mut greeting).await?;
        assert_eq!(&greeting, b"hello");
        Ok(connection)
    }
}

/// In TLS 1.3 a client learns only when it reads that its certificate is refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VisitError {
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error(transparent)]
    Read(#[from] std::io::Error),
}
