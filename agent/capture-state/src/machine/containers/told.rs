//! What an event tells of a container, from its JSON.
//!
//! Falco's container plugin wrote it: a text that it does not know is empty, a list may be `null`.

use super::Address;
use saker_container_metadata::{ContainerInfo, ContainerKind, Image, Labels, Mount, PodSandbox};
use saker_process_state::{ContainerId, Runtime};
use serde::Deserialize;
use std::sync::Arc;

/// Longest JSON of one container, bytes.
const JSON_BYTES_MAX: usize = 1 << 20;

/// What a capture tells of a container.
#[derive(Debug)]
pub struct ToldContainer {
    /// What `container.id` shows.
    pub id: Box<str>,
    /// What `container.type` shows; empty for kinds that Falco does not name.
    pub type_name: &'static str,
    /// Everything else. What Falco has empty is `None`.
    pub info: ContainerInfo,
    pub(super) address: Address,
    /// Bytes that it counts as.
    pub(super) bytes: usize,
}

impl ToldContainer {
    /// What the JSON tells, if it is any.
    pub(super) fn parse(json: &[u8]) -> Option<Self> {
        if json.len() > JSON_BYTES_MAX {
            return None;
        }
        let Envelope { container } = serde_json::from_slice(json).ok()?;
        Some(Self {
            type_name: type_name(container.container_type),
            address: Address::of(&container.ip),
            bytes: json.len(),
            id: container.id.clone(),
            info: container.into_info(),
        })
    }
}

#[derive(Deserialize)]
struct Envelope {
    container: Told,
}

#[derive(Deserialize)]
#[serde(default)]
struct Told {
    #[serde(rename = "type")]
    container_type: u32,
    id: Box<str>,
    full_id: Box<str>,
    name: Box<str>,
    image: Box<str>,
    imageid: Box<str>,
    imagerepo: Box<str>,
    imagetag: Box<str>,
    imagedigest: Box<str>,
    ip: Box<str>,
    cni_json: Box<str>,
    privileged: bool,
    host_pid: bool,
    host_network: bool,
    host_ipc: bool,
    is_pod_sandbox: bool,
    /// Seconds since the epoch.
    created_time: i64,
    labels: Option<Labels>,
    #[serde(rename = "Mounts")]
    mounts: Option<Vec<ToldMount>>,
    pod_sandbox_id: Box<str>,
    pod_sandbox_labels: Option<Labels>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct ToldMount {
    source: Box<str>,
    destination: Box<str>,
    mode: Box<str>,
    #[serde(rename = "RW")]
    is_writable: bool,
    propagation: Box<str>,
}

impl Default for Told {
    fn default() -> Self {
        Self {
            container_type: UNKNOWN_TYPE,
            id: Box::default(),
            full_id: Box::default(),
            name: Box::default(),
            image: Box::default(),
            imageid: Box::default(),
            imagerepo: Box::default(),
            imagetag: Box::default(),
            imagedigest: Box::default(),
            ip: Box::default(),
            cni_json: Box::default(),
            privileged: false,
            host_pid: false,
            host_network: false,
            host_ipc: false,
            is_pod_sandbox: false,
            created_time: 0,
            labels: None,
            mounts: None,
            pod_sandbox_id: Box::default(),
            pod_sandbox_labels: None,
        }
    }
}

impl Told {
    fn into_info(self) -> ContainerInfo {
        let id = if self.full_id.is_empty() {
            &self.id
        } else {
            &self.full_id
        };
        let mut info = ContainerInfo::new(ContainerId::new(id), runtime(self.container_type));
        if self.is_pod_sandbox {
            info.kind = ContainerKind::Sandbox;
        }
        info.image = Image {
            reference: known(self.image),
            id: known(self.imageid),
            repository: known(self.imagerepo),
            tag: known(self.imagetag),
            digest: known(self.imagedigest),
        };
        info.name = known(self.name);
        info.privileged = Some(self.privileged);
        info.host_pid = Some(self.host_pid);
        info.host_network = Some(self.host_network);
        info.host_ipc = Some(self.host_ipc);
        info.mounts = Some(self.mounts.into_iter().flatten().map(Mount::from).collect());
        info.ip = self.ip.parse().ok();
        info.cni_json = known(self.cni_json);
        info.created_wall_ns = u64::try_from(self.created_time)
            .ok()
            .filter(|seconds| *seconds > 0)
            .and_then(|seconds| seconds.checked_mul(1_000_000_000));
        let label = |key| Some(self.labels.as_ref()?.get(key)?.clone());
        info.pod = Some(Arc::new(PodSandbox {
            id: self.pod_sandbox_id,
            name: label("io.kubernetes.pod.name"),
            namespace: label("io.kubernetes.pod.namespace"),
            uid: label("io.kubernetes.pod.uid"),
            labels: self.pod_sandbox_labels.filter(|labels| !labels.is_empty()),
            // Of a container whose network nobody told, the sandbox's own event tells the address.
            ip: info.cni_json.as_ref().and(info.ip),
            cni_json: info.cni_json.clone(),
        }));
        info.labels = Some(self.labels.unwrap_or_default());
        info
    }
}

impl From<ToldMount> for Mount {
    fn from(told: ToldMount) -> Self {
        Self {
            source: told.source,
            destination: told.destination,
            mode: told.mode,
            is_writable: told.is_writable,
            propagation: told.propagation,
        }
    }
}

fn known(text: Box<str>) -> Option<Box<str>> {
    (!text.is_empty()).then_some(text)
}

/// `CT_UNKNOWN`.
const UNKNOWN_TYPE: u32 = 0xffff;

/// What Falco calls a type of containers.
const fn type_name(container_type: u32) -> &'static str {
    match container_type {
        0 => "docker",
        1 => "lxc",
        2 => "libvirt-lxc",
        3 => "mesos",
        4 => "rkt",
        6 => "cri",
        7 => "containerd",
        8 => "cri-o",
        9 => "bpm",
        11 => "podman",
        0xfffe => "host",
        _ => "",
    }
}

