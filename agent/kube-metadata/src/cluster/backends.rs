//! Who is behind a service.

use super::Cluster;
use crate::answer::Answer;
use crate::kind::Kind;
use crate::members::SLICES_MAX;
use crate::objects::{Pod, PodPhase, Service};
use crate::state::State;
use std::sync::Arc;

/// Most pods behind a service that are told.
pub const BACKENDS_MAX: usize = 1_024;

impl Cluster {
    /// The pods to which a service leads: those of its slices, or where it has none, as in files, those
    /// that its selector is about. [`Answer::Unknown`] where not all of them are known, or where there are
    /// more than [`BACKENDS_MAX`].
    #[must_use]
    pub fn backends(&self, service: &Service) -> Answer<Vec<Arc<Pod>>> {
        let state = self.read();
        let kinds = [Kind::Pods, Kind::EndpointSlices];
        if let Some(answer) = self.not_synced(&state, &kinds) {
            return answer;
        }
        let slices = state.members.of_service(&service.name);
        if slices.len() >= SLICES_MAX {
            return Answer::Unknown;
        }
        if slices.is_empty() {
            return selected(&state, service);
        }
        let mut pods = Vec::new();
        for uid in slices.iter().flat_map(|slice| &slice.pods) {
            match state.pods.get(uid) {
                Some(pod) if pod.phase == PodPhase::Finished || state.pods.is_ended(uid) => {}
                Some(_) if pods.len() >= BACKENDS_MAX => return Answer::Unknown,
                Some(pod) => pods.push(Arc::clone(pod)),
                None => return self.missing(&state, Kind::Pods, &self.shared.asked_uids, uid),
            }
        }
        Answer::Known(pods)
    }
}

fn selected(state: &State, service: &Service) -> Answer<Vec<Arc<Pod>>> {
    if service.selector.is_empty() {
        return Answer::Known(Vec::new());
    }
    let is_behind = |pod: &&Arc<Pod>| {
        let mut required = service.selector.iter();
        pod.phase == PodPhase::Active
            && pod.name.namespace == service.name.namespace
            && required.all(|(key, value)| pod.labels.get(key) == Some(value))
    };
    let mut pods: Vec<Arc<Pod>> = Vec::new();
    for pod in state.pods.present().filter(is_behind) {
        if pods.len() >= BACKENDS_MAX {
            return Answer::Unknown;
        }
        pods.push(Arc::clone(pod));
    }
    // The table has no order, and nobody wants verdicts that depend on it.
    pods.sort_by(|one, other| one.name.cmp(&other.name));
    Answer::Known(pods)
}
