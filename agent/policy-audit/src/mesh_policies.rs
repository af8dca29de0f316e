//! All policies of meshes, in order.

use crate::annotations::{LINKERD_DEFAULT, MTLS};
use crate::authorization::{
    Authorization, AuthorizationReason, ConnectionFacts, DefaultAccess, IstioAuthorizations,
    LinkerdAuthorizations,
};
use crate::destination::{DestinationRules, Wish};
use crate::istio::{PeerAuthentications, Reach};
use crate::linkerd::Servers;
use crate::membership::{Membership, Mesh, WithoutProxy, is_gateway, membership};
use crate::mtls::{ClientIntent, MtlsIntent, MtlsMode, MtlsReason, Target};
use crate::settings::{MtlsRule, MtlsSettings};
use saker_kube_metadata::{
    Answer, Cluster, Kind, Labels, LinkerdAccess, MeshObject, Namespace, ObjectName, Pod,
};
use std::sync::Arc;

/// The objects that say how workloads of Istio may be reached.
const OF_PEERS: [Kind; 1] = [Kind::PeerAuthentications];

/// The objects that say how clients of Istio connect.
const OF_CLIENTS: [Kind; 1] = [Kind::DestinationRules];

/// The objects that say how workloads of Linkerd may be reached. Authentications need not be known: their
/// kinds stand in the policies that name them.
const OF_SERVERS: [Kind; 3] = [
    Kind::Servers,
    Kind::AuthorizationPolicies,
    Kind::ServerAuthorizations,
];

/// The objects that say who may come to workloads of Istio.
const OF_ISTIO: [Kind; 2] = [
    Kind::IstioAuthorizationPolicies,
    Kind::RequestAuthentications,
];

/// The objects that say who may come to pods of Linkerd.
const OF_LINKERD: [Kind; 5] = [
    Kind::Servers,
    Kind::AuthorizationPolicies,
    Kind::ServerAuthorizations,
    Kind::MeshTlsAuthentications,
    Kind::NetworkAuthentications,
];

/// All policies of meshes at one moment.
#[derive(Debug, PartialEq, Eq)]
pub struct MeshPolicies {
    settings: Arc<MtlsSettings>,
    /// `None` where they cannot be had, and so below.
    peers: Option<PeerAuthentications>,
    clients: Option<DestinationRules>,
    servers: Option<Servers>,
    of_istio: Option<IstioAuthorizations>,
    of_linkerd: Option<LinkerdAuthorizations>,
}