const fn runtime(container_type: u32) -> Runtime {
    match container_type {
        0 => Runtime::Docker,
        1 => Runtime::Lxc,
        2 => Runtime::LibvirtLxc,
        7 => Runtime::Containerd,
        8 => Runtime::Crio,
        9 => Runtime::Bpm,
        11 => Runtime::Podman,
        _ => Runtime::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::ToldContainer;
    use std::net::IpAddr;

    #[test]
    fn everything_that_falco_writes_is_kept() {
        let told = ToldContainer::parse(
            br#"{"container": {
                "Mounts": [{"Destination": "/data", "Mode": "z", "Propagation": "rprivate",
                    "RW": true, "Source": "/srv/data"}],
                "cni_json": "[]", "created_time": 1730971086, "env": [], "full_id": "32a1026ccb88a551",
                "host_ipc": false, "host_network": true, "host_pid": false, "id": "32a1026ccb88",
                "image": "fedora:38", "imagedigest": "sha256:b9ff", "imageid": "0ca0",
                "imagerepo": "fedora", "imagetag": "38", "ip": "172.17.0.2", "is_pod_sandbox": false,
                "labels": {"io.kubernetes.pod.name": "web-0", "tier": "front"},
                "name": "youthful_babbage", "pod_sandbox_id": "5ea733068030aa",
                "pod_sandbox_labels": {"app": "web"}, "port_mappings": [], "privileged": true,
                "type": 7
            }}"#,
        )
        .unwrap();
        assert_eq!((&*told.id, told.type_name), ("32a1026ccb88", "containerd"));
        let info = &told.info;
        assert_eq!(info.id.full(), "32a1026ccb88a551");
        assert_eq!(info.name.as_deref(), Some("youthful_babbage"));
        assert_eq!(info.image.reference.as_deref(), Some("fedora:38"));
        assert_eq!(info.image.digest.as_deref(), Some("sha256:b9ff"));
        assert_eq!(info.privileged, Some(true));
        assert_eq!(
            (info.host_network, info.host_pid),
            (Some(true), Some(false))
        );
        assert_eq!(info.created_wall_ns, Some(1_730_971_086_000_000_000));
        let [mount] = info.mounts.as_deref().unwrap() else {
            panic!("{:?}", info.mounts);
        };
        assert_eq!(
            (&*mount.source, &*mount.destination),
            ("/srv/data", "/data")
        );
        assert!(mount.is_writable);
        let pod = info.pod.as_ref().unwrap();
        assert_eq!(&*pod.id, "5ea733068030aa");
        assert_eq!(pod.name.as_deref(), Some("web-0"));
        assert_eq!(pod.uid, None);
        assert_eq!(pod.ip, Some(IpAddr::from([172, 17, 0, 2])));
        assert_eq!(pod.labels.as_ref().unwrap().len(), 1);
    }

    #[test]
    fn what_old_captures_leave_out_is_empty() {
        let json =
            br#"{"container": {"id": "a", "labels": null, "Mounts": null, "type": 4294967295}}"#;
        let told = ToldContainer::parse(json).unwrap();
        assert_eq!((told.info.id.full(), told.type_name), ("a", ""));
        assert_eq!(told.info.image.reference, None);
        assert_eq!(told.info.mounts.as_deref(), Some(&[][..]));
        assert!(told.info.labels.unwrap().is_empty());
        assert_eq!(told.info.ip, None);
    }

    #[test]
    fn what_is_no_description_tells_nothing() {
        for json in [
            &b""[..],
            b"{",
            b"[]",
            b"{\"container\": 3}",
            b"{\"container\": {\"id\": 7}}",
            b"{\"container\": {\"id\": \"a\", \"labels\": {\"b\": 1}}}",
            b"{\"container\": {\"id\": \"a\", \"Mounts\": [3]}}",
            b"{\"container\": {\"id\": \"\xff\"}}",
        ] {
            assert!(
                ToldContainer::parse(json).is_none(),
                "{}",
                json.escape_ascii()
            );
        }
        let long = format!(
            r#"{{"container": {{"id": "a", "name": "{}"}}}}"#,
            "n".repeat(super::JSON_BYTES_MAX)
        );
        assert!(ToldContainer::parse(long.as_bytes()).is_none());
    }
}
