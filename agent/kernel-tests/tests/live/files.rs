//! Rows of files, and of what changes the directory tree.

use crate::scene::Scene;
use saker_kernel_tests::ANY;
use std::os::unix::fs::MetadataExt;

/// Mode of a file that the test made, as events print it.
const MODE: &str = "S_IROTH|S_IRGRP|S_IWUSR|S_IRUSR";

/// Device and inode of a file as events print them.
fn identity(path: &str) -> (String, String) {
    let metadata = std::fs::metadata(path).expect("a file");
    (format!("{:X}", metadata.dev()), metadata.ino().to_string())
}

/// The text of the descriptor that a call is about.
fn named(path: &str) -> String {
    format!("<f>{path}")
}

#[test]
fn open() {
    let mut scene = Scene::new();
    let file = scene.file("a");
    let (dev, ino) = identity(&file);
    scene.expect(
        "open",
        &["open", &file],
        &[
            ("fd", &named(&file)),
            ("name", &file),
            ("flags", "O_RDONLY|O_CLOEXEC"),
            ("mode", "0"),
            ("dev", &dev),
            ("ino", &ino),
            ("directory", "<NA>"),
            ("file_path", &file),
            ("file_root", "/"),
            ("file_mode", MODE),
        ],
    );
}

#[test]
fn open_that_fails() {
    let mut scene = Scene::new();
    let file = scene.path("missing");
    let done = scene.expect(
        "open",
        &["open_missing", &file],
        &[
            ("fd", "ENOENT"),
            ("name", &file),
            ("flags", "O_RDONLY"),
            ("mode", "0"),
            ("dev", "0"),
            ("ino", "0"),
            ("directory", "<NA>"),
            ("file_path", "<NA>"),
            ("file_root", "<NA>"),
            ("file_mode", "0"),
        ],
    );
    assert_eq!(done.last("open").header().result, -2);
}

#[test]
fn creat() {
    let mut scene = Scene::new();
    let file = scene.path("made");
    let done = scene.expect(
        "creat",
        &["creat", &file],
        &[
            ("fd", &named(&file)),
            ("name", &file),
            ("mode", "S_IRGRP|S_IWUSR|S_IRUSR"),
            ("dev", ANY),
            ("ino", ANY),
            ("directory", "<NA>"),
            ("file_path", &file),
            ("file_root", "/"),
            ("file_mode", "S_IRGRP|S_IWUSR|S_IRUSR"),
        ],
    );
    let (dev, ino) = identity(&file);
    assert_eq!(done.last("creat").text("dev"), dev);
    assert_eq!(done.last("creat").text("ino"), ino);
}

#[test]
fn openat() {
    let mut scene = Scene::new();
    let file = scene.file("a");
    let root = scene.root();
    let (dev, ino) = identity(&file);
    scene.expect(
        "openat",
        &["openat", &root, "a"],
        &[
            ("fd", &named(&file)),
            ("dirfd", "3"),
            ("name", &file),
            ("flags", "O_RDONLY|O_CLOEXEC"),
            ("mode", "0"),
            ("dev", &dev),
            ("ino", &ino),
            ("directory", &root),
            ("file_path", &file),
            ("file_root", "/"),
            ("file_mode", MODE),
        ],
    );
}

#[test]
fn openat2() {
    let mut scene = Scene::new();
    let root = scene.root();
    let file = scene.path("new");
    let done = scene.expect(
        "openat2",
        &["openat2", &root, "new"],
        &[
            ("fd", &named(&file)),
            ("dirfd", "3"),
            ("name", &file),
            ("flags", ANY),
            ("mode", "S_IWUSR|S_IRUSR"),
            ("resolve", "RESOLVE_BENEATH"),
            ("dev", ANY),
            ("ino", ANY),
            ("directory", &root),
            ("file_path", &file),
            ("file_root", "/"),
            ("file_mode", "S_IWUSR|S_IRUSR"),
        ],
    );
    let flags = done.last("openat2").text("flags");
    assert!(
        flags.contains("O_CREAT") && flags.contains("O_WRONLY"),
        "{flags}"
    );
    let (dev, ino) = identity(&file);
    assert_eq!(done.last("openat2").text("dev"), dev);
    assert_eq!(done.last("openat2").text("ino"), ino);
}

