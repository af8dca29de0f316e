//! Calls to a runtime, each with a deadline and a bound on the answer's size.

use super::container;
use super::messages::{
    CONTAINER_RUNNING, CREATED_EVENT, ContainerEventResponse, ContainerFilter,
    ContainerStatusRequest, ContainerStatusResponse, DELETED_EVENT, GetEventsRequest, ImageSpec,
    ImageStatusRequest, ImageStatusResponse, ListContainersRequest, ListContainersResponse,
    ListPodSandboxRequest, ListPodSandboxResponse, PodSandboxFilter, PodSandboxStatusRequest,
    PodSandboxStatusResponse, SANDBOX_READY, STARTED_EVENT, STOPPED_EVENT, StateValue,
    VersionRequest, VersionResponse,
};
use super::sandbox::{Sandbox, Sandboxes};
use crate::client::{Change, Changes, Socket, Version};
use crate::config::RuntimesConfig;
use crate::error::RuntimeError;
use crate::image;
use http::uri::PathAndQuery;
use hyper_util::rt::TokioIo;
use saker_container_metadata::{ContainerInfo, Image};
use saker_process_state::{ContainerId, ContainerRef, Runtime};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::net::UnixStream;
use tokio::time::timeout;
use tonic::client::Grpc;
use tonic::transport::{Channel, Endpoint, Uri};
use tonic::{Code, Request, Status, Streaming};
use tonic_prost::ProstCodec;

/// How long a connection may take.
const CONNECT_WAIT: Duration = Duration::from_secs(2);

/// How long the answer to one call may take.
const CALL_WAIT: Duration = Duration::from_secs(5);

/// Largest answer, bytes. Kubernetes' own clients accept as much; a list of a thousand containers with
/// all their labels and annotations has about two MiB.
const ANSWER_BYTES_MAX: usize = 16 << 20;

/// A runtime that answers by the container runtime interface.
#[derive(Debug)]
pub(crate) struct CriClient {
    channel: Channel,
    version: Version,
    runtime: Runtime,
    label_max_len: usize,
    sandboxes: Sandboxes,
}

impl CriClient {
    /// Connects and asks for the version.
    pub(crate) async fn connect(
        socket: &Socket,
        config: &RuntimesConfig,
    ) -> Result<Self, RuntimeError> {
        let path = socket.path.clone();
        // A channel would connect again by itself; but then nobody would notice that the runtime was
        // restarted, and list its containers again.
        let is_used = AtomicBool::new(false);
        let connector = tower::service_fn(move |_: Uri| {
            let is_first = !is_used.swap(true, Ordering::Relaxed);
            let path = path.clone();
            async move {
                if !is_first {
                    return Err(io::ErrorKind::ConnectionReset.into());
                }
                UnixStream::connect(path).await.map(TokioIo::new)
            }
        });
        // The address is not used: the connector knows the socket.
        let channel = Endpoint::from_static("http://localhost")
            .connect_timeout(CONNECT_WAIT)
            .connect_with_connector(connector)
            .await
            .map_err(|source| RuntimeError::Connect {
                socket: socket.path.clone(),
                source: source.into(),
            })?;
        let mut client = Self {
            channel,
            version: Version::default(),
            runtime: Runtime::Unknown,
            label_max_len: config.label_max_len,
            sandboxes: Sandboxes::default(),
        };
        let answer = client.ask_version().await?;
        client.runtime = match answer.runtime_name.as_str() {
            "containerd" => Runtime::Containerd,
            "cri-o" => Runtime::Crio,
            _ => Runtime::Unknown,
        };
        client.version = Version {
            name: answer.runtime_name,
            version: answer.runtime_version,
        };
        Ok(client)
    }

    /// What the runtime called itself when it was connected to.
    pub(crate) fn version(&self) -> &Version {
        &self.version
    }

    /// Whether the runtime still answers.
    pub(crate) async fn check(&self) -> Result<(), RuntimeError> {
        self.ask_version().await.map(|_| ())
    }

