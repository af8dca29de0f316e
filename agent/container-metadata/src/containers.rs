//! The containers that are known, shared by who asks for them and who fills them in.

use crate::info::ContainerInfo;
use foldhash::{HashMap, HashMapExt};
use saker_process_state::{ContainerId, ContainerRef};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// Requests that may wait. When there are as many, further ones are counted and made again by the
/// next event of the container.
const REQUESTS_MAX: usize = 4_096;

/// The receiving end of the requests.
pub type Requests = mpsc::Receiver<Request>;

/// Bounds of what is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most containers. When there are more, those that ended first are forgotten, then those that
    /// appeared first.
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

/// A handle to the containers; its copies share them.
#[derive(Clone)]
pub struct Containers {
    shared: Arc<Shared>,
}

struct Shared {
    limits: Limits,
    /// Who is asked; nobody where no runtime was found.
    requests: Option<mpsc::Sender<Request>>,
    entries: RwLock<HashMap<ContainerId, Entry>>,
    /// Counts every change, so that who waits need not look at each container.
    generation: AtomicU64,
    requests_refused: AtomicU64,
    forgotten_early: AtomicU64,
    on_change: Box<dyn Fn() + Send + Sync>,
}

struct Entry {
    info: Option<Arc<ContainerInfo>>,
    state: State,
    appeared: Instant,
    ended: Option<Instant>,
}

enum State {
    Complete,
    Awaited,
    Ended(Reason),
}

impl Containers {
    /// Containers that nobody can be asked about.
    #[must_use]
    pub fn without_runtime() -> Self {
        Self::build(Limits::default(), None, Box::new(|| {}))
    }

    /// Containers, and the requests about them. `on_change` is called when something was learned, by
    /// whoever learned it, so that who waits for it can be woken.
    #[must_use]
    pub fn new(limits: Limits, on_change: Box<dyn Fn() + Send + Sync>) -> (Self, Requests) {
        let (sender, requests) = mpsc::channel(REQUESTS_MAX);
        (Self::build(limits, Some(sender), on_change), requests)
    }

    fn build(
        limits: Limits,
        requests: Option<mpsc::Sender<Request>>,
        on_change: Box<dyn Fn() + Send + Sync>,
    ) -> Self {
        let shared = Shared {
            limits,
            requests,
            entries: RwLock::new(HashMap::new()),
            generation: AtomicU64::new(0),
            requests_refused: AtomicU64::new(0),
            forgotten_early: AtomicU64::new(0),
            on_change,
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Takes note of a container and asks about it, unless that was done.
    pub fn appeared(&self, container: &Arc<ContainerRef>) {
        let Some(requests) = &self.shared.requests else {
            return;
        };
        if self.read().contains_key(&container.id) {
            return;
        }
        let is_asked = requests.try_send(Arc::clone(container)).is_ok();
        if !is_asked {
            self.shared.requests_refused.fetch_add(1, Relaxed);
            return;
        }
        let entry = Entry {
            info: None,
            state: State::Awaited,
            appeared: Instant::now(),
            ended: None,
        };
        let mut entries = self.write();
        entries.entry(container.id.clone()).or_insert(entry);
        self.make_room(&mut entries);
    }

    /// Takes note that a container ended: it is forgotten after a while.
    pub fn ended(&self, id: &ContainerId) {
        if let Some(entry) = self.write().get_mut(id) {
            entry.ended.get_or_insert_with(Instant::now);
        }
    }

    /// What is known of a container now.
    #[must_use]
    pub fn get(&self, id: &ContainerId) -> Answer {
        let unknown = |reason| Answer {
            info: None,
            expectation: Expectation::Ended(reason),
        };
        if self.shared.requests.is_none() {
            return unknown(Reason::NoRuntime);
        }
        let entries = self.read();
        let Some(entry) = entries.get(id) else {
            return unknown(Reason::Busy);
        };
        let expectation = match entry.state {
            State::Complete => Expectation::Complete,
            State::Ended(reason) => Expectation::Ended(reason),
            State::Awaited if entry.appeared.elapsed() >= self.shared.limits.wait => {
                Expectation::Ended(Reason::TimedOut)
            }
            State::Awaited => Expectation::Awaited,
        };
        Answer {
            info: entry.info.clone(),
            expectation,
        }
    }

    /// Everything about a container became known.
    pub fn learn(&self, info: ContainerInfo) {
        self.update(info, State::Complete);
    }

    /// Something about a container became known, and more is to come.
    pub fn learn_part(&self, info: ContainerInfo) {
        self.update(info, State::Awaited);
    }

    /// Nobody can say (more) about a container.
    pub fn give_up(&self, id: &ContainerId, reason: Reason) {
        if let Some(entry) = self.write().get_mut(id) {
            entry.state = State::Ended(reason);
        }
        self.changed();
    }

    /// Grows with every change.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.shared.generation.load(Relaxed)
    }

    /// Forgets containers that ended long ago.
    pub fn forget_ended(&self) {
        let kept = self.shared.limits.kept;
        self.write()
            .retain(|_, entry| entry.ended.is_none_or(|ended| ended.elapsed() < kept));
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

    fn update(&self, info: ContainerInfo, state: State) {
        let mut entries = self.write();
        let entry = entries.entry(info.id.clone()).or_insert_with(|| Entry {
            info: None,
            state: State::Awaited,
            appeared: Instant::now(),
            ended: None,
        });
        entry.info = Some(Arc::new(info));
        entry.state = state;
        self.make_room(&mut entries);
        drop(entries);
        self.changed();
    }

    fn make_room(&self, entries: &mut HashMap<ContainerId, Entry>) {
        while entries.len() > self.shared.limits.containers_max {
            let first = entries
                .iter()
                .min_by_key(|(_, entry)| (entry.ended.is_none(), entry.ended, entry.appeared))
                .map(|(id, _)| id.clone());
            let Some(id) = first else { return };
            entries.remove(&id);
            self.shared.forgotten_early.fetch_add(1, Relaxed);
        }
    }

    fn changed(&self) {
        self.shared.generation.fetch_add(1, Relaxed);
        (self.shared.on_change)();
    }

    fn read(&self) -> RwLockReadGuard<'_, HashMap<ContainerId, Entry>> {
        self.shared
            .entries
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<ContainerId, Entry>> {
        self.shared
            .entries
            .write()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
