//! Servers and clients of many protocols, each recognised at both ends.

use crate::certificates::SERVER_NAME;
use crate::scene::{Scene, peer};
use crate::servers::{
    self, H2C, HTTP, HTTPS, MTLS, NATS, POSTGRESQL, REDIS, REDIS_TLS, SMTP, postgresql_program,
};
use crate::watch::{Watch, expect_fields, field};

/// The address of an HTTP server as curl takes it.
fn page(scheme: &str, scene: &Scene, port: u16) -> String {
    format!("{scheme}://{}/", scene.server.at(port))
}

#[test]
fn web_pages_and_their_credentials() {
    let scene = Scene::make();
    let mut watch = Watch::start();
    let _nginx = servers::nginx(&scene);
    let plain = ("flow.security", "plaintext");

    let got = scene.curl(&[&page("http", &scene, HTTP)]);
    assert!(got.said.ends_with("page\n"), "{}", got.said);
    let ends = watch.expect(
        &scene,
        &got,
        HTTP,
        "nginx",
        &[plain, ("flow.protocol", "http")],
    );
    for end in [&ends.client, &ends.server] {
        expect_fields(
            end,
            &[
                ("fd.cip", &scene.client.v4.to_string()),
                ("fd.sip", &scene.server.v4.to_string()),
                ("fd.l4proto", "tcp"),
                ("flow.loopback", "false"),
                ("flow.credential_exposed", "<NA>"),
            ],
        );
    }
    watch.expect_closed(&scene, &ends);

    for (arguments, kind) in [
        (["--user", "me:secret"], "http_basic"),
        (
            ["--header", "Authorization: Bearer 0123456789abcdef"],
            "http_bearer",
        ),
    ] {
        let url = page("http", &scene, HTTP);
        let got = scene.curl(&[&arguments[..], &[&url]].concat());
        watch.expect(
            &scene,
            &got,
            HTTP,
            "nginx",
            &[plain, ("flow.credential_exposed", kind)],
        );
    }

    let got = scene.curl(&["--http2-prior-knowledge", &page("http", &scene, H2C)]);
    assert!(got.said.ends_with("page\n"), "{}", got.said);
    watch.expect(
        &scene,
        &got,
        H2C,
        "nginx",
        &[plain, ("flow.protocol", "http2")],
    );

    let url = format!("http://[{}]/", scene.server.v6);
    let got = scene.curl(&[&url]);
    let expected = [plain, ("fd.sip", &scene.server.v6.to_string())];
    watch.expect(&scene, &got, HTTP, "nginx", &expected);
}

#[test]
fn web_pages_over_tls() {
    let scene = Scene::make();
    let mut watch = Watch::start();
    let _nginx = servers::nginx(&scene);
    let by_name = format!("https://{SERVER_NAME}/");
    for (version, number) in [("1.2", "1.2"), ("1.3", "1.3")] {
        let exactly = [
            format!("--tlsv{version}"),
            "--tls-max".to_owned(),
            version.to_owned(),
        ];
        let [at_least, at_most, maximum] = exactly.each_ref().map(String::as_str);
        let got = scene.curl(&[at_least, at_most, maximum, &by_name]);
        assert!(got.said.ends_with("page\n"), "{}", got.said);
        let ends = watch.expect(
            &scene,
            &got,
            HTTPS,
            "nginx",
            &[
                ("flow.security", "tls"),
                ("flow.tls.version", number),
                ("flow.tls.sni", SERVER_NAME),
                ("flow.credential_exposed", "<NA>"),
            ],
        );
        // In TLS 1.3 nobody sees whether the client showed a certificate; in 1.2 it was not asked for one.
        let client_auth = if version == "1.2" { "none" } else { "unknown" };
        expect_fields(&ends.client, &[("flow.tls.client_auth", client_auth)]);
        watch.expect_closed(&scene, &ends);
    }

    let client = scene.authority.client("client.shop.test");
    let url = page("https", &scene, MTLS);
    let own = ["--cert", &client.chain, "--key", &client.key];
    for (version, class, client_auth) in [("1.2", "mtls", "seen"), ("1.3", "tls", "unknown")] {
        let got = scene.curl(&[&own[..], &["--tls-max", version, &url]].concat());
        assert!(got.said.ends_with("page\n"), "{}", got.said);
        let expected = [
            ("flow.security", class),
            ("flow.tls.client_auth", client_auth),
        ];
        watch.expect(&scene, &got, MTLS, "nginx", &expected);
    }
}

