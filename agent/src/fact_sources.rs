//! Who tells about containers and pods: asked on a thread of its own.

use crate::config::FactsConfig;
use anyhow::Context;
use saker_container_metadata::{Containers, Limits, Requests};
use saker_container_runtimes::Runtimes;
use saker_kube_metadata::Cluster;
use saker_rule_fields::Facts;
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle, Thread};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

/// Wakes the thread that waits for facts, once it is known.
#[derive(Clone, Default)]
pub(crate) struct Waker(Arc<OnceLock<Thread>>);

impl Waker {
    /// From now on this thread is woken.
    pub(crate) fn wakes(&self, thread: &Thread) {
        self.0.get_or_init(|| thread.clone());
    }

    fn wake(&self) {
        if let Some(thread) = self.0.get() {
            thread.unpark();
        }
    }
}

/// The thread that asks. It ends when this is dropped.
pub(crate) struct FactSources {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl FactSources {
    /// Starts to ask whom the configuration names; gives what will be known.
    pub(crate) fn start(config: &FactsConfig, waker: &Waker) -> anyhow::Result<(Facts, Self)> {
        let limits = Limits {
            wait: config.wait,
            ..Limits::default()
        };
        let on_change = |waker: &Waker| {
            let waker = waker.clone();
            Box::new(move || waker.wake())
        };
        let (containers, requests) = Containers::new(limits, on_change(waker));
        let facts = Facts {
            containers,
            cluster: Cluster::unknown(),
        };
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .context("cannot start the asynchronous runtime of containers and pods")?;
        let (stop, stopped) = oneshot::channel();
        let asking = ask(config.clone(), facts.clone(), requests);
        let thread = thread::Builder::new()
            .name("saker-facts".to_owned())
            .spawn(move || run(&runtime, asking, stopped))
            .context("cannot start the thread that asks for containers and pods")?;
        let sources = Self {
            stop: Some(stop),
            thread: Some(thread),
        };
        Ok((facts, sources))
    }
}

impl Drop for FactSources {
    fn drop(&mut self) {
        // The other end hears that nothing will be sent.
        drop(self.stop.take());
        if self.thread.take().is_some_and(|it| it.join().is_err()) {
            tracing::error!("the thread that asks for containers and pods panicked");
        }
    }
}

fn run(runtime: &Runtime, asking: impl Future<Output = ()>, stopped: oneshot::Receiver<()>) {
    runtime.block_on(async {
        tokio::select! {
            () = asking => {}
            _ = stopped => {}
        }
    });
}

async fn ask(config: FactsConfig, facts: Facts, requests: Requests) {
    let runtimes = Runtimes::find(&config.runtimes);
    runtimes.serve(facts.containers, requests).await;
}