    /// Everything that the runtime knows about a container or a sandbox.
    pub(crate) async fn inspect(
        &self,
        container: &ContainerRef,
    ) -> Result<Option<ContainerInfo>, RuntimeError> {
        let id = container.id.full();
        let request = ContainerStatusRequest {
            container_id: id.to_owned(),
            verbose: true,
        };
        let answer: Option<ContainerStatusResponse> = known(
            self.call("/runtime.v1.RuntimeService/ContainerStatus", request)
                .await,
        )?;
        let Some((status, info)) = answer.and_then(|answer| Some((answer.status?, answer.info)))
        else {
            let sandbox = self.sandbox(id).await?;
            return Ok(sandbox.map(|sandbox| sandbox.info(container.id.clone(), self.runtime)));
        };
        let details = container::Details::read(&info);
        let sandbox_id = match details.sandbox_id() {
            Some(sandbox_id) => Some(sandbox_id.to_owned()),
            None => self.sandbox_of(id).await?,
        };
        let sandbox = match &sandbox_id {
            Some(sandbox_id) => self.sandbox(sandbox_id).await?,
            None => None,
        };
        let mut info = container::info(
            container.id.clone(),
            self.runtime,
            status,
            &details,
            self.label_max_len,
        );
        if let Some(sandbox) = sandbox {
            sandbox.complete(&mut info);
        }
        self.complete_image(&mut info.image).await?;
        Ok(Some(info))
    }

    /// The sandbox of a container, for runtimes that do not say it among the details.
    async fn sandbox_of(&self, id: &str) -> Result<Option<String>, RuntimeError> {
        let request = ListContainersRequest {
            filter: Some(ContainerFilter {
                id: id.to_owned(),
                state: None,
            }),
        };
        let answer: ListContainersResponse = self
            .call("/runtime.v1.RuntimeService/ListContainers", request)
            .await?;
        let first = answer.containers.into_iter().next();
        Ok(first.map(|listed| listed.pod_sandbox_id))
    }

    /// Asks about the image where the container's status says too little about it.
    async fn complete_image(&self, image: &mut Image) -> Result<(), RuntimeError> {
        if image.id.is_some() && image.digest.is_some() {
            return Ok(());
        }
        let Some(reference) = &image.reference else {
            return Ok(());
        };
        let request = ImageStatusRequest {
            image: Some(ImageSpec {
                image: reference.to_string(),
            }),
        };
        let answer: Option<ImageStatusResponse> = known(
            self.call("/runtime.v1.ImageService/ImageStatus", request)
                .await,
        )?;
        if let Some(found) = answer.and_then(|answer| answer.image) {
            image::complete(image, &found.id, &found.repo_digests);
        }
        Ok(())
    }

    /// The containers and sandboxes that run now.
    pub(crate) async fn list(&self) -> Result<Vec<ContainerId>, RuntimeError> {
        let running = ListContainersRequest {
            filter: Some(ContainerFilter {
                id: String::new(),
                state: Some(StateValue {
                    state: CONTAINER_RUNNING,
                }),
            }),
        };
        let ready = ListPodSandboxRequest {
            filter: Some(PodSandboxFilter {
                state: Some(StateValue {
                    state: SANDBOX_READY,
                }),
            }),
        };
        let containers: ListContainersResponse = self
            .call("/runtime.v1.RuntimeService/ListContainers", running)
            .await?;
        let sandboxes: ListPodSandboxResponse = self
            .call("/runtime.v1.RuntimeService/ListPodSandbox", ready)
            .await?;
        let containers = containers.containers.iter().map(|listed| &listed.id);
        let sandboxes = sandboxes.items.iter().map(|listed| &listed.id);
        let all = containers.chain(sandboxes);
        Ok(all.map(|id| ContainerId::new(id)).collect())
    }

