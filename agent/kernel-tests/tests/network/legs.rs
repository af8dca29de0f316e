//! Every leg of a connection through the proxies of a mesh, what is excused of it, and what goes past them.

use crate::manifests::{self, namespace, peer_authentication};
use crate::mesh::{self, ISTIO_USER, LINKERD_USER, Proxies, Proxy};
use crate::pods::Container;
use crate::running::Ended;
use crate::scene::Scene;
use crate::servers::{self, EXCLUDED, HTTP};
use crate::watch::{Watch, expect_fields, field};
use saker_kernel_tests::agent::RULES;
use serde_json::{Value, json};

/// A mesh, as far as these tests tell one from the other.
struct Mesh {
    name: &'static str,
    /// Its proxies' executable.
    program: &'static str,
    user: &'static str,
    start: fn(&Scene, u16) -> Proxies,
    /// Demands mutual TLS of everybody in the namespace.
    demand: fn() -> Vec<Value>,
}

const ISTIO: Mesh = Mesh {
    name: "istio",
    program: "envoy",
    user: ISTIO_USER,
    start: mesh::istio,
    demand: || {
        let injected = namespace(json!({"istio-injection": "enabled"}), json!({}));
        vec![injected, peer_authentication("STRICT")]
    },
};

/// Istio where the server's proxy takes packets as they are.
const ISTIO_TRANSPARENT: Mesh = Mesh {
    start: mesh::istio_transparent,
    ..ISTIO
};

const LINKERD: Mesh = Mesh {
    name: "linkerd",
    program: "linkerd2-proxy",
    user: LINKERD_USER,
    start: mesh::linkerd,
    demand: || {
        let annotations = json!({
            "linkerd.io/inject": "enabled",
            "config.linkerd.io/default-inbound-policy": "all-authenticated",
        });
        vec![namespace(json!({}), annotations)]
    },
};

/// A mesh between two pods, and an agent with the shipped rules.
struct Meshed {
    scene: Scene,
    proxies: Proxies,
    watch: Watch,
    _nginx: crate::running::Running,
}

impl Meshed {
    fn start(mesh: &Mesh) -> Self {
        let scene = Scene::make();
        let nginx = servers::nginx(&scene);
        let proxies = (mesh.start)(&scene, EXCLUDED);
        let objects = (mesh.demand)();
        let folder = manifests::write(&scene, Some((&proxies, mesh.name)), &objects);
        let watch = Watch::start_with(&["--rules", RULES, "--manifests", &folder]);
        Self {
            scene,
            proxies,
            watch,
            _nginx: nginx,
        }
    }

    /// The only flow of a container with this role and leg.
    fn leg(&mut self, container: &Container, role: &str, leg: &str) -> Value {
        self.watch.only("flow_classified", container, |flow| {
            field(flow, "flow.role") == role && field(flow, "flow.leg") == leg
        })
    }
}

fn page(scene: &Scene, port: u16) -> String {
    format!("http://{}/", scene.server.at(port))
}

