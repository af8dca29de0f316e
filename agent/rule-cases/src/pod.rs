//! From a case to an event of the source `pod`.

use std::sync::Arc;

use saker_kube_metadata::{Object, Pod, PodEvent, PodEventKind};
use serde::Deserialize;

use crate::case::{Happening, PodHappening};
use crate::error::Problem;
use crate::world::BOOT_WALL_NS;

/// What happens to a pod.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PodFacts {
    /// What happens: `pod_seen` unless stated, or `pod_changed`.
    #[serde(rename = "type")]
    event_type: Option<String>,
    /// Name of the pod; needed where the manifests have several.
    name: Option<String>,
}

impl PodFacts {
    /// What happens, to a pod of the manifests that stand beside it.
    pub(crate) fn happening(&self, happening: Happening) -> Result<PodHappening, Problem> {
        for (key, is_there) in [
            ("type", !happening.event.event_type.is_empty()),
            ("args", !happening.event.args.is_empty()),
            ("ancestors", !happening.ancestors.is_empty()),
            ("container", happening.container.is_some()),
        ] {
            if is_there {
                return Err(Problem::NotOfPod { key });
            }
        }
        let objects = happening.objects.unwrap_or_default();
        let event = PodEvent {
            kind: self.kind()?,
            pod: Arc::new(self.pod(&objects)?.clone()),
            time_wall_ns: u64::try_from(BOOT_WALL_NS).unwrap_or_default(),
        };
        Ok(PodHappening { event, objects })
    }

    fn kind(&self) -> Result<PodEventKind, Problem> {
        let Some(named) = &self.event_type else {
            return Ok(PodEventKind::Seen);
        };
        let mut kinds = PodEventKind::ALL.into_iter();
        kinds
            .find(|kind| kind.name() == named)
            .ok_or_else(|| Problem::UnknownEvent {
                event: named.clone(),
                remedy: "what happens to pods is 'pod_seen' or 'pod_changed'".to_owned(),
            })
    }

    fn pod<'o>(&self, objects: &'o [Object]) -> Result<&'o Pod, Problem> {
        let mut pods = objects.iter().filter_map(|object| match object {
            Object::Pod(pod) => Some(pod),
            _ => None,
        });
        let mut pods = pods.by_ref().filter(|pod| {
            let name = self.name.as_deref();
            name.is_none_or(|name| *pod.name.name == *name)
        });
        match (pods.next(), pods.next()) {
            (Some(pod), None) => Ok(pod),
            _ => Err(Problem::NotOnePod),
        }
    }
}
