//! The containers that are known, shared by who asks for them and who fills them in.

use crate::info::ContainerInfo;
use crate::store::{State, Store};
use saker_process_state::{ContainerId, ContainerRef};
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

/// Requests that may wait. When there are as many, further ones are counted and made again by the
/// next event of the container.
const REQUESTS_MAX: usize = 4_096;

/// A container that appears this long after it ended was started again. Sooner it is an event from
/// before the end that was held.
const STARTED_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// The receiving end of the requests.
pub type Requests = mpsc::Receiver<Request>;

/// Bounds of what is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most containers, at least one. When there are more, those that ended first are forgotten, then
    /// those that appeared first.
    pub containers_max: usize,
    /// How long a container stays known after it ended.
    pub kept: Duration,
    /// How long an answer is awaited after a container appeared.
    pub wait: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            containers_max: 16_384,
            kept: Duration::from_secs(600),
            wait: Duration::from_millis(500),
        }
    }
}

/// A container that somebody is to be asked about.
pub type Request = Arc<ContainerRef>;

/// Why no more will come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// Nobody is there to ask.
    NoRuntime,
    /// No runtime knows the container.
    NotFound,
    /// No runtime answered in time.
    TimedOut,
    /// Too many containers appeared at once to ask about each.
    Busy,
}

impl Reason {
    /// As the label `reason` of metrics has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoRuntime => "no_runtime",
            Self::NotFound => "not_found",
            Self::TimedOut => "timed_out",
            Self::Busy => "busy",
        }
    }
}

/// Whether more may become known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// All that there is to know is known.
    Complete,
    /// An answer is awaited.
    Awaited,
    /// Not all is known, and no more will come.
    Ended(Reason),
}

/// What is known of a container at one moment.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What is known.
    pub info: Option<Arc<ContainerInfo>>,
    /// Whether more may come.
    pub expectation: Expectation,
}

/// What was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Containers that are kept now.
    pub containers: usize,
    /// Requests that found the channel full.
    pub requests_refused: u64,
    /// Containers that were forgotten before their time because there were too many.
    pub forgotten_early: u64,
}

/// Tells the time; tests have their own.
pub type Clock = Box<dyn Fn() -> Instant + Send + Sync>;

/// Called when something was learned, by whoever learned it.
pub type OnChange = Box<dyn Fn() + Send + Sync>;

/// A handle to the containers; its copies share them.
#[derive(Clone)]
pub struct Containers {
    shared: Arc<Shared>,
}

struct Shared {
    limits: Limits,
    /// Who is asked; nobody where that was never meant.
    requests: Option<mpsc::Sender<Request>>,
    store: RwLock<Store>,
    /// Counts every change, so that who waits need not look at each container.
    generation: AtomicU64,
    requests_refused: AtomicU64,
    forgotten_early: AtomicU64,
    clock: Clock,
    on_change: OnChange,
}

impl Containers {
    /// Containers that nobody can be asked about.
    #[must_use]
    pub fn without_runtime() -> Self {
        let clock = Box::new(Instant::now);
        Self::build(Limits::default(), clock, None, Box::new(|| {}))
    }

    /// Containers, and the requests about them. `on_change` is called when something was learned, by
    /// whoever learned it, so that who waits for it can be woken.
    #[must_use]
    pub fn new(limits: Limits, on_change: OnChange) -> (Self, Requests) {
        Self::with_clock(limits, Box::new(Instant::now), on_change)
    }

    /// As [`Containers::new`], with a clock of one's own.
    #[must_use]
    pub fn with_clock(limits: Limits, clock: Clock, on_change: OnChange) -> (Self, Requests) {
        let (sender, requests) = mpsc::channel(REQUESTS_MAX);
        let containers = Self::build(limits, clock, Some(sender), on_change);
        (containers, requests)
    }

