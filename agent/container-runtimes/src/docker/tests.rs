mod faults;
pub(super) mod sample;
mod server;
mod watching;

use super::*;
use crate::config::Engine;
use saker_container_metadata::ContainerKind;
use sample::{CONTAINER, IMAGE, NEIGHBOUR};
use serde_json::{Value, json};
use server::{Reply, Server};

/// A reference as the cgroup of a container gives it.
fn reference(id: &str) -> ContainerRef {
    ContainerRef {
        id: ContainerId::new(id),
        runtime: Runtime::Unknown,
        pod_uid: None,
        cgroup_path: Box::default(),
    }
}

async fn client_of(server: &Server) -> Result<DockerClient, RuntimeError> {
    let socket = Socket {
        engine: Engine::Docker,
        path: server.socket(),
    };
    DockerClient::connect(&socket, &RuntimesConfig::default()).await
}

fn object(of: &Value) -> Reply {
    Reply::Json(of.to_string())
}

/// What a client says that is asked about [`CONTAINER`] by such a server.
async fn inspect(routes: &[(&str, Reply)]) -> Result<Option<ContainerInfo>, RuntimeError> {
    let server = Server::start(routes);
    let client = client_of(&server).await.unwrap();
    client.inspect(&reference(CONTAINER)).await
}

#[tokio::test]
async fn docker_is_asked_about_container_and_image() {
    let server = Server::start(&[
        sample::docker(),
        ("/v1.41/containers/", object(&sample::container())),
        ("/v1.41/images/sha256:", object(&sample::image())),
    ]);
    let client = client_of(&server).await.unwrap();
    assert_eq!(client.version().name, "docker");
    assert_eq!(client.version().version, "20.10.24+dfsg1");
    client.check().await.unwrap();
    let info = client
        .inspect(&reference(CONTAINER))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(info.runtime, Runtime::Docker);
    assert_eq!(info.id.full(), CONTAINER);
    assert_eq!(info.name.as_deref(), Some("web"));
    assert_eq!(info.image.reference.as_deref(), Some("shop/web:3.1"));
    assert_eq!(info.image.repository.as_deref(), Some("shop/web"));
    assert_eq!(info.image.tag.as_deref(), Some("3.1"));
    assert_eq!(info.image.id.as_deref(), Some(IMAGE));
    assert_eq!(info.ip, Some([172, 17, 0, 5].into()));
    assert_eq!(
        server.asked(),
        [
            "/_ping".to_owned(),
            "/_ping".to_owned(),
            format!("/v1.41/containers/{CONTAINER}/json"),
            format!("/v1.41/images/sha256:{IMAGE}/json"),
        ]
    );
}

#[tokio::test]
async fn podman_is_told_by_its_headers_and_asked_by_its_own_dialect() {
    let mut infra = sample::container();
    infra["IsInfra"] = json!(true);
    infra["ImageName"] = json!("localhost:5000/pause:4.3");
    infra["ImageDigest"] = json!("sha256:0123");
    infra["Image"] = json!(IMAGE);
    infra["Name"] = json!("pod-infra");
    let server = Server::start(&[
        sample::podman(),
        ("/v4.3.1/libpod/containers/", object(&infra)),
        (
            "/v1.41/containers/json",
            object(&json!([{"Id": CONTAINER}])),
        ),
    ]);
    let client = client_of(&server).await.unwrap();
    assert_eq!(client.version().name, "podman");
    assert_eq!(client.version().version, "4.3.1");
    let info = client
        .inspect(&reference(CONTAINER))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(info.runtime, Runtime::Podman);
    assert_eq!(info.kind, ContainerKind::Infra);
    assert_eq!(info.name.as_deref(), Some("pod-infra"));
    assert_eq!(
        info.image.reference.as_deref(),
        Some("localhost:5000/pause:4.3")
    );
    assert_eq!(
        info.image.repository.as_deref(),
        Some("localhost:5000/pause")
    );
    assert_eq!(info.image.tag.as_deref(), Some("4.3"));
    assert_eq!(info.image.digest.as_deref(), Some("sha256:0123"));
    assert_eq!(info.image.id.as_deref(), Some(IMAGE));
    let listed = client.list().await.unwrap();
    assert_eq!(listed, [ContainerId::new(CONTAINER)]);
}

