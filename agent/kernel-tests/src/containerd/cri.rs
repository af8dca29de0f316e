//! A client of the container runtime interface that does what the kubelet does.

use super::messages::{
    CONTAINER_EXITED, ContainerId, ContainerStatus, ContainerStatusResponse,
    CreateContainerRequest, Done, ExecSyncRequest, ExecSyncResponse, ImageSpec, ImageStatusRequest,
    ImageStatusResponse, PodSandboxId, PodSandboxStatusResponse, RunPodSandboxRequest,
};
use super::pod::{Container, Pod};
use http::uri::PathAndQuery;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::time::sleep;
use tonic::client::Grpc;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};
use tonic_prost::ProstCodec;

/// How long a call may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Pause before the state of a container is asked for again.
const PAUSE: Duration = Duration::from_millis(20);

/// A pod that runs.
#[derive(Clone, Debug)]
pub struct Sandbox {
    /// Id of the container that holds its namespaces.
    pub id: String,
    /// What it was made of.
    pub pod: Pod,
}

/// A connection; its copies share it.
#[derive(Clone, Debug)]
pub struct Cri {
    channel: Channel,
    made: Arc<Mutex<Made>>,
}

/// What was made, and must be removed in the end.
#[derive(Debug, Default)]
pub(super) struct Made {
    /// Control groups of pods.
    pub(super) cgroups: Vec<String>,
    /// Ids of sandboxes.
    pub(super) sandboxes: Vec<String>,
}

impl Cri {
    /// Connects when it is first used, and again when the server was restarted. Within a runtime of tokio.
    pub(super) fn new(socket: &Path, made: Arc<Mutex<Made>>) -> Self {
        let endpoint = Endpoint::try_from(format!("unix:{}", socket.display()));
        Self {
            channel: endpoint.expect("a path").connect_lazy(),
            made,
        }
    }

    /// Id of an image, with the algorithm's name, if the server has the image.
    ///
    /// # Errors
    ///
    /// The server does not answer.
    pub async fn image_id(&self, image: &str) -> Result<Option<String>, Status> {
        let image = image.to_owned();
        let request = ImageStatusRequest {
            image: Some(ImageSpec { image }),
        };
        let answer: ImageStatusResponse = self
            .call("/runtime.v1.ImageService/ImageStatus", request)
            .await?;
        Ok(answer.image.map(|image| image.id))
    }

    /// Makes and starts a pod.
    ///
    /// # Errors
    ///
    /// The server refuses, or does not answer.
    pub async fn run(&self, pod: Pod) -> Result<Sandbox, Status> {
        self.made().cgroups.push(pod.cgroup());
        let request = RunPodSandboxRequest {
            config: Some(pod.config()),
        };
        let PodSandboxId { pod_sandbox_id: id } = self.ask("RunPodSandbox", request).await?;
        self.made().sandboxes.push(id.clone());
        Ok(Sandbox { id, pod })
    }

    /// Makes a container in a pod, and returns its id.
    ///
    /// # Errors
    ///
    /// The server refuses, or does not answer.
    pub async fn create(&self, sandbox: &Sandbox, container: &Container) -> Result<String, Status> {
        let image_id = self.image_id(&container.image).await?;
        let image_id = image_id.ok_or_else(|| Status::not_found(&container.image))?;
        let request = CreateContainerRequest {
            pod_sandbox_id: sandbox.id.clone(),
            config: Some(container.config(&sandbox.pod, image_id)),
            sandbox_config: Some(sandbox.pod.config()),
        };
        let ContainerId { container_id } = self.ask("CreateContainer", request).await?;
        Ok(container_id)
    }

    /// Starts the first process of a container.
    ///
    /// # Errors
    ///
    /// The server refuses, or does not answer.
    pub async fn start(&self, container_id: &str) -> Result<(), Status> {
        self.tell("StartContainer", container(container_id)).await
    }

    /// Makes and starts a container, and returns its id.
    ///
    /// # Errors
    ///
    /// The server refuses, or does not answer.
    pub async fn launch(&self, sandbox: &Sandbox, container: &Container) -> Result<String, Status> {
        let id = self.create(sandbox, container).await?;
        self.start(&id).await?;
        Ok(id)
    }

