//! What is read of the replies; all else in them is skipped, a container's environment first of all.

use serde::Deserialize;
use std::collections::BTreeMap;

/// One of the replies to `/containers/json`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Listed {
    pub(super) id: String,
}

/// Reply to `/containers/{id}/json`, of Docker and of libpod.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Inspected {
    pub(super) id: String,
    pub(super) created: Option<String>,
    pub(super) name: Option<String>,
    /// Id of the image.
    #[serde(default)]
    pub(super) image: String,
    pub(super) state: Option<State>,
    pub(super) config: Option<Config>,
    pub(super) host_config: Option<HostConfig>,
    pub(super) network_settings: Option<NetworkSettings>,
    pub(super) mounts: Option<Vec<MountPoint>>,
    /// Only libpod.
    pub(super) image_name: Option<String>,
    /// Only libpod.
    pub(super) image_digest: Option<String>,
    /// Only libpod.
    pub(super) is_infra: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct State {
    pub(super) started_at: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Config {
    /// The image as it was asked for.
    pub(super) image: Option<String>,
    pub(super) labels: Option<BTreeMap<String, String>>,
    pub(super) healthcheck: Option<Healthcheck>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Healthcheck {
    pub(super) test: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct HostConfig {
    pub(super) privileged: Option<bool>,
    pub(super) network_mode: Option<String>,
    pub(super) pid_mode: Option<String>,
    pub(super) ipc_mode: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct NetworkSettings {
    /// The address in the default network; Docker has it no more since version 1.52 of its API.
    #[serde(rename = "IPAddress")]
    pub(super) address: Option<String>,
    pub(super) networks: Option<BTreeMap<String, Option<Endpoint>>>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Endpoint {
    #[serde(rename = "IPAddress")]
    pub(super) address: Option<String>,
    #[serde(rename = "GlobalIPv6Address")]
    pub(super) address_v6: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct MountPoint {
    #[serde(default)]
    pub(super) source: String,
    #[serde(default)]
    pub(super) destination: String,
    #[serde(default)]
    pub(super) mode: String,
    #[serde(rename = "RW", default)]
    pub(super) is_writable: bool,
    #[serde(default)]
    pub(super) propagation: String,
}

/// Reply to `/images/{id}/json`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct InspectedImage {
    pub(super) id: Option<String>,
    pub(super) repo_tags: Option<Vec<String>>,
    pub(super) repo_digests: Option<Vec<String>>,
}

/// One line of the reply to `/events`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Event {
    #[serde(rename = "Type", default)]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) action: String,
    pub(super) actor: Option<Actor>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Actor {
    #[serde(rename = "ID", default)]
    pub(super) id: String,
}
