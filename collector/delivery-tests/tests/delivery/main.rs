//! Alerts arrive: an agent plays a recording, whose alerts have the same ids each time, and whatever fails on the way,
//! the webhook is told of each of them, and the store has each once.

mod chaos;
mod disk;

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Result, ensure};
use chaos::{Fault, Processes, faults, seed};
use fastrand::Rng;
use saker_delivery_tests::servers::{NatsCluster, NatsServer, PostgresServer, RedisServer};
use saker_delivery_tests::{Account, Agent, Aggregation, Duty, Network, Queue, Scene, Store};

const ALERTS: u32 = 6000;

/// So slow that all faults come while alerts are under way.
const ALERTS_PER_SECOND: u32 = 400;

/// So fast that a run without faults does not wait.
const UNBOUNDED: u32 = 1_000_000;

/// Nothing takes so long unless it is broken: the longest lease is ten seconds.
const PATIENCE: Duration = Duration::from_secs(120);

/// What the agent raises, by its own account; each id once.
fn raised(processes: &Processes) -> Result<BTreeSet<String>> {
    let ids = Agent::ids(&processes.played)?;
    let count = ids.len();
    let ids: BTreeSet<String> = ids.into_iter().collect();
    ensure!(
        ids.len() == count && count == ALERTS as usize,
        "{count} alerts with {} ids",
        ids.len()
    );
    Ok(ids)
}

/// Everything that was raised has arrived at the webhook and is in the store once.
fn everything_arrived(scene: &Scene, mut processes: Processes) -> Result<()> {
    let raised = raised(&processes)?;
    let account = processes.agent.account(PATIENCE)?;
    let arrived = scene.wait_for(raised.len(), PATIENCE);
    if let Err(error) = arrived {
        for collector in processes.collectors.iter().chain(&processes.workers) {
            eprintln!("{}", collector.log_text());
        }
        return Err(error);
    }
    // The last run of the agent sent all that it raised and all that was left to it.
    ensure!(
        account.raised == raised.len() as u64
            && account.suppressed == 0
            && account.lost == 0
            && account.left == 0
            && account.delivered == account.raised + account.found,
        "{account:?}"
    );
    ensure!(
        scene.webhook.alerts() == raised,
        "other alerts arrived than were raised"
    );
    let unreadable = scene.webhook.unreadable();
    ensure!(unreadable.is_empty(), "{unreadable:?}");
    for collector in processes
        .collectors
        .iter_mut()
        .chain(&mut processes.workers)
    {
        ensure!(collector.metric("saker_collector_dead_letters")? == 0.0);
        ensure!(collector.terminate()?.success(), "{}", collector.log_text());
    }
    let stored = scene.stored()?;
    let ids: BTreeSet<String> = stored.iter().cloned().collect();
    ensure!(
        stored.len() == raised.len() && ids == raised,
        "the store has {} alerts with {} ids of {}",
        stored.len(),
        ids.len(),
        raised.len()
    );
    Ok(())
}

/// Without faults every number is exact, at every stage.
fn undisturbed(queue: Queue, store: Store, aggregation: Aggregation) -> Result<()> {
    let scene = Scene::new(queue, store, aggregation, UNBOUNDED)?;
    let mut processes = Processes::start(&scene, ALERTS, 1)?;
    let account = processes.agent.account(PATIENCE)?;
    let all = u64::from(ALERTS);
    let expected = Account {
        raised: all,
        delivered: all,
        ..Account::default()
    };
    ensure!(account == expected, "{account:?}");
    scene.wait_for(ALERTS as usize, PATIENCE)?;
    let collector = &processes.collectors[0];
    let metric = |name: &str| collector.metric(&format!("saker_collector_{name}"));
    let raised = f64::from(ALERTS);
    for name in [
        "ingest_received_total",
        "ingest_alerts_total",
        "worker_alerts_total",
    ] {
        ensure!(metric(name)? == raised, "{name} is {}", metric(name)?);
    }
    for name in [
        "ingest_refused_total",
        "worker_overflowed_total",
        "sink_dead_letters_total",
    ] {
        ensure!(metric(name)? == 0.0, "{name} is {}", metric(name)?);
    }
    let taken = scene.webhook.taken();
    let told: usize = taken.iter().map(|taken| taken.members.len()).sum();
    ensure!(told == ALERTS as usize, "{told} alerts were told");
    // An alert that was held back is told with others; the first of each group is told at once.
    let aggregated = metric("worker_aggregated_total")?;
    match aggregation {
        Aggregation::Off => ensure!(aggregated == 0.0 && taken.len() == ALERTS as usize),
        Aggregation::OfASecond => {
            ensure!(
                aggregated > raised / 2.0,
                "only {aggregated} were aggregated"
            );
            // Of the first alerts of a window each is a notification of its own.
            let at_once = taken
                .iter()
                .filter(|taken| taken.members.len() == 1)
                .count();
            ensure!(
                raised - aggregated <= at_once as f64,
                "{at_once} were told at once"
            );
        }
    }
    everything_arrived(&scene, processes)
}

/// With faults, at random, one after another.
fn disturbed(queue: Queue, store: Store, aggregation: Aggregation) -> Result<()> {
    let seed = seed()?;
    let mut random = Rng::with_seed(seed);
    let mut scene = Scene::new(queue, store, aggregation, ALERTS_PER_SECOND)?;
    let faults = faults(&scene, &mut random);
    suffer_all(&mut scene, 1, &faults, &mut random)
        .map_err(|error| error.context(format!("SAKER_SEED={seed}")))
}