#[test]
fn unlink() {
    let mut scene = Scene::new();
    let file = scene.file("a");
    let expected = [("res", "0"), ("path", file.as_str()), ("directory", "<NA>")];
    scene.expect("unlink", &["unlink", &file], &expected);
}

#[test]
fn unlinkat() {
    let mut scene = Scene::new();
    let root = scene.root();
    let path = scene.path("folder");
    std::fs::create_dir(scene.place("folder")).expect("a folder");
    scene.expect(
        "unlinkat",
        &["unlinkat", &root, "folder"],
        &[
            ("res", "0"),
            ("dirfd", "3"),
            ("name", &path),
            ("flags", "AT_REMOVEDIR"),
            ("directory", &root),
        ],
    );
}

#[test]
fn rename() {
    let mut scene = Scene::new();
    let (old, new) = (scene.file("old"), scene.path("new"));
    scene.expect(
        "rename",
        &["rename", &old, &new],
        &[
            ("res", "0"),
            ("oldpath", &old),
            ("newpath", &new),
            ("old_directory", "<NA>"),
            ("new_directory", "<NA>"),
        ],
    );
}

#[test]
fn renameat() {
    let mut scene = Scene::new();
    let old = scene.file("old");
    let (root, new) = (scene.root(), scene.path("new"));
    scene.expect(
        "renameat",
        &["renameat", &root, "old", &new],
        &[
            ("res", "0"),
            ("olddirfd", "3"),
            ("oldpath", &old),
            ("newdirfd", "AT_FDCWD"),
            ("newpath", &new),
            ("old_directory", &root),
            ("new_directory", "<NA>"),
        ],
    );
}

#[test]
fn renameat2() {
    let mut scene = Scene::new();
    let (old, new) = (scene.file("old"), scene.path("new"));
    scene.expect(
        "renameat2",
        &["renameat2", &old, &new],
        &[
            ("res", "0"),
            ("olddirfd", "AT_FDCWD"),
            ("oldpath", &old),
            ("newdirfd", "AT_FDCWD"),
            ("newpath", &new),
            ("flags", "RENAME_NOREPLACE"),
            ("old_directory", "<NA>"),
            ("new_directory", "<NA>"),
        ],
    );
}

#[test]
fn mkdir() {
    let mut scene = Scene::new();
    let path = scene.path("folder");
    let mode = "S_IXGRP|S_IRGRP|S_IXUSR|S_IWUSR|S_IRUSR";
    let expected = [
        ("res", "0"),
        ("path", path.as_str()),
        ("mode", mode),
        ("directory", "<NA>"),
    ];
    scene.expect("mkdir", &["mkdir", &path], &expected);
}

#[test]
fn mkdirat() {
    let mut scene = Scene::new();
    let root = scene.root();
    let path = scene.path("folder");
    scene.expect(
        "mkdirat",
        &["mkdirat", &root, "folder"],
        &[
            ("res", "0"),
            ("dirfd", "3"),
            ("path", &path),
            ("mode", "S_IXUSR|S_IWUSR|S_IRUSR"),
            ("directory", &root),
        ],
    );
}

#[test]
fn rmdir() {
    let mut scene = Scene::new();
    let path = scene.path("folder");
    std::fs::create_dir(&path).expect("a folder");
    let expected = [("res", "0"), ("path", path.as_str()), ("directory", "<NA>")];
    scene.expect("rmdir", &["rmdir", &path], &expected);
}

#[test]
fn chmod() {
    let mut scene = Scene::new();
    let file = scene.file("a");
    let mode = "S_IXOTH|S_IROTH|S_IXGRP|S_IRGRP|S_IXUSR|S_IWUSR|S_IRUSR|S_ISUID";
    let expected = [
        ("res", "0"),
        ("filename", file.as_str()),
        ("mode", mode),
        ("directory", "<NA>"),
    ];
    scene.expect("chmod", &["chmod", &file], &expected);
}

#[test]
fn fchmod() {
    let mut scene = Scene::new();
    let file = scene.file("a");
    scene.expect(
        "fchmod",
        &["fchmod", &file],
        &[
            ("res", "0"),
            ("fd", &named(&file)),
            ("mode", "S_IWUSR|S_IRUSR"),
            ("file_path", &file),
            ("file_root", "/"),
            // Read at the exit of the call: the mode that it set.
            ("file_mode", "S_IWUSR|S_IRUSR"),
        ],
    );
}

