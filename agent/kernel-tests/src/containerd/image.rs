//! Images made on the spot: one layer with one static program.

use serde_json::json;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::process::Command;

const SOURCE: &str = include_str!("actor.c");

/// Compiles the program of the images.
///
/// # Panics
///
/// Without a C compiler.
pub(super) fn compile_actor(folder: &Path) -> PathBuf {
    let source = folder.join("actor.c");
    let program = folder.join("actor");
    std::fs::write(&source, SOURCE).expect("the source is written");
    let status = Command::new("cc")
        .args(["-static", "-Os", "-s", "-Wall", "-Werror", "-o"])
        .args([&program, &source])
        .status()
        .expect("a C compiler (package build-essential)");
    assert!(status.success(), "the program of the images compiles");
    program
}

/// Writes an image as an OCI archive, which `ctr image import` reads. The title makes its id its own.
pub(super) fn write_archive(program: &Path, title: &str, tag: &str, archive: &Path) {
    let layer = layer(program);
    let config = json!({
        "architecture": architecture(),
        "os": "linux",
        "config": {
            "Entrypoint": ["/actor"],
            "Cmd": ["pause"],
            "Labels": { "org.opencontainers.image.title": title },
        },
        "rootfs": { "type": "layers", "diff_ids": [digest(&layer)] },
    })
    .to_string();
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": descriptor("application/vnd.oci.image.config.v1+json", config.as_bytes()),
        "layers": [descriptor("application/vnd.oci.image.layer.v1.tar", &layer)],
    })
    .to_string();
    let mut listed = descriptor(
        "application/vnd.oci.image.manifest.v1+json",
        manifest.as_bytes(),
    );
    listed["annotations"] = json!({ "org.opencontainers.image.ref.name": tag });
    let index = json!({ "schemaVersion": 2, "manifests": [listed] }).to_string();

    let file = std::fs::File::create(archive).expect("an archive");
    let mut archive = tar::Builder::new(file);
    let mut add = |path: &str, bytes: &[u8]| append(&mut archive, path, 0o644, bytes);
    add("oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#);
    add("index.json", index.as_bytes());
    for blob in [layer.as_slice(), config.as_bytes(), manifest.as_bytes()] {
        let digest = digest(blob);
        let name = digest.strip_prefix("sha256:").expect("an algorithm");
        add(&format!("blobs/sha256/{name}"), blob);
    }
    archive.finish().expect("the archive is written");
}

fn layer(program: &Path) -> Vec<u8> {
    let program = std::fs::read(program).expect("the program of the images");
    let mut layer = tar::Builder::new(Vec::new());
    append(&mut layer, "actor", 0o755, &program);
    append(&mut layer, "marker", 0o644, b"");
    layer.into_inner().expect("a layer")
}

fn append(archive: &mut tar::Builder<impl std::io::Write>, path: &str, mode: u32, bytes: &[u8]) {
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len().try_into().expect("a small file"));
    header.set_mode(mode);
    archive
        .append_data(&mut header, path, bytes)
        .expect("the archive is written");
}

fn descriptor(media_type: &str, blob: &[u8]) -> serde_json::Value {
    json!({ "mediaType": media_type, "digest": digest(blob), "size": blob.len() })
}

fn digest(blob: &[u8]) -> String {
    let digest = Sha256::digest(blob);
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

/// The architecture's name in images.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}
