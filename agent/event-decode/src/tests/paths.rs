use crate::{EventBuilder, EventView, normalise};
use saker_event_schema::event;

#[test]
fn paths_are_normalised_by_their_text() {
    for (base, path, expected) in [
        ("/", "", "/"),
        ("/", "/", "/"),
        ("/", "..", "/"),
        ("/", "/../../etc", "/etc"),
        ("/var/log", "x", "/var/log/x"),
        ("/var/log/", "./x/", "/var/log/x"),
        ("/var/log", "../../..", "/"),
        ("/var/log", "/etc//passwd", "/etc/passwd"),
        ("/a/../b", "c/./d/../e", "/b/c/e"),
        ("/a", "...", "/a/..."),
        ("/a", ".hidden", "/a/.hidden"),
        ("relative", "x", "/relative/x"),
        ("", "x", "/x"),
    ] {
        let mut out = b"left over".to_vec();
        normalise(base.as_bytes(), path.as_bytes(), &mut out);
        assert_eq!(out, expected.as_bytes(), "{base} + {path}");
    }
}

#[test]
fn a_requested_path_starts_at_its_directory() {
    let requested = |builder: EventBuilder, name: &str| {
        let record = builder.build();
        let view = EventView::parse(&record).expect("a record");
        let mut out = Vec::new();
        view.requested_path(view.row().slot(name).expect("a slot"), &mut out)
            .then_some(out)
    };
    let rename = EventBuilder::new(event::RENAMEAT2)
        .set("oldpath", "a")
        .set("old_directory", "/one")
        .set("newpath", "../b")
        .set("new_directory", "/two/three");
    assert_eq!(
        requested(rename.clone(), "oldpath"),
        Some(b"/one/a".to_vec())
    );
    assert_eq!(requested(rename, "newpath"), Some(b"/two/b".to_vec()));
    let open = EventBuilder::new(event::OPENAT);
    assert_eq!(requested(open.clone(), "name"), None);
    assert_eq!(requested(open.clone().set("name", ""), "name"), None);
    assert_eq!(
        requested(open.clone().set("name", "x"), "name"),
        None,
        "no directory"
    );
    assert_eq!(
        requested(open.clone().set("name", "/./x"), "name"),
        Some(b"/x".to_vec())
    );
}

#[test]
fn the_host_path_begins_with_the_root() {
    let host = |builder: EventBuilder, name: &str| {
        let record = builder.build();
        let view = EventView::parse(&record).expect("a record");
        let mut out = Vec::new();
        view.host_path(view.row().slot(name).expect("a slot"), &mut out)
            .then_some(out)
    };
    let open = EventBuilder::new(event::OPENAT);
    assert_eq!(host(open.clone(), "file_path"), None);
    let file = open.set("file_path", "/etc/passwd");
    assert_eq!(
        host(file.clone(), "file_path"),
        Some(b"/etc/passwd".to_vec())
    );
    let inside = file.set("file_root", "/run/rootfs");
    assert_eq!(
        host(inside.clone(), "file_path"),
        Some(b"/run/rootfs/etc/passwd".to_vec())
    );
    assert_eq!(
        host(inside.set("file_path", "/"), "file_path"),
        Some(b"/run/rootfs".to_vec())
    );
    let exec = EventBuilder::new(event::EXECVE).set("trusted_exepath", "/");
    assert_eq!(host(exec.clone(), "trusted_exepath"), Some(b"/".to_vec()));
    let exec = exec
        .set("trusted_exepath", "/bin/sh")
        .set("exe_root", "/jail");
    assert_eq!(
        host(exec, "trusted_exepath"),
        Some(b"/jail/bin/sh".to_vec())
    );
}
