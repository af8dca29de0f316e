//! The messages of the container runtime interface, version `runtime.v1`: those calls, and of their
//! messages those fields, that are read here. A field's number is the interface's.
//!
//! Written down instead of generated, because the build then needs no protobuf compiler, and because a
//! field that is not declared is skipped while a message is decoded: what nobody reads takes no memory.
//!
//! Source: <https://github.com/kubernetes/cri-api/blob/master/pkg/apis/runtime/v1/api.proto>.

use std::collections::HashMap;

/// Asks for the version.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct VersionRequest {
    /// Version of the interface that is expected.
    #[prost(string, tag = "1")]
    pub(crate) version: String,
}

/// Who answers.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct VersionResponse {
    /// `containerd`, `cri-o`.
    #[prost(string, tag = "2")]
    pub(crate) runtime_name: String,
    /// Its version.
    #[prost(string, tag = "3")]
    pub(crate) runtime_version: String,
}

/// Asks for containers: all that run.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ListContainersRequest {
    /// Which ones.
    #[prost(message, optional, tag = "1")]
    pub(crate) filter: Option<ContainerFilter>,
}

/// Which containers.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ContainerFilter {
    /// The one with this id; any where it is empty.
    #[prost(string, tag = "1")]
    pub(crate) id: String,
    /// In which state.
    #[prost(message, optional, tag = "2")]
    pub(crate) state: Option<StateValue>,
}

/// A state; of a container, or of a sandbox.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct StateValue {
    /// [`CONTAINER_RUNNING`] or [`SANDBOX_READY`].
    #[prost(int32, tag = "1")]
    pub(crate) state: i32,
}

/// State of a container that runs.
pub(crate) const CONTAINER_RUNNING: i32 = 1;

/// State of a sandbox that is ready.
pub(crate) const SANDBOX_READY: i32 = 0;

/// The containers.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ListContainersResponse {
    /// Each.
    #[prost(message, repeated, tag = "1")]
    pub(crate) containers: Vec<ListedContainer>,
}

/// A container in a list.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ListedContainer {
    #[prost(string, tag = "1")]
    pub(crate) id: String,
    #[prost(string, tag = "2")]
    pub(crate) pod_sandbox_id: String,
}

/// Asks for sandboxes: all that are ready.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ListPodSandboxRequest {
    /// Which ones.
    #[prost(message, optional, tag = "1")]
    pub(crate) filter: Option<PodSandboxFilter>,
}

/// Which sandboxes.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct PodSandboxFilter {
    /// In which state.
    #[prost(message, optional, tag = "2")]
    pub(crate) state: Option<StateValue>,
}

/// The sandboxes.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ListPodSandboxResponse {
    /// Each.
    #[prost(message, repeated, tag = "1")]
    pub(crate) items: Vec<ListedSandbox>,
}

/// A sandbox in a list.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ListedSandbox {
    #[prost(string, tag = "1")]
    pub(crate) id: String,
}

/// Asks about a container.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ContainerStatusRequest {
    /// Its id.
    #[prost(string, tag = "1")]
    pub(crate) container_id: String,
    /// Whether what only this runtime says is wanted too.
    #[prost(bool, tag = "2")]
    pub(crate) verbose: bool,
}

/// What a container is.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ContainerStatusResponse {
    /// What every runtime says.
    #[prost(message, optional, tag = "1")]
    pub(crate) status: Option<ContainerStatus>,
    /// What only this runtime says: JSON under the key `info`.
    #[prost(map = "string, string", tag = "2")]
    pub(crate) info: HashMap<String, String>,
}

/// What every runtime says about a container.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ContainerStatus {
    #[prost(string, tag = "1")]
    pub(crate) id: String,
    #[prost(message, optional, tag = "2")]
    pub(crate) metadata: Option<ContainerMetadata>,
    /// Nanoseconds since the epoch.
    #[prost(int64, tag = "4")]
    pub(crate) created_at: i64,
    /// Nanoseconds since the epoch; 0 before the start.
    #[prost(int64, tag = "5")]
    pub(crate) started_at: i64,
    #[prost(message, optional, tag = "8")]
    pub(crate) image: Option<ImageSpec>,
    /// `repository@sha256:…`, `sha256:…`.
    #[prost(string, tag = "9")]
    pub(crate) image_ref: String,
    #[prost(map = "string, string", tag = "12")]
    pub(crate) labels: HashMap<String, String>,
    #[prost(message, repeated, tag = "14")]
    pub(crate) mounts: Vec<Mount>,
    /// Since version 1.29 of Kubernetes.
    #[prost(string, tag = "17")]
    pub(crate) image_id: String,
}

