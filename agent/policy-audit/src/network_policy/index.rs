//! Which policies select a pod.

use super::matching::{Match, selects};
use super::verdict::Direction;
use saker_kube_metadata::{LabelTest, Labels, NetworkPolicy, Pod, PolicyRule, Selector};
use std::collections::HashMap;
use std::sync::Arc;

/// All network policies at one moment.
///
/// They are found by namespace and by one label that their selector requires, so that a verdict looks at those
/// that select the pod, and at few others.
#[derive(Debug, Default)]
pub struct NetworkPolicies {
    namespaces: HashMap<Arc<str>, OfNamespace>,
    count: usize,
}

#[derive(Debug, Default)]
struct OfNamespace {
    /// In the order of their names.
    policies: Vec<Indexed>,
    ingress: Selectors,
    egress: Selectors,
}

/// A policy and how it is called.
#[derive(Debug)]
pub(super) struct Indexed {
    pub(super) policy: Arc<NetworkPolicy>,
    /// `namespace/name`.
    pub(super) id: Arc<str>,
}

impl Indexed {
    /// What it says of a direction; `None` where it does not restrict that.
    pub(super) fn rules(&self, direction: Direction) -> Option<&[PolicyRule]> {
        match direction {
            Direction::Ingress => self.policy.ingress.as_deref(),
            Direction::Egress => self.policy.egress.as_deref(),
        }
    }
}

/// The policies about one direction, by places in the list of all.
#[derive(Debug, Default)]
struct Selectors {
    /// Those that require a label to have some value.
    by_value: HashMap<Arc<str>, HashMap<Arc<str>, Vec<usize>>>,
    /// Those that require a label to be there.
    by_key: HashMap<Arc<str>, Vec<usize>>,
    /// All others.
    others: Vec<usize>,
}

impl Selectors {
    /// Each policy is put where a pod that it selects is sure to find it, once.
    fn add(&mut self, place: usize, selector: &Selector) {
        let requirements = || selector.requirements.iter();
        let values = requirements().filter_map(|requirement| match &requirement.test {
            LabelTest::In(values) => Some((&requirement.key, values)),
            _ => None,
        });
        if let Some((key, values)) = values.min_by_key(|(_, values)| values.len()) {
            let by_value = self.by_value.entry(Arc::clone(key)).or_default();
            for value in values {
                let places = by_value.entry(Arc::clone(value)).or_default();
                // A value may be written twice.
                if places.last() != Some(&place) {
                    places.push(place);
                }
            }
            return;
        }
        match requirements().find(|requirement| requirement.test == LabelTest::Exists) {
            Some(required) => {
                let key = Arc::clone(&required.key);
                self.by_key.entry(key).or_default().push(place);
            }
            None => self.others.push(place),
        }
    }

    /// Places of the policies that may select a pod with these labels, in their order.
    fn candidates(&self, labels: &Labels) -> Vec<usize> {
        let mut places = self.others.clone();
        for (key, value) in labels.iter() {
            if let Some(with_value) = self.by_value.get(key).and_then(|all| all.get(value)) {
                places.extend_from_slice(with_value);
            }
            if let Some(with_key) = self.by_key.get(key) {
                places.extend_from_slice(with_key);
            }
        }
        places.sort_unstable();
        places
    }
}

impl NetworkPolicies {
    /// These policies, which are all there are.
    #[must_use]
    pub fn new(policies: impl IntoIterator<Item = Arc<NetworkPolicy>>) -> Self {
        let mut all = Self::default();
        for policy in policies {
            all.count = all.count.saturating_add(1);
            let namespace = Arc::clone(&policy.name.namespace);
            let id = format!("{}/{}", policy.name.namespace, policy.name.name).into();
            let of_namespace = all.namespaces.entry(namespace).or_default();
            of_namespace.policies.push(Indexed { policy, id });
        }
        for of_namespace in all.namespaces.values_mut() {
            of_namespace.put_in_order();
        }
        all
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The policies that select a pod for a direction, in the order of their names, and those that may.
    pub(super) fn selecting<'p>(
        &'p self,
        pod: &Pod,
        direction: Direction,
    ) -> impl Iterator<Item = (&'p Indexed, Match)> {
        let of_namespace = self.namespaces.get(&pod.name.namespace);
        let selectors = of_namespace.map(|all| match direction {
            Direction::Ingress => &all.ingress,
            Direction::Egress => &all.egress,
        });
        let places = selectors.map_or_else(Vec::new, |all| all.candidates(&pod.labels));
        let policies = places
            .into_iter()
            .filter_map(move |place| of_namespace?.policies.get(place));
        let found = policies.map(|found| (found, selects(&found.policy.pods, &pod.labels)));
        found.filter(|(_, is_selected)| *is_selected != Match::No)
    }
}

impl OfNamespace {
    fn put_in_order(&mut self) {
        let name_of = |indexed: &Indexed| Arc::clone(&indexed.policy.name.name);
        self.policies.sort_by_cached_key(name_of);
        for (place, indexed) in self.policies.iter().enumerate() {
            let selector = &indexed.policy.pods;
            if indexed.policy.ingress.is_some() {
                self.ingress.add(place, selector);
            }
            if indexed.policy.egress.is_some() {
                self.egress.add(place, selector);
            }
        }
    }
}
