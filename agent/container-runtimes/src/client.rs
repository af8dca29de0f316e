//! One runtime that answers at a socket.

use crate::config::{Engine, RuntimesConfig};
use crate::cri::CriClient;
use crate::docker::DockerClient;
use crate::error::RuntimeError;
use saker_container_metadata::ContainerInfo;
use saker_process_state::{ContainerId, ContainerRef};
use std::path::PathBuf;
use tokio::sync::mpsc;

/// A socket at which a runtime may answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Socket {
    /// How it is asked.
    pub(crate) engine: Engine,
    /// Where it lies for the agent: the host's root folder is part of it.
    pub(crate) path: PathBuf,
}

/// What a runtime calls itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Version {
    /// Its name.
    pub(crate) name: String,
    /// Its version.
    pub(crate) version: String,
}

/// What happened to a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// It was made or started, or something about it changed: it is worth asking about.
    Began(ContainerId),
    /// It stopped or was removed.
    Ended(ContainerId),
}

/// Where changes are sent; it waits when the receiver does not keep up.
pub(crate) type Changes = mpsc::Sender<Change>;

/// One runtime that answers.
#[derive(Debug)]
pub(crate) enum Client {
    /// By the container runtime interface.
    Cri(CriClient),
    /// By the API of Docker, which podman has too.
    Docker(DockerClient),
}

impl Client {
    /// Connects and asks for the version.
    pub(crate) async fn connect(
        socket: &Socket,
        config: &RuntimesConfig,
    ) -> Result<Self, RuntimeError> {
        match socket.engine {
            Engine::Cri => CriClient::connect(socket, config).await.map(Self::Cri),
            Engine::Docker | Engine::Podman => DockerClient::connect(socket, config)
                .await
                .map(Self::Docker),
        }
    }

    /// What the runtime called itself when it was connected to.
    pub(crate) fn version(&self) -> &Version {
        match self {
            Self::Cri(client) => client.version(),
            Self::Docker(client) => client.version(),
        }
    }

    /// Whether the runtime still answers.
    pub(crate) async fn check(&self) -> Result<(), RuntimeError> {
        match self {
            Self::Cri(client) => client.check().await,
            Self::Docker(client) => client.check().await,
        }
    }

    /// Everything that the runtime knows about a container; `None` where it does not know it (yet).
    pub(crate) async fn inspect(
        &self,
        container: &ContainerRef,
    ) -> Result<Option<ContainerInfo>, RuntimeError> {
        match self {
            Self::Cri(client) => client.inspect(container).await,
            Self::Docker(client) => client.inspect(container).await,
        }
    }

    /// The containers that run now; each is asked about with [`Client::inspect`].
    pub(crate) async fn list(&self) -> Result<Vec<ContainerId>, RuntimeError> {
        match self {
            Self::Cri(client) => client.list().await,
            Self::Docker(client) => client.list().await,
        }
    }

    /// Sends what happens to containers, until the runtime ends the stream.
    ///
    /// [`RuntimeError::NoEvents`] says that the runtime never will.
    pub(crate) async fn watch(&self, changes: &Changes) -> Result<(), RuntimeError> {
        match self {
            Self::Cri(client) => client.watch(changes).await,
            Self::Docker(client) => client.watch(changes).await,
        }
    }
}
