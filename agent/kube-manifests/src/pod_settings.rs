//! What of a pod's specification decides how its connections are protected.

use crate::pod_security::{SecurityContext, VolumeMount};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use saker_kube_metadata::{
    ContainerPort, ContainerRole, Labels, PodContainer, PodSettings, PolicyProtocol, PortReference,
};
use serde::Deserialize;
use std::sync::Arc;

/// Most containers of a pod that are kept.
const CONTAINERS_MAX: usize = 64;

/// Most ports of a container that are kept.
const PORTS_MAX: usize = 64;

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ContainerSpec {
    pub(crate) name: Option<String>,
    pub(crate) ports: Option<Vec<PortSpec>>,
    pub(crate) liveness_probe: Option<Probe>,
    pub(crate) readiness_probe: Option<Probe>,
    pub(crate) startup_probe: Option<Probe>,
    restart_policy: Option<String>,
    pub(crate) lifecycle: Option<Lifecycle>,
    pub(crate) security_context: Option<SecurityContext>,
    pub(crate) volume_mounts: Option<Vec<VolumeMount>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PortSpec {
    container_port: Option<i32>,
    pub(crate) host_port: Option<i32>,
    name: Option<String>,
    protocol: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Probe {
    pub(crate) http_get: Option<ProbeAction>,
    pub(crate) tcp_socket: Option<ProbeAction>,
    grpc: Option<ProbeAction>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ProbeAction {
    port: Option<IntOrString>,
    pub(crate) host: Option<String>,
}

/// What is done at the start and at the end of a container.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Lifecycle {
    pub(crate) post_start: Option<Probe>,
    pub(crate) pre_stop: Option<Probe>,
}

/// How a container is.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ContainerStatus {
    name: Option<String>,
    ready: Option<bool>,
}

/// The settings of a pod with these containers.
pub(crate) fn settings(
    annotations: Labels,
    init: Option<Vec<ContainerSpec>>,
    main: Option<Vec<ContainerSpec>>,
) -> PodSettings {
    let init = init.into_iter().flatten();
    let init = init.filter_map(|spec| {
        let role = spec.role_before_others();
        container(spec, role)
    });
    let main = main.into_iter().flatten();
    let main = main.filter_map(|spec| container(spec, ContainerRole::Main));
    PodSettings {
        annotations,
        containers: init.chain(main).take(CONTAINERS_MAX).collect(),
    }
}

impl ContainerSpec {
    /// When it runs, of those that are started before the others: to its end, or it goes on.
    pub(crate) fn role_before_others(&self) -> ContainerRole {
        match self.restart_policy.as_deref() {
            Some("Always") => ContainerRole::Sidecar,
            _ => ContainerRole::Init,
        }
    }
}

fn container(spec: ContainerSpec, role: ContainerRole) -> Option<PodContainer> {
    let ports = spec.ports.into_iter().flatten();
    let ports = ports.filter_map(|port| {
        Some(ContainerPort {
            number: u16::try_from(port.container_port?).ok()?,
            name: port.name.map(Arc::from),
            protocol: PolicyProtocol::named(port.protocol.as_deref()),
        })
    });
    let probes = [
        spec.liveness_probe,
        spec.readiness_probe,
        spec.startup_probe,
    ];
    let mut probed = Vec::new();
    for probe in probes.into_iter().flatten() {
        let actions = [probe.http_get, probe.tcp_socket, probe.grpc];
        for port in actions
            .into_iter()
            .flatten()
            .filter_map(|action| action.port)
        {
            probed.extend(port_reference(port).filter(|port| !probed.contains(port)));
        }
    }
    Some(PodContainer {
        name: spec.name?.into(),
        role,
        ports: ports.take(PORTS_MAX).collect(),
        probed: probed.into(),
    })
}

/// A port by number or name; nothing where the number is no port.
pub(crate) fn port_reference(port: IntOrString) -> Option<PortReference> {
    match port {
        IntOrString::Int(number) => u16::try_from(number).ok().map(PortReference::Number),
        IntOrString::String(name) => Some(match name.parse() {
            Ok(number) => PortReference::Number(number),
            Err(_) => PortReference::Name(name.into()),
        }),
    }
}

/// Names of the containers that are not ready, of those that go on: an init container never is.
pub(crate) fn unready(
    settings: &PodSettings,
    init: Option<&[ContainerStatus]>,
    main: Option<&[ContainerStatus]>,
) -> Box<[Arc<str>]> {
    let statuses = init.into_iter().chain(main).flatten();
    let unready = statuses.filter(|status| status.ready == Some(false));
    let names = unready.filter_map(|status| {
        let container = settings.container(status.name.as_deref()?)?;
        let goes_on = container.role != ContainerRole::Init;
        goes_on.then(|| Arc::clone(&container.name))
    });
    names.take(CONTAINERS_MAX).collect()
}
