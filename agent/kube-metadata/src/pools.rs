//! What the objects of a cluster have in common.

use crate::labels::Labels;
use crate::objects::{Object, OwnerReference};
use crate::pod_security::PodSecurity;
use crate::pod_settings::PodSettings;
use crate::pool::Pool;
use std::sync::Arc;

/// What objects have in common.
pub(crate) struct Pools {
    texts: Pool<str>,
    labels: Pool<Labels>,
    references: Pool<OwnerReference>,
    settings: Pool<PodSettings>,
    securities: Pool<PodSecurity>,
}

impl Pools {
    pub(crate) fn new() -> Self {
        Self {
            texts: Pool::new(),
            labels: Pool::new(),
            references: Pool::new(),
            settings: Pool::new(),
            securities: Pool::new(),
        }
    }

    /// Replaces what an object has in common with others by what they hold.
    pub(crate) fn share(&mut self, object: &mut Object) {
        match object {
            Object::Pod(pod) => {
                self.texts.share(&mut pod.name.namespace);
                let texts = [&mut pod.node, &mut pod.service_account];
                for text in texts.into_iter().flatten() {
                    self.texts.share(text);
                }
                self.share_labels(&mut pod.labels);
                self.share_reference(&mut pod.owner);
                self.settings.share(&mut pod.settings);
                self.securities.share(&mut pod.security);
            }
            Object::Namespace(namespace) => {
                self.texts.share(&mut namespace.name);
                self.share_labels(&mut namespace.labels);
                self.share_labels(&mut namespace.annotations);
            }
            Object::Service(service) => {
                self.texts.share(&mut service.name.namespace);
                self.texts.share(&mut service.name.name);
                self.share_labels(&mut service.labels);
                self.share_labels(&mut service.selector);
            }
            Object::EndpointSlice(slice) => {
                self.texts.share(&mut slice.name.namespace);
                self.texts.share(&mut slice.service);
            }
            Object::Owner(owner) => {
                self.texts.share(&mut owner.uid);
                self.share_labels(&mut owner.labels);
                self.share_reference(&mut owner.owner);
            }
            Object::Node(node) => {
                self.texts.share(&mut node.name);
                self.share_labels(&mut node.labels);
            }
            Object::NetworkPolicy(policy) => self.texts.share(&mut policy.name.namespace),
            Object::Mesh(object) => self.texts.share(&mut object.name.namespace),
        }
    }

    fn share_labels(&mut self, labels: &mut Arc<Labels>) {
        let mut shared = Labels::clone(labels);
        for (key, value) in &mut shared.0 {
            self.texts.share(key);
            self.texts.share(value);
        }
        *labels = Arc::new(shared);
        self.labels.share(labels);
    }

    fn share_reference(&mut self, reference: &mut Option<Arc<OwnerReference>>) {
        let Some(reference) = reference else { return };
        let mut shared = OwnerReference::clone(reference);
        self.texts.share(&mut shared.kind_name);
        self.texts.share(&mut shared.name);
        self.texts.share(&mut shared.uid);
        *reference = Arc::new(shared);
        self.references.share(reference);
    }

    pub(crate) fn sweep(&mut self) {
        // Sets of labels hold texts: they go first.
        self.labels.sweep();
        self.references.sweep();
        self.settings.sweep();
        self.securities.sweep();
        self.texts.sweep();
    }

    pub(crate) fn len(&self) -> usize {
        let texts_and_labels = self.texts.len().saturating_add(self.labels.len());
        let others = self.references.len().saturating_add(self.settings.len());
        texts_and_labels
            .saturating_add(others)
            .saturating_add(self.securities.len())
    }
}
