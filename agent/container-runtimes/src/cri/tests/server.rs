//! A runtime of the tests that answers by the container runtime interface, well or badly.

use crate::cri::messages::{
    ContainerEventResponse, ContainerStatusRequest, ContainerStatusResponse, FoundImage,
    GetEventsRequest, ImageStatusRequest, ImageStatusResponse, ListContainersRequest,
    ListContainersResponse, ListPodSandboxRequest, ListPodSandboxResponse, ListedContainer,
    ListedSandbox, PodSandboxStatusRequest, PodSandboxStatusResponse, VersionRequest,
    VersionResponse,
};
use http::{Request as HttpRequest, Response as HttpResponse};
use std::collections::HashMap;
use std::convert::Infallible;
use std::fs;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::UnixListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::broadcast;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::{BroadcastStream, UnixListenerStream};
use tonic::body::Body;
use tonic::server::Grpc;
use tonic::transport::Server as Transport;
use tonic::{Code, Request, Response, Status};
use tonic_prost::ProstCodec;

/// Events that a slow reader may be behind.
const EVENTS_MAX: usize = 1_024;

/// What the runtime knows, and how badly it behaves.
#[derive(Default)]
pub(crate) struct Known {
    pub(crate) containers: HashMap<String, ContainerStatusResponse>,
    /// The sandbox of each container, which lists tell.
    pub(crate) sandbox_of: HashMap<String, String>,
    pub(crate) sandboxes: HashMap<String, PodSandboxStatusResponse>,
    pub(crate) images: HashMap<String, FoundImage>,
    /// How long each answer takes.
    pub(crate) delay: Duration,
    /// How many further questions about containers are answered with "not found".
    pub(crate) unknown_first: usize,
    /// Which call is refused, and how.
    pub(crate) refused: Option<(&'static str, Code)>,
    /// The calls, in their order.
    pub(crate) asked: Vec<String>,
    /// Calls that are being answered now, and the most that ever were.
    pub(crate) answering: usize,
    pub(crate) answering_most: usize,
}

impl Known {
    /// How often a call was made.
    pub(crate) fn count(&self, call: &str) -> usize {
        self.asked.iter().filter(|asked| *asked == call).count()
    }
}

/// Whether the runtime reports what happens.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Events {
    /// As containerd since 1.7 does.
    Reported,
    /// As containerd before does: the call is not known.
    Unimplemented,
    /// As CRI-O does where they are switched off: the stream ends at once.
    Empty,
}

/// The runtime. It dies with its value, and its connections with it.
pub(crate) struct Server {
    known: Arc<Mutex<Known>>,
    events: broadcast::Sender<ContainerEventResponse>,
    runtime: Option<Runtime>,
}

impl Server {
    /// Listens at a path, instead of who did before.
    pub(crate) fn start(socket: &Path, known: Known, events: Events) -> Self {
        let known = Arc::new(Mutex::new(known));
        let (sender, _) = broadcast::channel(EVENTS_MAX);
        let service = Service {
            known: Arc::clone(&known),
            reported: sender.clone(),
            events,
        };
        if socket.exists() {
            fs::remove_file(socket).unwrap();
        }
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let listener = {
            let _inside = runtime.enter();
            UnixListener::bind(socket).unwrap()
        };
        let incoming = UnixListenerStream::new(listener);
        runtime.spawn(Transport::builder().serve_with_incoming(service, incoming));
        Self {
            known,
            events: sender,
            runtime: Some(runtime),
        }
    }

    pub(crate) fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap()
    }

    /// Reports something, when somebody listens.
    pub(crate) fn report(&self, id: &str, kind: i32) -> bool {
        let event = ContainerEventResponse {
            container_id: id.to_owned(),
            container_event_type: kind,
        };
        self.events.send(event).is_ok()
    }

    pub(crate) fn listeners(&self) -> usize {
        self.events.receiver_count()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Where containerd listens on a host whose root folder this is.
pub(crate) fn socket_of(root: &Path) -> PathBuf {
    let folder = root.join("run/containerd");
    fs::create_dir_all(&folder).unwrap();
    folder.join("containerd.sock")
}

#[derive(Clone)]
struct Service {
    known: Arc<Mutex<Known>>,
    reported: broadcast::Sender<ContainerEventResponse>,
    events: Events,
}

impl tower::Service<HttpRequest<Body>> for Service {
    type Response = HttpResponse<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: HttpRequest<Body>) -> Self::Future {
        let service = self.clone();
        Box::pin(async move { Ok(service.answer(request).await) })
    }
}