#[test]
fn openssl_with_client_certificates() {
    const PORT: u16 = 4433;
    let scene = Scene::make();
    let mut watch = Watch::start();
    let authority = scene.authority.file();
    let address = scene.server.at(PORT);
    let own = scene.authority.client("client.shop.test");
    let serve = [
        "s_server",
        "-accept",
        "4433",
        "-cert",
        &scene.certificate.chain,
        "-key",
        &scene.certificate.key,
        "-CAfile",
        &authority,
        "-Verify",
        "1",
        "-www",
    ];
    let _server = scene.serve("openssl", &serve, PORT);
    for (version, number, class, client_auth) in [
        ("-tls1_2", "1.2", "mtls", "seen"),
        ("-tls1_3", "1.3", "tls", "unknown"),
    ] {
        let mut client = scene.client.command("openssl");
        client.args([
            "s_client",
            "-connect",
            &address,
            version,
            "-servername",
            SERVER_NAME,
        ]);
        client.args(["-cert", &own.chain, "-key", &own.key, "-CAfile", &authority]);
        client.args(["-verify_return_error", "-quiet", "-ign_eof"]);
        let got = crate::running::run_with(client, "GET / HTTP/1.0\r\n\r\n");
        assert!(got.said.contains("200 ok"), "{}", got.said);
        let ends = watch.expect(
            &scene,
            &got,
            PORT,
            "openssl",
            &[
                ("flow.security", class),
                ("flow.tls.version", number),
                ("flow.tls.sni", SERVER_NAME),
                ("flow.tls.client_auth", client_auth),
            ],
        );
        let subject = if version == "-tls1_2" {
            "client.shop.test"
        } else {
            "<NA>"
        };
        let seen = field(&ends.server, "flow.tls.client.san");
        assert!(seen.contains(subject), "{seen}");
    }
}

#[test]
fn a_database_with_and_without_tls() {
    let scene = Scene::make();
    let mut watch = Watch::start();
    let _postgresql = servers::postgresql(&scene);
    let psql = postgresql_program("psql");
    let host = scene.server.v4;
    let query = |user: &str, mode: &str| {
        let name = format!(
            "host={host} user={user} password=secret dbname=postgres sslmode={mode} gssencmode=disable"
        );
        let got = scene.client.run(&psql, &["-XAtqc", "SELECT 6 * 7", &name]);
        assert_eq!(got.said, "42\n");
        got
    };
    for (user, mode, class, credential) in [
        ("postgres", "disable", "plaintext", "<NA>"),
        ("clear", "disable", "plaintext", "postgresql_password"),
        ("clear", "require", "upgraded", "<NA>"),
    ] {
        let got = query(user, mode);
        let ends = watch.expect(
            &scene,
            &got,
            POSTGRESQL,
            "postgres",
            &[
                ("flow.security", class),
                ("flow.protocol", "postgresql"),
                ("flow.credential_exposed", credential),
            ],
        );
        watch.expect_closed(&scene, &ends);
    }
}

#[test]
fn a_store_with_and_without_tls() {
    let scene = Scene::make();
    let mut watch = Watch::start();
    let _redis = servers::redis(&scene);
    let host = scene.server.v4.to_string();
    let authority = scene.authority.file();
    let [plain, encrypted] = [REDIS, REDIS_TLS].map(|port| port.to_string());
    let got = scene.client.run(
        "redis-cli",
        &[
            "-h",
            &host,
            "-p",
            &plain,
            "--no-auth-warning",
            "-a",
            "secret",
            "PING",
        ],
    );
    assert_eq!(got.said, "PONG\n");
    watch.expect(
        &scene,
        &got,
        REDIS,
        "redis-server",
        &[
            ("flow.security", "plaintext"),
            ("flow.protocol", "redis"),
            ("flow.credential_exposed", "redis_password"),
        ],
    );
    let tls = [
        "--tls",
        "--cacert",
        &authority,
        "--no-auth-warning",
        "-a",
        "secret",
        "PING",
    ];
    let got = scene.client.run(
        "redis-cli",
        &[&["-h", &host, "-p", &encrypted][..], &tls].concat(),
    );
    assert_eq!(got.said, "PONG\n");
    watch.expect(
        &scene,
        &got,
        REDIS_TLS,
        "redis-server",
        &[
            ("flow.security", "tls"),
            ("flow.credential_exposed", "<NA>"),
        ],
    );
}

#[test]
fn messages_after_an_upgrade() {
    let scene = Scene::make();
    let mut watch = Watch::start();
    let _nats = servers::nats(&scene);
    let authority = scene.authority.file();
    let got = scene.peer(&[
        "nats-client",
        &scene.server.at(NATS),
        &authority,
        SERVER_NAME,
    ]);
    assert_eq!(got.said, "PONG\r\n");
    watch.expect(
        &scene,
        &got,
        NATS,
        "nats-server",
        &[("flow.security", "upgraded"), ("flow.protocol", "nats")],
    );
}

