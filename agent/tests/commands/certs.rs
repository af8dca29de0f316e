//! Certificates for development.

use crate::run::Folder;
use saker_tls::{ClientTls, ClientTlsSettings, ServerTls, ServerTlsSettings};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("a file").permissions().mode() & 0o777
}

fn client(folder: &Path, node: &str) -> ClientTlsSettings {
    ClientTlsSettings {
        ca_file: Some(folder.join("ca.crt")),
        certificate_file: Some(folder.join(format!("node-{node}.crt"))),
        key_file: Some(folder.join(format!("node-{node}.key"))),
        server_name: None,
    }
}

fn server(folder: &Path) -> ServerTlsSettings {
    ServerTlsSettings {
        certificate_file: folder.join("collector.crt"),
        key_file: folder.join("collector.key"),
        client_ca_file: Some(folder.join("ca.crt")),
    }
}

#[test]
fn certificates_that_agents_and_collectors_can_use() {
    let folder = Folder::new(&[]);
    let made = folder.run(&["certs", "tls", "--node", "worker-1", "--node", "worker-2"]);
    assert_eq!(made.code, Some(0), "{made:?}");
    assert!(made.out.contains("development only"), "{made:?}");
    assert!(made.out.contains("https://localhost:9377"), "{made:?}");
    let tls = folder.path().join("tls");
    for (name, wanted) in [
        ("ca.key", 0o600),
        ("collector.key", 0o600),
        ("node-worker-1.key", 0o600),
        ("node-worker-2.key", 0o600),
    ] {
        assert_eq!(mode(&tls.join(name)), wanted, "{name}");
    }
    ServerTls::load(&server(&tls)).expect("a collector's certificate");
    let state = ClientTls::load(&client(&tls, "worker-1"))
        .expect("an agent's certificate")
        .state();
    let left = state
        .not_after
        .expect("a certificate")
        .duration_since(jiff::Timestamp::now());
    assert_eq!(left.as_hours() / 24, 29, "thirty days but for some seconds");

    // Every path of the configurations that it prints is there.
    let paths: Vec<&str> = made
        .out
        .lines()
        .filter_map(|line| line.trim().split_once("_file: "))
        .map(|(_, path)| path)
        .collect();
    assert_eq!(paths.len(), 3 + 2 * 3);
    for path in paths {
        assert!(
            Path::new(path).is_absolute() && Path::new(path).exists(),
            "{path}"
        );
    }
}

#[test]
fn what_is_there_stays() {
    let folder = Folder::new(&[]);
    let tls = folder.path().join("tls");
    let read = |name: &str| fs::read_to_string(tls.join(name)).expect("a file");
    assert_eq!(folder.run(&["certs", "tls", "--node", "a"]).code, Some(0));
    let (authority, collector, node) = (read("ca.crt"), read("collector.crt"), read("node-a.crt"));

    let again = folder.run(&["certs", "tls", "--node", "b", "--node", "a"]);
    assert_eq!(again.code, Some(2), "{again:?}");
    assert!(
        again.errors.contains("node-a.crt exists; --force"),
        "{again:?}"
    );
    assert!(
        !tls.join("node-b.crt").exists(),
        "nothing is done by halves"
    );

    let another = folder.run(&["certs", "tls", "--node", "b"]);
    assert_eq!(another.code, Some(0), "{another:?}");
    ClientTls::load(&client(&tls, "b")).expect("an agent's certificate");
    let unchanged = (read("ca.crt"), read("collector.crt"), read("node-a.crt"));
    assert_eq!(unchanged, (authority.clone(), collector, node));

    let forced = folder.run(&["certs", "tls", "--node", "a", "--force"]);
    assert_eq!(forced.code, Some(0), "{forced:?}");
    assert_ne!(read("ca.crt"), authority);
    ServerTls::load(&server(&tls)).expect("a collector's certificate");
}

#[test]
fn what_cannot_be_done() {
    let folder = Folder::new(&[("tls/ca.crt", "nonsense"), ("tls/ca.key", "nonsense")]);
    let broken = folder.run(&["certs", "tls"]);
    assert_eq!(broken.code, Some(1), "{broken:?}");
    assert!(broken.errors.contains("--force"), "{broken:?}");
    assert_eq!(folder.run(&["certs", "tls", "--force"]).code, Some(0));

    for wrong in [
        &["certs", "x", "--node", "../../etc/passwd"][..],
        &["certs", "x", "--collector-name", "https://collector"],
        &["certs", "x", "--days", "0"],
        &["certs"],
    ] {
        assert_eq!(folder.run(wrong).code, Some(2), "{wrong:?}");
    }
    assert!(!folder.path().join("x").exists());

    let no_folder = folder.run(&["certs", "tls/ca.crt/below"]);
    assert_eq!(no_folder.code, Some(1), "{no_folder:?}");
    assert!(
        no_folder.errors.contains("cannot make the folder"),
        "{no_folder:?}"
    );
}
