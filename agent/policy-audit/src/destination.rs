//! Istio's `DestinationRule`: how clients connect.
//!
//! As Istio looks them up: in the client's namespace, then in the service's, then in the root namespace; in
//! each the most specific host counts, and of several rules for one host the oldest, but one that selects the
//! client first.

use crate::mtls::ClientIntent;
use saker_kube_metadata::{
    ClientTlsMode, DestinationRule, Export, Labels, MeshContent, MeshObject, ObjectName, Pod,
    TrafficTls,
};
use std::collections::HashMap;
use std::sync::Arc;

/// All rules, by their namespaces, the oldest first.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct DestinationRules {
    namespaces: HashMap<Arc<str>, Vec<Rule>>,
}

#[derive(Debug, PartialEq, Eq)]
struct Rule {
    id: Arc<str>,
    /// Full name, or `*.` and the end of names, or `*`.
    host: Box<str>,
    says: DestinationRule,
}

/// Who wants to connect, and to what.
pub(crate) struct Wish<'a> {
    pub(crate) client: &'a Pod,
    pub(crate) service: &'a ObjectName,
    /// Port of the service.
    pub(crate) port: u16,
    /// Labels of the pod behind the service, where it is known.
    pub(crate) server_labels: Option<&'a Labels>,
}

impl DestinationRules {
    /// The objects come the oldest first.
    pub(crate) fn new<'a>(
        objects: impl Iterator<Item = &'a MeshObject>,
        cluster_domain: &str,
    ) -> Self {
        let mut namespaces: HashMap<Arc<str>, Vec<Rule>> = HashMap::new();
        for object in objects {
            let MeshContent::DestinationRule(says) = &object.content else {
                continue;
            };
            let namespace = &object.name.namespace;
            let is_short = !says.host.contains('.') && &*says.host != "*";
            let host = match is_short {
                true => format!("{}.{namespace}.svc.{cluster_domain}", says.host).into(),
                false => Box::from(&*says.host),
            };
            let rules = namespaces.entry(Arc::clone(namespace)).or_default();
            rules.push(Rule {
                id: object.id(),
                host,
                says: says.clone(),
            });
        }
        Self { namespaces }
    }

    pub(crate) fn intent(
        &self,
        wish: &Wish<'_>,
        root_namespace: &str,
        cluster_domain: &str,
    ) -> Option<ClientIntent> {
        let service = wish.service;
        let host = format!(
            "{}.{}.svc.{cluster_domain}",
            service.name, service.namespace
        );
        let own = &*wish.client.name.namespace;
        let places = [own, &*service.namespace, root_namespace];
        let rule = places.into_iter().find_map(|place| {
            let rules = self.namespaces.get(place)?.iter();
            let seen = rules.filter(|rule| rule.is_seen_by(place, wish.client));
            seen.filter(|rule| matches(&rule.host, &host))
                // Of equal ones the first, which is the oldest, counts.
                .reduce(|best, rule| match rule.rank() > best.rank() {
                    true => rule,
                    false => best,
                })
        })?;
        Some(ClientIntent {
            mode: rule.mode(wish),
            policy: Arc::clone(&rule.id),
        })
    }
}

impl Rule {
    fn is_seen_by(&self, own_namespace: &str, client: &Pod) -> bool {
        let is_exported = match &self.says.export {
            Export::All => true,
            Export::Namespaces(names) => names.iter().any(|name| match &**name {
                "." => *client.name.namespace == *own_namespace,
                name => *client.name.namespace == *name,
            }),
        };
        // One that selects clients is about those of its own namespace.
        let selects = &self.says.clients;
        let is_own = *client.name.namespace == *own_namespace;
        let mut required = selects.iter();
        is_exported
            && (selects.is_empty() || is_own)
            && required.all(|(key, value)| client.labels.get(key) == Some(value))
    }

    /// How specific it is: whole names before ends of names, long ones before short ones.
    fn rank(&self) -> (bool, usize, bool) {
        let is_whole = !self.host.starts_with('*');
        (is_whole, self.host.len(), !self.says.clients.is_empty())
    }

    /// What it says about a port; nothing where that depends on the subset that is taken.
    fn mode(&self, wish: &Wish<'_>) -> Option<ClientTlsMode> {
        let mode = of_port(&self.says.tls, wish.port);
        let may_be_taken = |workloads: &Labels| match wish.server_labels {
            None => true,
            Some(labels) => workloads.iter().all(|(k, v)| labels.get(k) == Some(v)),
        };
        let subsets = self.says.subsets.iter();
        let mut subsets = subsets.filter(|subset| may_be_taken(&subset.workloads));
        let is_same = subsets.all(|subset| {
            let says_nothing = subset.tls == TrafficTls::default();
            says_nothing || of_port(&subset.tls, wish.port) == mode
        });
        mode.filter(|_| is_same)
    }
}

fn of_port(tls: &TrafficTls, port: u16) -> Option<ClientTlsMode> {
    let of_port = tls.ports.iter().find(|(number, _)| *number == port);
    of_port.map_or(tls.mode, |(_, mode)| *mode)
}

/// Whether a pattern for hosts is about a host.
fn matches(pattern: &str, host: &str) -> bool {
    match pattern.strip_prefix('*') {
        None => pattern.eq_ignore_ascii_case(host),
        Some(end) => host.len() > end.len() && host.ends_with(&end.to_ascii_lowercase()),
    }
}
