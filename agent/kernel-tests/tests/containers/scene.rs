//! A server, an agent that asks it, and the alerts about its containers.

use saker_kernel_tests::agent::Agent;
use saker_kernel_tests::containerd::Containerd;
use serde_json::Value;
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long alerts and what follows from them may take on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// The rule that an actor who looks at its marker sets off.
pub(crate) const RULE: &str = "Marker looked at";

/// Every field that a container and its pod fill.
pub(crate) const FIELDS: &[&str] = &[
    "container.id",
    "container.full_id",
    "container.name",
    "container.type",
    "container.image",
    "container.image.id",
    "container.image.repository",
    "container.image.tag",
    "container.image.digest",
    "container.privileged",
    "container.mounts",
    "container.mount[0]",
    "container.mount[/data]",
    "container.mount.source[/data]",
    "container.mount.dest[0]",
    "container.mount.mode[0]",
    "container.mount.rdwr[0]",
    "container.mount.rdwr[1]",
    "container.mount.propagation[0]",
    "container.start_ts",
    "container.duration",
    "container.ip",
    "container.cni.json",
    "container.host_pid",
    "container.host_network",
    "container.host_ipc",
    "container.label[tier]",
    "container.label[io.kubernetes.container.name]",
    "container.labels",
    "k8s.ns.name",
    "k8s.pod.name",
    "k8s.pod.id",
    "k8s.pod.uid",
    "k8s.pod.sandbox_id",
    "k8s.pod.full_sandbox_id",
    "k8s.pod.label[app]",
    "k8s.pod.labels",
    "k8s.pod.ip",
    "k8s.pod.cni.json",
    "proc.pid",
    "evt.rawtime",
];

/// An agent with one rule, in a folder of its own.
pub(crate) struct Watch {
    pub(crate) agent: Agent,
    _folder: TempDir,
}

impl Watch {
    /// Starts an agent for the host below a folder. `more` is put into its configuration file.
    pub(crate) fn start(host_root: &Path, arguments: &[&str], more: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let rules = folder.path().join("rules.yaml");
        let config = folder.path().join("saker.yaml");
        std::fs::write(&rules, rule()).expect("the rule");
        std::fs::write(&config, more).expect("the configuration");
        let text = |path: &Path| path.to_str().expect("text").to_owned();
        let (rules, config) = (text(&rules), text(&config));
        let own = ["--rules", &rules, "--config", &config];
        let agent = Agent::start_with(&[own.as_slice(), arguments].concat(), |command| {
            command.env("HOST_ROOT", host_root);
        });
        Self {
            agent,
            _folder: folder,
        }
    }

    /// The agent beside a server.
    pub(crate) fn beside(containerd: &Containerd) -> Self {
        Self::start(containerd.host_root(), &[], "")
    }

    /// Waits for an alert about a container.
    pub(crate) fn alert_of(&mut self, container_id: &str) -> Value {
        self.agent.alert(RULE, |alert| {
            field(alert, "container.full_id") == container_id
        })
    }

    /// Waits for so many alerts about a container, and returns them.
    pub(crate) fn wait_for_alerts(&mut self, container_id: &str, count: usize) -> Vec<Value> {
        let limit = Instant::now() + PATIENCE;
        loop {
            let alerts = self.all_of(container_id);
            if alerts.len() >= count {
                return alerts;
            }
            assert!(
                Instant::now() < limit,
                "{} of {count} alerts about {container_id}: {alerts:#?}",
                alerts.len()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until something is so.
    pub(crate) fn wait_until(&self, what: &str, is_so: impl Fn() -> bool) {
        let limit = Instant::now() + PATIENCE;
        while !is_so() {
            assert!(Instant::now() < limit, "still not: {what}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Memory of its own that the agent holds, KiB. The pages of the kernel's rings are not its own: they count as
    /// resident once they were read, which takes no memory that was not taken before.
    pub(crate) fn resident_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.agent.pid()));
        let status = status.expect("the agent runs");
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("RssAnon:"));
        let size = line.expect("a size").trim().trim_end_matches(" kB");
        size.parse().expect("a number")
    }

    /// The alerts about a container so far.
    pub(crate) fn all_of(&self, container_id: &str) -> Vec<Value> {
        let all = self.agent.alerts_of(RULE).into_iter();
        all.filter(|alert| field(alert, "container.full_id") == container_id)
            .collect()
    }
}

/// A field of an alert as a text, whatever its type.
pub(crate) fn field(alert: &Value, name: &str) -> String {
    match &alert["output_fields"][name] {
        Value::Null => "<NA>".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Asserts that everything was known that the alert says.
pub(crate) fn expect_complete(alert: &Value) {
    assert_eq!(field(alert, "saker.enrichment"), "<NA>", "{alert:#}");
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

fn rule() -> String {
    let fields: Vec<String> = FIELDS.iter().map(|name| format!("%{name}")).collect();
    let output = fields.join(" ");
    format!(
        "- rule: {RULE}
  desc: The program of the image looked at the file of the image.
  condition: evt.type in (open, openat, openat2) and fd.name = /marker and proc.exepath = /actor
  output: \"{output}\"
  priority: NOTICE
"
    )
}
