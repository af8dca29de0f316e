//! What a pod sends before its proxy is there to encrypt it.

use crate::manifests::{self, namespace, peer_authentication};
use crate::scene::Scene;
use crate::servers::{self, HTTP};
use crate::watch::{Watch, expect_fields, field};
use saker_kernel_tests::agent::RULES;
use serde_json::json;

#[test]
fn init_containers_and_proxies_that_are_not_ready() {
    let scene = Scene::make();
    let _nginx = servers::nginx(&scene);
    let init = scene.pair.client.container("init");
    let proxy = scene.pair.client.container("istio-proxy");
    let mut client = manifests::pod(&scene.pair.client, &scene.client, Some((&proxy, "istio")));
    client["spec"]["initContainers"] = json!([manifests::container(&init)]);
    client["status"]["initContainerStatuses"] = json!([manifests::status(&init)]);
    client["status"]["containerStatuses"][1]["ready"] = json!(false);
    let objects = [
        client,
        manifests::pod(&scene.pair.server, &scene.server, None),
        namespace(json!({}), json!({})),
        peer_authentication("PERMISSIVE"),
    ];
    let folder = manifests::write_all(&scene, &objects);
    let mut watch = Watch::start_with(&["--rules", RULES, "--manifests", &folder]);
    let url = format!("http://{}/", scene.server.at(HTTP));
    // Without a runtime nobody says which container of the pod is which: the proxy's state tells all the same.
    let how = "proxy_not_ready";
    for container in [&init, &scene.client] {
        let got = container.run("curl", &["-sS", &url]);
        assert!(got.said.ends_with("page\n"), "{}", got.said);
        let ends = watch.between(container, &got, &scene.server, HTTP);
        expect_fields(
            &ends.client,
            &[
                ("flow.security", "plaintext"),
                ("flow.leg", "bypass"),
                ("flow.bypass", how),
                ("flow.excused", "false"),
                ("mtls.mode", "permissive"),
            ],
        );
        let alert = watch.alert_about(&scene, &field(&ends.client, "fd.cport"));
        assert_eq!(alert["rule"], "Sidecar bypassed");
        assert!(alert.to_string().contains(how), "{alert:#}");
    }
}
