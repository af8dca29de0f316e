//! Keeps in touch with each runtime.

use super::asked::{Asked, Availability, of_id};
use super::sockets;
use crate::bounds;
use crate::client::{Change, Client, Socket};
use crate::error::RuntimeError;
use saker_process_state::ContainerId;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

/// How often sockets are looked for, and ended containers are forgotten.
const LOOK_INTERVAL: Duration = Duration::from_secs(5);

/// How often a runtime that reports nothing is asked whether it still answers.
const CHECK_INTERVAL: Duration = Duration::from_secs(2);

/// A stream of events that ends sooner is none: CRI-O closes it at once where events are switched off.
const STREAM_TIME_MIN: Duration = Duration::from_secs(1);

/// Pause before the second attempt to connect; it doubles with each.
const RETRY_PAUSE_MIN: Duration = Duration::from_millis(250);

/// Longest pause between attempts to connect.
const RETRY_PAUSE_MAX: Duration = Duration::from_secs(5);

/// Changes that may wait; a runtime that reports more of them waits.
const CHANGES_MAX: usize = 256;

/// Changes of one runtime that are looked into at the same time.
const CHANGES_ASKED_MAX: usize = 8;

/// The connections to all runtimes.
pub(super) struct Connections {
    asked: Arc<Asked>,
    known: HashSet<Socket>,
    tasks: JoinSet<()>,
}

impl Connections {
    pub(super) fn new(asked: Arc<Asked>) -> Self {
        Self {
            asked,
            known: HashSet::new(),
            tasks: JoinSet::new(),
        }
    }

    /// Connects to the runtimes at sockets that are new.
    pub(super) fn open(&mut self, sockets: Vec<Socket>) {
        for socket in sockets {
            if self.known.insert(socket.clone()) {
                self.asked.set(&socket, Availability::Connecting);
                let connection = Connection {
                    asked: Arc::clone(&self.asked),
                    socket,
                    complaint: None,
                };
                self.tasks.spawn(connection.keep());
            }
        }
    }

    /// Looks for sockets again and again.
    pub(super) async fn keep(mut self) {
        loop {
            sleep(LOOK_INTERVAL).await;
            self.asked.containers.forget_ended();
            let config = self.asked.config.clone();
            let found = tokio::task::spawn_blocking(move || sockets::existing(&config)).await;
            self.open(found.unwrap_or_default());
        }
    }
}

/// The connection to one runtime.
struct Connection {
    asked: Arc<Asked>,
    socket: Socket,
    /// What was complained about last.
    complaint: Option<String>,
}

impl Connection {
    /// Connects, and again whenever the runtime went away.
    async fn keep(mut self) {
        let mut pause = RETRY_PAUSE_MIN;
        loop {
            match Client::connect(&self.socket, &self.asked.config).await {
                Ok(client) => {
                    pause = RETRY_PAUSE_MIN;
                    let error = self.follow(Arc::new(client)).await;
                    self.complain(&error);
                }
                Err(error) => self.complain(&error),
            }
            self.asked.set(&self.socket, Availability::Gone);
            sleep(pause).await;
            pause = pause.saturating_mul(2).min(RETRY_PAUSE_MAX);
        }
    }

    /// Learns what the runtime knows, then what it reports; says why it no longer answers.
    async fn follow(&mut self, client: Arc<Client>) -> RuntimeError {
        let version = client.version();
        tracing::info!(
            engine = self.socket.engine.name(),
            socket = %self.socket.path.display(),
            runtime = version.name,
            version = version.version,
            "connected to container runtime"
        );
        self.complaint = None;
        self.asked
            .set(&self.socket, Availability::Answering(Arc::clone(&client)));
        // Events first: what begins while the others are listed is reported.
        let (changes, mut reported) = mpsc::channel(CHANGES_MAX);
        tokio::select! {
            error = watch(&client, changes) => error,
            error = self.take_in(&client, &mut reported) => error,
        }
    }

    /// Takes in the containers that there are, and those that are reported. It ends only with the
    /// task that reports.
    async fn take_in(
        &self,
        client: &Arc<Client>,
        reported: &mut mpsc::Receiver<Change>,
    ) -> RuntimeError {
        let mut tasks = JoinSet::new();
        let listing = {
            let asked = Arc::clone(&self.asked);
            let client = Arc::clone(client);
            async move { list(&asked, &client).await }
        };
        tasks.spawn(listing);
        while let Some(change) = reported.recv().await {
            match change {
                Change::Began(id) | Change::Ended(id) if !bounds::is_id(id.full()) => {}
                Change::Ended(id) => self.asked.containers.ended(&id),
                Change::Began(id) => {
                    while tasks.len() > CHANGES_ASKED_MAX {
                        tasks.join_next().await;
                    }
                    let asked = Arc::clone(&self.asked);
                    let client = Arc::clone(client);
                    tasks.spawn(async move { learn(&asked, &client, id).await });
                }
            }
        }
        std::future::pending().await
    }

    /// Says why the runtime does not answer, once.
    fn complain(&mut self, error: &RuntimeError) {
        let reason = error.reason();
        if self.complaint.as_ref() == Some(&reason) {
            return;
        }
        let engine = self.socket.engine.name();
        let socket = self.socket.path.display();
        // Docker's containerd comes without the CRI plugin: nothing that anybody need do about.
        if matches!(error, RuntimeError::Unsupported { .. }) {
            tracing::debug!(engine, %socket, reason, "container runtime is not asked");
        } else {
            tracing::warn!(engine, %socket, reason, "container runtime does not answer");
        }
        self.complaint = Some(reason);
    }
}

/// Passes on what the runtime reports. Where it reports nothing, looks whether it still answers. Says
/// why it no longer does.
async fn watch(client: &Client, changes: mpsc::Sender<Change>) -> RuntimeError {
    let begun = Instant::now();
    match client.watch(&changes).await {
        Err(error) if begun.elapsed() >= STREAM_TIME_MIN => return error,
        Ok(()) if begun.elapsed() >= STREAM_TIME_MIN => return RuntimeError::StreamEnded,
        Err(error) => {
            tracing::debug!(
                reason = error.reason(),
                "container runtime reports no events"
            );
        }
        Ok(()) => tracing::debug!("container runtime reports no events"),
    }
    loop {
        if let Err(error) = client.check().await {
            return error;
        }
        sleep(CHECK_INTERVAL).await;
    }
}

/// Learns about all containers that run; one after the other, so that requests come first.
async fn list(asked: &Asked, client: &Client) {
    match client.list().await {
        Ok(ids) => {
            for id in ids.into_iter().filter(|id| bounds::is_id(id.full())) {
                learn(asked, client, id).await;
            }
        }
        Err(error) => {
            tracing::debug!(reason = error.reason(), "listing containers failed");
        }
    }
}

async fn learn(asked: &Asked, client: &Client, id: ContainerId) {
    match asked.inspect(client, &of_id(id)).await {
        Ok(Some(info)) => asked.containers.learn(info),
        // It is gone already.
        Ok(None) => {}
        Err(error) => {
            tracing::debug!(reason = error.reason(), "asking about a container failed");
        }
    }
}