/// Name of a container.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ContainerMetadata {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
}

/// An image as it is asked for.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ImageSpec {
    #[prost(string, tag = "1")]
    pub(crate) image: String,
}

/// A mount of a container.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Mount {
    #[prost(string, tag = "1")]
    pub(crate) container_path: String,
    #[prost(string, tag = "2")]
    pub(crate) host_path: String,
    #[prost(bool, tag = "3")]
    pub(crate) readonly: bool,
    /// 0 is private, 1 from the host to the container, 2 both ways.
    #[prost(int32, tag = "5")]
    pub(crate) propagation: i32,
}

/// Asks about a sandbox.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct PodSandboxStatusRequest {
    #[prost(string, tag = "1")]
    pub(crate) pod_sandbox_id: String,
    #[prost(bool, tag = "2")]
    pub(crate) verbose: bool,
}

/// What a sandbox is.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct PodSandboxStatusResponse {
    /// What every runtime says.
    #[prost(message, optional, tag = "1")]
    pub(crate) status: Option<PodSandboxStatus>,
    /// What only this runtime says: JSON under the key `info`.
    #[prost(map = "string, string", tag = "2")]
    pub(crate) info: HashMap<String, String>,
}

/// What every runtime says about a sandbox.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct PodSandboxStatus {
    #[prost(string, tag = "1")]
    pub(crate) id: String,
    #[prost(message, optional, tag = "2")]
    pub(crate) metadata: Option<PodSandboxMetadata>,
    /// Nanoseconds since the epoch.
    #[prost(int64, tag = "4")]
    pub(crate) created_at: i64,
    #[prost(message, optional, tag = "5")]
    pub(crate) network: Option<PodSandboxNetworkStatus>,
    #[prost(message, optional, tag = "6")]
    pub(crate) linux: Option<LinuxPodSandboxStatus>,
    #[prost(map = "string, string", tag = "7")]
    pub(crate) labels: HashMap<String, String>,
}

/// The pod of a sandbox.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct PodSandboxMetadata {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(string, tag = "2")]
    pub(crate) uid: String,
    #[prost(string, tag = "3")]
    pub(crate) namespace: String,
}

/// The first address of a sandbox.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct PodSandboxNetworkStatus {
    /// Empty in the host's network.
    #[prost(string, tag = "1")]
    pub(crate) ip: String,
}

/// What is of Linux about a sandbox.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct LinuxPodSandboxStatus {
    #[prost(message, optional, tag = "1")]
    pub(crate) namespaces: Option<Namespace>,
}

/// Its namespaces.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Namespace {
    #[prost(message, optional, tag = "2")]
    pub(crate) options: Option<NamespaceOption>,
}

/// Whose namespaces it uses.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct NamespaceOption {
    #[prost(int32, tag = "1")]
    pub(crate) network: i32,
    #[prost(int32, tag = "2")]
    pub(crate) pid: i32,
    #[prost(int32, tag = "3")]
    pub(crate) ipc: i32,
}

/// The mode of a namespace that is the host's.
pub(crate) const NAMESPACE_OF_NODE: i32 = 2;

/// Asks about an image.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ImageStatusRequest {
    #[prost(message, optional, tag = "1")]
    pub(crate) image: Option<ImageSpec>,
}

/// What an image is; nothing where it is not there.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ImageStatusResponse {
    #[prost(message, optional, tag = "1")]
    pub(crate) image: Option<FoundImage>,
}

/// An image that is there.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct FoundImage {
    /// `sha256:…`.
    #[prost(string, tag = "1")]
    pub(crate) id: String,
    /// `repository@sha256:…`.
    #[prost(string, repeated, tag = "3")]
    pub(crate) repo_digests: Vec<String>,
}

/// Asks for a stream of what happens to containers.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct GetEventsRequest {}

/// Something happened to a container or a sandbox.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ContainerEventResponse {
    #[prost(string, tag = "1")]
    pub(crate) container_id: String,
    /// One of the constants below.
    #[prost(int32, tag = "2")]
    pub(crate) container_event_type: i32,
}

/// A container was made.
pub(crate) const CREATED_EVENT: i32 = 0;
/// A container was started.
pub(crate) const STARTED_EVENT: i32 = 1;
/// A container stopped.
pub(crate) const STOPPED_EVENT: i32 = 2;
/// A container was removed.
pub(crate) const DELETED_EVENT: i32 = 3;
