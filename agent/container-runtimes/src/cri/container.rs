//! A container as the interface describes it.

use super::messages::ContainerStatus;
use crate::{bounds, image};
use saker_container_metadata::{ContainerInfo, Image, Mount};
use saker_process_state::{ContainerId, Runtime};
use serde::Deserialize;
use std::collections::HashMap;

/// Annotations that name the image, of containerd and CRI-O, in the order in which they count.
const IMAGE_ANNOTATIONS: [&str; 3] = [
    "io.kubernetes.cri.image-name",
    "io.kubernetes.cri-o.Image",
    "io.kubernetes.cri-o.ImageName",
];

/// What only this runtime says of a container. What is not there, or not what it should be, counts as
/// not said.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Details {
    #[serde(rename = "sandboxID")]
    sandbox_id: Option<String>,
    privileged: Option<bool>,
    config: Option<Config>,
    #[serde(rename = "runtimeSpec")]
    runtime_spec: Option<RuntimeSpec>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Config {
    image: Option<ConfigImage>,
    linux: Option<Linux>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ConfigImage {
    image: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Linux {
    security_context: Option<SecurityContext>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SecurityContext {
    privileged: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RuntimeSpec {
    annotations: Option<HashMap<String, String>>,
}

impl Details {
    /// Reads what stands under the key `info`.
    pub(super) fn read(info: &HashMap<String, String>) -> Self {
        info.get("info")
            .and_then(|json| serde_json::from_str(json).ok())
            .unwrap_or_default()
    }

    /// The sandbox that the container belongs to.
    pub(super) fn sandbox_id(&self) -> Option<&str> {
        self.sandbox_id
            .as_deref()
            .filter(|id| !id.is_empty() && bounds::is_id(id))
    }

    /// Whether all privileges were asked for. A configuration leaves it out where it is not so.
    fn is_privileged(&self) -> Option<bool> {
        let configured = self.config.as_ref().map(|config| {
            let context = config
                .linux
                .as_ref()
                .and_then(|linux| linux.security_context.as_ref());
            context
                .and_then(|context| context.privileged)
                .unwrap_or(false)
        });
        configured.or(self.privileged)
    }

    fn image_name(&self) -> Option<&str> {
        let annotations = self.runtime_spec.as_ref()?.annotations.as_ref()?;
        IMAGE_ANNOTATIONS
            .into_iter()
            .find_map(|key| annotations.get(key))
            .map(String::as_str)
    }

    /// The id by which the image was asked for, where it was.
    fn image_id(&self) -> Option<&str> {
        let image = self.config.as_ref()?.image.as_ref()?.image.as_deref()?;
        image.strip_prefix("sha256:")
    }
}

/// A container, without what its sandbox says.
pub(super) fn info(
    id: ContainerId,
    runtime: Runtime,
    status: ContainerStatus,
    details: &Details,
    label_max_len: usize,
) -> ContainerInfo {
    let asked = status.image.unwrap_or_default().image;
    let image_id = details
        .image_id()
        .unwrap_or_else(|| image::plain_id(&status.image_id));
    ContainerInfo {
        name: status
            .metadata
            .and_then(|metadata| bounds::text(&metadata.name)),
        image: Image {
            id: bounds::text(image_id),
            ..image::of_container(&asked, &status.image_ref, details.image_name())
        },
        privileged: details.is_privileged(),
        mounts: Some(bounds::mounts(status.mounts.into_iter().map(|mount| {
            Mount {
                source: mount.host_path.into(),
                destination: mount.container_path.into(),
                mode: Box::default(),
                is_writable: !mount.readonly,
                propagation: propagation(mount.propagation).into(),
            }
        }))),
        labels: Some(bounds::labels(status.labels, label_max_len)),
        created_wall_ns: time(status.created_at),
        started_wall_ns: time(status.started_at),
        ..ContainerInfo::new(id, runtime)
    }
}

/// A time that is there.
pub(super) fn time(wall_ns: i64) -> Option<u64> {
    u64::try_from(wall_ns).ok().filter(|wall_ns| *wall_ns > 0)
}

/// As Falco names it.
const fn propagation(number: i32) -> &'static str {
    match number {
        0 => "private",
        1 => "rslave",
        2 => "rshared",
        _ => "unknown",
    }
}

#[cfg(test)]
mod tests;
