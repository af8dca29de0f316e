use super::*;
use std::os::unix::fs::symlink;

pub(super) const HEADING: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

/// A `/proc` with one process for each entry: pid, namespace, inodes of its sockets.
pub(super) fn proc_fs(processes: &[(u32, u32, &[u64])]) -> tempfile::TempDir {
    let root = tempfile::tempdir().expect("a folder");
    for (pid, namespace, inodes) in processes {
        let directory = root.path().join(pid.to_string());
        for folder in ["fd", "ns", "net"] {
            fs::create_dir_all(directory.join(folder)).expect("a folder");
        }
        symlink(format!("net:[{namespace}]"), directory.join("ns/net")).expect("a link");
        for (number, inode) in inodes.iter().enumerate() {
            let link = directory.join("fd").join(number.to_string());
            symlink(format!("socket:[{inode}]"), link).expect("a link");
        }
    }
    root
}

#[test]
fn listeners_and_connections_are_told_apart_and_have_their_owners() {
    let root = proc_fs(&[(10, 1, &[501]), (11, 1, &[501, 502]), (12, 2, &[503])]);
    fs::write(
        root.path().join("10/net/tcp"),
        format!(
            "{HEADING}   0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 501 1 0\n\
             \x20  1: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 502 1 0\n\
             \x20  2: 0100007F:1F90 0100007F:C351 06 00000000:00000000 00:00000000 00000000     0        0 0 1 0\n\
             nonsense\n"
        ),
    )
    .expect("a file");
    fs::write(
        root.path().join("12/net/udp6"),
        format!("{HEADING} 300: 00000000000000000000000001000000:0035 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 503 2 0 0\n"),
    )
    .expect("a file");

    let table = SocketTable::read(root.path());

    let found: Vec<_> = table
        .sockets
        .iter()
        .map(|socket| {
            let ends = socket.ends;
            let owner = socket.owner.map(|pid| pid.0);
            let address = (ends.local.to_string(), ends.remote.to_string());
            (address, ends.network_namespace, socket.kind, owner)
        })
        .collect();
    let both = |local: &str, remote: &str| (local.to_owned(), remote.to_owned());
    assert_eq!(
        found,
        [
            (
                both("0.0.0.0:8080", "0.0.0.0:0"),
                1,
                SocketKind::Listening,
                Some(10)
            ),
            (
                both("127.0.0.1:8080", "127.0.0.1:50000"),
                1,
                SocketKind::Connected,
                Some(11)
            ),
            (
                both("[::1]:53", "[::]:0"),
                2,
                SocketKind::Listening,
                Some(12)
            ),
        ]
    );
}

#[test]
fn nothing_is_found_where_there_is_nothing() {
    assert!(SocketTable::read(Path::new("/nonexistent")).is_empty());
}

#[test]
fn this_process_finds_its_own_listener() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let table = SocketTable::read(Path::new("/proc"));
    let found = table
        .sockets
        .iter()
        .find(|socket| socket.ends.local == address);
    let found = found.expect("the listener");
    assert_eq!(found.kind, SocketKind::Listening);
    assert_eq!(found.owner, Some(Pid(std::process::id())));
}