impl Service {
    async fn answer(self, request: HttpRequest<Body>) -> HttpResponse<Body> {
        let call = request.uri().path().rsplit('/').next().unwrap().to_owned();
        let delay = {
            let mut known = self.known.lock().unwrap();
            known.asked.push(call.clone());
            if let Some((_, code)) = known.refused.filter(|(refused, _)| *refused == call) {
                return Status::new(code, "refused").into_http();
            }
            known.answering += 1;
            known.answering_most = known.answering_most.max(known.answering);
            known.delay
        };
        tokio::time::sleep(delay).await;
        self.known.lock().unwrap().answering -= 1;
        match call.as_str() {
            "Version" => self.unary(request, version).await,
            "ListContainers" => self.unary(request, list_containers).await,
            "ListPodSandbox" => self.unary(request, list_sandboxes).await,
            "ContainerStatus" => self.unary(request, container).await,
            "PodSandboxStatus" => self.unary(request, sandbox).await,
            "ImageStatus" => self.unary(request, image).await,
            "GetContainerEvents" => self.stream(request).await,
            _ => Status::unimplemented(call).into_http(),
        }
    }

    async fn unary<Q, A>(
        self,
        request: HttpRequest<Body>,
        answer: fn(&mut Known, Q) -> Result<A, Status>,
    ) -> HttpResponse<Body>
    where
        Q: prost::Message + Default + 'static,
        A: prost::Message + 'static,
    {
        let known = self.known;
        let handler = tower::service_fn(move |request: Request<Q>| {
            let answered = answer(&mut known.lock().unwrap(), request.into_inner());
            async move { answered.map(Response::new) }
        });
        Grpc::new(ProstCodec::<A, Q>::default())
            .unary(handler, request)
            .await
    }

    async fn stream(self, request: HttpRequest<Body>) -> HttpResponse<Body> {
        let (events, reported) = (self.events, self.reported);
        let handler = tower::service_fn(move |_: Request<GetEventsRequest>| {
            let stream = BroadcastStream::new(reported.subscribe());
            async move {
                match events {
                    Events::Unimplemented => Err(Status::unimplemented("unknown method")),
                    Events::Empty => Ok(Response::new(stream_of(stream, 0))),
                    Events::Reported => Ok(Response::new(stream_of(stream, usize::MAX))),
                }
            }
        });
        Grpc::new(ProstCodec::<ContainerEventResponse, GetEventsRequest>::default())
            .server_streaming(handler, request)
            .await
    }
}

fn stream_of(
    stream: BroadcastStream<ContainerEventResponse>,
    most: usize,
) -> impl tokio_stream::Stream<Item = Result<ContainerEventResponse, Status>> + Send {
    stream.filter_map(Result::ok).map(Ok).take(most)
}

fn version(_: &mut Known, _: VersionRequest) -> Result<VersionResponse, Status> {
    Ok(VersionResponse {
        runtime_name: "containerd".to_owned(),
        runtime_version: "1.7.2".to_owned(),
    })
}

fn list_containers(
    known: &mut Known,
    request: ListContainersRequest,
) -> Result<ListContainersResponse, Status> {
    let wanted = request.filter.unwrap_or_default().id;
    let listed = known
        .containers
        .keys()
        .filter(|id| wanted.is_empty() || **id == wanted);
    Ok(ListContainersResponse {
        containers: listed
            .map(|id| ListedContainer {
                id: id.clone(),
                pod_sandbox_id: known.sandbox_of.get(id).cloned().unwrap_or_default(),
            })
            .collect(),
    })
}

fn list_sandboxes(
    known: &mut Known,
    _: ListPodSandboxRequest,
) -> Result<ListPodSandboxResponse, Status> {
    let listed = known.sandboxes.keys();
    Ok(ListPodSandboxResponse {
        items: listed.map(|id| ListedSandbox { id: id.clone() }).collect(),
    })
}

fn container(
    known: &mut Known,
    request: ContainerStatusRequest,
) -> Result<ContainerStatusResponse, Status> {
    if known.unknown_first > 0 {
        known.unknown_first -= 1;
        return Err(Status::not_found("not yet"));
    }
    let found = known.containers.get(&request.container_id);
    found
        .cloned()
        .ok_or_else(|| Status::not_found("no such container"))
}

fn sandbox(
    known: &mut Known,
    request: PodSandboxStatusRequest,
) -> Result<PodSandboxStatusResponse, Status> {
    let found = known.sandboxes.get(&request.pod_sandbox_id);
    found
        .cloned()
        .ok_or_else(|| Status::not_found("no such sandbox"))
}

fn image(known: &mut Known, request: ImageStatusRequest) -> Result<ImageStatusResponse, Status> {
    let wanted = request.image.unwrap_or_default().image;
    Ok(ImageStatusResponse {
        image: known.images.get(&wanted).cloned(),
    })
}
