//! What is refused, when it is loaded and when it is shown; and what the errors say.

use crate::support::{VisitError, authority, client, greet, server, volume};
use jiff::{SignedDuration, Timestamp};
use saker_tls::development::{Authority, Request};
use saker_tls::{ClientTls, ClientTlsSettings, IncomingLimits, ServerTls, TlsError};
use std::fs;

fn hours_ago(hours: i64) -> Timestamp {
    Timestamp::now() - SignedDuration::from_hours(hours)
}

#[tokio::test]
async fn names_of_a_client_reach_the_server() {
    let ca = authority("ca");
    let server_files = volume(&server(&ca), &ca.certificate_pem());
    let client_files = volume(&client(&ca, "worker-1"), &ca.certificate_pem());
    let tls = ServerTls::load(&server_files.server_settings()).expect("certificates");
    let mut greeter = greet(Some(tls), IncomingLimits::default()).await;
    let tls = ClientTls::load(&client_files.client_settings()).expect("certificates");
    let connection = greeter.visit(&tls).await.expect("a greeting");
    let local = connection.tcp().local_addr().expect("an address");

    let peer = greeter.peers.recv().await.expect("a peer");
    assert_eq!(peer.address, local);
    let identity = peer.identity.expect("an identity");
    assert_eq!(identity.uris, ["spiffe://example.org/node/worker-1"]);
    assert_eq!(identity.dns_names, ["worker-1"]);
    assert_eq!(identity.name(), Some("spiffe://example.org/node/worker-1"));
}

#[tokio::test]
async fn servers_that_are_not_who_they_should_be() {
    let ca = authority("ca");
    let other_ca = authority("other");
    let server_files = volume(&server(&ca), &ca.certificate_pem());
    let tls = ServerTls::load(&server_files.server_settings()).expect("certificates");
    let greeter = greet(Some(tls), IncomingLimits::default()).await;
    let client_files = volume(&client(&ca, "worker-1"), &ca.certificate_pem());
    let good = client_files.client_settings();
    let visit = async |settings: ClientTlsSettings| {
        let tls = ClientTls::load(&settings).expect("certificates");
        greeter.visit(&tls).await.expect_err("refused").to_string()
    };

    let wrong_name = visit(ClientTlsSettings {
        server_name: Some("elsewhere.example.org".to_owned()),
        ..good.clone()
    })
    .await;
    assert!(wrong_name.contains("elsewhere.example.org"), "{wrong_name}");

    let other = volume(&client(&ca, "worker-1"), &other_ca.certificate_pem());
    let unknown = visit(other.client_settings()).await;
    assert!(unknown.contains("UnknownIssuer"), "{unknown}");
    assert!(unknown.contains("localhost"), "{unknown}");

    let tls = ClientTls::load(&ClientTlsSettings {
        server_name: Some("127.0.0.1".to_owned()),
        ..good
    })
    .expect("certificates");
    greeter
        .visit(&tls)
        .await
        .expect("an address is a name, too");
}

#[tokio::test]
async fn clients_that_are_not_who_they_should_be() {
    let ca = authority("ca");
    let other_ca = authority("other");
    let server_files = volume(&server(&ca), &ca.certificate_pem());
    let tls = ServerTls::load(&server_files.server_settings()).expect("certificates");
    let greeter = greet(Some(tls), IncomingLimits::default()).await;
    let refused = async |settings: ClientTlsSettings| {
        let tls = ClientTls::load(&settings).expect("certificates");
        match greeter.visit(&tls).await {
            Err(VisitError::Read(error)) => error.to_string(),
            other => panic!("{other:?}"),
        }
    };

    let stranger = volume(&client(&other_ca, "worker-1"), &ca.certificate_pem());
    let text = refused(stranger.client_settings()).await;
    assert!(text.contains("UnknownCA"), "{text}");

    let nobody = ClientTlsSettings {
        certificate_file: None,
        key_file: None,
        ..stranger.client_settings()
    };
    let text = refused(nobody).await;
    assert!(text.contains("CertificateRequired"), "{text}");

    // A server's certificate is none of a client.
    let wrong_use = volume(&server(&ca), &ca.certificate_pem());
    refused(wrong_use.client_settings()).await;
    assert_eq!(greeter.counts.handshakes_failed(), 3);
    assert_eq!(greeter.counts.accepted(), 0);
}

