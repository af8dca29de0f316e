//! A kubelet that asks how a pod is, where mutual TLS is demanded of everybody.

use crate::manifests::{self, namespace, peer_authentication};
use crate::running::{Ended, run};
use crate::scene::{Scene, copy, peer};
use crate::servers::{self, EXCLUDED, HTTP};
use crate::watch::{RULE, Watch, expect_fields, field};
use saker_kernel_tests::agent::RULES;
use serde_json::{Value, json};
use std::path::Path;

/// A node with a kubelet, in the place of the client, and a pod of whose ports it probes one.
struct Node {
    scene: Scene,
    watch: Watch,
    kubelet: String,
    _nginx: crate::running::Running,
}

impl Node {
    fn start() -> Self {
        let scene = Scene::make();
        let nginx = servers::nginx(&scene);
        let mut pod = manifests::pod(&scene.pair.server, &scene.server, None);
        pod["spec"]["containers"][0]["livenessProbe"] = json!({"httpGet": {"port": HTTP}});
        let objects = [
            manifests::node(scene.client.v4),
            namespace(json!({"istio-injection": "enabled"}), json!({})),
            peer_authentication("STRICT"),
            pod,
        ];
        let folder = manifests::write_all(&scene, &objects);
        let watch = Watch::start_with(&["--rules", RULES, "--manifests", &folder]);
        let kubelet = copy(&scene, Path::new(&peer()), "kubelet");
        Self {
            scene,
            watch,
            kubelet,
            _nginx: nginx,
        }
    }

    /// Asks for a page as the kubelet; what its own end and the pod's told of it.
    fn ask(&mut self, port: u16) -> [Value; 2] {
        let mut kubelet = self.scene.pair.client.outside(&self.kubelet);
        let request = "GET / HTTP/1.0\r\n\r\n";
        kubelet.args(["text-client", &self.scene.server.at(port), request]);
        let got: Ended = run(kubelet);
        assert!(got.said.ends_with("page\n"), "{}", got.said);
        let pid = got.pid.to_string();
        let own = self.watch.agent.alert(RULE, |flow| {
            field(flow, "proc.pid") == pid && field(flow, "evt.type") == "flow_classified"
        });
        let client_port = field(&own, "fd.cport");
        let server = self.scene.server.clone();
        let pods = self.watch.only("flow_classified", &server, |flow| {
            field(flow, "fd.cport") == client_port
        });
        [own, pods]
    }
}

#[test]
fn probes_are_excused_and_nothing_else_of_the_kubelet() {
    let mut node = Node::start();
    for end in node.ask(HTTP) {
        expect_fields(
            &end,
            &[
                ("flow.security", "plaintext"),
                ("flow.leg", "probe"),
                ("flow.excused", "true"),
                ("mtls.required", "true"),
            ],
        );
    }
    let alerts = node.watch.alerts_about(&node.scene);
    assert!(alerts.is_empty(), "{alerts:#?}");

    // A port that nobody probes.
    let [own, _] = node.ask(EXCLUDED);
    expect_fields(&own, &[("flow.excused", "false")]);
    node.watch
        .alert_about(&node.scene, &field(&own, "fd.cport"));
}
