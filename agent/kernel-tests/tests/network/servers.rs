//! Servers of Debian's packages, each started by its own configuration in the folder of the test.

use crate::running::{Running, run};
use crate::scene::{Scene, text};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::PathBuf;
use std::process::Command;

/// Ports of [`nginx`].
pub(crate) const HTTP: u16 = 80;
pub(crate) const H2C: u16 = 81;
/// The same as at [`HTTP`], for a port that a mesh leaves out.
pub(crate) const EXCLUDED: u16 = 82;
pub(crate) const HTTPS: u16 = 443;
/// One socket for both versions of IP.
pub(crate) const MTLS: u16 = 8443;
pub(crate) const PROXY_V1: u16 = 8080;
pub(crate) const PROXY_V2: u16 = 8081;
pub(crate) const PROXY_HTTPS: u16 = 8444;
/// First of [`STORM_PORTS`] ports that answer shortly.
pub(crate) const STORM: u16 = 7000;
pub(crate) const STORM_PORTS: u16 = 4;

/// Web pages in every manner.
pub(crate) fn nginx(scene: &Scene) -> Running {
    let (chain, key) = (&scene.certificate.chain, &scene.certificate.key);
    let tls = format!("ssl_certificate {chain}; ssl_certificate_key {key};");
    let authority = scene.authority.file();
    let storm: String = (STORM..STORM + STORM_PORTS)
        .map(|port| format!("listen {port} backlog=4096; "))
        .collect();
    let folder = scene.text("");
    let configuration = format!(
        "daemon off;
worker_processes 1;
error_log stderr warn;
pid {folder}/nginx.pid;
events {{}}
http {{
  access_log off;
  ssl_protocols TLSv1.2 TLSv1.3;
  server {{ listen {HTTP}; listen [::]:{HTTP}; listen {EXCLUDED}; location / {{ return 200 \"page\\n\"; }} }}
  server {{ listen {H2C} http2; location / {{ return 200 \"page\\n\"; }} }}
  server {{ listen {HTTPS} ssl http2; listen [::]:{HTTPS} ssl http2; {tls} location / {{ return 200 \"page\\n\"; }} }}
  server {{ listen [::]:{MTLS} ssl ipv6only=off; {tls} ssl_client_certificate {authority}; ssl_verify_client on;
    location / {{ return 200 \"page\\n\"; }} }}
  server {{ listen {PROXY_V1} proxy_protocol; listen {PROXY_V2} proxy_protocol; location / {{ return 200 \"page\\n\"; }} }}
  server {{ listen {PROXY_HTTPS} ssl proxy_protocol; {tls} location / {{ return 200 \"page\\n\"; }} }}
  server {{ {storm} keepalive_timeout 0; location / {{ return 200 \"page\\n\"; }} }}
}}
"
    );
    let file = scene.write("nginx.conf", &configuration);
    scene.serve(
        "nginx",
        &["-e", "stderr", "-p", &folder, "-c", &file],
        STORM + STORM_PORTS - 1,
    )
}

/// Where PostgreSQL's own programs lie: its wrappers in `/usr/bin` are scripts that read `/etc`.
pub(crate) fn postgresql_program(name: &str) -> String {
    let versions = std::fs::read_dir("/usr/lib/postgresql").expect("package postgresql");
    let mut programs: Vec<PathBuf> = versions
        .flatten()
        .map(|version| version.path().join("bin").join(name))
        .filter(|path| path.is_file())
        .collect();
    programs.sort();
    text(&programs.pop().expect("package postgresql"))
}

/// Port of [`postgresql`].
pub(crate) const POSTGRESQL: u16 = 5432;

/// A database that takes connections with and without TLS. The role `clear` logs in by a password that is sent
/// as it is; others need none.
pub(crate) fn postgresql(scene: &Scene) -> Running {
    let as_postgres = |program: &str| {
        let user = [
            "--reuid=postgres",
            "--regid=postgres",
            "--clear-groups",
            "--",
        ];
        let mut arguments = user.map(str::to_owned).to_vec();
        arguments.push(postgresql_program(program));
        arguments
    };
    let parent = scene.path("postgresql");
    std::fs::create_dir(&parent).expect("a folder");
    let user = uid_of("postgres");
    chown(&parent, Some(user), None).expect("its folder");
    let data = text(&parent.join("data"));
    let mut initialise = Command::new("setpriv");
    initialise.args(as_postgres("initdb"));
    initialise.args(["-D", &data, "--auth=trust", "--no-sync", "-E", "UTF8"]);
    run(initialise);
    let key = parent.join("key.pem");
    std::fs::copy(&scene.certificate.key, &key).expect("a key");
    let own = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(&key, own).expect("a key");
    chown(&key, Some(user), None).expect("a key");
    let rules = "host all clear all password\nhost all all all trust\nlocal all all trust\n";
    std::fs::write(format!("{data}/pg_hba.conf"), rules).expect("a file");
    let settings = [
        format!("listen_addresses={}", scene.server.v4),
        format!("unix_socket_directories={}", text(&parent)),
        "ssl=on".to_owned(),
        format!("ssl_cert_file={}", scene.certificate.chain),
        format!("ssl_key_file={}", text(&key)),
        "fsync=off".to_owned(),
        "shared_buffers=1MB".to_owned(),
    ];
    let mut arguments = as_postgres("postgres");
    arguments.extend(["-D".to_owned(), data]);
    for setting in settings {
        arguments.extend(["-c".to_owned(), setting]);
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    // SIGTERM would wait for its clients.
    let server = scene
        .serve("setpriv", &arguments, POSTGRESQL)
        .ended_by("-INT");
    let create = "CREATE ROLE clear LOGIN PASSWORD 'secret'";
    let mut psql = scene.server.command(postgresql_program("psql"));
    psql.args(["-h", &text(&parent), "-U", "postgres", "-qc", create]);
    run(psql);
    server
}

fn uid_of(user: &str) -> u32 {
    let mut id = Command::new("id");
    id.args(["-u", user]);
    run(id).said.trim().parse().expect("a number")
}

/// Ports of [`redis`].
pub(crate) const REDIS: u16 = 6379;
pub(crate) const REDIS_TLS: u16 = 6380;

/// A store with a port for plaintext and one for TLS. The password is `secret`.
pub(crate) fn redis(scene: &Scene) -> Running {
    let ports = [REDIS, REDIS_TLS].map(|port| port.to_string());
    let folder = scene.text("");
    let authority = scene.authority.file();
    let arguments = [
        "--port",
        &ports[0],
        "--tls-port",
        &ports[1],
        "--bind",
        "*",
        "--protected-mode",
        "no",
        "--requirepass",
        "secret",
        "--save",
        "",
        "--dir",
        &folder,
        "--tls-auth-clients",
        "no",
        "--tls-cert-file",
        &scene.certificate.chain,
        "--tls-key-file",
        &scene.certificate.key,
        "--tls-ca-cert-file",
        &authority,
    ];
    scene.serve("redis-server", &arguments, REDIS_TLS)
}

/// Port of [`nats`].
pub(crate) const NATS: u16 = 4222;

/// A message server that wants its clients to upgrade to TLS.
pub(crate) fn nats(scene: &Scene) -> Running {
    let port = NATS.to_string();
    let (chain, key) = (&scene.certificate.chain, &scene.certificate.key);
    let tls = ["--tls", "--tlscert", chain, "--tlskey", key];
    let arguments = [&["-a", "0.0.0.0", "-p", &port][..], &tls].concat();
    scene.serve("nats-server", &arguments, NATS)
}

/// Port of [`exim`].
pub(crate) const SMTP: u16 = 25;

/// A mail server that takes everything, keeps it, and offers STARTTLS.
pub(crate) fn exim(scene: &Scene) -> Running {
    let spool = scene.path("exim");
    std::fs::create_dir(&spool).expect("a folder");
    let user = uid_of("Debian-exim");
    chown(&spool, Some(user), None).expect("its folder");
    let key = scene.text("exim/key.pem");
    std::fs::copy(&scene.certificate.key, &key).expect("a key");
    chown(&key, Some(user), None).expect("a key");
    let spool = text(&spool);
    let chain = &scene.certificate.chain;
    let configuration = format!(
        "primary_hostname = server.shop.test
spool_directory = {spool}
log_file_path = {spool}/%slog
exim_user = Debian-exim
exim_group = Debian-exim
never_users =
queue_only
host_lookup =
rfc1413_query_timeout = 0s
tls_advertise_hosts = *
tls_certificate = {chain}
tls_privatekey = {key}
acl_smtp_rcpt = everything
acl_smtp_data = everything
begin acl
everything:
  accept
begin routers
nowhere:
  driver = redirect
  data = :blackhole:
"
    );
    let file = scene.write("exim.conf", &configuration);
    let listener = format!("0.0.0.0.{SMTP}");
    let identity = text(&scene.path("exim/pid"));
    let arguments = ["-C", &file, "-bdf", "-oX", &listener, "-oP", &identity];
    scene.serve("/usr/sbin/exim4", &arguments, SMTP)
}
