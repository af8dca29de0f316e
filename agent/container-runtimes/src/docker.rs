//! Docker's API, which podman has too.
//!
//! Podman is asked by its own dialect (`libpod`) about containers, which says more than the compatible
//! one: whether a container is the infra container of a pod, and the digest of its image. Which of the
//! two answers is told by its headers, not by the name of the socket: `/var/run/docker.sock` is
//! podman's where Docker's command is podman's too.

mod connection;
mod container;
mod events;
mod image;
mod messages;

use crate::client::{Changes, Socket, Version};
use crate::config::RuntimesConfig;
use crate::error::RuntimeError;
use connection::Connection;
use hyper::HeaderMap;
use messages::{Inspected, InspectedImage, Listed};
use saker_container_metadata::ContainerInfo;
use saker_process_state::{ContainerId, ContainerRef, Runtime};

/// Most containers of a list that are kept: as many as are known at a time.
const LISTED_MAX: usize = 16_384;

/// Longest id or version that is put into a path, bytes.
const PATH_PART_BYTES_MAX: usize = 128;

/// A runtime that answers by Docker's API.
#[derive(Debug)]
pub(crate) struct DockerClient {
    connection: Connection,
    version: Version,
    dialect: Dialect,
    label_max_len: usize,
}

/// Who answers, and the start of the paths that it understands.
#[derive(Debug)]
enum Dialect {
    Docker { prefix: String },
    Podman { prefix: String, libpod: String },
}

impl DockerClient {
    /// Connects and asks who answers.
    pub(crate) async fn connect(
        socket: &Socket,
        config: &RuntimesConfig,
    ) -> Result<Self, RuntimeError> {
        let connection = Connection::new(socket.path.clone());
        let (dialect, version) = Dialect::of(&connection.ping().await?)?;
        Ok(Self {
            connection,
            version,
            dialect,
            label_max_len: config.label_max_len,
        })
    }

    /// What the runtime called itself when it was connected to.
    pub(crate) fn version(&self) -> &Version {
        &self.version
    }

    /// Whether the runtime still answers.
    pub(crate) async fn check(&self) -> Result<(), RuntimeError> {
        self.connection.ping().await.map(drop)
    }

    /// Everything that the runtime knows about a container; `None` where it does not know it (yet).
    pub(crate) async fn inspect(
        &self,
        container: &ContainerRef,
    ) -> Result<Option<ContainerInfo>, RuntimeError> {
        let id = container.id.full();
        let Some(inspected) = self.inspected(id).await? else {
            return Ok(None);
        };
        let neighbour = match container::network_of(&inspected) {
            Some(other) => known(self.inspected(other).await),
            None => None,
        };
        let mut info = container::info(
            &container.id,
            &inspected,
            neighbour.as_ref(),
            self.label_max_len,
        );
        match self.dialect {
            Dialect::Podman { .. } => {
                info.runtime = Runtime::Podman;
                info.image = image::of_podman(&inspected);
            }
            Dialect::Docker { .. } => {
                info.runtime = Runtime::Docker;
                let image = known(self.inspected_image(&inspected.image).await);
                info.image = image::of_docker(&inspected, image.as_ref());
            }
        }
        Ok(Some(info))
    }

    /// The containers that run now.
    pub(crate) async fn list(&self) -> Result<Vec<ContainerId>, RuntimeError> {
        let path = format!("{}/containers/json", self.prefix());
        let listed: Vec<Listed> = self
            .connection
            .get("list", &path)
            .await?
            .unwrap_or_default();
        Ok(listed
            .iter()
            .filter(|listed| is_path_part(&listed.id))
            .take(LISTED_MAX)
            .map(|listed| ContainerId::new(&listed.id))
            .collect())
    }

    /// Sends what happens to containers, until the runtime ends the stream.
    pub(crate) async fn watch(&self, changes: &Changes) -> Result<(), RuntimeError> {
        let path = format!("{}/events?{}", self.prefix(), events::FILTERS);
        let reply = self.connection.open("events", &path).await?;
        events::follow(reply, changes).await
    }

    /// What the runtime says of the container with exactly this id. It takes names and the beginnings
    /// of ids as well, and may so find another.
    async fn inspected(&self, id: &str) -> Result<Option<Inspected>, RuntimeError> {
        if !is_path_part(id) {
            return Ok(None);
        }
        let prefix = match &self.dialect {
            Dialect::Docker { prefix } => prefix,
            Dialect::Podman { libpod, .. } => libpod,
        };
        let path = format!("{prefix}/containers/{id}/json");
        let inspected: Option<Inspected> = self.connection.get("inspect", &path).await?;
        Ok(inspected.filter(|inspected| inspected.id == id))
    }

    /// What Docker says of an image; `None` where it was removed since.
    async fn inspected_image(&self, id: &str) -> Result<Option<InspectedImage>, RuntimeError> {
        if !is_path_part(crate::image::plain_id(id)) {
            return Ok(None);
        }
        let path = format!("{}/images/{id}/json", self.prefix());
        self.connection.get("inspect of the image", &path).await
    }

    fn prefix(&self) -> &str {
        match &self.dialect {
            Dialect::Docker { prefix } | Dialect::Podman { prefix, .. } => prefix,
        }
    }
}

impl Dialect {
    /// Who answers with such headers.
    fn of(headers: &HeaderMap) -> Result<(Self, Version), RuntimeError> {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let api = header("Api-Version").ok_or_else(|| {
            connection::failed("ping", "there is no Api-Version: this is not Docker's API")
        })?;
        let prefix = prefix(api)?;
        // `Docker/20.10.24 (linux)`, `Libpod/4.3.1 (linux)`.
        let server = header("Server").unwrap_or_default();
        let version = server.split(['/', ' ']).nth(1).unwrap_or_default();
        let version = |name: &str| Version {
            name: name.to_owned(),
            version: version.chars().take(PATH_PART_BYTES_MAX).collect(),
        };
        Ok(match header("Libpod-Api-Version") {
            None => (Self::Docker { prefix }, version("docker")),
            Some(own) => {
                let libpod = self::prefix(own)? + "/libpod";
                (Self::Podman { prefix, libpod }, version("podman"))
            }
        })
    }
}

/// What is known beside the container: facts of its own are not lost for want of others.
fn known<T>(answer: Result<Option<T>, RuntimeError>) -> Option<T> {
    answer.unwrap_or_else(|error| {
        tracing::debug!(
            reason = error.reason(),
            "asking for more about a container failed"
        );
        None
    })
}

/// The start of a path that chooses a version of the API.
fn prefix(version: &str) -> Result<String, RuntimeError> {
    // Development versions of podman have a suffix that its own paths do not take.
    let numbers = version
        .split_once('-')
        .map_or(version, |(numbers, _)| numbers);
    let is_version = is_path_part(numbers)
        && numbers
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.');
    if !is_version {
        return Err(connection::failed(
            "ping",
            "the version of its API is not made of numbers",
        ));
    }
    Ok(format!("/v{numbers}"))
}

/// Whether a text can be one part of a path as it is.
fn is_path_part(text: &str) -> bool {
    text.len() <= PATH_PART_BYTES_MAX
        && text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
}

#[cfg(test)]
mod tests;
