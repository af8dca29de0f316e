//! An agent that tells every flow of the test's containers, and what a test expects of one.

use crate::pods::Container;
use crate::running::Ended;
use crate::scene::{Scene, text};
use saker_kernel_tests::agent::Agent;
use serde_json::Value;
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How late an event may be. A flow that stays undecided is classified two seconds after its first bytes.
const PATIENCE: Duration = Duration::from_secs(8);

/// A record of TLS that says no more will come, with the longest padding that is usual.
const CLOSE_NOTIFY_BYTES: u64 = 64;

/// The rule that tells every flow of a container.
pub(crate) const RULE: &str = "Flow of a container";

/// What it tells.
const FIELDS: &[&str] = &[
    "evt.type",
    "proc.pid",
    "proc.name",
    "container.id",
    "k8s.pod.uid",
    "fd.name",
    "fd.cip",
    "fd.cport",
    "fd.sip",
    "fd.sport",
    "fd.l4proto",
    "flow.security",
    "flow.confidence",
    "flow.reason",
    "flow.protocol",
    "flow.role",
    "flow.tls.version",
    "flow.tls.sni",
    "flow.tls.alpn",
    "flow.tls.ja4",
    "flow.tls.client_auth",
    "flow.tls.client.san",
    "flow.credential_exposed",
    "flow.bytes_sent",
    "flow.bytes_received",
    "flow.duration",
    "flow.interface",
    "flow.loopback",
    "flow.leg",
    "flow.excused",
    "flow.bypass",
    "flow.src.pod",
    "flow.dst.pod",
    "mtls.required",
    "mtls.mode",
    "mtls.policy",
    "fd.sip.name",
    "dns.name",
    "dns.type",
    "dns.answers",
];

/// An agent that looks at flows.
pub(crate) struct Watch {
    pub(crate) agent: Agent,
    _folder: TempDir,
}

/// A flow as both of its ends told it.
#[derive(Debug)]
pub(crate) struct Ends {
    pub(crate) client: Value,
    pub(crate) server: Value,
}

impl Watch {
    /// Starts an agent that knows of no cluster.
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts an agent with more arguments, and more rules among them.
    pub(crate) fn start_with(arguments: &[&str]) -> Self {
        Self::configured("", arguments, |_| {})
    }

