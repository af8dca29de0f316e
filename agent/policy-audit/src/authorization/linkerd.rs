//! Linkerd's `Server`s and who may come to them.
//!
//! As its policy controller has it (<https://linkerd.io/2/reference/authorization-policy/>): a port of a pod that a
//! `Server` selects is open to those whom its `accessPolicy`, an `AuthorizationPolicy` or a `ServerAuthorization`
//! lets in, another one to those whom the default lets in.

use super::facts::{ClientIdentity, ConnectionFacts, Seen};
use super::pattern::matches_identity;
use super::truth::{Tally, Truth};
use super::{Authorization, AuthorizationReason as Reason, AuthorizationVerdict as Verdict};
use crate::settings::MeshSettings;
use saker_kube_metadata::{
    AddressBlock, Authentication, AuthorizationPolicy, AuthorizedClients, ClientNetwork,
    LinkerdAccess, LinkerdServer, MeshContent, MeshIdentity, MeshObject, ObjectName, Pod,
    PolicyTarget, ServerAuthorization, ServerReference,
};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

/// All policies about who may come to pods of Linkerd.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct LinkerdAuthorizations {
    namespaces: HashMap<Arc<str>, OfNamespace>,
    identities: HashMap<ObjectName, Box<[MeshIdentity]>>,
    networks: HashMap<ObjectName, Box<[ClientNetwork]>>,
}

/// Those of one namespace, each kind the oldest first.
#[derive(Debug, Default, PartialEq, Eq)]
struct OfNamespace {
    servers: Vec<Named<LinkerdServer>>,
    policies: Vec<Named<AuthorizationPolicy>>,
    authorizations: Vec<Named<ServerAuthorization>>,
}

#[derive(Debug, PartialEq, Eq)]
struct Named<T> {
    id: Arc<str>,
    name: Arc<str>,
    says: T,
}

impl<T: Clone> Named<T> {
    fn new(object: &MeshObject, says: &T) -> Self {
        Self {
            id: object.id(),
            name: Arc::clone(&object.name.name),
            says: says.clone(),
        }
    }
}

/// What holds for ports without a server.
#[derive(Clone, Debug)]
pub(crate) struct DefaultAccess {
    pub(crate) access: LinkerdAccess,
    /// Who says so, where an object does.
    pub(crate) policy: Option<Arc<str>>,
}

/// A client, as policies are asked about it.
struct Client<'a> {
    /// Its name; nothing where it shows no certificate of the mesh.
    identity: Seen<Option<String>>,
    address: Seen<IpAddr>,
    settings: &'a MeshSettings,
}