#[test]
fn mail_with_and_without_starttls() {
    let scene = Scene::make();
    let mut watch = Watch::start();
    let _exim = servers::exim(&scene);
    let mail = scene.write("mail", "Subject: test\r\n\r\nHello.\r\n");
    let url = format!("smtp://{}", scene.server.at(SMTP));
    let to = [
        "--mail-from",
        "a@shop.test",
        "--mail-rcpt",
        "b@shop.test",
        "-T",
        &mail,
        &url,
    ];
    for (tls, class) in [(&["--ssl-reqd"][..], "upgraded"), (&[], "plaintext")] {
        let got = scene.curl(&[tls, &to].concat());
        let expected = [("flow.security", class), ("flow.protocol", "smtp")];
        watch.expect(&scene, &got, SMTP, "exim4", &expected);
    }
}

#[test]
fn grpc_with_and_without_tls() {
    const PLAIN: u16 = 50_051;
    const ENCRYPTED: u16 = 50_052;
    let scene = Scene::make();
    let mut watch = Watch::start();
    let addresses = [PLAIN, ENCRYPTED].map(|port| scene.server.at(port));
    let (chain, key) = (&scene.certificate.chain, &scene.certificate.key);
    let _plain = scene.serve(&peer(), &["grpc-server", &addresses[0]], PLAIN);
    let tls = ["grpc-server", &addresses[1], chain, key];
    let _encrypted = scene.serve(&peer(), &tls, ENCRYPTED);
    let got = scene.peer(&["grpc-client", &addresses[0]]);
    assert_eq!(got.said, "Serving\n");
    let expected = [("flow.security", "plaintext"), ("flow.protocol", "grpc")];
    watch.expect(&scene, &got, PLAIN, "network-peer", &expected);
    let got = scene.peer(&[
        "grpc-client",
        &addresses[1],
        &scene.authority.file(),
        SERVER_NAME,
    ]);
    assert_eq!(got.said, "Serving\n");
    let expected = [("flow.security", "tls"), ("flow.tls.alpn", r#"["h2"]"#)];
    watch.expect(&scene, &got, ENCRYPTED, "network-peer", &expected);
}

#[test]
fn versions_that_are_too_old() {
    const PORT: u16 = 4434;
    let scene = Scene::make();
    let mut watch = Watch::start();
    let own = &scene.certificate;
    let address = scene.server.at(PORT);
    let weak = ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"];
    let serve = [
        "s_server", "-accept", "4434", "-cert", &own.chain, "-key", &own.key, "-www",
    ];
    let _server = scene.serve("openssl", &[&serve[..], &weak].concat(), PORT);
    let mut client = scene.client.command("openssl");
    client
        .args(["s_client", "-connect", &address, "-quiet", "-ign_eof"])
        .args(weak);
    let got = crate::running::run_with(client, "GET / HTTP/1.0\r\n\r\n");
    assert!(got.said.contains("200 ok"), "{}", got.said);
    let expected = [("flow.security", "tls"), ("flow.tls.version", "1.1")];
    watch.expect(&scene, &got, PORT, "openssl", &expected);
}

#[test]
fn names_and_the_addresses_that_they_stand_for() {
    const NAME: &str = "page.shop.test";
    let scene = Scene::make();
    let mut watch = Watch::start();
    let host = scene.server.v4.to_string();
    let _nginx = servers::nginx(&scene);
    let names = scene.pair.server.container("names");
    let address = format!("--address=/{NAME}/{host}");
    let listen = format!("--listen-address={host}");
    let arguments = [
        "--keep-in-foreground",
        "--conf-file=/dev/null",
        "--no-resolv",
        "--no-hosts",
        "--user=root",
        "--pid-file=",
        "--bind-interfaces",
        "--log-facility=-",
        &listen,
        &address,
    ];
    let mut dnsmasq = names.start("dnsmasq", &arguments);
    dnsmasq.wait_for_port(&names, 53);
    for transport in ["+notcp", "+tcp"] {
        let server = format!("@{host}");
        let ask = [&server, NAME, "A", "+short", transport];
        let got = scene.client.run("dig", &ask);
        assert_eq!(got.said.trim(), host);
        for kind in ["dns_query", "dns_answer"] {
            let pid = got.pid.to_string();
            let at_client =
                watch.only(kind, &scene.client, |event| field(event, "proc.pid") == pid);
            expect_fields(&at_client, &[("dns.name", NAME), ("dns.type", "A")]);
            let port = field(&at_client, "fd.cport");
            let at_server = watch.only(kind, &names, |event| field(event, "fd.cport") == port);
            expect_fields(&at_server, &[("dns.name", NAME), ("proc.name", "dnsmasq")]);
            if kind == "dns_answer" {
                let answers = field(&at_client, "dns.answers");
                assert!(answers.contains(&host), "{answers}");
            }
        }
    }
    let got = scene.curl(&[&page("http", &scene, HTTP)]);
    let ends = watch.expect(
        &scene,
        &got,
        HTTP,
        "nginx",
        &[("flow.security", "plaintext")],
    );
    expect_fields(&ends.client, &[("fd.sip.name", NAME)]);
}