    /// Starts an agent with more configuration, more arguments, and a changed command.
    pub(crate) fn configured(
        configuration: &str,
        arguments: &[&str],
        change: impl FnOnce(&mut Command),
    ) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, contents: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, contents).expect("a file");
            text(&path)
        };
        let rules = write("flows.yaml", &rule());
        let config = write("saker.yaml", &format!("{CONFIGURATION}{configuration}"));
        let own = ["--rules", &rules, "--config", &config];
        let agent = Agent::start_with(&[own.as_slice(), arguments].concat(), change);
        Self {
            agent,
            _folder: folder,
        }
    }

    /// Waits until both ends of a client's only connection to a port were classified, and asserts what they have
    /// in common, and whose they are.
    pub(crate) fn expect(
        &mut self,
        scene: &Scene,
        client: &Ended,
        port: u16,
        server_program: &str,
        expected: &[(&str, &str)],
    ) -> Ends {
        let (one, other) = (scene.client.clone(), scene.server.clone());
        let ends = self.between(&one, client, &other, port);
        for (end, role) in [(&ends.client, "client"), (&ends.server, "server")] {
            expect_fields(end, &[&[("flow.role", role)], expected].concat());
        }
        expect_fields(&ends.client, &[("proc.pid", &client.pid.to_string())]);
        expect_fields(&ends.server, &[("proc.name", server_program)]);
        ends
    }

    /// Waits until both ends of a program's only connection to a port were classified.
    pub(crate) fn between(
        &mut self,
        one: &Container,
        client: &Ended,
        other: &Container,
        port: u16,
    ) -> Ends {
        let (pid, port) = (client.pid.to_string(), port.to_string());
        let found = self.only("flow_classified", one, |flow| {
            field(flow, "proc.pid") == pid && field(flow, "fd.sport") == port
        });
        let client_port = field(&found, "fd.cport");
        let server = self.only("flow_classified", other, |flow| {
            field(flow, "fd.cport") == client_port && field(flow, "flow.role") == "server"
        });
        Ends {
            client: found,
            server,
        }
    }

    /// Waits until a flow was closed at both of its ends, and asserts that they counted the same bytes, but for
    /// the word by which TLS ends.
    pub(crate) fn expect_closed(&mut self, scene: &Scene, ends: &Ends) -> Ends {
        let client_port = field(&ends.client, "fd.cport");
        let server_port = field(&ends.client, "fd.sport");
        let [client, server] = [&scene.client, &scene.server].map(|container| {
            self.only("flow_closed", &container.clone(), |flow| {
                field(flow, "fd.cport") == client_port && field(flow, "fd.sport") == server_port
            })
        });
        for (one, other) in [(&client, &server), (&server, &client)] {
            let bytes = |flow, name| field(flow, name).parse::<u64>().expect("bytes");
            let sent = bytes(one, "flow.bytes_sent");
            let received = bytes(other, "flow.bytes_received");
            // What was sent counts once it is acknowledged; a peer that closed before it read TLS's last word
            // resets the connection instead.
            let unacknowledged = received.checked_sub(sent);
            assert!(
                unacknowledged.is_some_and(|bytes| bytes <= CLOSE_NOTIFY_BYTES),
                "{client:#}\n{server:#}"
            );
        }
        for (closed, classified) in [(&client, &ends.client), (&server, &ends.server)] {
            for name in ["flow.security", "flow.protocol", "proc.pid"] {
                assert_eq!(field(closed, name), field(classified, name), "{name}");
            }
        }
        Ends { client, server }
    }

    /// Waits for the event of a container that fits; there may be only one.
    pub(crate) fn only(
        &mut self,
        kind: &str,
        container: &Container,
        fits: impl Fn(&Value) -> bool,
    ) -> Value {
        let limit = Instant::now() + PATIENCE;
        loop {
            let mut found = self.events(kind, container);
            found.retain(|flow| fits(flow));
            if let [flow] = found.as_slice() {
                return flow.clone();
            }
            let said = if Instant::now() < limit {
                ""
            } else {
                "nothing more"
            };
            assert!(
                found.is_empty() && said.is_empty(),
                "{} {kind} of {} fit; all flows: {:#?}",
                found.len(),
                container.name,
                self.agent.alerts_of(RULE)
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Alerts of other rules about connections of a scene so far.
    pub(crate) fn alerts_about(&self, scene: &Scene) -> Vec<Value> {
        let addresses = [&scene.client, &scene.server]
            .map(|container| [container.v4.to_string(), container.v6.to_string()])
            .concat();
        let mut alerts = self.agent.alerts();
        alerts.retain(|alert| {
            let text = alert.to_string();
            let is_about = addresses.iter().any(|address| text.contains(address));
            alert["source"] == "flow" && alert["rule"] != RULE && is_about
        });
        alerts
    }

    /// Waits for an alert of another rule about the connection with this port of its client.
    pub(crate) fn alert_about(&self, scene: &Scene, client_port: &str) -> Value {
        let connections = [scene.client.v4.to_string(), scene.client.v6.to_string()]
            .map(|address| format!("{address}:{client_port}->"));
        let limit = Instant::now() + PATIENCE;
        loop {
            let alerts = self.alerts_about(scene);
            let found = alerts
                .iter()
                .find(|alert| connections.iter().any(|it| alert.to_string().contains(it)));
            if let Some(alert) = found {
                return alert.clone();
            }
            assert!(
                Instant::now() < limit,
                "no rule tells {connections:?}; other alerts: {alerts:#?}"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The events of a container so far.
    pub(crate) fn events(&self, kind: &str, container: &Container) -> Vec<Value> {
        let mut events = self.agent.alerts_of(RULE);
        events.retain(|flow| {
            field(flow, "container.id") == container.short_id() && field(flow, "evt.type") == kind
        });
        events
    }
}

/// No runtimes and no cluster, and every rule that matches is told: the shipped ones beside the tests' own.
const CONFIGURATION: &str = "rule_matching: all
kubernetes: {enabled: false}
containers: {engines: {cri: {enabled: false}, docker: {enabled: false}, podman: {enabled: false}}}
";

fn rule() -> String {
    let fields: Vec<String> = FIELDS.iter().map(|name| format!("%{name}")).collect();
    format!(
        "- rule: {RULE}
  desc: Everything that goes on between the containers of the test, and with a kubelet.
  source: flow
  condition: >
    evt.type in (flow_classified, flow_closed, dns_query, dns_answer) and (container.id != host or proc.name = kubelet)
  output: \"{}\"
  priority: NOTICE
",
        fields.join(" ")
    )
}

/// A field of an alert as a text, whatever its type.
pub(crate) fn field(alert: &Value, name: &str) -> String {
    match &alert["output_fields"][name] {
        Value::Null => "<NA>".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Asserts fields of an alert; all differences are told together.
pub(crate) fn expect_fields(alert: &Value, expected: &[(&str, &str)]) {
    let differences: Vec<String> = expected
        .iter()
        .filter(|(name, value)| field(alert, name) != *value)
        .map(|(name, value)| format!("{name}: `{}` instead of `{value}`", field(alert, name)))
        .collect();
    assert!(
        differences.is_empty(),
        "{}\nin {alert:#}",
        differences.join("\n")
    );
}