fn suffer_all(
    scene: &mut Scene,
    collectors: usize,
    faults: &[Fault],
    random: &mut Rng,
) -> Result<()> {
    let processes = Processes::start(scene, ALERTS, collectors)?;
    suffer_each(scene, processes, faults, random)
}

fn suffer_each(
    scene: &mut Scene,
    mut processes: Processes,
    faults: &[Fault],
    random: &mut Rng,
) -> Result<()> {
    for fault in faults {
        std::thread::sleep(Duration::from_millis(random.u64(50..600)));
        ensure!(
            scene.webhook.alerts().len() < ALERTS as usize,
            "everything had arrived before {fault:?}"
        );
        processes.suffer(scene, *fault, random)?;
    }
    everything_arrived(scene, processes)
}

#[test]
fn undisturbed_embedded_sqlite() -> Result<()> {
    undisturbed(Queue::Embedded, Store::Sqlite, Aggregation::OfASecond)
}

#[test]
fn undisturbed_embedded_sqlite_one_by_one() -> Result<()> {
    undisturbed(Queue::Embedded, Store::Sqlite, Aggregation::Off)
}

#[test]
fn undisturbed_nats_postgresql() -> Result<()> {
    let (queue, store) = (NatsServer::start()?, PostgresServer::start()?);
    undisturbed(
        Queue::Nats(queue),
        Store::Postgres(store),
        Aggregation::OfASecond,
    )
}

#[test]
fn undisturbed_redis_postgresql() -> Result<()> {
    let (queue, store) = (RedisServer::start()?, PostgresServer::start()?);
    undisturbed(
        Queue::Redis(queue),
        Store::Postgres(store),
        Aggregation::OfASecond,
    )
}

#[test]
fn disturbed_embedded_sqlite() -> Result<()> {
    disturbed(Queue::Embedded, Store::Sqlite, Aggregation::OfASecond)
}

#[test]
fn disturbed_embedded_postgresql() -> Result<()> {
    let store = PostgresServer::start()?;
    disturbed(Queue::Embedded, Store::Postgres(store), Aggregation::Off)
}

#[test]
fn disturbed_nats_sqlite() -> Result<()> {
    disturbed(
        Queue::Nats(NatsServer::start()?),
        Store::Sqlite,
        Aggregation::Off,
    )
}

#[test]
fn disturbed_nats_cluster_postgresql() -> Result<()> {
    let (queue, store) = (NatsCluster::start()?, PostgresServer::start()?);
    disturbed(
        Queue::Cluster(queue),
        Store::Postgres(store),
        Aggregation::OfASecond,
    )
}

#[test]
fn disturbed_redis_sqlite() -> Result<()> {
    disturbed(
        Queue::Redis(RedisServer::start()?),
        Store::Sqlite,
        Aggregation::OfASecond,
    )
}

#[test]
fn disturbed_redis_postgresql() -> Result<()> {
    let (queue, store) = (RedisServer::start()?, PostgresServer::start()?);
    disturbed(
        Queue::Redis(queue),
        Store::Postgres(store),
        Aggregation::Off,
    )
}

/// Collectors on one queue and one store, killed one by one.
fn shared(queue: Queue, collectors: usize) -> Result<()> {
    let seed = seed()?;
    let mut random = Rng::with_seed(seed);
    let store = Store::Postgres(PostgresServer::start()?);
    let mut scene = Scene::new(queue, store, Aggregation::OfASecond, ALERTS_PER_SECOND)?;
    let faults = vec![Fault::Collector; collectors + 1];
    suffer_all(&mut scene, collectors, &faults, &mut random)
        .map_err(|error| error.context(format!("SAKER_SEED={seed}")))
}

#[test]
fn two_collectors_share_nats() -> Result<()> {
    shared(Queue::Nats(NatsServer::start()?), 2)
}

#[test]
fn four_collectors_share_redis() -> Result<()> {
    shared(Queue::Redis(RedisServer::start()?), 4)
}

/// One process takes alerts, three handle them and are killed one by one.
#[test]
fn workers_of_their_own_share_nats() -> Result<()> {
    let seed = seed()?;
    let mut random = Rng::with_seed(seed);
    let store = Store::Postgres(PostgresServer::start()?);
    let queue = Queue::Nats(NatsServer::start()?);
    let mut scene = Scene::new(queue, store, Aggregation::OfASecond, ALERTS_PER_SECOND)?;
    let duties = [Duty::Ingest, Duty::Work, Duty::Work, Duty::Work];
    let processes = Processes::start_with(&scene, ALERTS, &duties)?;
    suffer_each(&mut scene, processes, &[Fault::Worker; 5], &mut random)
        .map_err(|error| error.context(format!("SAKER_SEED={seed}")))
}

#[test]
fn the_network_is_cut_for_half_a_minute() -> Result<()> {
    let scene = Scene::new(
        Queue::Embedded,
        Store::Sqlite,
        Aggregation::OfASecond,
        ALERTS_PER_SECOND,
    )?;
    let processes = Processes::start(&scene, ALERTS, 1)?;
    std::thread::sleep(Duration::from_secs(1));
    processes.disturb(Network::Silent, Duration::from_secs(30));
    ensure!(
        scene.webhook.alerts().len() < ALERTS as usize,
        "everything had arrived before the network was cut"
    );
    everything_arrived(&scene, processes)
}
