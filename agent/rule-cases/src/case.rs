//! The form of a case.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;

use crate::field_event::FieldEvent;
use crate::flow::FlowFacts;
use crate::pod::PodFacts;
use saker_audit_source::AuditEvent;
use saker_container_metadata::ContainerInfo;
use saker_flow_state::FlowEvent;
use saker_kube_metadata::{Object, PodEvent};
use saker_rule_fields::RegoPolicies;

/// The cases of one rule.
#[derive(Clone, Debug)]
pub struct Section {
    /// Name of the rule that the cases are about.
    pub rule: String,
    /// Where the section begins.
    pub place: Place,
    /// In which it fires, and in which it does not.
    pub cases: Vec<Case>,
}

/// A line of a file of cases.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file.
    pub path: Arc<Path>,
    /// The line, from 1.
    pub line: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.path.display(), self.line)
    }
}

/// One case.
#[derive(Clone, Debug)]
pub struct Case {
    /// What happens, in a few words.
    pub name: String,
    /// Where it is written.
    pub place: Place,
    /// What fires.
    pub expect: Expectation,
    /// Texts that the message of the first alert holds.
    pub output: Vec<String>,
    /// The whole message of the first alert.
    pub message: Option<String>,
    /// The policy in Rego that is in force.
    pub rego: Option<Arc<RegoPolicies>>,
    /// The event.
    pub subject: Subject,
}

/// The rules that must fire, and no others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// For one event: each once, in definition order; empty for none.
    Rules(Vec<String>),
    /// For a capture: how many alerts each raises.
    Counts(BTreeMap<String, u64>),
}

impl Expectation {
    /// The rules that are named.
    pub fn rules(&self) -> impl Iterator<Item = &str> {
        let (rules, counts) = match self {
            Self::Rules(rules) => (rules.as_slice(), None),
            Self::Counts(counts) => (&[][..], Some(counts)),
        };
        let counted = counts.into_iter().flat_map(BTreeMap::keys);
        rules.iter().chain(counted).map(String::as_str)
    }

    /// Whether a rule must fire.
    #[must_use]
    pub fn fires(&self, rule: &str) -> bool {
        match self {
            Self::Rules(rules) => rules.iter().any(|named| named == rule),
            Self::Counts(counts) => counts.get(rule).is_some_and(|count| *count > 0),
        }
    }
}

/// How a case gives its event.
#[derive(Clone, Debug)]
pub enum Subject {
    /// As what happens in the kernel; fields follow from it as in the agent.
    Happening(Box<Happening>),
    /// As a request to the API server of Kubernetes.
    Request(Box<AuditEvent>),
    /// As what happens to a connection.
    Connection(Box<Connection>),
    /// As what happens to a pod.
    Pod(Box<PodHappening>),
    /// As the values of fields, and nothing else.
    Fields(FieldEvent),
    /// As all events of this capture.
    Capture(PathBuf),
}

/// What happens to a pod.
#[derive(Clone, Debug)]
pub struct PodHappening {
    /// What happens.
    pub event: PodEvent,
    /// What the cluster says, the pod among it.
    pub objects: Vec<Object>,
}

/// What happens and who does it.
#[derive(Clone, Debug)]
pub struct Happening {
    /// What happens.
    pub event: EventFacts,
    /// Who does it.
    pub process: ProcessFacts,
    /// Its parent, the parent's parent, and so on.
    pub ancestors: Vec<ProcessFacts>,
    /// What the runtime says about the container that it runs in; of which the id is not given here.
    pub container: Option<Box<ContainerInfo>>,
    /// What the cluster says; `None` where there is none.
    pub objects: Option<Vec<Object>>,
}

/// What happens to a connection, and whose it is.
#[derive(Clone, Debug)]
pub struct Connection {
    /// What happens.
    pub event: FlowEvent,
    /// Whose it is.
    pub owner: Happening,
}

/// What happens.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventFacts {
    /// Name of the event; empty for one of the audit log or of a connection.
    #[serde(rename = "type", default)]
    pub event_type: String,
    /// What the call returned; an error as its negated number.
    #[serde(default)]
    pub result: i64,
    /// Arguments by name. An event that opens a file leads where its `name` says, unless `file_path` says
    /// otherwise; an exec has what the process has.
    #[serde(default)]
    pub args: BTreeMap<String, Option<ArgumentValue>>,
    /// An event of the Kubernetes audit log, as the API server writes it, instead of all of the above.
    #[serde(default)]
    pub audit: Option<serde_json::Map<String, serde_json::Value>>,
    /// What happens to a connection, instead of all of the above.
    #[serde(default)]
    pub flow: Option<Box<FlowFacts>>,
    /// What happens to a pod of the manifests, instead of all of the above.
    #[serde(default)]
    pub pod: Option<PodFacts>,
}

/// The value of an argument.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum ArgumentValue {
    /// A number, also for flags.
    Number(i64),
    /// Text, a path, names of flags joined by `|`, or a socket address.
    Text(String),
    /// An argument vector or environment.
    Strings(Vec<String>),
    /// Bytes that are not text.
    Hex {
        /// Two digits a byte.
        hex: String,
    },
    /// A TCP connection.
    Tcp {
        /// Its ends.
        tcp: Ends,
    },
    /// A UDP socket.
    Udp {
        /// Its ends.
        udp: Ends,
    },
    /// A unix socket.
    Unix {
        /// Its path.
        unix: String,
    },
}

/// The ends of a connection.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ends {
    /// Address and port of this end.
    pub local: SocketAddr,
    /// Address and port of the other end.
    pub remote: SocketAddr,
}

/// A process.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProcessFacts {
    /// Name (comm); of a process without one, `test`.
    #[serde(default)]
    pub name: Option<String>,
    /// Resolved path of the program; `/usr/bin/` and the name unless stated.
    #[serde(default)]
    pub exe: Option<String>,
    /// Argument vector with `argv[0]`; the name alone unless stated.
    #[serde(default)]
    pub args: Option<Vec<String>>,
    /// Working directory; `/` unless stated.
    #[serde(default)]
    pub cwd: Option<String>,
    /// Effective user id.
    #[serde(default)]
    pub uid: u32,
    /// Audit login uid.
    #[serde(default)]
    pub loginuid: Option<u32>,
    /// Device number of the terminal; 0 for none.
    #[serde(default)]
    pub tty: u32,
    /// What is special about the program's file, as `EXE_…` names joined by `|`.
    #[serde(default)]
    pub exe_flags: Option<String>,
    /// What lies between the host's root and the root of its namespace, such as `/srv/jail`; nothing
    /// unless stated.
    #[serde(default)]
    pub exe_root: Option<String>,
    /// Names of its capabilities, permitted and effective; not known unless stated.
    #[serde(default)]
    pub capabilities: Option<Vec<String>>,
    /// Inode number of its user namespace; the initial one unless stated.
    #[serde(default)]
    pub user_namespace: Option<u32>,
    /// Where it runs; ancestors run where their child does unless stated.
    #[serde(default)]
    pub container: Option<Placement>,
}

/// Where a process runs: `host`, `unknown`, or the id of a container in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub enum Placement {
    /// Not in a container.
    Host,
    /// Nobody knows: its cgroup cannot be resolved.
    Unknown,
    /// In the container whose id begins so.
    Container(String),
}

impl From<String> for Placement {
    fn from(text: String) -> Self {
        match text.as_str() {
            "host" => Self::Host,
            "unknown" => Self::Unknown,
            _ => Self::Container(text),
        }
    }
}