impl MeshPolicies {
    /// The policies of these objects, which are all there are, and of Saker's own configuration.
    pub fn new<'a>(
        objects: impl IntoIterator<Item = &'a MeshObject>,
        settings: Arc<MtlsSettings>,
    ) -> Self {
        let objects = oldest_first(objects.into_iter().collect());
        let all = || objects.iter().copied();
        let mesh = &settings.mesh;
        Self {
            peers: Some(PeerAuthentications::new(all(), &mesh.istio_root_namespace)),
            clients: Some(DestinationRules::new(all(), &mesh.cluster_domain)),
            servers: Some(Servers::new(all())),
            of_istio: Some(IstioAuthorizations::new(all())),
            of_linkerd: Some(LinkerdAuthorizations::new(all())),
            settings,
        }
    }

    /// Saker's own configuration alone; the meshes' objects are not known.
    #[must_use]
    pub fn without_mesh(settings: Arc<MtlsSettings>) -> Self {
        Self {
            settings,
            peers: None,
            clients: None,
            servers: None,
            of_istio: None,
            of_linkerd: None,
        }
    }

    /// Those of a cluster; what it does not tell is not known.
    pub(crate) fn of_cluster(cluster: &Cluster, settings: &Arc<MtlsSettings>) -> Answer<Self> {
        let asked = [
            &OF_PEERS[..],
            &OF_CLIENTS,
            &OF_SERVERS,
            &OF_ISTIO,
            &OF_LINKERD,
        ];
        let answers = asked.map(|kinds| cluster.mesh_objects(kinds));
        if answers.contains(&Answer::Awaited) {
            return Answer::Awaited;
        }
        let [peers, clients, servers, of_istio, of_linkerd] = answers.map(Answer::known);
        let mesh = &settings.mesh;
        Answer::Known(Self {
            settings: Arc::clone(settings),
            peers: peers.as_deref().map(|objects| {
                PeerAuthentications::new(in_order(objects), &mesh.istio_root_namespace)
            }),
            clients: clients
                .as_deref()
                .map(|objects| DestinationRules::new(in_order(objects), &mesh.cluster_domain)),
            servers: servers
                .as_deref()
                .map(|objects| Servers::new(in_order(objects))),
            of_istio: of_istio
                .as_deref()
                .map(|objects| IstioAuthorizations::new(in_order(objects))),
            of_linkerd: of_linkerd
                .as_deref()
                .map(|objects| LinkerdAuthorizations::new(in_order(objects))),
        })
    }

    /// What is demanded of connections to a workload.
    ///
    /// The first rule of Saker's own configuration that is about it decides. Else the policies of meshes do,
    /// and an annotation `saker.dev/mtls` that demands more.
    #[must_use]
    pub fn mtls_intent(&self, target: &Target<'_>) -> MtlsIntent {
        for (number, rule) in self.settings.rules.iter().enumerate() {
            if !is_about(rule, target.pod) {
                continue;
            }
            let intent = || MtlsIntent {
                mode: rule.mode,
                policy: Some(format!("saker/mtls[{number}]").into()),
                reason: MtlsReason::Configuration,
            };
            match target.port {
                _ if rule.ports.is_empty() => return intent(),
                Some(port) if rule.ports.contains(&port) => return intent(),
                Some(_) => {}
                None => {
                    return MtlsIntent {
                        mode: MtlsMode::Unset,
                        reason: MtlsReason::PortNotKnown,
                        ..intent()
                    };
                }
            }
        }
        let Some(pod) = target.pod else {
            return MtlsIntent::default();
        };
        let of_mesh = self.of_meshes(pod, target.namespace, target.port);
        match of_annotation(pod, target.namespace) {
            Some(asked) if !of_mesh.is_known() && asked.is_required() => asked,
            Some(_) if !of_mesh.is_known() => of_mesh,
            Some(asked) if asked.mode.strictness() > of_mesh.mode.strictness() => asked,
            _ => of_mesh,
        }
    }

    fn of_meshes(&self, pod: &Pod, namespace: Option<&Namespace>, port: Option<u16>) -> MtlsIntent {
        let member = membership(pod, namespace);
        let of_istio = || self.of_istio(pod, port, member);
        match member {
            Membership::Member(Mesh::Linkerd) | Membership::Missing(Mesh::Linkerd, _) => {
                let default = self.linkerd_default(pod, namespace);
                self.of_linkerd(pod, port, Some(default))
            }
            Membership::Member(_) | Membership::Missing(..) => of_istio(),
            Membership::Outside => stricter(of_istio(), self.of_linkerd(pod, port, None)),
        }
        .unwrap_or_default()
    }

    fn of_istio(&self, pod: &Pod, port: Option<u16>, member: Membership) -> Option<MtlsIntent> {
        let Some(peers) = &self.peers else {
            return Some(not_known());
        };
        if is_gateway(pod) {
            // What its listeners demand stands in `Gateway`s, which are not read.
            return Some(not_known());
        }
        let reach = match member {
            Membership::Outside => Reach::Namespace,
            Membership::Member(_) => Reach::Mesh,
            Membership::Missing(..) => Reach::MissingInMesh,
        };
        let mut intent = peers.intent(&pod.name.namespace, &pod.labels, port, reach);
        if let Some(intent) = &mut intent
            && member == Membership::Member(Mesh::IstioAmbient)
            && intent.mode == MtlsMode::Disable
        {
            // The ambient mesh knows no such mode: both are accepted.
            intent.mode = MtlsMode::Permissive;
        }
        let is_member = matches!(member, Membership::Member(_));
        intent.or_else(|| {
            is_member.then_some(MtlsIntent {
                mode: MtlsMode::Permissive,
                policy: None,
                reason: MtlsReason::MeshDefault,
            })
        })
    }

    fn of_linkerd(
        &self,
        pod: &Pod,
        port: Option<u16>,
        default: Option<MtlsIntent>,
    ) -> Option<MtlsIntent> {
        let Some(servers) = &self.servers else {
            return Some(not_known());
        };
        servers.intent(pod, port, default.as_ref()).or(default)
    }

    fn linkerd_default(&self, pod: &Pod, namespace: Option<&Namespace>) -> MtlsIntent {
        let Some(DefaultAccess { access, policy }) = self.linkerd_access(pod, namespace) else {
            return not_known();
        };
        MtlsIntent {
            mode: match access.allows_plaintext() {
                true => MtlsMode::Permissive,
                false => MtlsMode::Strict,
            },
            policy,
            reason: MtlsReason::DefaultInboundPolicy,
        }
    }

    /// Whom Linkerd lets come to ports without a server; `None` where an annotation says what is not understood.
    fn linkerd_access(&self, pod: &Pod, namespace: Option<&Namespace>) -> Option<DefaultAccess> {
        let asked =
            |annotations: &Labels| annotations.get(LINKERD_DEFAULT).map(LinkerdAccess::parse);
        let own = asked(&pod.settings.annotations).map(|access| (access, pod_id(pod)));
        let annotated = own.or_else(|| {
            let access = asked(&namespace?.annotations)?;
            Some((access, namespace_id(pod)))
        });
        Some(match annotated {
            Some((access, policy)) => DefaultAccess {
                access: access?,
                policy: Some(policy),
            },
            None => DefaultAccess {
                access: self.settings.mesh.linkerd_default_inbound_policy,
                policy: None,
            },
        })
    }

    /// Whether the server may be talked to, by the policies of its mesh. Pods that should be in a mesh and have no proxy are
    /// judged as if they had: nobody enforces it, which is what should be noticed.
    #[must_use]
    pub fn authorization(&self, facts: &ConnectionFacts<'_>) -> Authorization {
        let not_in_mesh = Authorization::not_applicable(AuthorizationReason::NotInMesh);
        let Some(pod) = facts.target.pod else {
            return not_in_mesh;
        };
        let namespace = facts.target.namespace;
        let mesh = &self.settings.mesh;
        let not_known = || Authorization::unknown(AuthorizationReason::NotKnown);
        match judged(pod, namespace) {
            None => not_in_mesh,
            Some(Mesh::Linkerd) => self.of_linkerd.as_ref().map_or_else(not_known, |policies| {
                let default = self.linkerd_access(pod, namespace);
                policies.authorization(pod, facts, default, mesh)
            }),
            Some(istio) => self.of_istio.as_ref().map_or_else(not_known, |policies| {
                policies.authorization(pod, istio == Mesh::IstioAmbient, facts, mesh)
            }),
        }
    }

    /// Whether a workload of Istio's mesh checks the tokens of requests (`RequestAuthentication`); `None` where that is not
    /// known, and of pods that are not in the mesh.
    #[must_use]
    pub fn has_request_authentication(
        &self,
        pod: &Pod,
        namespace: Option<&Namespace>,
    ) -> Option<bool> {
        let root = &self.settings.mesh.istio_root_namespace;
        let mesh = judged(pod, namespace).filter(|mesh| *mesh != Mesh::Linkerd)?;
        let policies = self.of_istio.as_ref()?;
        policies.has_request_authentication(pod, mesh == Mesh::IstioAmbient, root)
    }

    /// How a client should connect to a port of a service, by Istio's `DestinationRule`s; `None` where
    /// no rule says. The labels are those of the pod behind the service, where it is known.
    #[must_use]
    pub fn client_intent(
        &self,
        client: &Pod,
        service: &ObjectName,
        port: u16,
        server_labels: Option<&Labels>,
    ) -> Option<ClientIntent> {
        let wish = Wish {
            client,
            service,
            port,
            server_labels,
        };
        let mesh = &self.settings.mesh;
        let rules = self.clients.as_ref()?;
        rules.intent(&wish, &mesh.istio_root_namespace, &mesh.cluster_domain)
    }
}

