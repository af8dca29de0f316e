//! The runtimes of a host.

mod asked;
mod connections;
mod lookup;
mod sockets;

use crate::client::{Client, Socket};
use crate::config::RuntimesConfig;
use crate::error::RuntimeError;
use crate::state::{self, StateFolder};
use asked::Asked;
use connections::Connections;
use saker_container_metadata::{Containers, Requests};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// How long `found` waits for one runtime.
const FOUND_WAIT: Duration = Duration::from_secs(2);

/// The runtimes of a host.
#[derive(Debug)]
pub struct Runtimes {
    config: RuntimesConfig,
    sockets: Vec<Socket>,
    folders: Vec<StateFolder>,
}

/// A runtime that was found.
#[derive(Debug)]
pub struct Found {
    /// The interface that it was asked by: `cri`, `docker`, `podman`; `files` of a folder of state.
    pub engine: &'static str,
    /// Its socket or folder, as the agent sees it.
    pub place: PathBuf,
    /// Its name and version, such as `containerd 1.7.2`, or why it does not answer.
    pub version: Result<String, RuntimeError>,
}

impl Runtimes {
    /// Looks which sockets and folders of state there are. Nobody is asked yet.
    #[must_use]
    pub fn find(config: &RuntimesConfig) -> Self {
        Self {
            config: config.clone(),
            sockets: sockets::existing(config),
            folders: state::folders(config),
        }
    }

    /// Whether nothing was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sockets.is_empty() && self.folders.is_empty()
    }

    /// Asks each runtime for its version. Folders of state follow the sockets.
    pub async fn found(&self) -> Vec<Found> {
        let mut found = Vec::with_capacity(self.sockets.len());
        for socket in &self.sockets {
            let connected = timeout(FOUND_WAIT, Client::connect(socket, &self.config)).await;
            let version = match connected {
                Ok(Ok(client)) => {
                    let version = client.version();
                    Ok(format!("{} {}", version.name, version.version))
                }
                Ok(Err(error)) => Err(error),
                Err(_) => Err(RuntimeError::TimedOut {
                    call: "version",
                    after: FOUND_WAIT,
                }),
            };
            found.push(Found {
                engine: socket.engine.name(),
                place: socket.path.clone(),
                version,
            });
        }
        found.extend(self.folders.iter().map(|folder| Found {
            engine: "files",
            place: folder.path.clone(),
            version: Ok(format!("state of {}", folder.runtime)),
        }));
        found
    }

    /// Answers requests and follows what happens to containers, until its future is dropped.
    ///
    /// It also serves where there is no runtime (yet): sockets are looked for again, and requests are
    /// answered at once meanwhile.
    pub async fn serve(self, containers: Containers, requests: Requests) {
        let asked = Arc::new(Asked::new(self.config, containers));
        let mut connections = Connections::new(Arc::clone(&asked));
        connections.open(self.sockets);
        tokio::join!(connections.keep(), lookup::answer(asked, requests));
    }
}

#[cfg(test)]
mod tests;
