//! FLOW.json.

use saker_kube_metadata::PolicyProtocol;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// Most bytes of a file of flows.
const BYTES_MAX: u64 = 64 << 20;

/// Most flows of a file.
const FLOWS_MAX: usize = 100_000;

/// Why flows cannot be judged. They are counted from 1.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FlowFileError {
    /// The file cannot be read.
    #[error("cannot read flows {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is no JSON.
    #[error("flows {} are no JSON", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Why, with line and column.
        source: serde_json::Error,
    },
    /// It has too much in it.
    #[error("flows {} are too much: {bound} at most", path.display())]
    TooMuch {
        /// The file.
        path: PathBuf,
        /// How much there may be.
        bound: &'static str,
    },
    /// There is none in it.
    #[error("no flows in {}", .0.display())]
    Empty(PathBuf),
    /// It says something that flows do not have.
    #[error("flow {number} of {}", path.display())]
    Form {
        /// The file.
        path: PathBuf,
        /// Which flow.
        number: usize,
        /// Why.
        source: serde_json::Error,
    },
    /// What the cluster has cannot be read.
    #[error(transparent)]
    Manifests(#[from] saker_kube_manifests::ManifestError),
    /// It names somebody whom the cluster does not have.
    #[error("flow {number}: the manifests have no {kind} {name}")]
    NoSuchEnd {
        /// Which flow.
        number: usize,
        /// What it is.
        kind: &'static str,
        /// Its name.
        name: String,
    },
}

/// A flow as somebody writes it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FlowForm {
    /// How it is called in the answer.
    pub(super) name: Option<String>,
    /// Who opens it.
    pub(super) source: EndForm,
    /// To whom.
    pub(super) destination: EndForm,
    /// Port of the destination, unless that has it.
    port: Option<u16>,
    /// Protocol.
    #[serde(default)]
    pub(super) protocol: ProtocolForm,
    /// The name in the client's certificate (`spiffe://…`); empty if it shows none.
    pub(super) principal: Option<String>,
    /// The request, if it is HTTP.
    pub(super) http: Option<HttpForm>,
}

/// A request as somebody writes it. What is left out does not show.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct HttpForm {
    pub(super) method: Option<String>,
    pub(super) path: Option<String>,
    pub(super) host: Option<String>,
    /// All headers, by their names in small letters.
    pub(super) headers: Option<BTreeMap<String, String>>,
    /// Issuer and subject of its token, as `issuer/subject`; empty if it has no valid one.
    pub(super) principal: Option<String>,
    /// The client's address as proxies on the way name it.
    pub(super) remote_ip: Option<IpAddr>,
}

impl FlowForm {
    /// Port of the destination.
    pub(super) fn port(&self) -> Option<u16> {
        self.port.or(self.destination.port)
    }

    /// Whether it does not leave its network namespace.
    pub(super) fn is_loopback(&self) -> bool {
        let address = self.destination.ip;
        address.is_some_and(|address| address.to_canonical().is_loopback())
    }
}

/// Protocol of a flow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ProtocolForm {
    #[default]
    #[serde(alias = "TCP")]
    Tcp,
    #[serde(alias = "UDP")]
    Udp,
    #[serde(alias = "SCTP")]
    Sctp,
    #[serde(alias = "ICMP")]
    Icmp,
}

impl ProtocolForm {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Sctp => "sctp",
            Self::Icmp => "icmp",
        }
    }

    pub(super) const fn in_policies(self) -> PolicyProtocol {
        match self {
            Self::Tcp => PolicyProtocol::Tcp,
            Self::Udp => PolicyProtocol::Udp,
            Self::Sctp => PolicyProtocol::Sctp,
            Self::Icmp => PolicyProtocol::Other,
        }
    }
}

/// An end of a flow: a text that is an address or `namespace/name` of a pod, or an object.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(try_from = "Value")]
pub(super) struct EndForm {
    /// `namespace/name`.
    pub(super) pod: Option<String>,
    /// `namespace/name`.
    pub(super) service: Option<String>,
    /// Name.
    pub(super) node: Option<String>,
    /// Address that packets carry.
    pub(super) ip: Option<IpAddr>,
    /// Port; a client's decides nothing.
    port: Option<u16>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EndParts {
    pod: Option<String>,
    service: Option<String>,
    node: Option<String>,
    ip: Option<IpAddr>,
    port: Option<u16>,
}

impl TryFrom<Value> for EndForm {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        if let Value::String(text) = value {
            return Ok(match text.parse() {
                Ok(ip) => Self {
                    ip: Some(ip),
                    ..Self::default()
                },
                Err(_) => Self {
                    pod: Some(text),
                    ..Self::default()
                },
            });
        }
        let parts: EndParts = serde_json::from_value(value).map_err(|error| error.to_string())?;
        let names = [&parts.pod, &parts.service, &parts.node];
        let named = names.into_iter().flatten().count();
        if named > 1 {
            return Err("an end is one of `pod`, `service` and `node`".to_owned());
        }
        if named == 0 && parts.ip.is_none() {
            return Err("an end has a `pod`, `service`, `node` or `ip`".to_owned());
        }
        Ok(Self {
            pod: parts.pod,
            service: parts.service,
            node: parts.node,
            ip: parts.ip,
            port: parts.port,
        })
    }
}

