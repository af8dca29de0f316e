//! What is printed.

use super::ends::End;
use super::flow::FlowForm;
use saker_alert::escaped;
use saker_policy_audit::{
    Authorization, AuthorizationVerdict, DirectionVerdict, NetworkFlowVerdict, NetworkVerdict,
};
use serde::Serialize;
use std::fmt::Write;
use std::net::IpAddr;

/// What is said of all flows.
#[derive(Debug, Serialize)]
pub(super) struct Answers {
    flows: Vec<FlowAnswer>,
    /// How many are denied.
    pub(super) denied: usize,
}

impl Answers {
    pub(super) fn new(flows: Vec<FlowAnswer>) -> Self {
        Self {
            denied: flows.iter().filter(|flow| flow.is_denied()).count(),
            flows,
        }
    }

    /// For people, one flow a line.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for flow in &self.flows {
            let line = flow.line();
            let _written = writeln!(text, "{}", escaped(line.as_bytes()));
        }
        text
    }
}

/// What is said of a flow.
#[derive(Debug, Serialize)]
pub(super) struct FlowAnswer {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    source: EndAnswer,
    destination: EndAnswer,
    port: Option<u16>,
    protocol: &'static str,
    netpol: NetworkAnswer,
    mesh: MeshAnswer,
}

#[derive(Debug, Serialize)]
struct EndAnswer {
    kind: &'static str,
    name: String,
    ip: Option<IpAddr>,
}

/// What network policies say.
#[derive(Debug, Serialize)]
struct NetworkAnswer {
    verdict: &'static str,
    direction: Option<&'static str>,
    reason: &'static str,
    policies: Vec<String>,
    egress: Option<DirectionAnswer>,
    ingress: Option<DirectionAnswer>,
}

#[derive(Debug, Serialize)]
struct DirectionAnswer {
    verdict: &'static str,
    reason: &'static str,
    policies: Vec<String>,
}

/// What the meshes say of the server; null where it is no pod, and where they do not say the same of all pods
/// behind a service.
#[derive(Debug, Serialize)]
struct MeshAnswer {
    authz: Option<AuthorizationAnswer>,
}

#[derive(Debug, Serialize)]
struct AuthorizationAnswer {
    verdict: &'static str,
    reason: &'static str,
    policy: Option<String>,
}

impl FlowAnswer {
    pub(super) fn new(
        form: &FlowForm,
        source: &End,
        destination: &End,
        verdict: &NetworkFlowVerdict,
        mesh: &[Authorization],
    ) -> Self {
        Self {
            name: form.name.clone(),
            source: EndAnswer::of(source),
            destination: EndAnswer::of(destination),
            port: form.port(),
            protocol: form.protocol.name(),
            netpol: NetworkAnswer::of(verdict),
            mesh: MeshAnswer::of(mesh),
        }
    }

    fn is_denied(&self) -> bool {
        let mesh = self.mesh.authz.as_ref();
        self.netpol.verdict == NetworkVerdict::Denied.name()
            || mesh.is_some_and(|mesh| mesh.verdict == AuthorizationVerdict::Denied.name())
    }

    fn line(&self) -> String {
        let Self {
            source,
            destination,
            protocol,
            netpol,
            ..
        } = self;
        let mut line = match &self.name {
            Some(name) => format!("{name}: "),
            None => String::new(),
        };
        let port = self
            .port
            .map_or_else(String::new, |port| format!("/{port}"));
        let _written = write!(
            line,
            "{} -> {} {protocol}{port}: {} (",
            source.name, destination.name, netpol.verdict
        );
        if let Some(direction) = netpol.direction {
            let _written = write!(line, "{direction}, ");
        }
        line.push_str(netpol.reason);
        for policy in &netpol.policies {
            let _written = write!(line, ", {policy}");
        }
        line.push(')');
        if let Some(mesh) = &self.mesh.authz {
            let _written = write!(line, "; mesh: {} ({}", mesh.verdict, mesh.reason);
            if let Some(policy) = &mesh.policy {
                let _written = write!(line, ", {policy}");
            }
            line.push(')');
        }
        line
    }
}

impl MeshAnswer {
    fn of(servers: &[Authorization]) -> Self {
        let authz = servers.first().filter(|first| {
            let mut others = servers.iter();
            others.all(|other| other.verdict == first.verdict)
        });
        Self {
            authz: authz.map(|authz| AuthorizationAnswer {
                verdict: authz.verdict.name(),
                reason: authz.reason.name(),
                policy: authz.policy.as_deref().map(str::to_owned),
            }),
        }
    }
}

impl EndAnswer {
    fn of(end: &End) -> Self {
        Self {
            kind: end.kind(),
            name: end.name(),
            ip: end.address(),
        }
    }
}

impl NetworkAnswer {
    fn of(verdict: &NetworkFlowVerdict) -> Self {
        Self {
            verdict: verdict.verdict.name(),
            direction: verdict.direction(),
            reason: verdict.reason.name(),
            policies: verdict.policies().map(|name| name.to_string()).collect(),
            egress: verdict.egress.as_ref().map(DirectionAnswer::of),
            ingress: verdict.ingress.as_ref().map(DirectionAnswer::of),
        }
    }
}

impl DirectionAnswer {
    fn of(verdict: &DirectionVerdict) -> Self {
        Self {
            verdict: verdict.verdict.name(),
            reason: verdict.reason.name(),
            policies: verdict
                .policies
                .iter()
                .map(|name| name.to_string())
                .collect(),
        }
    }
}