fn in_order(objects: &[Arc<MeshObject>]) -> impl Iterator<Item = &MeshObject> {
    oldest_first(objects.iter().map(|object| &**object).collect()).into_iter()
}

/// Among equals the oldest decides, and of those that were made in the same second the first by name.
fn oldest_first(mut objects: Vec<&MeshObject>) -> Vec<&MeshObject> {
    objects.sort_by_key(|object| (object.created_s, &object.name.name, &object.name.namespace));
    objects
}

/// The mesh whose policies are about a pod.
fn judged(pod: &Pod, namespace: Option<&Namespace>) -> Option<Mesh> {
    match membership(pod, namespace) {
        Membership::Member(mesh) | Membership::Missing(mesh, WithoutProxy::NotInjected) => {
            Some(mesh)
        }
        Membership::Missing(_, WithoutProxy::HostNetwork) | Membership::Outside => None,
    }
}

/// What both together demand.
fn stricter(one: Option<MtlsIntent>, other: Option<MtlsIntent>) -> Option<MtlsIntent> {
    let rank = |intent: &Option<MtlsIntent>| match intent {
        None => (0, 0),
        Some(intent) if intent.is_required() => (3, 0),
        // What is not known may be strict.
        Some(intent) if !intent.is_known() => (2, 0),
        Some(intent) => (1, intent.mode.strictness()),
    };
    if rank(&other) > rank(&one) {
        other
    } else {
        one
    }
}