/// Reads flows: one, an array of them, or one after the other.
pub(super) fn read(path: &Path) -> Result<Vec<FlowForm>, FlowFileError> {
    let text = read_text(path)?;
    let syntax = |source| FlowFileError::Syntax {
        path: path.to_owned(),
        source,
    };
    let mut values: Vec<Value> = Vec::new();
    for value in serde_json::Deserializer::from_str(&text).into_iter() {
        match value.map_err(syntax)? {
            Value::Array(several) => values.extend(several),
            one => values.push(one),
        }
        if values.len() > FLOWS_MAX {
            return Err(FlowFileError::TooMuch {
                path: path.to_owned(),
                bound: "100,000 flows",
            });
        }
    }
    if values.is_empty() {
        return Err(FlowFileError::Empty(path.to_owned()));
    }
    let numbered = (1..).zip(values);
    let flows = numbered.map(|(number, value)| {
        serde_json::from_value(value).map_err(|source| FlowFileError::Form {
            path: path.to_owned(),
            number,
            source,
        })
    });
    flows.collect()
}

fn read_text(path: &Path) -> Result<String, FlowFileError> {
    let failed = |source| FlowFileError::Read {
        path: path.to_owned(),
        source,
    };
    let mut text = String::new();
    let input: Box<dyn Read> = match path == Path::new("-") {
        true => Box::new(io::stdin().lock()),
        false => Box::new(File::open(path).map_err(failed)?),
    };
    let mut input = input.take(BYTES_MAX + 1);
    input.read_to_string(&mut text).map_err(failed)?;
    if u64::try_from(text.len()).unwrap_or(u64::MAX) > BYTES_MAX {
        return Err(FlowFileError::TooMuch {
            path: path.to_owned(),
            bound: "64 MiB",
        });
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> Result<Vec<FlowForm>, FlowFileError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("flow.json");
        std::fs::write(&path, text).unwrap();
        read(&path)
    }

    #[test]
    fn flows_come_alone_as_an_array_or_one_a_line() {
        let one = r#"{"source": "shop/web", "destination": {"ip": "10.0.0.1", "port": 80}}"#;
        for text in [
            one.to_owned(),
            format!("[{one}]"),
            format!("{one}\n"),
            format!("\n {one} \n"),
        ] {
            let flows = written(&text).unwrap();
            assert_eq!(flows.len(), 1, "{text}");
            assert_eq!(flows[0].source.pod.as_deref(), Some("shop/web"));
            assert_eq!(flows[0].port(), Some(80));
            assert_eq!(flows[0].protocol, ProtocolForm::Tcp);
        }
        assert_eq!(written(&format!("{one}\n{one}\n")).unwrap().len(), 2);
        assert_eq!(written(&format!("[{one}, {one}]")).unwrap().len(), 2);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let text = |result: Result<Vec<FlowForm>, FlowFileError>| {
            crate::commands::chain(&result.unwrap_err())
        };
        assert!(text(written("")).contains("no flows in"));
        assert!(text(written("[]")).contains("no flows in"));
        assert!(text(written("{\"source\": ")).contains("line 1"));
        let second = r#"[{"source": "a/b", "destination": "c/d"}, {"source": "a/b"}]"#;
        let said = text(written(second));
        assert!(
            said.contains("flow 2") && said.contains("destination"),
            "{said}"
        );
        for (flow, part) in [
            (r#"{"source": "a/b", "destination": {}}"#, "an end has a"),
            (
                r#"{"source": "a/b", "destination": {"pod": "a/b", "service": "a/b"}}"#,
                "one of",
            ),
            (
                r#"{"source": "a/b", "destination": {"ip": "x"}}"#,
                "IP address",
            ),
            (
                r#"{"source": "a/b", "destination": "c/d", "prot": "tcp"}"#,
                "prot",
            ),
            (
                r#"{"source": "a/b", "destination": "c/d", "port": 65536}"#,
                "65536",
            ),
        ] {
            let said = text(written(flow));
            assert!(said.contains(part), "{flow}: {said}");
        }
    }
}
