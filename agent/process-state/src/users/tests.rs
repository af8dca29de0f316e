use super::*;
use std::fs;

const SECOND: u64 = 1_000_000_000;

#[test]
fn names_come_from_the_files() {
    let root = tempfile::tempdir().expect("a directory");
    fs::create_dir(root.path().join("etc")).expect("etc");
    fs::write(
        root.path().join("etc/passwd"),
        b"root:x:0:0:root:/root:/bin/bash\n\nbroken\nx:y:z\nm\xffller:x:1000:1000::/home/m:/bin/sh\n",
    )
    .expect("passwd");
    fs::write(
        root.path().join("etc/group"),
        b"root:x:0:\nwheel:x:10:root,a\n",
    )
    .expect("group");
    let users = Users::new(root.path());
    let root_user = users.user(0).expect("root");
    assert_eq!(&*root_user.name, b"root");
    assert_eq!(&*root_user.home, b"/root");
    assert_eq!(&*root_user.shell, b"/bin/bash");
    assert_eq!(&*users.user(1000).expect("user").name, b"m\xffller");
    assert_eq!(users.user(1), None);
    assert_eq!(users.group(10), Some(&b"wheel"[..]));
    assert_eq!(users.group(11), None);
}

#[test]
fn a_change_is_seen_after_a_while() {
    let root = tempfile::tempdir().expect("a directory");
    fs::create_dir(root.path().join("etc")).expect("etc");
    let passwd = root.path().join("etc/passwd");
    let mut users = Users::new(root.path());
    users.refresh(SECOND);
    assert_eq!(users.user(5), None);
    fs::write(&passwd, b"five:x:5:5::/:/bin/sh\n").expect("passwd");
    users.refresh(2 * SECOND);
    assert_eq!(users.user(5), None, "too early to look again");
    users.refresh(7 * SECOND);
    assert_eq!(users.user(5).map(|user| &*user.name), Some(&b"five"[..]));
    fs::remove_file(&passwd).expect("removed");
    users.refresh(13 * SECOND);
    assert_eq!(users.user(5), None);
}