    fn build(
        limits: Limits,
        clock: Clock,
        requests: Option<mpsc::Sender<Request>>,
        on_change: OnChange,
    ) -> Self {
        let shared = Shared {
            limits,
            requests,
            store: RwLock::default(),
            generation: AtomicU64::new(0),
            requests_refused: AtomicU64::new(0),
            forgotten_early: AtomicU64::new(0),
            clock,
            on_change,
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Takes note of a container and asks about it, unless that was done. A container that ended a
    /// while ago was started again, and is asked about again.
    ///
    /// When too many requests wait, the container is not taken note of: its next event asks again.
    pub fn appeared(&self, container: &Arc<ContainerRef>) {
        let Some(requests) = &self.shared.requests else {
            return;
        };
        let id = &container.id;
        let is_noted = |store: &Store| {
            store.get(id).is_some_and(|entry| {
                entry.ended.is_none_or(|ended| {
                    self.now().saturating_duration_since(ended) < STARTED_AGAIN_AFTER
                })
            })
        };
        if is_noted(&self.read()) {
            return;
        }
        let mut store = self.write();
        if is_noted(&store) {
            return;
        }
        // Noted before who is asked can answer: the lock is held.
        match requests.try_send(Arc::clone(container)) {
            Ok(()) => {}
            Err(TrySendError::Closed(_)) => return,
            Err(TrySendError::Full(_)) => {
                self.shared.requests_refused.fetch_add(1, Relaxed);
                return;
            }
        }
        if store.get(id).is_some() {
            store.revive(id, self.now());
        } else {
            self.insert(&mut store, id);
        }
    }

    /// Takes note that a container ended: it is forgotten after a while.
    pub fn ended(&self, id: &ContainerId) {
        self.write().end(id, self.now());
    }

    /// What is known of a container now.
    #[must_use]
    pub fn get(&self, id: &ContainerId) -> Answer {
        let store = self.read();
        let Some(entry) = store.get(id) else {
            return Answer {
                info: None,
                expectation: Expectation::Ended(self.why_nothing()),
            };
        };
        let is_over =
            || self.now().saturating_duration_since(entry.appeared) >= self.shared.limits.wait;
        let expectation = match entry.state {
            State::Complete => Expectation::Complete,
            State::Ended(reason) => Expectation::Ended(reason),
            State::Awaited if is_over() => Expectation::Ended(Reason::TimedOut),
            State::Awaited => Expectation::Awaited,
        };
        Answer {
            info: entry.info.clone(),
            expectation,
        }
    }

    /// Whether an answer about a container would still be of use: it is known, and runs.
    #[must_use]
    pub fn is_running(&self, id: &ContainerId) -> bool {
        self.read()
            .get(id)
            .is_some_and(|entry| entry.ended.is_none())
    }

    /// Everything about a container became known.
    pub fn learn(&self, info: ContainerInfo) {
        let mut store = self.write();
        if store.get(&info.id).is_none() {
            self.insert(&mut store, &info.id);
        }
        if let Some(entry) = store.get_mut(&info.id) {
            if entry.state == State::Complete && entry.info.as_deref() == Some(&info) {
                return;
            }
            entry.info = Some(Arc::new(info));
            entry.state = State::Complete;
        }
        drop(store);
        self.changed();
    }

    /// Something about a container became known, and more is to come. What is said must not change
    /// with the rest. It is of no use where all is known already.
    pub fn learn_part(&self, info: ContainerInfo) {
        let mut store = self.write();
        if store.get(&info.id).is_none() {
            self.insert(&mut store, &info.id);
        }
        if let Some(entry) = store.get_mut(&info.id) {
            if entry.state == State::Complete {
                return;
            }
            entry.info = Some(Arc::new(info));
        }
        drop(store);
        self.changed();
    }

    /// Nobody can say (more) about a container, for now. It is of no use where all is known already.
    pub fn give_up(&self, id: &ContainerId, reason: Reason) {
        if let Some(entry) = self
            .write()
            .get_mut(id)
            .filter(|entry| entry.state != State::Complete)
        {
            entry.state = State::Ended(reason);
        }
        self.changed();
    }

    /// Grows with every change.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.shared.generation.load(Acquire)
    }

    /// Forgets containers that ended long ago.
    pub fn forget_ended(&self) {
        self.write().forget_ended(self.now(), &self.shared.limits);
    }

    /// What was counted.
    #[must_use]
    pub fn stats(&self) -> Stats {
        Stats {
            containers: self.read().len(),
            requests_refused: self.shared.requests_refused.load(Relaxed),
            forgotten_early: self.shared.forgotten_early.load(Relaxed),
        }
    }

    fn insert(&self, store: &mut Store, id: &ContainerId) {
        let forgotten = store.insert(id, self.now(), &self.shared.limits);
        self.shared.forgotten_early.fetch_add(forgotten, Relaxed);
    }

    /// Why nothing is known of a container that is not kept.
    fn why_nothing(&self) -> Reason {
        match &self.shared.requests {
            Some(requests) if !requests.is_closed() => Reason::Busy,
            _ => Reason::NoRuntime,
        }
    }

    fn changed(&self) {
        // Who sees the number sees the change.
        self.shared.generation.fetch_add(1, Release);
        (self.shared.on_change)();
    }

    fn now(&self) -> Instant {
        (self.shared.clock)()
    }

    fn read(&self) -> RwLockReadGuard<'_, Store> {
        self.shared
            .store
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Store> {
        self.shared
            .store
            .write()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