    /// Sends what happens to containers, until the runtime ends the stream.
    pub(crate) async fn watch(&self, changes: &Changes) -> Result<(), RuntimeError> {
        let mut grpc = self.ready("GetContainerEvents").await?;
        let path = PathAndQuery::from_static("/runtime.v1.RuntimeService/GetContainerEvents");
        let codec = ProstCodec::<GetEventsRequest, ContainerEventResponse>::default();
        // The stream itself has no deadline, and neither has its beginning: a runtime sends nothing,
        // not even the headers, before something happens.
        let stream = grpc
            .server_streaming(Request::new(GetEventsRequest {}), path, codec)
            .await
            .map_err(of_stream)?;
        let mut stream: Streaming<ContainerEventResponse> = stream.into_inner();
        while let Some(event) = stream.message().await.map_err(of_stream)? {
            let id = ContainerId::new(&event.container_id);
            let change = match event.container_event_type {
                CREATED_EVENT | STARTED_EVENT => Change::Began(id),
                STOPPED_EVENT | DELETED_EVENT => {
                    self.sandboxes.forget(&event.container_id);
                    Change::Ended(id)
                }
                _ => continue,
            };
            if changes.send(change).await.is_err() {
                break;
            }
        }
        Ok(())
    }

    /// A sandbox: of its container's many questions the first one asks the runtime.
    async fn sandbox(&self, id: &str) -> Result<Option<Arc<Sandbox>>, RuntimeError> {
        if let Some(sandbox) = self.sandboxes.get(id) {
            return Ok(Some(sandbox));
        }
        let request = PodSandboxStatusRequest {
            pod_sandbox_id: id.to_owned(),
            verbose: true,
        };
        let answer: Option<PodSandboxStatusResponse> = known(
            self.call("/runtime.v1.RuntimeService/PodSandboxStatus", request)
                .await,
        )?;
        let sandbox = answer.and_then(|answer| Sandbox::read(answer, self.label_max_len));
        Ok(sandbox.map(|sandbox| self.sandboxes.keep(sandbox)))
    }

    async fn ask_version(&self) -> Result<VersionResponse, RuntimeError> {
        let request = VersionRequest {
            version: "v1".to_owned(),
        };
        self.call("/runtime.v1.RuntimeService/Version", request)
            .await
    }

    /// Calls a method; its path is `/<service>/<method>`.
    async fn call<Q, A>(&self, path: &'static str, request: Q) -> Result<A, RuntimeError>
    where
        Q: prost::Message + 'static,
        A: prost::Message + Default + 'static,
    {
        let name = path.rsplit('/').next().unwrap_or(path);
        let answered = async {
            let mut grpc = self.ready(name).await?;
            let path = PathAndQuery::from_static(path);
            let codec = ProstCodec::<Q, A>::default();
            grpc.unary(Request::new(request), path, codec)
                .await
                .map(tonic::Response::into_inner)
                .map_err(|status| match status.code() {
                    Code::Unimplemented => RuntimeError::Unsupported { call: name },
                    _ => RuntimeError::Call {
                        call: name,
                        source: status.into(),
                    },
                })
        };
        timeout(CALL_WAIT, answered)
            .await
            .unwrap_or(Err(RuntimeError::TimedOut {
                call: name,
                after: CALL_WAIT,
            }))
    }

    async fn ready(&self, call: &'static str) -> Result<Grpc<Channel>, RuntimeError> {
        let mut grpc = Grpc::new(self.channel.clone()).max_decoding_message_size(ANSWER_BYTES_MAX);
        grpc.ready().await.map_err(|source| RuntimeError::Call {
            call,
            source: source.into(),
        })?;
        Ok(grpc)
    }
}

/// What a runtime does not know is no error.
fn known<A>(answer: Result<A, RuntimeError>) -> Result<Option<A>, RuntimeError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(RuntimeError::Call { source, .. })
            if source
                .downcast_ref::<Status>()
                .is_some_and(|status| status.code() == Code::NotFound) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn of_stream(status: Status) -> RuntimeError {
    // containerd before 1.7 does not know the call.
    if status.code() == Code::Unimplemented {
        return RuntimeError::NoEvents;
    }
    RuntimeError::Call {
        call: "GetContainerEvents",
        source: status.into(),
    }
}
