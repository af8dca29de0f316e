//! Istio's `AuthorizationPolicy` and `RequestAuthentication`.
//!
//! As the proxies decide (<https://istio.io/latest/docs/reference/config/security/authorization-policy/>): a
//! `CUSTOM` policy that matches asks somebody else, who may refuse; a `DENY` policy that matches refuses; where
//! there are `ALLOW` policies, one has to match; else the request is let in. `AUDIT` changes nothing.

use super::facts::{ConnectionFacts, RequestProtocol};
use super::rule::{Asked, Layer};
use super::scope::{Enforcer, is_about};
use super::truth::{Tally, Truth};
use super::{Authorization, AuthorizationReason as Reason, AuthorizationVerdict as Verdict};
use crate::settings::MeshSettings;
use saker_kube_metadata::{
    AuthorizationAction as Action, Enforcement, IstioAuthorizationPolicy, Labels, MeshContent,
    MeshObject, ObjectName, Pod, PolicyScope, RequestAuthentication,
};
use std::collections::HashMap;
use std::sync::Arc;

/// All policies about who may come to workloads of Istio, by their namespaces.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct IstioAuthorizations {
    policies: HashMap<Arc<str>, OfNamespace<IstioAuthorizationPolicy>>,
    authentications: HashMap<Arc<str>, OfNamespace<RequestAuthentication>>,
}

/// Those of one namespace, the oldest first.
#[derive(Debug, PartialEq, Eq)]
struct OfNamespace<T> {
    all: Vec<Policy<T>>,
    /// Places of those that are about workloads with labels, by one of these.
    by_label: HashMap<(Arc<str>, Arc<str>), Vec<usize>>,
    /// Places of the others.
    others: Vec<usize>,
}

#[derive(Debug, PartialEq, Eq)]
struct Policy<T> {
    id: Arc<str>,
    name: ObjectName,
    says: T,
}

impl<T> Default for OfNamespace<T> {
    fn default() -> Self {
        Self {
            all: Vec::new(),
            by_label: HashMap::new(),
            others: Vec::new(),
        }
    }
}

impl<T> OfNamespace<T> {
    fn add(&mut self, object: &MeshObject, scope: &PolicyScope, says: T) {
        let place = self.all.len();
        let label = match scope {
            PolicyScope::Workloads(labels) => labels.iter().next(),
            PolicyScope::Targets(_) => None,
        };
        match label {
            Some((key, value)) => {
                let places = self.by_label.entry((key.into(), value.into()));
                places.or_default().push(place);
            }
            None => self.others.push(place),
        }
        self.all.push(Policy {
            id: object.id(),
            name: object.name.clone(),
            says,
        });
    }

    /// Those that may be about a workload with these labels, the oldest first.
    fn candidates(&self, labels: &Labels) -> impl Iterator<Item = &Policy<T>> {
        let mut places = self.others.clone();
        if !self.by_label.is_empty() {
            for (key, value) in labels.iter() {
                let found = self.by_label.get(&(key.into(), value.into()));
                places.extend(found.into_iter().flatten());
            }
            places.sort_unstable();
        }
        places.into_iter().filter_map(|place| self.all.get(place))
    }
}

