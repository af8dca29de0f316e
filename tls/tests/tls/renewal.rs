//! Certificates that are replaced while they are in use.

use crate::support::{Volume, authority, client, files, greet, server, volume};
use saker_tls::{ClientTls, IncomingLimits, ServerTls};
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

/// Looks happen at most once a second.
const A_LOOK: Duration = Duration::from_millis(1_100);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn connections_succeed_while_everything_is_renewed() {
    let old = authority("old");
    let mut server_files = volume(&server(&old), &old.certificate_pem());
    let mut client_files = volume(&client(&old, "worker-1"), &old.certificate_pem());
    let server_tls = ServerTls::load(&server_files.server_settings()).expect("certificates");
    let client_tls = ClientTls::load(&client_files.client_settings()).expect("certificates");
    let greeter = Arc::new(greet(Some(server_tls.clone()), IncomingLimits::default()).await);

    let stop = Arc::new(AtomicBool::new(false));
    let visits = Arc::new(AtomicU32::new(0));
    let visitors: Vec<_> = (0..4)
        .map(|_| {
            let (greeter, tls) = (Arc::clone(&greeter), client_tls.clone());
            let (stop, visits) = (Arc::clone(&stop), Arc::clone(&visits));
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    greeter.visit(&tls).await.expect("a greeting");
                    visits.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();

    // As authorities are changed in the field: first both are trusted, then certificates are of the new
    // one, then the old one goes.
    let new = authority("new");
    let both = format!("{}{}", old.certificate_pem(), new.certificate_pem());
    let (new_server, new_client) = (server(&new), client(&new, "worker-1"));
    tokio::time::sleep(Duration::from_millis(200)).await;
    server_files.replace(&files(&server(&old), &both));
    client_files.replace(&files(&client(&old, "worker-1"), &both));
    tokio::time::sleep(A_LOOK).await;
    let before = visits.load(Ordering::Relaxed);
    server_files.replace(&files(&new_server, &both));
    client_files.replace(&files(&new_client, &both));
    tokio::time::sleep(A_LOOK).await;
    server_files.replace(&files(&new_server, &new.certificate_pem()));
    client_files.replace(&files(&new_client, &new.certificate_pem()));
    tokio::time::sleep(A_LOOK).await;
    stop.store(true, Ordering::Relaxed);
    for visitor in visitors {
        visitor.await.expect("no visit failed");
    }

    assert!(before > 0 && visits.load(Ordering::Relaxed) > before);
    assert_eq!(server_tls.state().renewals, 3);
    assert_eq!(client_tls.state().renewals, 3);
    assert_eq!(server_tls.state().failures, 0);
    assert_eq!(greeter.counts.handshakes_failed(), 0);

    let left_behind = volume(&client(&old, "worker-2"), &new.certificate_pem());
    let left_behind = ClientTls::load(&left_behind.client_settings()).expect("certificates");
    greeter
        .visit(&left_behind)
        .await
        .expect_err("the old authority vouches for nobody any more");
}

#[test]
fn a_torn_pair_does_not_replace_what_works() {
    let authority = authority("ca");
    let ca = authority.certificate_pem();
    let (first, second) = (server(&authority), server(&authority));
    let files = Volume::new(&[
        ("tls.crt", &first.certificate_pem),
        ("tls.key", &first.key_pem),
        ("ca.crt", &ca),
    ]);
    let tls = ServerTls::load(&files.server_settings()).expect("certificates");
    let before = tls.config();

    fs::write(files.path("tls.crt"), &second.certificate_pem).expect("a file");
    for _ in 0..3 {
        tls.refresh();
    }
    assert!(Arc::ptr_eq(&before, &tls.config()));
    assert_eq!(
        (tls.state().renewals, tls.state().failures),
        (0, 1),
        "it is told once"
    );

    fs::write(files.path("tls.key"), &second.key_pem).expect("a file");
    tls.refresh();
    assert!(!Arc::ptr_eq(&before, &tls.config()));
    assert_eq!((tls.state().renewals, tls.state().failures), (1, 1));
}

#[test]
fn what_is_missing_or_broken_does_not_replace_what_works() {
    let authority = authority("ca");
    let first = server(&authority);
    let files = volume(&first, &authority.certificate_pem());
    let tls = ServerTls::load(&files.server_settings()).expect("certificates");
    let before = tls.config();
    let not_after = tls.state().not_after;

    for name in ["tls.crt", "tls.key", "ca.crt"] {
        let path = files.path(name);
        let content = fs::read(&path).expect("a file");
        for broken in [&content[..content.len() / 2], b"", b"\xff\xfe nonsense"] {
            fs::write(&path, broken).expect("a file");
            tls.refresh();
            assert!(Arc::ptr_eq(&before, &tls.config()), "{name}");
        }
        fs::remove_file(&path).expect("removed");
        tls.refresh();
        assert!(Arc::ptr_eq(&before, &tls.config()), "{name}");
        fs::write(&path, content).expect("a file");
    }
    let failures = tls.state().failures;
    assert!(failures >= 9, "{failures}");
    tls.refresh();
    assert_eq!(tls.state().failures, failures);
    assert_eq!(tls.state().not_after, not_after);
    assert_eq!(tls.state().renewals, 1, "they are whole again");
}

#[test]
fn files_are_looked_at_without_being_told_to() {
    let authority = authority("ca");
    let mut files = volume(&server(&authority), &authority.certificate_pem());
    let tls = ServerTls::load(&files.server_settings()).expect("certificates");
    let before = tls.config();
    let renewed = server(&authority);
    files.replace(&crate::support::files(
        &renewed,
        &authority.certificate_pem(),
    ));
    assert!(
        Arc::ptr_eq(&before, &tls.config()),
        "not more than once a second"
    );
    std::thread::sleep(A_LOOK);
    assert!(!Arc::ptr_eq(&before, &tls.config()));
}