#[test]
fn fchmodat() {
    let mut scene = Scene::new();
    let file = scene.file("a");
    let root = scene.root();
    scene.expect(
        "fchmodat",
        &["fchmodat", &root, "a"],
        &[
            ("res", "0"),
            ("dirfd", "3"),
            ("filename", &file),
            ("mode", "S_IRGRP|S_IWUSR|S_IRUSR"),
            ("directory", &root),
        ],
    );
}

#[test]
fn fchmodat2() {
    let mut scene = Scene::new();
    let file = scene.file("a");
    let root = scene.root();
    scene.expect(
        "fchmodat2",
        &["fchmodat2", &root, "a"],
        &[
            ("res", ANY),
            ("dirfd", "3"),
            ("filename", &file),
            ("mode", "S_IROTH|S_IRGRP|S_IWUSR|S_IRUSR"),
            ("flags", "0"),
            ("directory", &root),
        ],
    );
}

#[test]
fn link() {
    let mut scene = Scene::new();
    let (old, new) = (scene.file("old"), scene.path("new"));
    scene.expect(
        "link",
        &["link", &old, &new],
        &[
            ("res", "0"),
            ("oldpath", &old),
            ("newpath", &new),
            ("old_directory", "<NA>"),
            ("new_directory", "<NA>"),
        ],
    );
}

#[test]
fn linkat() {
    let mut scene = Scene::new();
    let old = scene.file("old");
    let (root, new) = (scene.root(), scene.path("new"));
    scene.expect(
        "linkat",
        &["linkat", &root, "old", &new],
        &[
            ("res", "0"),
            ("olddir", "3"),
            ("oldpath", &old),
            ("newdir", "AT_FDCWD"),
            ("newpath", &new),
            ("flags", "AT_SYMLINK_FOLLOW"),
            ("old_directory", &root),
            ("new_directory", "<NA>"),
        ],
    );
}

#[test]
fn symlink() {
    let mut scene = Scene::new();
    let link = scene.path("link");
    scene.expect(
        "symlink",
        &["symlink", "/etc/shadow", &link],
        &[
            ("res", "0"),
            ("target", "/etc/shadow"),
            ("linkpath", &link),
            ("directory", "<NA>"),
        ],
    );
}

#[test]
fn symlinkat() {
    let mut scene = Scene::new();
    let root = scene.root();
    let path = scene.path("link");
    scene.expect(
        "symlinkat",
        &["symlinkat", "../target", &root, "link"],
        &[
            ("res", "0"),
            ("target", "../target"),
            ("linkdirfd", "3"),
            ("linkpath", &path),
            ("directory", &root),
        ],
    );
}

#[test]
fn chdir() {
    let mut scene = Scene::new();
    let root = scene.root();
    let expected = [
        ("res", "0"),
        ("path", root.as_str()),
        ("directory", "<NA>"),
        ("working_directory", &root),
    ];
    scene.expect("chdir", &["chdir", &root], &expected);
}

#[test]
fn fchdir() {
    let mut scene = Scene::new();
    let root = scene.root();
    let expected = [
        ("res", "0"),
        ("fd", "3"),
        ("working_directory", root.as_str()),
    ];
    scene.expect("fchdir", &["fchdir", &root], &expected);
}

#[test]
fn chroot() {
    let mut scene = Scene::new();
    let root = scene.root();
    scene.expect(
        "chroot",
        &["chroot", &root],
        &[
            ("res", "0"),
            ("path", &root),
            ("directory", "<NA>"),
            ("working_directory", ANY),
        ],
    );
}

#[test]
fn mount() {
    let mut scene = Scene::new();
    let root = scene.root();
    scene.expect(
        "mount",
        &["mount", &root],
        &[
            ("res", "0"),
            ("dev", "saker-test"),
            ("dir", &root),
            ("type", "tmpfs"),
            ("flags", "NOSUID"),
            ("directory", "<NA>"),
        ],
    );
}

#[test]
fn umount2() {
    let mut scene = Scene::new();
    let root = scene.root();
    scene.expect(
        "umount2",
        &["umount2", &root],
        &[
            ("res", "0"),
            ("name", &root),
            ("flags", "DETACH"),
            ("directory", "<NA>"),
        ],
    );
}
