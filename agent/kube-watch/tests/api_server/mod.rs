//! An API server that lists and watches as Kubernetes' own does, and fails when it is told to.
//!
//! It has TLS and wants a bearer token. Lists come in pages of a snapshot, unless they are asked from the
//! cache (`resourceVersion=0`), which knows no pages. Watches go on from a resource version, send
//! bookmarks, and say 410 where the version is too old. Streamed lists (`sendInitialEvents`) are
//! refused, as real servers do by default.

pub(crate) mod faults;
mod reply;
mod request;
pub(crate) mod store;

use faults::Faults;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rcgen::{CertificateParams, CertifiedIssuer, KeyPair};
use serde_json::Value;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use store::{Key, Store};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;

/// The token that is accepted.
pub(crate) const TOKEN: &str = "let-me-see";

/// A server on the loopback interface, as long as it is held.
pub(crate) struct ApiServer {
    shared: Arc<Shared>,
    folder: tempfile::TempDir,
    port: u16,
    accepting: tokio::task::JoinHandle<()>,
}

/// A request that came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) query: HashMap<String, String>,
    pub(crate) accept: String,
}

impl Asked {
    pub(crate) fn is_watch(&self) -> bool {
        self.query.get("watch").map(String::as_str) == Some("true")
    }
}

pub(crate) struct Shared {
    pub(crate) store: Mutex<Store>,
    pub(crate) faults: Mutex<Faults>,
    pub(crate) asked: Mutex<Vec<Asked>>,
    /// Rest of lists that are fetched in pages, with the revision of each.
    pub(crate) continuations: Mutex<HashMap<String, (u64, Vec<Value>)>>,
    /// Revision of the store, for watches that wait for more.
    pub(crate) revision: watch::Sender<u64>,
    /// Counted up when all connections are to be dropped.
    drops: watch::Sender<u64>,
    pub(crate) watches: watch::Sender<usize>,
}

impl ApiServer {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let tls = tls(folder.path());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let shared = Arc::new(Shared {
            store: Mutex::default(),
            faults: Mutex::default(),
            asked: Mutex::default(),
            continuations: Mutex::default(),
            revision: watch::Sender::new(0),
            drops: watch::Sender::new(0),
            watches: watch::Sender::new(0),
        });
        let accepting = tokio::spawn(accept(listener, tls, Arc::clone(&shared)));
        let server = Self {
            shared,
            folder,
            port,
            accepting,
        };
        server.kubeconfig_with(TOKEN, &server.folder.path().join("ca.pem"));
        server
    }

    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("kubeconfig")
    }

    /// Writes a configuration with another token or authority.
    pub(crate) fn kubeconfig_with(&self, token: &str, authority: &Path) {
        let text = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: test\n\
             clusters: [{{name: test, cluster: {{server: 'https://127.0.0.1:{}', certificate-authority: {}}}}}]\n\
             users: [{{name: agent, user: {{token: {token}}}}}]\n\
             contexts: [{{name: test, context: {{cluster: test, user: agent}}}}]\n",
            self.port,
            authority.display()
        );
        std::fs::write(self.kubeconfig(), text).expect("written");
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        self.shared.faults.lock().unwrap()
    }

    /// Changes what is stored, and tells who watches.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Store) -> T) -> T {
        self.shared.change(change)
    }

    pub(crate) fn delete(&self, resource: &str, namespace: &str, name: &str) {
        let key: Key = (namespace.to_owned(), name.to_owned());
        self.change(|store| store.delete(resource, &key))
            .expect("it was there");
    }

    pub(crate) fn drop_connections(&self) {
        self.shared.drops.send_modify(|drops| *drops += 1);
    }

    /// Whether the server is there at all.
    pub(crate) fn set_down(&self, is_down: bool) {
        self.faults().is_down = is_down;
        if is_down {
            self.drop_connections();
        }
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.shared.asked.lock().unwrap().clone()
    }

    /// How often a path was listed, without its later pages.
    pub(crate) fn lists(&self, path: &str) -> usize {
        let asked = self.asked();
        let of_path = asked.iter().filter(|asked| asked.path == path);
        of_path
            .filter(|asked| !asked.is_watch() && !asked.query.contains_key("continue"))
            .count()
    }

    /// How many watches are open.
    pub(crate) fn watches(&self) -> watch::Receiver<usize> {
        self.shared.watches.subscribe()
    }
}

impl Drop for ApiServer {
    fn drop(&mut self) {
        self.accepting.abort();
        self.drop_connections();
    }
}

impl Shared {
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Store) -> T) -> T {
        let mut store = self.store.lock().unwrap();
        let result = change(&mut store);
        let revision = store.revision();
        drop(store);
        self.revision.send_replace(revision);
        result
    }
}

async fn accept(listener: TcpListener, tls: TlsAcceptor, shared: Arc<Shared>) {
    while let Ok((connection, _)) = listener.accept().await {
        if shared.faults.lock().unwrap().is_down {
            continue;
        }
        tokio::spawn(serve(connection, tls.clone(), Arc::clone(&shared)));
    }
}

async fn serve(connection: TcpStream, tls: TlsAcceptor, shared: Arc<Shared>) {
    let mut drops = shared.drops.subscribe();
    drops.mark_unchanged();
    let served = async {
        let Ok(connection) = tls.accept(connection).await else {
            return;
        };
        let service = service_fn(move |request| reply::reply(Arc::clone(&shared), request));
        let connection = http1::Builder::new().serve_connection(TokioIo::new(connection), service);
        // A client that goes away is none of the server's business.
        drop(connection.await);
    };
    tokio::select! {
        () = served => {}
        _ = drops.changed() => {}
    }
}

/// An authority of the server's own, written where the client finds it, and a certificate by it.
fn tls(folder: &Path) -> TlsAcceptor {
    let mut authority = CertificateParams::new(Vec::new()).expect("parameters");
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    let authority = CertifiedIssuer::self_signed(authority, key).expect("an authority");
    std::fs::write(folder.join("ca.pem"), authority.pem()).expect("written");
    let key = KeyPair::generate().expect("a key");
    let certificate = CertificateParams::new(vec!["127.0.0.1".to_owned()])
        .and_then(|parameters| parameters.signed_by(&key, &authority))
        .expect("a certificate");
    let key = key.serialize_der().try_into().expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.into()], key)
        .expect("a configuration");
    TlsAcceptor::from(Arc::new(config))
}
