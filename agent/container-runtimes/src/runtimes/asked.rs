//! Who is asked, and who wants to know.

use crate::bounds;
use crate::client::{Client, Socket};
use crate::config::{Engine, RuntimesConfig};
use crate::error::RuntimeError;
use saker_container_metadata::{ContainerInfo, Containers};
use saker_process_state::{ContainerId, ContainerRef, Runtime};
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::Semaphore;

/// Most containers that are asked about at the same time; others wait.
const INSPECTIONS_MAX: usize = 16;

/// The runtimes that are asked, by the tasks that connect to them and those that ask.
pub(super) struct Asked {
    pub(super) config: RuntimesConfig,
    pub(super) containers: Containers,
    runtimes: RwLock<Vec<(Socket, Availability)>>,
    inspections: Semaphore,
}

/// Whether a runtime can be asked.
#[derive(Clone)]
pub(super) enum Availability {
    /// It is being connected to for the first time.
    Connecting,
    /// It answers.
    Answering(Arc<Client>),
    /// It does not answer.
    Gone,
}

/// What the runtimes say about a container.
pub(super) enum Answer {
    /// All about it.
    Found(Box<ContainerInfo>),
    /// None of them knows it (yet).
    Unknown,
    /// One did not answer, or not in a way that could be used.
    Failed,
    /// There is none to ask.
    Nobody,
    /// Those that could know it do not answer at all, at the moment.
    Gone,
}

impl Asked {
    pub(super) fn new(config: RuntimesConfig, containers: Containers) -> Self {
        Self {
            config,
            containers,
            runtimes: RwLock::new(Vec::new()),
            inspections: Semaphore::new(INSPECTIONS_MAX),
        }
    }

    /// Takes note of whether the runtime at a socket can be asked.
    pub(super) fn set(&self, socket: &Socket, availability: Availability) {
        let mut runtimes = self
            .runtimes
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        match runtimes.iter_mut().find(|(known, _)| known == socket) {
            Some((_, known)) => *known = availability,
            None => runtimes.push((socket.clone(), availability)),
        }
    }

    /// Asks the runtimes with one of these interfaces about a container, the likeliest first.
    pub(super) async fn about(&self, container: &ContainerRef, engines: &[Engine]) -> Answer {
        let mut answer = Answer::Nobody;
        for engine in engines {
            for availability in self.with(*engine) {
                let client = match availability {
                    Availability::Answering(client) => client,
                    Availability::Connecting => {
                        answer = Answer::Failed;
                        continue;
                    }
                    Availability::Gone => {
                        if matches!(answer, Answer::Nobody) {
                            answer = Answer::Gone;
                        }
                        continue;
                    }
                };
                match self.inspect(&client, container).await {
                    Ok(Some(info)) => return Answer::Found(Box::new(info)),
                    Ok(None) if matches!(answer, Answer::Nobody | Answer::Gone) => {
                        answer = Answer::Unknown;
                    }
                    Ok(None) => {}
                    Err(error) => {
                        tracing::debug!(
                            container = container.id.short(),
                            error = error.reason(),
                            "asking about a container failed"
                        );
                        answer = Answer::Failed;
                    }
                }
            }
        }
        answer
    }

    /// Asks one runtime about a container.
    pub(super) async fn inspect(
        &self,
        client: &Client,
        container: &ContainerRef,
    ) -> Result<Option<ContainerInfo>, RuntimeError> {
        // The semaphore is never closed; without a permit the question is asked all the same.
        let _permit = self.inspections.acquire().await;
        let found = client.inspect(container).await?;
        Ok(found.map(bounds::cut_texts))
    }

    fn with(&self, engine: Engine) -> Vec<Availability> {
        self.runtimes
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .filter(|(socket, _)| socket.engine == engine)
            .map(|(_, availability)| availability.clone())
            .collect()
    }
}

/// A container of which nothing but its id is known.
pub(super) fn of_id(id: ContainerId) -> ContainerRef {
    ContainerRef {
        id,
        runtime: Runtime::Unknown,
        pod_uid: None,
        cgroup_path: Box::default(),
    }
}
