//! Who may send events.

use crate::rig::{Rig, answer, event, send, status, wait_until};
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};
use saker_audit_intake::{Refused, WebhookSettings};
use saker_tls::development::{Authority, Issued, Request};
use saker_tls::{ClientTls, ClientTlsSettings, ServerTlsSettings};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

struct Files {
    folder: TempDir,
    authority: Authority,
}

impl Files {
    fn new() -> Self {
        let files = Self {
            folder: tempfile::tempdir().expect("a folder"),
            authority: Authority::new("cluster", Authority::days(1)).expect("an authority"),
        };
        files.write("ca.crt", &files.authority.certificate_pem());
        files.write("clients.crt", &files.authority.certificate_pem());
        files.renew_server();
        files
    }

    fn renew_server(&self) {
        let request = Request::server(["localhost", "127.0.0.1"]);
        self.keep(
            "server",
            &self.authority.issue(&request).expect("a certificate"),
        );
    }

    fn keep(&self, name: &str, issued: &Issued) {
        self.write(&format!("{name}.key"), &issued.key_pem);
        self.write(&format!("{name}.crt"), &issued.certificate_pem);
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("a file");
    }

    fn settings(&self) -> WebhookSettings {
        WebhookSettings {
            tls: Some(ServerTlsSettings {
                certificate_file: self.path("server.crt"),
                key_file: self.path("server.key"),
                client_ca_file: Some(self.path("clients.crt")),
            }),
            ..WebhookSettings::default()
        }
    }

    fn client(&self, authority: &Authority, name: &str) -> ClientTls {
        self.keep(
            name,
            &authority
                .issue(&Request::client([name]))
                .expect("a certificate"),
        );
        let own = |ending: &str| self.path(&format!("{name}.{ending}"));
        tls(&self.path("ca.crt"), Some((own("crt"), own("key"))))
    }
}

fn tls(authorities: &Path, own: Option<(PathBuf, PathBuf)>) -> ClientTls {
    let (certificate_file, key_file) = own.unzip();
    let settings = ClientTlsSettings {
        ca_file: Some(authorities.to_owned()),
        certificate_file,
        key_file,
        server_name: None,
    };
    ClientTls::load(&settings).expect("certificates")
}

/// The status of the answer; 0 where there was none.
fn post(rig: &Rig, tls: &ClientTls, headers: &str, body: &str) -> u16 {
    let name = ServerName::try_from("localhost").expect("a name");
    let mut config = (*tls.config()).clone();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let connection = ClientConnection::new(config.into(), name).expect("a client");
    let mut stream = StreamOwned::new(connection, rig.connect());
    let head = format!(
        "POST /k8s-audit HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    );
    use std::io::Write;
    if stream.write_all(head.as_bytes()).is_err() {
        return 0;
    }
    status(&answer(&mut stream))
}

#[test]
fn mutual_tls() {
    let files = Files::new();
    let rig = Rig::start(files.settings());
    let apiserver = files.client(&files.authority, "apiserver");
    assert_eq!(post(&rig, &apiserver, "", &event("a", "get")), 200);
    let nobody = tls(&files.path("ca.crt"), None);
    assert_eq!(post(&rig, &nobody, "", &event("b", "get")), 0);
    let other = Authority::new("other", Authority::days(1)).expect("an authority");
    let stranger = files.client(&other, "stranger");
    assert_eq!(post(&rig, &stranger, "", &event("c", "get")), 0);
    let mut plain = rig.connect();
    send(&mut plain, "", &event("d", "get"));
    assert_eq!(status(&answer(&mut plain)), 0);
    assert_eq!(rig.counters.connections().accepted, 1);
    wait_until("failed handshakes are counted", || {
        rig.counters.connections().handshakes_failed == 3
    });
    assert_eq!(rig.end().ids(), ["a"]);
}

#[test]
fn certificates_are_read_again() {
    let files = Files::new();
    let rig = Rig::start(files.settings());
    let apiserver = files.client(&files.authority, "apiserver");
    assert_eq!(post(&rig, &apiserver, "", &event("a", "get")), 200);
    // The authority of clients is replaced; the look at the files is at most a second old.
    let other = Authority::new("other", Authority::days(1)).expect("an authority");
    let renewed = files.client(&other, "renewed");
    files.write("clients.crt", &other.certificate_pem());
    std::thread::sleep(Duration::from_millis(1_200));
    assert_eq!(post(&rig, &renewed, "", &event("b", "get")), 200);
    assert_eq!(post(&rig, &apiserver, "", &event("c", "get")), 0);
    assert_eq!(rig.end().ids(), ["a", "b"]);
}

#[test]
fn only_those_who_are_named() {
    let files = Files::new();
    let rig = Rig::start(WebhookSettings {
        client_names: vec!["apiserver".to_owned()],
        ..files.settings()
    });
    let apiserver = files.client(&files.authority, "apiserver");
    let kubelet = files.client(&files.authority, "kubelet");
    assert_eq!(post(&rig, &apiserver, "", &event("a", "get")), 200);
    assert_eq!(post(&rig, &kubelet, "", &event("b", "get")), 403);
    assert_eq!(rig.refused(Refused::Forbidden), 1);
    assert_eq!(rig.end().ids(), ["a"]);
}

#[test]
fn tokens() {
    let files = Files::new();
    files.write("tokens", "a token of some length\n");
    let rig = Rig::start(WebhookSettings {
        token_file: Some(files.path("tokens")),
        ..WebhookSettings::default()
    });
    let body = event("a", "get");
    let with = |token: &str| rig.post_with(&format!("authorization: {token}\r\n"), &body);
    assert_eq!(rig.post(&body), 401);
    assert_eq!(with("Bearer another"), 401);
    assert_eq!(with("Basic a token of some length"), 401);
    assert_eq!(with("Bearer a token of some length"), 200);
    assert_eq!(with("bearer a token of some length"), 200);
    assert_eq!(rig.refused(Refused::Unauthorized), 3);
    assert_eq!(rig.end().ids(), ["a"]);
}