#[tokio::test]
async fn a_certificate_that_expires_while_it_is_in_use() {
    let ca = authority("ca");
    let mut request = Request::client(["worker-1"]);
    request.validity = Some(hours_ago(1)..Timestamp::now() + SignedDuration::from_secs(2));
    let brief = ca.issue(&request).expect("a certificate");
    let server_files = volume(&server(&ca), &ca.certificate_pem());
    let client_files = volume(&brief, &ca.certificate_pem());
    let tls = ServerTls::load(&server_files.server_settings()).expect("certificates");
    let greeter = greet(Some(tls), IncomingLimits::default()).await;
    let tls = ClientTls::load(&client_files.client_settings()).expect("certificates");
    greeter.visit(&tls).await.expect("a greeting");
    tokio::time::sleep(std::time::Duration::from_millis(3_100)).await;
    let text = greeter
        .visit(&tls)
        .await
        .expect_err("it has expired")
        .to_string();
    assert!(text.contains("CertificateExpired"), "{text}");
}

#[test]
fn expired_when_it_is_loaded() {
    let ca = Authority::new("ca", hours_ago(1_000)..hours_ago(-1)).expect("an authority");
    let mut request = Request::server(["localhost"]);
    request.validity = Some(hours_ago(48)..hours_ago(24));
    let expired = volume(
        &ca.issue(&request).expect("a certificate"),
        &ca.certificate_pem(),
    );
    let error = ServerTls::load(&expired.server_settings()).expect_err("expired");
    let TlsError::Expired { since, .. } = &error else {
        panic!("{error:?}");
    };
    let off = since.duration_since(hours_ago(24)).abs();
    assert!(off < SignedDuration::from_mins(1), "{since}");
    let text = error.to_string();
    assert!(
        text.contains("tls.crt") && text.contains(&since.to_string()),
        "{text}"
    );
    ClientTls::load(&expired.client_settings()).expect_err("expired");
}

#[test]
fn errors_name_the_file() {
    let ca = authority("ca");
    let files = volume(&server(&ca), &ca.certificate_pem());
    let settings = files.server_settings();
    let error = |change: &dyn Fn(&mut saker_tls::ServerTlsSettings)| {
        let mut settings = settings.clone();
        change(&mut settings);
        ServerTls::load(&settings).expect_err("refused").to_string()
    };
    let missing = error(&|settings| settings.certificate_file = files.path("none.crt"));
    assert!(
        missing.contains("none.crt: cannot be read: No such file"),
        "{missing}"
    );

    fs::write(files.path("text"), "certificate").expect("a file");
    let text = error(&|settings| settings.certificate_file = files.path("text"));
    assert!(text.contains("text: no certificate in it"), "{text}");
    let text = error(&|settings| settings.client_ca_file = Some(files.path("text")));
    assert!(text.contains("text: no certificate in it"), "{text}");
    let text = error(&|settings| settings.key_file = files.path("tls.crt"));
    assert!(text.contains("tls.crt: no private key in it"), "{text}");

    fs::write(files.path("other.key"), &server(&ca).key_pem).expect("a file");
    let mismatch = error(&|settings| settings.key_file = files.path("other.key"));
    assert!(
        mismatch.contains("other.key: this key does not belong to the certificate in"),
        "{mismatch}"
    );

    fs::write(files.path("huge"), vec![b'\n'; 5 << 20]).expect("a file");
    let huge = error(&|settings| settings.certificate_file = files.path("huge"));
    assert!(huge.contains("larger than"), "{huge}");
    let folder = error(&|settings| settings.certificate_file = files.path("..data"));
    assert!(folder.contains("cannot be read"), "{folder}");
}

#[test]
fn settings_that_do_not_fit_together() {
    let error = |json: &str| {
        let settings: ClientTlsSettings = serde_json::from_str(json).expect("settings");
        ClientTls::load(&settings).expect_err("refused").to_string()
    };
    assert!(error(r#"{"certificate_file": "a"}"#).contains("without `key_file`"));
    assert!(error(r#"{"key_file": "a"}"#).contains("without `certificate_file`"));
    assert!(error(r#"{"server_name": "no name"}"#).contains("`no name`"));
    serde_json::from_str::<ClientTlsSettings>(r#"{"ca": "a"}"#).expect_err("an unknown key");
}

#[test]
fn authorities_from_files() {
    let (ca, other) = (authority("ca"), authority("other"));
    let again = Authority::from_pem(&ca.certificate_pem(), &ca.key_pem()).expect("an authority");
    assert_eq!(again.certificate_pem(), ca.certificate_pem());
    let files = volume(&server(&again), &ca.certificate_pem());
    ServerTls::load(&files.server_settings()).expect("certificates");

    let error = |certificate: &str, key: &str| match Authority::from_pem(certificate, key) {
        Err(error) => error.to_string(),
        Ok(_) => panic!("accepted"),
    };
    let mismatch = error(&ca.certificate_pem(), &other.key_pem());
    assert!(mismatch.contains("does not belong"), "{mismatch}");
    let leaf = server(&ca);
    let leaf = error(&leaf.certificate_pem, &leaf.key_pem);
    assert!(leaf.contains("may not sign"), "{leaf}");
    error("nonsense", &ca.key_pem());
    error(&ca.certificate_pem(), "nonsense");
}
