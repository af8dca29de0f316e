//! Linkerd's `Server`s and the policies about them.
//!
//! A server is a port of pods; who may come to it is said by its `accessPolicy` (nobody where it has none)
//! and by the policies that name it or its namespace. A port without a server is open as the annotation
//! `config.linkerd.io/default-inbound-policy` says, or the default of the cluster.
//!
//! Policies about routes of a server let some requests come. Which route a request takes is not seen, so
//! they count for all servers of their namespace: the demand is rather put too low than too high.

use crate::mtls::{MtlsIntent, MtlsMode, MtlsReason};
use saker_kube_metadata::{
    Authentication, AuthorizationPolicy, LinkerdServer, MeshContent, MeshObject, Pod, PolicyTarget,
    PortReference, Selector, ServerAuthorization, ServerReference,
};
use std::collections::HashMap;
use std::sync::Arc;

/// All servers, by their namespaces, the oldest first.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Servers {
    namespaces: HashMap<Arc<str>, Vec<Server>>,
}

#[derive(Debug, PartialEq, Eq)]
struct Server {
    id: Arc<str>,
    pods: Selector,
    port: PortReference,
    allows_plaintext: bool,
}

#[derive(Default)]
struct OfNamespace<'a> {
    servers: Vec<(&'a MeshObject, &'a LinkerdServer)>,
    policies: Vec<&'a AuthorizationPolicy>,
    authorizations: Vec<&'a ServerAuthorization>,
}

impl Servers {
    /// The objects come the oldest first.
    pub(crate) fn new<'a>(objects: impl Iterator<Item = &'a MeshObject>) -> Self {
        let mut namespaces: HashMap<Arc<str>, OfNamespace<'_>> = HashMap::new();
        for object in objects {
            let namespace = Arc::clone(&object.name.namespace);
            let of_namespace = namespaces.entry(namespace).or_default();
            match &object.content {
                MeshContent::Server(server) => of_namespace.servers.push((object, server)),
                MeshContent::AuthorizationPolicy(policy) => of_namespace.policies.push(policy),
                MeshContent::ServerAuthorization(known) => of_namespace.authorizations.push(known),
                _ => {}
            }
        }
        let namespaces = namespaces.into_iter();
        Self {
            namespaces: namespaces.map(|(name, of)| (name, of.servers())).collect(),
        }
    }

    /// What is demanded of a port of a pod; `None` where no server says. `otherwise` is what holds
    /// where there is none, for a port that is not known.
    pub(crate) fn intent(
        &self,
        pod: &Pod,
        port: Option<u16>,
        otherwise: Option<&MtlsIntent>,
    ) -> Option<MtlsIntent> {
        let servers = self.namespaces.get(&pod.name.namespace)?.iter();
        let mut servers = servers.filter(|server| server.pods.matches(&pod.labels));
        let Some(port) = port else {
            let server = servers.next()?;
            let intent = server.intent();
            let default = otherwise.map_or(MtlsMode::Unset, |otherwise| otherwise.mode);
            let is_same = default == intent.mode
                && servers.all(|other| other.allows_plaintext == server.allows_plaintext);
            return Some(match is_same {
                true => intent,
                false => MtlsIntent {
                    mode: MtlsMode::Unset,
                    reason: MtlsReason::PortNotKnown,
                    ..intent
                },
            });
        };
        let is_about = |server: &&Server| pod.settings.port_number(&server.port) == Some(port);
        servers.find(is_about).map(Server::intent)
    }
}

impl Server {
    fn intent(&self) -> MtlsIntent {
        MtlsIntent {
            mode: match self.allows_plaintext {
                true => MtlsMode::Permissive,
                false => MtlsMode::Strict,
            },
            policy: Some(Arc::clone(&self.id)),
            reason: MtlsReason::Server,
        }
    }
}

impl OfNamespace<'_> {
    fn servers(&self) -> Vec<Server> {
        let servers = self.servers.iter();
        let servers = servers.filter_map(|(object, server)| {
            Some(Server {
                id: object.id(),
                pods: server.pods.clone()?,
                port: server.port.clone(),
                allows_plaintext: self.allows_plaintext(&object.name.name, server),
            })
        });
        servers.collect()
    }

    fn allows_plaintext(&self, name: &Arc<str>, server: &LinkerdServer) -> bool {
        let by_policy = || {
            let mut about = self.policies.iter().filter(|policy| match &policy.target {
                PolicyTarget::Server(target) => target == name,
                PolicyTarget::Namespace | PolicyTarget::Route | PolicyTarget::NotUnderstood => true,
            });
            about.any(|policy| !policy.required.iter().any(Authentication::is_mesh_tls))
        };
        let by_authorization = || {
            let mut about = self.authorizations.iter().filter(|it| match &it.servers {
                ServerReference::Name(target) => target == name,
                ServerReference::Selector(selector) => selector.matches(&server.labels),
            });
            about.any(|authorization| authorization.allows_plaintext())
        };
        let by_itself = server.access.is_some_and(|it| it.allows_plaintext());
        by_itself || by_policy() || by_authorization()
    }
}
