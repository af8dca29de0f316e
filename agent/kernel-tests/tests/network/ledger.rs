//! The encryption ledger of this host, at a collector, and what is read there.

use crate::manifests::{self, namespace};
use crate::running::{Running, run};
use crate::scene::Scene;
use crate::servers::{self, HTTP, HTTPS};
use crate::watch::{Watch, field};
use saker_kernel_tests::agent::{RULES, binary};
use serde_json::{Value, json};
use std::process::Command;

/// Who may read at the collector.
const READER: &str = "reader.shop.test";

/// A collector with certificates, on a port of loopback.
struct Collector {
    url: String,
    _running: Running,
}

impl Collector {
    fn start(scene: &Scene) -> Self {
        let program = std::env::var_os("SAKER_COLLECTOR_BINARY")
            .expect("SAKER_COLLECTOR_BINARY names it: run `cargo xtask test --only network`");
        let own = scene.authority.at_loopback();
        let authority = scene.authority.file();
        let configuration = format!(
            "tls: {{certificate_file: {}, key_file: {}, client_ca_file: {authority}}}\n\
             clients: {{node_name: [dns]}}\n\
             feed: {{allowed_identities: [{READER}]}}\n",
            own.chain, own.key
        );
        let file = scene.write("collector.yaml", &configuration);
        let mut command = Command::new(program);
        command.args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--metrics",
            "127.0.0.1:0",
        ]);
        command.args(["--config", &file, "--data-dir", &scene.text("collector")]);
        let mut running = Running::start(command);
        running.wait_until_it_says("metrics:");
        let said = running.said();
        let mut lines = said.lines();
        let address = lines.find_map(|line| line.split_once("subscribers:"));
        let (_, address) = address.unwrap_or_else(|| panic!("no address:\n{said}"));
        Self {
            url: format!("https://{}", address.trim()),
            _running: running,
        }
    }
}

#[test]
fn a_live_ledger_is_read_at_a_collector() {
    let scene = Scene::make();
    let _nginx = servers::nginx(&scene);
    let collector = Collector::start(&scene);
    // Both pods are in a mesh, and what their containers say goes past it.
    let [client, server] = [
        (&scene.pair.client, &scene.client),
        (&scene.pair.server, &scene.server),
    ]
    .map(|(pod, app)| {
        let proxy = pod.container("istio-proxy");
        manifests::pod(pod, app, Some((&proxy, "istio")))
    });
    let objects = [client, server, namespace(json!({}), json!({}))];
    let folder = manifests::write_all(&scene, &objects);
    let authority = scene.authority.file();
    let node = scene.authority.client(manifests::NODE);
    let configuration = format!(
        "ledger: {{enabled: true, path: {}}}\n\
         collector_output:\n  endpoints: [{}]\n  spool: {{directory: {}}}\n  \
         tls: {{ca_file: {authority}, certificate_file: {}, key_file: {}}}\n",
        scene.text("node.ledger"),
        collector.url,
        scene.text("spool"),
        node.chain,
        node.key,
    );
    let arguments = ["--rules", RULES, "--manifests", &folder];
    let mut watch = Watch::configured(&configuration, &arguments, |command| {
        command.env("SAKER_NODE_NAME", manifests::NODE);
    });
    let mut connect = |url: &str, port: u16| {
        let got = scene.curl(&["--insecure", url]);
        assert!(got.said.ends_with("page\n"), "{}", got.said);
        let ends = watch.between(&scene.client, &got, &scene.server, port);
        watch.expect_closed(&scene, &ends)
    };
    let plain = format!("http://{}/", scene.server.at(HTTP));
    let bytes: u64 = [(); 2]
        .map(|()| connect(&plain, HTTP))
        .iter()
        .flat_map(|ends| {
            ["flow.bytes_sent", "flow.bytes_received"].map(|it| field(&ends.client, it))
        })
        .map(|count| count.parse::<u64>().expect("a number"))
        .sum();
    connect(&format!("https://{}/", scene.server.at(HTTPS)), HTTPS);
    // It reports at its end at the latest.
    watch.agent.end();

    let reader = scene.authority.client(READER);
    let read = |what: &[&str]| {
        let mut command = Command::new(binary());
        command
            .arg("mtls")
            .args(what)
            .args(["--collector", &collector.url]);
        command.args(["--tls-ca", &authority, "--tls-certificate", &reader.chain]);
        command.args([
            "--tls-key",
            &reader.key,
            "--namespace",
            "shop",
            "--output",
            "json",
        ]);
        command
    };
    let said = run(read(&["report"])).said;
    let report: Value =
        serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"));
    let edges = report["edges"].as_array().expect("edges");
    let edge = |port: u16| {
        let mut found = edges.iter().filter(|edge| edge["port"] == port);
        let edge = found
            .next()
            .unwrap_or_else(|| panic!("nothing to {port} in {report:#}"));
        assert!(found.next().is_none(), "{report:#}");
        edge
    };
    let http = edge(HTTP);
    for (end, container) in [("client", &scene.client), ("server", &scene.server)] {
        let name = http[end]["name"].as_str().expect("a name");
        assert!(name.contains(&container.name), "{http:#}");
    }
    // Both ends are on this host, and a connection counts once.
    let told = &http["classes"][0];
    assert_eq!(told["security"], "plaintext", "{http:#}");
    for count in [told, &told["client_end"], &told["server_end"]] {
        assert_eq!(count["connections"], 2, "{http:#}");
        assert_eq!(count["bytes"], bytes, "{http:#}");
    }
    assert_eq!(edge(HTTPS)["classes"][0]["security"], "tls");

    let (status, ready) = crate::running::try_run_with(read(&["ready", "--since", "1s"]), "");
    assert_eq!(status.code(), Some(1), "{}", ready.said);
    assert!(ready.said.contains("plaintext"), "{}", ready.said);
}
