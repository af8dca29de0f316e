//! Whose a connection is: of listeners that are older than the agent, and of sockets that are.

use crate::scene::{Scene, peer};
use crate::servers::{self, HTTP};
use crate::watch::{Watch, expect_fields, field};

#[test]
fn listeners_older_than_the_agent() {
    let scene = Scene::make();
    let nginx = servers::nginx(&scene);
    let _redis = servers::redis(&scene);
    let mut watch = Watch::start();
    let got = scene.curl(&[&format!("http://{}/", scene.server.at(HTTP))]);
    let expected = [("flow.security", "plaintext"), ("flow.protocol", "http")];
    let ends = watch.expect(&scene, &got, HTTP, "nginx", &expected);
    // The one that accepted, not its parent that made the listener.
    let master = nginx.pid().to_string();
    assert_ne!(field(&ends.server, "proc.pid"), master);
    let workers = scene.server.processes();
    let worker = field(&ends.server, "proc.pid").parse().expect("a number");
    assert!(workers.contains(&worker), "{workers:?}");
    expect_fields(&ends.server, &[("k8s.pod.uid", &scene.pair.server.uid)]);
    watch.expect_closed(&scene, &ends);

    let host = scene.server.v4.to_string();
    let ask = ["-h", &host, "--no-auth-warning", "-a", "secret", "PING"];
    let got = scene.client.run("redis-cli", &ask);
    let expected = [("flow.security", "plaintext"), ("flow.protocol", "redis")];
    watch.expect(&scene, &got, servers::REDIS, "redis-server", &expected);
}

#[test]
fn sockets_older_than_the_agent_are_not_judged() {
    let scene = Scene::make();
    let _nginx = servers::nginx(&scene);
    let file = scene.text("go-on");
    let address = scene.server.at(HTTP);
    let request = "GET / HTTP/1.0\r\nAuthorization: Basic bWU6c2VjcmV0\r\n\r\n";
    let arguments = ["late-client", &address, &file, request];
    let mut older = scene.client.start(&peer(), &arguments);
    older.wait_until_it_says("connected");
    let mut watch = Watch::start();
    std::fs::write(&file, "").expect("a file");
    assert!(older.wait().success(), "{}", older.said());
    assert!(older.said().ends_with("page\n"), "{}", older.said());
    // A later one is told; by then the older one would have been.
    let got = scene.curl(&[&format!("http://{address}/")]);
    let ends = watch.expect(
        &scene,
        &got,
        HTTP,
        "nginx",
        &[("flow.security", "plaintext")],
    );
    watch.expect_closed(&scene, &ends);
    for kind in ["flow_classified", "flow_closed"] {
        for container in [&scene.client, &scene.server] {
            let told = watch.events(kind, container).len();
            assert_eq!(told, 1, "{kind} of {}", container.name);
        }
    }
}