#[tokio::test]
async fn a_container_without_a_network_of_its_own_has_its_neighbours_address() {
    let mut member = sample::container();
    member["HostConfig"]["NetworkMode"] = json!(format!("container:{NEIGHBOUR}"));
    member["NetworkSettings"] = json!({"IPAddress": "", "Networks": {}});
    let mut neighbour = sample::container();
    neighbour["Id"] = json!(NEIGHBOUR);
    let member_path = format!("/v1.41/containers/{CONTAINER}/json");
    let neighbour_path = format!("/v1.41/containers/{NEIGHBOUR}/json");
    let routes = [
        sample::docker(),
        (member_path.as_str(), object(&member)),
        (neighbour_path.as_str(), object(&neighbour)),
    ];
    let info = inspect(&routes).await.unwrap().unwrap();
    assert_eq!(info.ip, Some([172, 17, 0, 5].into()));
    assert_eq!(info.host_network, Some(false));
    neighbour["HostConfig"]["NetworkMode"] = json!("host");
    let [version, member, (path, _)] = routes;
    let routes = [version, member, (path, object(&neighbour))];
    let info = inspect(&routes).await.unwrap().unwrap();
    assert_eq!(info.host_network, Some(true));
}

#[tokio::test]
async fn nothing_is_known_of_a_container_that_is_not_there() {
    let docker = sample::docker();
    assert_eq!(inspect(std::slice::from_ref(&docker)).await.unwrap(), None);
    // The name of one container may be the id of another.
    let mut other = sample::container();
    other["Id"] = json!(NEIGHBOUR);
    let routes = [docker, ("/v1.41/containers/", object(&other))];
    assert_eq!(inspect(&routes).await.unwrap(), None);
}

#[tokio::test]
async fn an_image_that_was_removed_leaves_the_name_that_was_asked_for() {
    for gone in [404, 500] {
        let routes = [
            sample::docker(),
            ("/v1.41/containers/", object(&sample::container())),
            ("/v1.41/images/", Reply::Refusal(gone, "no such image")),
        ];
        let image = inspect(&routes).await.unwrap().unwrap().image;
        assert_eq!(image.repository.as_deref(), Some("shop/web"));
        assert_eq!(image.tag.as_deref(), Some("3.1"));
        assert_eq!(image.id.as_deref(), Some(IMAGE));
        assert_eq!(image.digest, None);
    }
}

#[tokio::test]
async fn what_is_no_id_is_never_asked_for() {
    let server = Server::start(&[sample::docker()]);
    let client = client_of(&server).await.unwrap();
    let long = "a".repeat(129);
    for id in [
        "",
        "..",
        "../version",
        "a/b",
        "a?b",
        "a%2fb",
        "a b",
        "é",
        &long,
    ] {
        assert_eq!(client.inspect(&reference(id)).await.unwrap(), None);
    }
    assert_eq!(server.asked(), ["/_ping"]);
}

#[tokio::test]
async fn a_list_keeps_what_can_be_an_id() {
    let listed = json!([{"Id": "a1"}, {"Id": "../x", "Names": null}, {"Id": "b2"}]);
    let server = Server::start(&[
        sample::docker(),
        ("/v1.41/containers/json", object(&listed)),
    ]);
    let client = client_of(&server).await.unwrap();
    let expected = ["a1", "b2"].map(ContainerId::new);
    assert_eq!(client.list().await.unwrap(), expected);
}

#[test]
fn versions_become_paths() {
    assert_eq!(prefix("1.41").unwrap(), "/v1.41");
    assert_eq!(prefix("5.0.0-dev").unwrap(), "/v5.0.0");
    for version in ["", "1.41/..", "v1", "-dev", "1.41?", "1.41\r\n"] {
        let reason = prefix(version).unwrap_err().reason();
        assert!(reason.contains("not made of numbers"), "{reason}");
    }
}