/// Both ends of every leg, and no alert.
fn expect_excused(mesh: &Mesh) {
    let mut meshed = Meshed::start(mesh);
    let got = meshed.scene.curl(&[&page(&meshed.scene, HTTP)]);
    assert!(got.said.ends_with("page\n"), "{}", got.said);
    let [client, server] = [&meshed.scene.client, &meshed.scene.server].map(Container::clone);
    let [near, far] = [&meshed.proxies.client, &meshed.proxies.server]
        .map(|Proxy { container, running }| (container.clone(), running.pid().to_string()));
    let plain = [
        ("flow.security", "plaintext"),
        ("flow.protocol", "http"),
        ("flow.loopback", "true"),
        ("flow.excused", "true"),
    ];
    let encrypted = [
        ("flow.security", "mesh_mtls"),
        ("flow.loopback", "false"),
        ("flow.excused", "false"),
        ("proc.name", mesh.program),
    ];
    let curl = got.pid.to_string();
    for (container, role, leg, expected, pid) in [
        (&client, "client", "app_to_proxy", plain, Some(&curl)),
        (&near.0, "server", "app_to_proxy", plain, Some(&near.1)),
        (
            &near.0,
            "client",
            "proxy_to_proxy",
            encrypted,
            Some(&near.1),
        ),
        (&far.0, "server", "proxy_to_proxy", encrypted, Some(&far.1)),
        (&far.0, "client", "proxy_to_app", plain, Some(&far.1)),
        (&server, "server", "proxy_to_app", plain, None),
    ] {
        let flow = meshed.leg(container, role, leg);
        expect_fields(&flow, &expected);
        if let Some(pid) = pid {
            expect_fields(&flow, &[("proc.pid", pid)]);
        }
    }
    // Mutual TLS was demanded where the connection arrived.
    let arrived = meshed.leg(&far.0, "server", "proxy_to_proxy");
    expect_fields(
        &arrived,
        &[("mtls.required", "true"), ("mtls.mode", "strict")],
    );
    let alerts = meshed.watch.alerts_about(&meshed.scene);
    assert!(alerts.is_empty(), "{alerts:#?}");
}

/// A connection past the proxies raises alerts of the shipped rules.
fn expect_bypass(mesh: &Mesh) {
    let mut meshed = Meshed::start(mesh);
    let scene = &meshed.scene;
    let address = page(scene, EXCLUDED);
    let user = format!("--reuid={}", mesh.user);
    let past: [&[&str]; 2] = [
        &["curl", "-sS", &address],
        &["setpriv", &user, "--clear-groups", "curl", "-sS", &address],
    ];
    for arguments in past {
        let (program, arguments) = arguments.split_first().expect("a program");
        let got: Ended = scene.client.run(program, arguments);
        assert!(got.said.ends_with("page\n"), "{}", got.said);
        let ends = meshed
            .watch
            .between(&scene.client, &got, &scene.server, EXCLUDED);
        for end in [&ends.client, &ends.server] {
            expect_fields(
                end,
                &[
                    ("flow.security", "plaintext"),
                    ("flow.leg", "bypass"),
                    ("flow.excused", "false"),
                    ("mtls.required", "true"),
                ],
            );
        }
    }
    let client_ports = meshed.watch.events("flow_classified", &scene.client);
    for flow in client_ports {
        meshed
            .watch
            .alert_about(&meshed.scene, &field(&flow, "fd.cport"));
    }
}

#[test]
fn istio_encrypts_and_its_own_legs_are_excused() {
    expect_excused(&ISTIO);
}

#[test]
fn istio_encrypts_what_it_takes_transparently() {
    expect_excused(&ISTIO_TRANSPARENT);
}

#[test]
fn linkerd_encrypts_and_its_own_legs_are_excused() {
    expect_excused(&LINKERD);
}

#[test]
fn past_istio_is_told() {
    expect_bypass(&ISTIO);
}

#[test]
fn past_linkerd_is_told() {
    expect_bypass(&LINKERD);
}

#[test]
fn plaintext_where_mutual_tls_is_demanded_is_told_at_both_ends() {
    let scene = Scene::make();
    let _nginx = servers::nginx(&scene);
    let objects = [
        namespace(json!({"istio-injection": "enabled"}), json!({})),
        peer_authentication("STRICT"),
    ];
    let folder = manifests::write(&scene, None, &objects);
    let mut watch = Watch::start_with(&["--rules", RULES, "--manifests", &folder]);
    let got = scene.curl(&[&page(&scene, HTTP)]);
    let expected = [
        ("flow.security", "plaintext"),
        ("mtls.required", "true"),
        ("mtls.mode", "strict"),
        ("flow.src.pod", "client"),
        ("flow.dst.pod", "server"),
    ];
    let ends = watch.expect(&scene, &got, HTTP, "nginx", &expected);
    watch.alert_about(&scene, &field(&ends.client, "fd.cport"));
}
