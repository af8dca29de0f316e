use super::{DEPTH_MAX, ManifestError, Manifests};
use saker_kube_metadata::{Answer, Cluster, Endpoint, Kind, Scope};
use std::error::Error as _;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

const POD: &str = "{apiVersion: v1, kind: Pod, metadata: {name: web-0, namespace: shop}, spec: {}, status: {podIP: 10.0.0.2}}";

fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, bytes) in files {
        write(folder.path(), name, bytes);
    }
    folder
}

fn write(folder: &Path, name: &str, bytes: &[u8]) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
    fs::write(path, bytes).expect("a file");
}

#[test]
fn all_files_of_a_folder_are_read_but_hidden_ones() {
    let namespace =
        b"{\"apiVersion\": \"v1\", \"kind\": \"Namespace\", \"metadata\": {\"name\": \"shop\"}}";
    let folder = folder(&[
        ("pods/web.yaml", POD.as_bytes()),
        ("shop.json", namespace),
        (
            "shop.yml",
            b"{apiVersion: v1, kind: ConfigMap, metadata: {name: x}}",
        ),
        ("README.md", b"not: [read"),
        ("..2025_01_01/old.yaml", b"not: [read"),
        (".hidden.yaml", b"not: [read"),
    ]);
    let manifests = Manifests::read(folder.path()).expect("manifests");
    assert_eq!(
        (
            manifests.files,
            manifests.read.objects.len(),
            manifests.read.skipped
        ),
        (3, 2, 1)
    );
    let one = Manifests::read(&folder.path().join("pods/web.yaml")).expect("one file");
    assert_eq!((one.files, one.read.objects.len()), (1, 1));
}

#[test]
fn a_cluster_is_as_the_files_say_and_follows_them() {
    let folder = folder(&[("web.yaml", POD.as_bytes())]);
    let cluster = Cluster::unknown();
    let scope = Scope::CLUSTER_PODS
        .with(Scope::SERVICES)
        .with(Scope::NODES)
        .with(Scope::MESH)
        .with(Scope::MESH_AUTHORIZATION);
    let read = || Manifests::read(folder.path()).expect("manifests");
    read().tell(&cluster, scope);
    let holder = |address: &str| cluster.endpoint(address.parse().expect("an address"));
    assert!(
        matches!(holder("10.0.0.2"), Answer::Known(Endpoint::Pod(pod)) if &*pod.name.name == "web-0")
    );
    assert_eq!(holder("10.0.0.3"), Answer::Known(Endpoint::External));
    assert_eq!(
        cluster.mesh_objects(&[Kind::PeerAuthentications]),
        Answer::Known(Vec::new())
    );

    let strict = b"{apiVersion: security.istio.io/v1, kind: PeerAuthentication, metadata: {name: a, namespace: shop}}";
    write(folder.path(), "strict.yaml", strict);
    fs::remove_file(folder.path().join("web.yaml")).expect("it was there");
    read().tell(&cluster, scope);
    let policies = cluster.mesh_objects(&[Kind::PeerAuthentications]).known();
    assert_eq!(policies.map(|policies| policies.len()), Some(1));
    let is_gone = cluster.pod("Pod/shop/web-0").known().is_some();
    assert!(is_gone, "what is gone stays known for a while");
    // What no rule asks for is not kept.
    read().tell(&cluster, Scope::NAMESPACES);
    assert_eq!(
        cluster.mesh_objects(&[Kind::PeerAuthentications]),
        Answer::Unknown
    );
}

#[test]
fn errors_name_the_file() {
    let shown = |error: ManifestError| {
        let cause = error.source().map(ToString::to_string);
        format!("{error}: {}", cause.unwrap_or_default())
    };
    let failed = |files: &[(&str, &[u8])]| {
        let folder = folder(files);
        let error = Manifests::read(folder.path()).expect_err("not readable");
        shown(error).replace(&folder.path().display().to_string(), "DIR")
    };
    assert!(failed(&[]).starts_with("no manifests in DIR: it has no file"));
    let twice = format!("{POD}\n---\n{{kind: Pod}}");
    let unfinished = failed(&[("a.yaml", POD.as_bytes()), ("b.yaml", twice.as_bytes())]);
    assert!(
        unfinished.starts_with("manifest DIR/b.yaml: document 2 has no `apiVersion`"),
        "{unfinished}"
    );
    let binary = failed(&[("a.yaml", b"name: \xff\xfe")]);
    assert!(
        binary.starts_with("manifest DIR/a.yaml is not UTF-8 from byte 6 on"),
        "{binary}"
    );
    let missing = Manifests::read(Path::new("/nonexistent/manifests")).expect_err("not there");
    assert!(
        shown(missing).starts_with("cannot read manifests /nonexistent/manifests: No such file")
    );
}

#[test]
fn folders_that_go_round_in_circles_end() {
    let folder = folder(&[("a.yaml", POD.as_bytes())]);
    std::os::unix::fs::symlink(folder.path(), folder.path().join("again")).expect("a link");
    let error = Manifests::read(folder.path()).expect_err("no end");
    assert!(matches!(error, ManifestError::TooMuch { .. }), "{error}");
    let mut deep = folder.path().to_owned();
    fs::remove_file(folder.path().join("again")).expect("the link");
    for _ in 0..DEPTH_MAX {
        deep.push("d");
    }
    fs::create_dir_all(&deep).expect("folders");
    assert!(Manifests::read(folder.path()).is_ok());
}

#[test]
fn a_file_that_is_too_long_is_not_read() {
    let folder = folder(&[("a.yaml", b"")]);
    let file = fs::File::create(folder.path().join("a.yaml")).expect("a file");
    file.set_len(super::FILE_BYTES_MAX + 1).expect("a hole");
    let error = Manifests::read(folder.path()).expect_err("too long");
    assert!(matches!(error, ManifestError::TooMuch { .. }), "{error}");
}

#[test]
fn a_pipe_is_no_manifest() {
    let folder = folder(&[("a.yaml", POD.as_bytes())]);
    let socket = std::os::unix::net::UnixListener::bind(folder.path().join("b.yaml"));
    let manifests = Manifests::read(folder.path()).expect("the file alone");
    assert_eq!(manifests.files, 1);
    drop(socket);
}
