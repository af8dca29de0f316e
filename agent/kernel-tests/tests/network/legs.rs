//! The legs of a connection through two sidecars.
use crate::mesh;
use crate::scene::Scene;
use crate::servers::{self, EXCLUDED, HTTP};

fn dry(proxies: impl FnOnce(&Scene, u16) -> mesh::Proxies, user: &str) {
    let scene = Scene::make();
    let _nginx = servers::nginx(&scene);
    let _proxies = proxies(&scene, EXCLUDED);
    let got = scene.curl(&["-v", &format!("http://{}/", scene.server.at(HTTP))]);
    eprintln!("{}", got.said);
    let got = scene.client.run(
        "setpriv",
        &[
            "--reuid",
            user,
            "--clear-groups",
            "curl",
            "-sS",
            &format!("http://{}/", scene.server.at(EXCLUDED)),
        ],
    );
    eprintln!("{}", got.said);
}
#[test]
fn istio() {
    dry(mesh::istio, mesh::ISTIO_USER)
}
#[test]
fn linkerd() {
    dry(mesh::linkerd, mesh::LINKERD_USER)
}
