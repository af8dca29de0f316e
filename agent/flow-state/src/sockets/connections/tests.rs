use super::*;
use crate::sockets::tests::{HEADING, proc_fs};
use std::fs;
use std::net::{TcpListener, TcpStream};

/// A connection of port 8080 to port 50000 of loopback.
const OPEN: &str = "   1: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 502 1 0\n";

fn tuple(network_namespace: u32, local: &str) -> Tuple {
    Tuple {
        network_namespace,
        local: local.parse().expect("an address"),
        remote: "127.0.0.1:50000".parse().expect("an address"),
    }
}

#[test]
fn what_a_namespace_does_not_show_is_not_there() {
    let root = proc_fs(&[(10, 1, &[]), (11, 2, &[])]);
    fs::write(root.path().join("10/net/tcp"), format!("{HEADING}{OPEN}")).expect("a file");
    fs::write(root.path().join("11/net/tcp"), HEADING).expect("a file");
    let found = Connections::look(root.path(), 5);
    assert_eq!(found.looked_boot_ns, 5);
    assert!(!found.lacks(&tuple(1, "127.0.0.1:8080")));
    assert!(found.lacks(&tuple(1, "127.0.0.1:8081")));
    assert!(found.lacks(&tuple(2, "127.0.0.1:8080")));
    assert!(
        found.lacks(&tuple(3, "127.0.0.1:8080")),
        "nobody lives there"
    );
    assert!(
        !found.lacks(&tuple(0, "127.0.0.1:8081")),
        "it may be anywhere"
    );
}

#[test]
fn nothing_is_said_of_what_cannot_be_read() {
    // A process without tables, as one that ends while they are read, and one that has them.
    let root = proc_fs(&[(10, 1, &[]), (11, 2, &[]), (12, 2, &[])]);
    fs::write(root.path().join("12/net/tcp"), HEADING).expect("a file");
    let found = Connections::look(root.path(), 5);
    assert!(!found.lacks(&tuple(1, "127.0.0.1:8080")));
    assert!(found.lacks(&tuple(2, "127.0.0.1:8080")));
    // A process whose namespace is not told.
    let root = proc_fs(&[(10, 1, &[])]);
    fs::write(root.path().join("10/net/tcp"), HEADING).expect("a file");
    let link = root.path().join("11/ns/net");
    fs::create_dir_all(&link).expect("no link");
    let found = Connections::look(root.path(), 5);
    assert!(found.lacks(&tuple(1, "127.0.0.1:8080")));
    assert!(!found.lacks(&tuple(3, "127.0.0.1:8080")));
    let nowhere = Connections::look(Path::new("/nonexistent"), 5);
    assert!(!nowhere.lacks(&tuple(1, "127.0.0.1:8080")));
}

#[test]
fn a_connection_of_this_process_is_there_until_it_ends() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let client = TcpStream::connect(listener.local_addr().expect("an address")).expect("connected");
    let (server, _) = listener.accept().expect("accepted");
    let namespace = network_namespace(Path::new("/proc/self")).expect("a namespace");
    let tuple = Tuple {
        network_namespace: namespace,
        local: server.local_addr().expect("an address"),
        remote: server.peer_addr().expect("an address"),
    };
    assert!(!Connections::look(Path::new("/proc"), 1).lacks(&tuple));
    drop((client, server, listener));
    let mut looks = 0;
    while !Connections::look(Path::new("/proc"), 1).lacks(&tuple) {
        looks += 1;
        assert!(looks < 100, "it ended");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}