const fn not_known() -> MtlsIntent {
    MtlsIntent {
        mode: MtlsMode::Unset,
        policy: None,
        reason: MtlsReason::NotKnown,
    }
}

fn is_about(rule: &MtlsRule, pod: Option<&Pod>) -> bool {
    let Some(pod) = pod else {
        return rule.namespace.is_none() && rule.selector.is_empty();
    };
    let mut required = rule.selector.iter();
    let namespace = rule.namespace.as_deref();
    namespace.is_none_or(|namespace| namespace == &*pod.name.namespace)
        && required.all(|(key, value)| pod.labels.get(key) == Some(value))
}

/// What an annotation demands; one that says something else demands nothing.
fn of_annotation(pod: &Pod, namespace: Option<&Namespace>) -> Option<MtlsIntent> {
    let asked = |annotations: &Labels| annotations.get(MTLS).and_then(MtlsMode::parse);
    let own = asked(&pod.settings.annotations).map(|mode| (mode, pod_id(pod)));
    let of_all = namespace
        .and_then(|namespace| asked(&namespace.annotations))
        .map(|mode| (mode, namespace_id(pod)));
    let (mode, policy) = match (own, of_all) {
        // Who may write pods does not take back what is demanded of all.
        (Some(own), Some(of_all)) if of_all.0.strictness() > own.0.strictness() => of_all,
        (own, of_all) => own.or(of_all)?,
    };
    Some(MtlsIntent {
        mode,
        policy: Some(policy),
        reason: MtlsReason::Annotation,
    })
}

fn pod_id(pod: &Pod) -> Arc<str> {
    format!("Pod/{}/{}", pod.name.namespace, pod.name.name).into()
}

fn namespace_id(pod: &Pod) -> Arc<str> {
    format!("Namespace/{}", pod.name.namespace).into()
}
