//! The specification of a container by the Open Container Initiative: `config.json` of its bundle.

use super::file::null_as_default;
use crate::bounds;
use saker_container_metadata::Mount;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::HashMap;

/// What is read of a specification.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Spec {
    #[serde(deserialize_with = "null_as_default")]
    pub(super) annotations: HashMap<String, String>,
    #[serde(deserialize_with = "null_as_default")]
    mounts: Vec<SpecMount>,
    #[serde(deserialize_with = "null_as_default")]
    process: Process,
    #[serde(deserialize_with = "null_as_default")]
    linux: Linux,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Process {
    #[serde(deserialize_with = "null_as_default")]
    capabilities: Capabilities,
    apparmor_profile: String,
    selinux_label: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Capabilities {
    #[serde(deserialize_with = "null_as_default")]
    bounding: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SpecMount {
    destination: String,
    source: String,
    r#type: String,
    #[serde(deserialize_with = "null_as_default")]
    options: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Linux {
    #[serde(deserialize_with = "null_as_default")]
    namespaces: Vec<Namespace>,
    masked_paths: Option<Vec<IgnoredAny>>,
    readonly_paths: Option<Vec<IgnoredAny>>,
    seccomp: Option<IgnoredAny>,
    rootfs_propagation: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Namespace {
    r#type: String,
}

/// Which mounts of a specification are shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mounts {
    /// Those that somebody asked for: folders and files of the host.
    Asked,
    /// All, as Falco shows them of containers that containerd's own tools made.
    All,
}

impl Spec {
    /// Whether the container does without this namespace: it uses the host's.
    pub(super) fn is_hosts(&self, namespace: &str) -> bool {
        !self
            .linux
            .namespaces
            .iter()
            .any(|found| found.r#type == namespace)
    }

    /// An annotation that is not empty.
    pub(super) fn annotation(&self, key: &str) -> Option<&str> {
        self.annotations
            .get(key)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// Whether nothing is kept from the container: nothing masked, no profile, every capability.
    pub(super) fn is_privileged(&self) -> bool {
        let linux = &self.linux;
        let process = &self.process;
        let is_confined = linux
            .masked_paths
            .as_ref()
            .is_some_and(|paths| !paths.is_empty())
            || linux
                .readonly_paths
                .as_ref()
                .is_some_and(|paths| !paths.is_empty())
            || linux.seccomp.is_some()
            || !process.selinux_label.is_empty()
            || !matches!(&*process.apparmor_profile, "" | "unconfined");
        let is_kernel_readonly = self
            .mounts
            .iter()
            .any(|mount| matches!(&*mount.r#type, "sysfs" | "cgroup") && mount.has("ro"));
        let may_administer = process
            .capabilities
            .bounding
            .iter()
            .any(|capability| capability == "CAP_SYS_ADMIN");
        !is_confined && !is_kernel_readonly && may_administer
    }

    /// The mounts, in their order.
    pub(super) fn mounts(&self, which: Mounts) -> Box<[Mount]> {
        let shown = self.mounts.iter().filter(|mount| {
            which == Mounts::All
                || mount.r#type == "bind"
                || mount.has("bind")
                || mount.has("rbind")
        });
        bounds::mounts(shown.map(|mount| {
            let mode = mount
                .options
                .iter()
                .find_map(|option| option.strip_prefix("mode="));
            Mount {
                source: (&*mount.source).into(),
                destination: (&*mount.destination).into(),
                mode: mode.unwrap_or_default().into(),
                is_writable: !mount.has("ro"),
                propagation: self.propagation(mount, which).into(),
            }
        }))
    }

    /// As the interface names it; of containers that containerd's own tools made, Falco shows the
    /// root's.
    fn propagation(&self, mount: &SpecMount, which: Mounts) -> &str {
        if which == Mounts::All {
            return &self.linux.rootfs_propagation;
        }
        ["rshared", "rslave"]
            .into_iter()
            .find(|propagation| mount.has(propagation))
            .unwrap_or("private")
    }
}

impl SpecMount {
    fn has(&self, option: &str) -> bool {
        self.options.iter().any(|found| found == option)
    }
}
