//! Rows of descriptors, memory files, modules and BPF.

use crate::scene::Scene;
use saker_kernel_tests::ANY;

const MODE: &str = "S_IROTH|S_IRGRP|S_IWUSR|S_IRUSR";

#[test]
fn dup() {
    let mut scene = Scene::new();
    let file = scene.file("a");
    let name = format!("<f>{file}");
    scene.expect(
        "dup",
        &["dup", &file],
        &[
            ("res", &name),
            ("oldfd", "3"),
            ("file_path", &file),
            ("file_root", "/"),
            ("file_mode", MODE),
            ("socket", "<NA>"),
        ],
    );
}

#[test]
fn dup2() {
    let mut scene = Scene::new();
    let file = scene.file("a");
    let name = format!("<f>{file}");
    let done = scene.expect(
        "dup2",
        &["dup2", &file],
        &[
            ("res", &name),
            ("oldfd", "3"),
            ("newfd", "77"),
            ("file_path", &file),
            ("file_root", "/"),
            ("file_mode", MODE),
            ("socket", "<NA>"),
        ],
    );
    assert_eq!(done.last("dup2").header().result, 77);
}

#[test]
fn dup3() {
    let mut scene = Scene::new();
    let file = scene.file("a");
    let name = format!("<f>{file}");
    let done = scene.expect(
        "dup3",
        &["dup3", &file],
        &[
            ("res", &name),
            ("oldfd", "3"),
            ("newfd", "78"),
            ("flags", "O_CLOEXEC"),
            ("file_path", &file),
            ("file_root", "/"),
            ("file_mode", MODE),
            ("socket", "<NA>"),
        ],
    );
    assert_eq!(done.last("dup3").header().result, 78);
}

#[test]
fn memfd_create() {
    let mut scene = Scene::new();
    scene.expect(
        "memfd_create",
        &["memfd_create"],
        &[
            ("fd", ANY),
            ("name", "saker-test"),
            ("flags", "MFD_CLOEXEC"),
            ("file_path", "/memfd:saker-test"),
            ("file_root", "/"),
            ("file_mode", ANY),
        ],
    );
}

#[test]
fn bpf() {
    let mut scene = Scene::new();
    let done = scene.expect("bpf", &["bpf"], &[("fd", ANY), ("cmd", "BPF_MAP_CREATE")]);
    assert!(done.last("bpf").header().result < 0);
}

#[test]
fn init_module() {
    let mut scene = Scene::new();
    scene.expect(
        "init_module",
        &["init_module"],
        &[("res", ANY), ("length", "12"), ("uargs", "a=b")],
    );
}

#[test]
fn finit_module() {
    let mut scene = Scene::new();
    let file = scene.file("a.ko");
    let name = format!("<f>{file}");
    scene.expect(
        "finit_module",
        &["finit_module", &file],
        &[
            ("res", ANY),
            ("fd", &name),
            ("uargs", "c=d"),
            ("flags", ANY),
            ("file_path", &file),
            ("file_root", "/"),
            ("file_mode", MODE),
        ],
    );
}