impl LinkerdAuthorizations {
    /// The objects come the oldest first.
    pub(crate) fn new<'a>(objects: impl Iterator<Item = &'a MeshObject>) -> Self {
        let mut all = Self::default();
        for object in objects {
            match &object.content {
                MeshContent::Server(server) => {
                    all.of(object).servers.push(Named::new(object, server));
                }
                MeshContent::AuthorizationPolicy(policy) => {
                    all.of(object).policies.push(Named::new(object, policy));
                }
                MeshContent::ServerAuthorization(known) => {
                    all.of(object)
                        .authorizations
                        .push(Named::new(object, known));
                }
                MeshContent::MeshTlsAuthentication(known) => {
                    let identities = known.identities.clone();
                    all.identities.insert(object.name.clone(), identities);
                }
                MeshContent::NetworkAuthentication(known) => {
                    all.networks
                        .insert(object.name.clone(), known.networks.clone());
                }
                _ => {}
            }
        }
        all
    }

    fn of(&mut self, object: &MeshObject) -> &mut OfNamespace {
        let namespace = Arc::clone(&object.name.namespace);
        self.namespaces.entry(namespace).or_default()
    }

    /// What they say about a connection to a pod of the mesh. `default` is what holds for ports without a server, where
    /// that is understood.
    pub(crate) fn authorization(
        &self,
        pod: &Pod,
        facts: &ConnectionFacts<'_>,
        default: Option<DefaultAccess>,
        settings: &MeshSettings,
    ) -> Authorization {
        let client = Client::new(facts, settings);
        let of_namespace = self.namespaces.get(&pod.name.namespace);
        let servers = of_namespace.map_or(&[][..], |of| &of.servers);
        let mut servers = servers.iter().filter(|server| {
            let pods = server.says.pods.as_ref();
            pods.is_some_and(|pods| pods.matches(&pod.labels))
        });
        let of_server = |server| match of_namespace {
            Some(of_namespace) => self.of_server(server, of_namespace, &client),
            None => Authorization::unknown(Reason::NotKnown),
        };
        let of_default = || match default {
            Some(default) => client.of_default(default),
            None => Authorization::unknown(Reason::NotUnderstood),
        };
        match facts.target.port {
            Some(port) => {
                let is_about = |server: &&Named<_>| is_port(pod, server, port);
                servers.find(is_about).map_or_else(of_default, of_server)
            }
            None => servers.fold(of_default(), |known, server| {
                known.or(of_server(server), Reason::PortNotKnown)
            }),
        }
    }

    fn of_server(
        &self,
        server: &Named<LinkerdServer>,
        of_namespace: &OfNamespace,
        client: &Client<'_>,
    ) -> Authorization {
        let mut found = Tally::default();
        for policy in &of_namespace.policies {
            let is_about = match &policy.says.target {
                PolicyTarget::Namespace => Truth::Yes,
                PolicyTarget::Server(name) => Truth::of(*name == server.name),
                // Which route a request takes, and of which server it is, is not seen.
                PolicyTarget::Route => Truth::Maybe(Reason::Route),
                PolicyTarget::NotUnderstood => Truth::Maybe(Reason::NotUnderstood),
            };
            if is_about != Truth::No {
                let lets_in = self.lets_in(&policy.says.required, client);
                found.add(is_about.and(lets_in), &policy.id);
            }
        }
        for authorization in &of_namespace.authorizations {
            let is_about = match &authorization.says.servers {
                ServerReference::Name(name) => *name == server.name,
                ServerReference::Selector(selector) => selector.matches(&server.says.labels),
            };
            if is_about {
                found.add(client.is_authorized(&authorization.says), &authorization.id);
            }
        }
        let verdict = |verdict, policy, reason| Authorization {
            verdict,
            policy,
            reason,
        };
        if found.truth == Truth::Yes {
            return verdict(Verdict::Allowed, found.policy, Reason::AllowPolicy);
        }
        let own = Some(Arc::clone(&server.id));
        let access = server.says.access;
        match access.map_or(Truth::No, |access| client.has_access(access)) {
            Truth::Yes if access != Some(LinkerdAccess::Audit) => {
                verdict(Verdict::Allowed, own, Reason::AccessPolicy)
            }
            Truth::Yes if found.truth == Truth::No => {
                verdict(Verdict::Audited, own, Reason::AccessPolicy)
            }
            // It is let in; only whether that is logged depends on what cannot be seen.
            Truth::Yes => verdict(Verdict::Allowed, own, Reason::AccessPolicy),
            by_access => match found.truth.or(by_access) {
                Truth::Maybe(reason) => verdict(Verdict::Unknown, found.policy.or(own), reason),
                _ => verdict(Verdict::Denied, own, Reason::NoAllowPolicyMatches),
            },
        }
    }

    /// Whether a client shows all that a policy requires. A policy that names what is not there is left out.
    fn lets_in(&self, required: &[Authentication], client: &Client<'_>) -> Truth {
        let shown = |authentication: &Authentication| match authentication {
            Authentication::MeshTls(name) => {
                let identities = self.identities.get(name);
                identities.map_or(Truth::No, |known| client.is_any(known))
            }
            Authentication::ServiceAccount(account) => client.is_account(account),
            Authentication::Network(name) => {
                let networks = self.networks.get(name);
                networks.map_or(Truth::No, |known| client.is_in_any(known))
            }
            Authentication::NotUnderstood => Truth::Maybe(Reason::NotUnderstood),
        };
        let all = Truth::all(required.iter().map(shown));
        let identities = required.iter().filter(|it| it.is_mesh_tls()).count();
        let networks = required
            .iter()
            .filter(|it| matches!(it, Authentication::Network(_)))
            .count();
        match identities > 1 || networks > 1 {
            // The policy controller takes one of each; what it does with more is its own affair.
            true => all.and(Truth::Maybe(Reason::NotUnderstood)),
            false => all,
        }
    }
}

fn is_port(pod: &Pod, server: &Named<LinkerdServer>, port: u16) -> bool {
    pod.settings.port_number(&server.says.port) == Some(port)
}

