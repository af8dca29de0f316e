//! Docker's API, which podman has too.

use crate::client::{Changes, Socket, Version};
use crate::config::RuntimesConfig;
use crate::error::RuntimeError;
use saker_container_metadata::ContainerInfo;
use saker_process_state::{ContainerId, ContainerRef};

/// A runtime that answers by Docker's API.
#[derive(Debug)]
pub(crate) struct DockerClient {
    version: Version,
}

impl DockerClient {
    /// Connects and asks for the version.
    pub(crate) async fn connect(
        socket: &Socket,
        _config: &RuntimesConfig,
    ) -> Result<Self, RuntimeError> {
        Err(RuntimeError::Connect {
            socket: socket.path.clone(),
            source: "this interface is not supported yet".into(),
        })
    }

    /// What the runtime called itself when it was connected to.
    pub(crate) fn version(&self) -> &Version {
        &self.version
    }

    /// Whether the runtime still answers.
    pub(crate) async fn check(&self) -> Result<(), RuntimeError> {
        Ok(())
    }

    /// Everything that the runtime knows about a container; `None` where it does not know it (yet).
    pub(crate) async fn inspect(
        &self,
        _container: &ContainerRef,
    ) -> Result<Option<ContainerInfo>, RuntimeError> {
        Ok(None)
    }

    /// The containers that run now.
    pub(crate) async fn list(&self) -> Result<Vec<ContainerId>, RuntimeError> {
        Ok(Vec::new())
    }

    /// Sends what happens to containers, until the runtime ends the stream.
    pub(crate) async fn watch(&self, _changes: &Changes) -> Result<(), RuntimeError> {
        Err(RuntimeError::NoEvents)
    }
}
