//! Faults, injected while alerts are on their way.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use fastrand::Rng;
use saker_delivery_tests::{
    Agent, Answer, Collector, Duty, Network, Played, Proxy, Queue, Scene, Store,
};

/// Repeats a run: the order of the faults and the pauses between them.
const SEED_VARIABLE: &str = "SAKER_SEED";

/// What may go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// kill -9 of the agent, which then plays everything again.
    Agent,
    /// kill -9 of a collector.
    Collector,
    /// kill -9 of a process that only works.
    Worker,
    /// kill -9 of the queue's server, or of the node that leads the stream.
    Queue,
    /// kill -9 of the store's server.
    Store,
    /// Packets between agent and collector vanish.
    Silence,
    /// Connections between agent and collector break and cannot be made again.
    Severance,
    /// The webhook does not take what it is sent.
    Webhook(Answer),
}

/// A fault of each kind that the scene can have, in an order of their own for each seed.
pub(crate) fn faults(scene: &Scene, random: &mut Rng) -> Vec<Fault> {
    let mut faults = vec![
        Fault::Agent,
        Fault::Collector,
        Fault::Collector,
        Fault::Silence,
        Fault::Severance,
        Fault::Webhook(Answer::Status(500)),
        Fault::Webhook(Answer::Status(429)),
        Fault::Webhook(Answer::Hang),
        Fault::Webhook(Answer::Close),
    ];
    if !matches!(scene.queue, Queue::Embedded) {
        faults.push(Fault::Queue);
    }
    if matches!(scene.store, Store::Postgres(_)) {
        faults.push(Fault::Store);
    }
    random.shuffle(&mut faults);
    // Later the agent may have sent everything.
    let half = faults.len() / 2;
    if let Some(last) = faults[half..]
        .iter()
        .position(|fault| *fault == Fault::Agent)
    {
        faults.swap(half + last, random.usize(..half));
    }
    faults
}

/// The seed of this run; it is printed, and shown where the test fails.
pub(crate) fn seed() -> Result<u64> {
    let seed = match std::env::var(SEED_VARIABLE) {
        Ok(text) => text.parse().context(SEED_VARIABLE)?,
        Err(_) => fastrand::u64(..),
    };
    println!("{SEED_VARIABLE}={seed}");
    Ok(seed)
}

/// The processes under test.
pub(crate) struct Processes {
    pub(crate) agent: Agent,
    pub(crate) played: Played,
    pub(crate) collectors: Vec<Collector>,
    /// A network to each of the collectors.
    pub(crate) networks: Vec<Proxy>,
    /// Collectors that take nothing from agents.
    pub(crate) workers: Vec<Collector>,
}

impl Processes {
    /// Starts collectors, and an agent that plays a recording.
    pub(crate) fn start(scene: &Scene, alerts: u32, collectors: usize) -> Result<Self> {
        Self::start_with(scene, alerts, &vec![Duty::All; collectors])
    }

    /// The same with collectors that do this.
    pub(crate) fn start_with(scene: &Scene, alerts: u32, duties: &[Duty]) -> Result<Self> {
        let (mut collectors, mut workers) = (Vec::new(), Vec::new());
        for (number, duty) in duties.iter().enumerate() {
            let collector = scene.collector(number, *duty)?;
            match duty {
                Duty::Work => workers.push(collector),
                Duty::All | Duty::Ingest => collectors.push(collector),
            }
        }
        let networks = collectors
            .iter()
            .map(|collector| Proxy::start(collector.address()))
            .collect::<Result<Vec<_>>>()?;
        let ports: Vec<u16> = networks.iter().map(Proxy::port).collect();
        let played = scene.played("node-a", alerts, &ports, &scene.spool("node-a"))?;
        Ok(Self {
            agent: Agent::start(&played)?,
            played,
            collectors,
            networks,
            workers,
        })
    }

    /// Lets one thing go wrong for a moment, and puts it right.
    pub(crate) fn suffer(
        &mut self,
        scene: &mut Scene,
        fault: Fault,
        random: &mut Rng,
    ) -> Result<()> {
        let moment = Duration::from_millis(random.u64(200..1500));
        let arrived = scene.webhook.alerts().len();
        println!("{fault:?} for {moment:?} when {arrived} alerts had arrived");
        match fault {
            Fault::Agent => {
                ensure!(self.agent.is_running()?, "the agent has sent everything");
                self.agent.kill()?;
                std::thread::sleep(moment);
                self.agent = Agent::start(&self.played)?;
            }
            Fault::Collector => self.restart_collector(scene, moment, random)?,
            Fault::Worker => {
                let number = random.usize(..self.workers.len());
                self.workers[number].kill()?;
                std::thread::sleep(moment);
                // Folders are counted through; the workers' come last.
                let folder = self.collectors.len() + number;
                self.workers[number] = scene.collector(folder, Duty::Work)?;
            }
            Fault::Queue => restart_queue(scene, moment)?,
            Fault::Store => {
                let Store::Postgres(server) = &mut scene.store else {
                    bail!("the store has no server");
                };
                server.kill()?;
                std::thread::sleep(moment);
                server.restart()?;
            }
            Fault::Silence => self.disturb(Network::Silent, moment),
            Fault::Severance => self.disturb(Network::Severed, moment),
            Fault::Webhook(answer) => {
                scene.webhook.answer(answer);
                std::thread::sleep(moment);
                scene.webhook.answer(Answer::Take);
            }
        }
        Ok(())
    }

    fn restart_collector(
        &mut self,
        scene: &Scene,
        moment: Duration,
        random: &mut Rng,
    ) -> Result<()> {
        let number = random.usize(..self.collectors.len());
        self.collectors[number].kill()?;
        std::thread::sleep(moment);
        let collector = scene.collector(number, Duty::All)?;
        self.networks[number].lead_to(collector.address());
        self.collectors[number] = collector;
        Ok(())
    }

    pub(crate) fn disturb(&self, network: Network, moment: Duration) {
        for proxy in &self.networks {
            proxy.set(network);
        }
        std::thread::sleep(moment);
        for proxy in &self.networks {
            proxy.set(Network::Open);
        }
    }
}

fn restart_queue(scene: &mut Scene, moment: Duration) -> Result<()> {
    match &mut scene.queue {
        Queue::Embedded => bail!("the queue has no server"),
        Queue::Nats(server) => {
            server.kill()?;
            std::thread::sleep(moment);
            server.start_again()
        }
        Queue::Cluster(cluster) => {
            let leader = cluster.stream_leader("saker-alerts")?;
            cluster.kill(leader)?;
            std::thread::sleep(moment);
            cluster.start_again(leader)
        }
        Queue::Redis(server) => {
            server.kill()?;
            std::thread::sleep(moment);
            server.start_again()
        }
    }
}