impl<'a> Client<'a> {
    fn new(facts: &ConnectionFacts<'_>, settings: &'a MeshSettings) -> Self {
        let identity = match facts.identity {
            ClientIdentity::Hidden => Seen::Hidden,
            ClientIdentity::Anonymous => Seen::Known(None),
            ClientIdentity::Named(name) => Seen::Known(Some(name.to_owned())),
            ClientIdentity::ServiceAccount { namespace, name } => {
                Seen::Known(Some(settings.linkerd_identity(namespace, name)))
            }
        };
        Self {
            identity,
            address: facts.source,
            settings,
        }
    }

    fn of_default(&self, default: DefaultAccess) -> Authorization {
        let DefaultAccess { access, policy } = default;
        let (verdict, reason) = match self.has_access(access) {
            Truth::Yes if access == LinkerdAccess::Audit => {
                (Verdict::Audited, Reason::DefaultInboundPolicy)
            }
            Truth::Yes => (Verdict::Allowed, Reason::DefaultInboundPolicy),
            Truth::No => (Verdict::Denied, Reason::DefaultInboundPolicy),
            Truth::Maybe(reason) => (Verdict::Unknown, reason),
        };
        Authorization {
            verdict,
            policy,
            reason,
        }
    }

    fn has_access(&self, access: LinkerdAccess) -> Truth {
        let of_cluster = || {
            let blocks = self.settings.linkerd_cluster_networks.iter();
            self.is_in(blocks.map(|text| AddressBlock::parse_or_address(text)))
        };
        match access {
            LinkerdAccess::AllUnauthenticated | LinkerdAccess::Audit => Truth::Yes,
            LinkerdAccess::ClusterUnauthenticated => of_cluster(),
            LinkerdAccess::AllAuthenticated => self.has_identity(),
            LinkerdAccess::ClusterAuthenticated => self.has_identity().and(of_cluster()),
            LinkerdAccess::Deny => Truth::No,
        }
    }

    fn is_authorized(&self, authorization: &ServerAuthorization) -> Truth {
        let networks = match authorization.networks.is_empty() {
            true => Truth::Yes,
            false => self.is_in_any(&authorization.networks),
        };
        networks.and(match &authorization.clients {
            AuthorizedClients::Everybody => Truth::Yes,
            AuthorizedClients::MeshTls => self.has_identity(),
            AuthorizedClients::Identities(identities) => self.is_any(identities),
            AuthorizedClients::Nobody => Truth::No,
        })
    }

    fn has_identity(&self) -> Truth {
        self.of_identity(|_| Truth::Yes)
    }

    fn is_any(&self, identities: &[MeshIdentity]) -> Truth {
        Truth::any(identities.iter().map(|identity| match identity {
            MeshIdentity::Name(name) => {
                self.of_identity(|known| Truth::of(matches_identity(name, known)))
            }
            MeshIdentity::ServiceAccount(account) => self.is_account(account),
            MeshIdentity::Namespace(namespace) => self.of_identity(|known| {
                let pattern = self.settings.linkerd_identity(namespace, "*");
                Truth::of(matches_identity(&pattern, known))
            }),
            MeshIdentity::NotUnderstood => Truth::Maybe(Reason::NotUnderstood),
        }))
    }

    fn is_account(&self, account: &ObjectName) -> Truth {
        self.of_identity(|known| {
            let wanted = self
                .settings
                .linkerd_identity(&account.namespace, &account.name);
            Truth::of(wanted == known)
        })
    }

    fn of_identity(&self, holds: impl FnOnce(&str) -> Truth) -> Truth {
        match &self.identity {
            Seen::Hidden => Truth::Maybe(Reason::IdentityHidden),
            Seen::Known(None) => Truth::No,
            Seen::Known(Some(identity)) => holds(identity),
        }
    }

    fn is_in_any(&self, networks: &[ClientNetwork]) -> Truth {
        Truth::any(networks.iter().map(|network| match network {
            ClientNetwork::Block { block, except } => {
                let is_excepted = self.is_in(except.iter().copied().map(Some));
                self.is_in([Some(*block)]).and(!is_excepted)
            }
            ClientNetwork::NotUnderstood => Truth::Maybe(Reason::NotUnderstood),
        }))
    }

    fn is_in(&self, blocks: impl IntoIterator<Item = Option<AddressBlock>>) -> Truth {
        Truth::any(blocks.into_iter().map(|block| match (block, self.address) {
            (None, _) => Truth::Maybe(Reason::NotUnderstood),
            (Some(_), Seen::Hidden) => Truth::Maybe(Reason::AddressHidden),
            (Some(block), Seen::Known(address)) => Truth::of(block.contains(address)),
        }))
    }
}