impl IstioAuthorizations {
    /// The objects come the oldest first. Policies that are only tried out decide nothing.
    pub(crate) fn new<'a>(objects: impl Iterator<Item = &'a MeshObject>) -> Self {
        let mut all = Self::default();
        for object in objects {
            let namespace = Arc::clone(&object.name.namespace);
            match &object.content {
                MeshContent::IstioAuthorizationPolicy(policy)
                    if policy.enforcement == Enforcement::Enforced =>
                {
                    let known = all.policies.entry(namespace).or_default();
                    known.add(object, &policy.scope, policy.clone());
                }
                MeshContent::RequestAuthentication(known) => {
                    let of_namespace = all.authentications.entry(namespace).or_default();
                    of_namespace.add(object, &known.scope, known.clone());
                }
                _ => {}
            }
        }
        all
    }

    /// Whether a workload checks the tokens of requests.
    pub(super) fn checks_tokens(&self, pod: &Pod, enforcer: Enforcer, root: &str) -> Truth {
        let namespaces = namespaces(pod, root);
        let known = namespaces.filter_map(|namespace| self.authentications.get(namespace));
        let candidates = known.flat_map(|of| of.candidates(&pod.labels));
        let truths = candidates
            .map(|policy| is_about(&policy.says.scope, &policy.name, pod, enforcer, root));
        Truth::any(truths)
    }

    /// The same of a pod of the mesh; `None` where that depends on what is not known.
    pub(crate) fn has_request_authentication(
        &self,
        pod: &Pod,
        is_ambient: bool,
        root: &str,
    ) -> Option<bool> {
        match self.checks_tokens(pod, Enforcer::of(pod, is_ambient), root) {
            Truth::Yes => Some(true),
            Truth::No => Some(false),
            Truth::Maybe(_) => None,
        }
    }

    /// What they say about a connection to a pod of the mesh.
    pub(crate) fn authorization(
        &self,
        pod: &Pod,
        is_ambient: bool,
        facts: &ConnectionFacts<'_>,
        settings: &MeshSettings,
    ) -> Authorization {
        let root = &settings.istio_root_namespace;
        let enforcer = Enforcer::of(pod, is_ambient);
        let asked = Asked::new(facts, settings, self.checks_tokens(pod, enforcer, root));
        let on = |layer| self.decide(pod, enforcer, &asked, layer);
        match (enforcer, facts.protocol) {
            (Enforcer::Ztunnel, _) => on(Layer::Ztunnel),
            (_, RequestProtocol::Http(_)) => on(Layer::Http),
            (_, RequestProtocol::Tcp) => on(Layer::Tcp),
            (_, RequestProtocol::NotKnown) => {
                on(Layer::Http).or(on(Layer::Tcp), Reason::ProtocolNotKnown)
            }
        }
    }

    fn decide(
        &self,
        pod: &Pod,
        enforcer: Enforcer,
        asked: &Asked<'_>,
        layer: Layer,
    ) -> Authorization {
        let root = &asked.settings.istio_root_namespace;
        let mut found = Found::default();
        for namespace in namespaces(pod, root) {
            let Some(of_namespace) = self.policies.get(namespace) else {
                continue;
            };
            for policy in of_namespace.candidates(&pod.labels) {
                let is_about = is_about(&policy.says.scope, &policy.name, pod, enforcer, root);
                if is_about == Truth::No {
                    continue;
                }
                let layer = match &policy.says.scope {
                    // A waypoint decides, if any does.
                    PolicyScope::Targets(_) if layer == Layer::Ztunnel => Layer::Http,
                    _ => layer,
                };
                found.add(policy, is_about, asked, layer);
            }
        }
        found.verdict()
    }
}

/// What the policies about a workload say, by their actions.
#[derive(Default)]
struct Found {
    custom: Tally,
    deny: Tally,
    allow: Tally,
    /// Whether any policy lets clients in, so that others may not come.
    has_allow: Tally,
}

impl Found {
    fn add(
        &mut self,
        policy: &Policy<IstioAuthorizationPolicy>,
        is_about: Truth,
        asked: &Asked<'_>,
        layer: Layer,
    ) {
        let says = &policy.says;
        let namespace = &policy.name.namespace;
        let matches =
            || is_about.and(asked.matches_any(&says.rules, says.action, namespace, layer));
        match says.action {
            Action::Allow => {
                self.has_allow.add(is_about, &policy.id);
                if self.allow.truth != Truth::Yes {
                    self.allow.add(matches(), &policy.id);
                }
            }
            Action::Deny => self.deny.add(matches(), &policy.id),
            // ztunnel asks nobody, and leaves such policies out.
            Action::Custom if layer != Layer::Ztunnel => self.custom.add(matches(), &policy.id),
            Action::NotUnderstood => {
                self.deny
                    .add(Truth::Maybe(Reason::NotUnderstood), &policy.id);
            }
            Action::Custom | Action::Audit => {}
        }
    }

    fn verdict(self) -> Authorization {
        let is_left_out = self.has_allow.truth.and(!self.allow.truth);
        let custom = match self.custom.truth {
            Truth::Yes => Truth::Maybe(Reason::CustomPolicy),
            other => other,
        };
        let verdict = |verdict, policy, reason| Authorization {
            verdict,
            policy,
            reason,
        };
        if self.deny.truth == Truth::Yes {
            return verdict(Verdict::Denied, self.deny.policy, Reason::DenyPolicy);
        }
        if is_left_out == Truth::Yes {
            let policy = self.has_allow.policy;
            return verdict(Verdict::Denied, policy, Reason::NoAllowPolicyMatches);
        }
        let undecided = [
            (custom, self.custom.policy),
            (self.deny.truth, self.deny.policy),
            (
                is_left_out,
                self.allow.policy.clone().or(self.has_allow.policy),
            ),
        ];
        for (truth, policy) in undecided {
            if let Truth::Maybe(reason) = truth {
                return verdict(Verdict::Unknown, policy, reason);
            }
        }
        match self.allow.truth {
            Truth::Yes => verdict(Verdict::Allowed, self.allow.policy, Reason::AllowPolicy),
            _ => verdict(Verdict::Allowed, None, Reason::NoPolicy),
        }
    }
}

/// The namespaces whose policies may be about a pod, each once.
fn namespaces<'a>(pod: &'a Pod, root: &'a str) -> impl Iterator<Item = &'a str> {
    let own = &*pod.name.namespace;
    let other = (own != root).then_some(own);
    [Some(root), other].into_iter().flatten()
}
