//! What of a pod's specification decides how its connections are protected.

use crate::labels::Labels;
use crate::network_policy::PolicyProtocol;
use std::sync::Arc;

/// What pods of one workload have in common, beside labels.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PodSettings {
    /// Those annotations that say something about the protection of connections.
    pub annotations: Labels,
    /// Its containers, those that only initialise it first.
    pub containers: Box<[PodContainer]>,
}

impl PodSettings {
    /// The container with this name.
    #[must_use]
    pub fn container(&self, name: &str) -> Option<&PodContainer> {
        self.containers.iter().find(|known| &*known.name == name)
    }

    /// The number of a port of the pod; those with a name are looked up among its containers.
    #[must_use]
    pub fn port_number(&self, port: &PortReference) -> Option<u16> {
        match port {
            PortReference::Number(number) => Some(*number),
            PortReference::Name(name) => {
                let mut ports = self.containers.iter().flat_map(|known| &known.ports);
                let found = ports.find(|port| port.name.as_ref() == Some(name));
                found.map(|port| port.number)
            }
        }
    }

    /// The numbers that containers which run as long as the pod does give a port of this name and
    /// protocol.
    pub fn ports_named<'a>(
        &'a self,
        name: &'a str,
        protocol: PolicyProtocol,
    ) -> impl Iterator<Item = u16> + 'a {
        let running = self.containers.iter();
        let running = running.filter(|container| container.role != ContainerRole::Init);
        let ports = running.flat_map(|container| &container.ports);
        let same = ports
            .filter(move |port| port.protocol == protocol && port.name.as_deref() == Some(name));
        same.map(|port| port.number)
    }

    /// Whether the kubelet asks this port whether the pod is well.
    #[must_use]
    pub fn is_probed(&self, port: u16) -> bool {
        let mut probed = self.containers.iter().flat_map(|known| &known.probed);
        probed.any(|known| self.port_number(known) == Some(port))
    }
}

/// A container of a pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PodContainer {
    /// Name.
    pub name: Arc<str>,
    /// When it runs.
    pub role: ContainerRole,
    /// The ports that it names.
    pub ports: Box<[ContainerPort]>,
    /// The ports that the kubelet asks whether it is well.
    pub probed: Box<[PortReference]>,
}

/// When a container of a pod runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ContainerRole {
    /// As long as the pod does.
    #[default]
    Main,
    /// Before the others, to its end.
    Init,
    /// From before the others on, as long as the pod does (`restartPolicy: Always`, 1.28).
    Sidecar,
    /// From when somebody added it to the pod, to its end (`kubectl debug`, 1.25).
    Ephemeral,
}

/// A port of a container.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ContainerPort {
    /// Number.
    pub number: u16,
    /// Name.
    pub name: Option<Arc<str>>,
    /// Protocol.
    pub protocol: PolicyProtocol,
}

/// A port by number or by the name that a container gives it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PortReference {
    /// By number.
    Number(u16),
    /// By name.
    Name(Arc<str>),
}
