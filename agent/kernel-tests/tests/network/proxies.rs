//! What is inside a tunnel or behind a PROXY header.

use crate::certificates::SERVER_NAME;
use crate::scene::Scene;
use crate::servers::{self, HTTP, HTTPS, PROXY_HTTPS, PROXY_V1, PROXY_V2};
use crate::watch::{Watch, expect_fields};

#[test]
fn a_tunnel_through_a_web_proxy() {
    const PORT: u16 = 8888;
    let scene = Scene::make();
    let mut watch = Watch::start();
    let _nginx = servers::nginx(&scene);
    let proxy = scene.pair.server.container("proxy");
    let host = scene.server.v4;
    let configuration = format!(
        "Port {PORT}\nListen {host}\nTimeout 60\nLogLevel Warning\nConnectPort {HTTPS}\nConnectPort {HTTP}\n"
    );
    let file = scene.write("tinyproxy.conf", &configuration);
    let mut tinyproxy = proxy.start("tinyproxy", &["-d", "-c", &file]);
    tinyproxy.wait_for_port(&proxy, PORT);

    let through = format!("http://{}", scene.server.at(PORT));
    let connect = format!("{SERVER_NAME}:443:{host}:443");
    let url = format!("https://{SERVER_NAME}/");
    let got = scene.curl(&["--proxy", &through, "--connect-to", &connect, &url]);
    assert!(got.said.ends_with("page\n"), "{}", got.said);
    let inside = [("flow.security", "tls"), ("flow.tls.sni", SERVER_NAME)];
    let ends = watch.between(&scene.client, &got, &proxy, PORT);
    for end in [&ends.client, &ends.server] {
        expect_fields(end, &inside);
    }
    expect_fields(&ends.server, &[("proc.name", "tinyproxy")]);
    // The proxy's own connection to the server, which is on the same host.
    let onwards = watch.only("flow_classified", &proxy, |flow| {
        crate::watch::field(flow, "flow.role") == "client"
    });
    expect_fields(&onwards, &inside);
    expect_fields(
        &onwards,
        &[("proc.name", "tinyproxy"), ("flow.loopback", "true")],
    );

    let plain = format!("http://{}/", scene.server.at(HTTP));
    let got = scene.curl(&["--proxy", &through, "--proxytunnel", &plain]);
    assert!(got.said.ends_with("page\n"), "{}", got.said);
    let ends = watch.between(&scene.client, &got, &proxy, PORT);
    for end in [&ends.client, &ends.server] {
        expect_fields(
            end,
            &[("flow.security", "plaintext"), ("flow.protocol", "http")],
        );
    }
}

#[test]
fn a_balancer_that_tells_its_clients() {
    const FRONTS: [(u16, u16, &str); 3] = [
        (9001, PROXY_V1, "send-proxy"),
        (9002, PROXY_V2, "send-proxy-v2"),
        (9003, PROXY_HTTPS, "send-proxy-v2"),
    ];
    let scene = Scene::make();
    let mut watch = Watch::start();
    let _nginx = servers::nginx(&scene);
    let balancer = scene.pair.client.container("balancer");
    let mut configuration = "defaults
  mode tcp
  timeout connect 10s
  timeout client 30s
  timeout server 30s
"
    .to_owned();
    for (front, back, manner) in FRONTS {
        configuration.push_str(&format!(
            "listen l{front}\n  bind 127.0.0.1:{front}\n  server s {} {manner}\n",
            scene.server.at(back)
        ));
    }
    let file = scene.write("haproxy.cfg", &configuration);
    let mut haproxy = balancer.start("haproxy", &["-db", "-f", &file]);
    haproxy.wait_for_port(&balancer, 9003);
    let connect = format!("{SERVER_NAME}:443:127.0.0.1:9003");
    let pages = [
        "http://127.0.0.1:9001/",
        "http://127.0.0.1:9002/",
        &format!("https://{SERVER_NAME}/"),
    ];
    for ((_, back, _), page) in FRONTS.into_iter().zip(pages) {
        let got = scene.curl(&["--connect-to", &connect, page]);
        assert!(got.said.ends_with("page\n"), "{}", got.said);
        let expected = if back == PROXY_HTTPS {
            [("flow.security", "tls"), ("flow.tls.sni", SERVER_NAME)]
        } else {
            [("flow.security", "plaintext"), ("flow.protocol", "http")]
        };
        let asked = crate::running::Ended {
            pid: haproxy.pid(),
            said: String::new(),
        };
        let ends = watch.between(&balancer, &asked, &scene.server, back);
        for end in [&ends.client, &ends.server] {
            expect_fields(end, &expected);
        }
        expect_fields(&ends.client, &[("proc.name", "haproxy")]);
        expect_fields(&ends.server, &[("proc.name", "nginx")]);
    }
}
