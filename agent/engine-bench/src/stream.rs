//! The records.

mod actions;
mod programs;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use fastrand::Rng;
use saker_event_schema::event;

use programs::{INIT, LONG_LIVED, Program, SHORT_LIVED};

/// What a stream is made of.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// How many processes are there at the start, besides the first.
    pub processes: u32,
    /// Start of the random numbers.
    pub seed: u64,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            processes: 300,
            seed: 1,
        }
    }
}

/// The events of a node, one record after the other, without an end.
#[derive(Clone, Debug)]
pub struct Stream {
    random: Rng,
    first: Actor,
    others: Vec<Actor>,
    /// Forked and not ended yet: they run a program next, and later end.
    children: Vec<Actor>,
    cgroups: HashMap<u64, Vec<u8>>,
    now_ns: u64,
    pid_next: u32,
}

/// A process.
#[derive(Clone, Debug)]
struct Actor {
    program: &'static Program,
    pid: u32,
    ppid: u32,
    cgroup: u64,
    /// Nanoseconds since boot.
    start_ns: u64,
    exec_id: u64,
}

/// The cgroup of everything outside of containers.
const HOST_CGROUP: u64 = 1;
/// How many containers the node has.
const CONTAINERS: u64 = 60;
/// Time between two events, in nanoseconds.
const STEP_NS: u64 = 20_000;
/// Time between the starts of two processes before the stream begins, in nanoseconds.
const START_STEP_NS: u64 = 1_000_000_000;
/// When the stream begins, nanoseconds since boot.
const BEGIN_NS: u64 = 3_600_000_000_000;
/// Characters of a container's id.
const CONTAINER_ID_LENGTH: usize = 64;

impl Stream {
    /// A stream of this shape, before its first event.
    #[must_use]
    pub fn new(shape: &Shape) -> Self {
        let mut random = Rng::with_seed(shape.seed);
        let cgroups = cgroups(&mut random);
        let mut stream = Self {
            random,
            first: Actor {
                program: &INIT,
                pid: 1,
                ppid: 0,
                cgroup: HOST_CGROUP,
                start_ns: 1,
                exec_id: 1,
            },
            others: Vec::new(),
            children: Vec::new(),
            cgroups,
            now_ns: BEGIN_NS,
            pid_next: 2,
        };
        for number in 0..shape.processes {
            // One of each comes first, so that no program depends on luck.
            let program = LONG_LIVED
                .get(number as usize)
                .unwrap_or_else(|| choice(&mut stream.random, LONG_LIVED, &INIT));
            let cgroup = if program.in_container {
                HOST_CGROUP + stream.random.u64(1..=CONTAINERS)
            } else {
                HOST_CGROUP
            };
            let start_ns = u64::from(stream.pid_next) * START_STEP_NS;
            let ppid = stream.first.pid;
            let actor = stream.start(program, ppid, cgroup, start_ns);
            stream.others.push(actor);
        }
        stream
    }

    /// A record for each process that is there now, as if it had just run its program.
    #[must_use]
    pub fn processes(&self) -> Vec<Vec<u8>> {
        std::iter::once(&self.first)
            .chain(&self.others)
            .chain(&self.children)
            .map(|actor| actions::exec(actor, actor.start_ns))
            .collect()
    }

    /// The path of each cgroup, by its id.
    #[must_use]
    pub fn cgroups(&self) -> &HashMap<u64, Vec<u8>> {
        &self.cgroups
    }

    fn start(&mut self, program: &'static Program, ppid: u32, cgroup: u64, start_ns: u64) -> Actor {
        let pid = self.pid_next;
        self.pid_next += 1;
        Actor {
            program,
            pid,
            ppid,
            cgroup,
            start_ns,
            exec_id: 1,
        }
    }

    fn step(&mut self) -> Vec<u8> {
        self.now_ns += STEP_NS;
        let now = self.now_ns;
        let random = &mut self.random;
        // Thousandths: chosen, not measured (docs/BENCHMARKS.md says so). Opens first, then
        // connections, and some of everything else that rules look at.
        let action = random.u32(0..1000);
        let actor = choice(random, &self.others, &self.first);
        match action {
            0..620 => actions::open(random, actor, now),
            620..700 => actions::connect(random, actor, now),
            700..740 => actions::accept(random, actor, now),
            740..790 => actions::socket(random, actor, now),
            790..840 => actions::duplicate(random, actor, now),
            840..880 => actions::unlink(random, actor, now),
            880..900 => actions::rename(random, actor, now),
            900..915 => actions::mkdir(random, actor, now),
            915..920 => actions::chmod(random, actor, now),
            920..930 => actions::kill(random, actor, now),
            930..935 => actions::identity(event::SETUID, "uid", actor, now),
            935..940 => actions::identity(event::SETGID, "gid", actor, now),
            _ => self.lifecycle(),
        }
    }

    /// A child is forked, runs a program, or ends; a node has about as many of each.
    fn lifecycle(&mut self) -> Vec<u8> {
        let action = self.random.u32(0..3);
        if action == 0 || self.children.is_empty() {
            return self.fork();
        }
        let position = self.random.usize(0..self.children.len());
        if action == 1 {
            let ended = self.children.swap_remove(position);
            return actions::exit(&ended, self.now_ns);
        }
        match self.children.get_mut(position) {
            Some(child) => {
                child.exec_id += 1;
                actions::exec(child, self.now_ns)
            }
            None => self.fork(),
        }
    }

    fn fork(&mut self) -> Vec<u8> {
        let program = choice(&mut self.random, SHORT_LIVED, &INIT);
        let parents: Vec<&Actor> = self
            .others
            .iter()
            .filter(|actor| actor.program.starts_others)
            .collect();
        let parent = (*choice(&mut self.random, &parents, &&self.first)).clone();
        let child = self.start(program, parent.pid, parent.cgroup, self.now_ns);
        let record = actions::fork(&parent, &child, self.now_ns);
        self.children.push(child);
        record
    }
}

impl Iterator for Stream {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        Some(self.step())
    }
}

fn cgroups(random: &mut Rng) -> HashMap<u64, Vec<u8>> {
    let mut cgroups = HashMap::from([(HOST_CGROUP, b"/system.slice/node.service".to_vec())]);
    for number in 1..=CONTAINERS {
        let id: String = (0..CONTAINER_ID_LENGTH)
            .map(|_| random.digit(16).to_ascii_lowercase())
            .collect();
        let path = format!("/kubepods/burstable/pod{}/{id}", pod_uid(number));
        cgroups.insert(HOST_CGROUP + number, path.into_bytes());
    }
    cgroups
}

/// Uid of the pod with this number.
pub(crate) fn pod_uid(number: u64) -> String {
    format!("{number:08x}-8d3a-4b53-9c0e-{number:012x}")
}

/// One of them, or the other where there is none.
fn choice<'a, T>(random: &mut Rng, from: &'a [T], otherwise: &'a T) -> &'a T {
    random.choice(from).unwrap_or(otherwise)
}