    /// Runs a program in a container to its end, and returns its exit code.
    ///
    /// # Errors
    ///
    /// The server refuses, or does not answer.
    pub async fn execute(&self, container_id: &str, command: &[&str]) -> Result<i32, Status> {
        let request = ExecSyncRequest {
            container_id: container_id.to_owned(),
            command: command.iter().map(|&text| text.to_owned()).collect(),
            timeout: 20,
        };
        let answer: ExecSyncResponse = self.ask("ExecSync", request).await?;
        Ok(answer.exit_code)
    }

    /// The image of a container as it lies in its registry: repository and digest.
    ///
    /// # Errors
    ///
    /// The server refuses, or does not answer.
    pub async fn image_of(&self, container_id: &str) -> Result<String, Status> {
        Ok(self.status(container_id).await?.image_ref)
    }

    /// Waits until the first process of a container has ended, and returns its exit code.
    ///
    /// # Errors
    ///
    /// The server does not answer.
    pub async fn wait(&self, container_id: &str) -> Result<i32, Status> {
        loop {
            let status = self.status(container_id).await?;
            if status.state == CONTAINER_EXITED {
                return Ok(status.exit_code);
            }
            sleep(PAUSE).await;
        }
    }

    async fn status(&self, container_id: &str) -> Result<ContainerStatus, Status> {
        let request = container(container_id);
        let answer: ContainerStatusResponse = self.ask("ContainerStatus", request).await?;
        Ok(answer.status.unwrap_or_default())
    }

    /// Address of a pod; empty where it has the host's network.
    ///
    /// # Errors
    ///
    /// The server refuses, or does not answer.
    pub async fn address(&self, sandbox: &Sandbox) -> Result<String, Status> {
        let answer: PodSandboxStatusResponse = self.ask("PodSandboxStatus", pod(sandbox)).await?;
        let network = answer.status.and_then(|status| status.network);
        Ok(network.unwrap_or_default().ip)
    }

    /// Ends a container at once and removes it.
    ///
    /// # Errors
    ///
    /// The server refuses, or does not answer.
    pub async fn remove(&self, container_id: &str) -> Result<(), Status> {
        self.tell("StopContainer", container(container_id)).await?;
        self.tell("RemoveContainer", container(container_id)).await
    }

    /// Ends a pod with its containers and removes it.
    ///
    /// # Errors
    ///
    /// The server refuses, or does not answer.
    pub async fn remove_pod(&self, sandbox: &Sandbox) -> Result<(), Status> {
        self.tell("StopPodSandbox", pod(sandbox)).await?;
        self.tell("RemovePodSandbox", pod(sandbox)).await
    }

    fn made(&self) -> MutexGuard<'_, Made> {
        self.made.lock().expect("what was made")
    }

    async fn tell(
        &self,
        method: &str,
        request: impl prost::Message + 'static,
    ) -> Result<(), Status> {
        self.ask::<_, Done>(method, request).await.map(|_| ())
    }

    async fn ask<Q, A>(&self, method: &str, request: Q) -> Result<A, Status>
    where
        Q: prost::Message + 'static,
        A: prost::Message + Default + 'static,
    {
        let path = format!("/runtime.v1.RuntimeService/{method}");
        self.call(&path, request).await
    }

    async fn call<Q, A>(&self, path: &str, message: Q) -> Result<A, Status>
    where
        Q: prost::Message + 'static,
        A: prost::Message + Default + 'static,
    {
        let mut grpc = Grpc::new(self.channel.clone());
        grpc.ready()
            .await
            .map_err(|error| Status::unavailable(error.to_string()))?;
        let mut request = Request::new(message);
        request.set_timeout(PATIENCE);
        let path = PathAndQuery::try_from(path).expect("a path");
        let answer = grpc.unary(request, path, ProstCodec::default()).await?;
        Ok(answer.into_inner())
    }
}

fn container(id: &str) -> ContainerId {
    ContainerId {
        container_id: id.to_owned(),
    }
}

fn pod(sandbox: &Sandbox) -> PodSandboxId {
    PodSandboxId {
        pod_sandbox_id: sandbox.id.clone(),
    }
}
