//! Answers requests.

use super::asked::{Answer, Asked};
use crate::config::Engine;
use crate::state::{self, Owner, State};
use saker_container_metadata::{ContainerKind, Reason, Request, Requests};
use saker_process_state::{ContainerRef, Runtime};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout_at};

/// Most requests that are worked on, most of them waiting for their next attempt.
const LOOKUPS_MAX: usize = 4_096;

/// Pause before the second attempt; it doubles with each.
const PAUSE_MIN: Duration = Duration::from_millis(10);

/// Longest pause while somebody waits.
const PAUSE_MAX: Duration = Duration::from_millis(100);

/// Pause before the first attempt after nobody waits any more; it doubles with each.
const LATE_PAUSE_MIN: Duration = Duration::from_secs(1);

/// Longest pause.
const LATE_PAUSE_MAX: Duration = Duration::from_secs(30);

/// After this time a container that no runtime knows is no longer asked about.
const LOOKUP_TIME_MAX: Duration = Duration::from_secs(600);

/// Answers requests until there are no more.
pub(super) async fn answer(asked: Arc<Asked>, mut requests: Requests) {
    let mut lookups = JoinSet::new();
    loop {
        tokio::select! {
            Some(_) = lookups.join_next() => {}
            request = requests.recv() => {
                let Some(container) = request else { return };
                if lookups.len() < LOOKUPS_MAX {
                    lookups.spawn(look_up(Arc::clone(&asked), container));
                } else {
                    asked.containers.give_up(&container.id, Reason::Busy);
                }
            }
        }
    }
}

/// Asks about a container until somebody knows it.
async fn look_up(asked: Arc<Asked>, container: Request) {
    let begun = Instant::now();
    let deadline = begun.checked_add(asked.config.wait).unwrap_or(begun);
    let state = read_state(&asked, &container).await;
    let engines = match &state {
        Some(state) => match state.owner {
            Owner::Nobody => &[],
            Owner::Engine(engine) => likely(engine),
        },
        None => engines_of(&container),
    };
    if let Some(state) = state.as_ref().filter(|_| !engines.is_empty()) {
        asked.containers.learn_part(state.part());
    }
    let mut pause = PAUSE_MIN;
    let mut is_late = false;
    let mut reason = Reason::TimedOut;
    loop {
        let mut about = pin!(asked.about(&container, engines));
        let mut answer = None;
        if !is_late {
            answer = timeout_at(deadline, &mut about).await.ok();
            if answer.is_none() {
                give_up(&asked, &container, state.as_ref(), reason);
                is_late = true;
                pause = LATE_PAUSE_MIN;
            }
        }
        // An answer that is late is still one.
        let answer = match answer {
            Some(answer) => answer,
            None => about.await,
        };
        reason = match answer {
            Answer::Found(info) => {
                let is_started =
                    info.started_wall_ns.is_some() || info.kind != ContainerKind::Container;
                asked.containers.learn(*info);
                if !is_started {
                    await_start(&asked, &container, engines).await;
                }
                return;
            }
            Answer::Nobody => return without_runtime(&asked, &container, state),
            // Its list of containers tells the rest when it is back.
            Answer::Gone => return give_up(&asked, &container, state.as_ref(), Reason::NoRuntime),
            Answer::Unknown => Reason::NotFound,
            Answer::Failed => Reason::TimedOut,
        };
        if !is_late && begun.elapsed().saturating_add(pause) >= asked.config.wait {
            give_up(&asked, &container, state.as_ref(), reason);
            is_late = true;
            pause = LATE_PAUSE_MIN;
        }
        sleep(pause).await;
        let longest = if is_late { LATE_PAUSE_MAX } else { PAUSE_MAX };
        pause = pause.saturating_mul(2).min(longest);
        if begun.elapsed() >= LOOKUP_TIME_MAX || !asked.containers.is_running(&container.id) {
            return;
        }
    }
}

/// Asks about a container that was found before it was started until it was: only then it is known when.
async fn await_start(asked: &Asked, container: &ContainerRef, engines: &[Engine]) {
    let begun = Instant::now();
    let mut pause = PAUSE_MIN;
    while begun.elapsed() < LOOKUP_TIME_MAX && asked.containers.is_running(&container.id) {
        sleep(pause).await;
        pause = pause.saturating_mul(2).min(LATE_PAUSE_MAX);
        if let Answer::Found(info) = asked.about(container, engines).await
            && info.started_wall_ns.is_some()
        {
            return asked.containers.learn(*info);
        }
    }
}

/// Nobody answered in time. What only the files say is better than nothing, until somebody does.
fn give_up(asked: &Asked, container: &ContainerRef, state: Option<&State>, reason: Reason) {
    if let Some(state) = state {
        asked.containers.learn_part(state.info.clone());
    }
    asked.containers.give_up(&container.id, reason);
}

/// Without anybody to ask the files are all that there is to know.
fn without_runtime(asked: &Asked, container: &ContainerRef, state: Option<State>) {
    match state {
        Some(state) => asked.containers.learn(state.info),
        None => asked.containers.give_up(&container.id, Reason::NoRuntime),
    }
}

/// What the files of the runtime's state say.
async fn read_state(asked: &Arc<Asked>, container: &Request) -> Option<State> {
    let reading = {
        let (asked, container) = (Arc::clone(asked), Arc::clone(container));
        move || state::find(&asked.config, &container)
    };
    match tokio::task::spawn_blocking(reading).await {
        Ok(Ok(state)) => state,
        Ok(Err(error)) => {
            tracing::debug!(
                container = container.id.short(),
                reason = error.reason(),
                "state of a container cannot be read"
            );
            None
        }
        // Cancelled: the runtime of tasks is going down.
        Err(_) => None,
    }
}

/// Where a container is found whose files name its interface.
const fn likely(engine: Engine) -> &'static [Engine] {
    match engine {
        Engine::Cri => &[Engine::Cri],
        Engine::Docker => &[Engine::Docker],
        // Podman may be called Docker.
        Engine::Podman => &[Engine::Podman, Engine::Docker],
    }
}

/// The interfaces by which a container may be found, the likeliest first.
fn engines_of(container: &ContainerRef) -> &'static [Engine] {
    match container.runtime {
        Runtime::Docker => &[Engine::Docker],
        Runtime::Containerd | Runtime::Crio => &[Engine::Cri],
        Runtime::Podman => &[Engine::Podman],
        Runtime::Lxc | Runtime::LibvirtLxc | Runtime::Nspawn | Runtime::Garden | Runtime::Bpm => {
            &[]
        }
        Runtime::Unknown => &Engine::ALL,
    }
}
