//! Many containers, one after the other and some at a time.

use crate::scene::{RULE, Watch, expect_complete, field};
use saker_kernel_tests::agent::{get, sum};
use saker_kernel_tests::containerd::{
    Container, Containerd, Cri, IMAGE, MARKER, Pod, Sandbox, Status,
};
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::time::{Duration, Instant};

const CONTAINERS: usize = 500;
const PODS: usize = 5;

/// Containers that are made at a time.
const WORKERS: usize = 8;

/// Ended containers are soon forgotten; and a busy machine may take long to say what a container is.
const SETTINGS: &str = "enrichment:\n  kept_seconds: 2\n  wait_ms: 10000\n";

/// By how much the agent's memory may differ after all containers from what it was before them, KiB. What is left
/// is what lies between records that are still needed: it does not grow with the number of containers.
const DIFFERENCE_KIB_MAX: u64 = 6 << 10;

/// By how much it may differ after the second half from what it was after the first.
const DIFFERENCE_OF_HALF_KIB_MAX: u64 = 2 << 10;

/// How long ended processes are kept, and then memory that was freed, at most.
const MEMORY_PATIENCE: Duration = Duration::from_secs(100);

/// Waits until the agent's memory is back to where it was, up to a difference.
fn wait_for_memory(watch: &Watch, before_kib: u64, difference_kib_max: u64) -> u64 {
    let limit = Instant::now() + MEMORY_PATIENCE;
    loop {
        let resident = watch.resident_kib();
        if resident <= before_kib + difference_kib_max {
            return resident;
        }
        assert!(
            Instant::now() < limit,
            "{resident} KiB are resident; {before_kib} KiB were before"
        );
        std::thread::sleep(Duration::from_secs(1));
    }
}

/// Starts a container that does its one thing and ends, and removes it.
async fn pass_through(client: &Cri, sandbox: &Sandbox, name: &str) -> Result<String, Status> {
    let container = Container::new(name, IMAGE, &["read", MARKER]);
    let id = client.launch(sandbox, &container).await?;
    assert_eq!(client.wait(&id).await?, 0, "{name}");
    client.remove(&id).await?;
    Ok(id)
}

/// Passes containers through all pods; returns their names by their ids.
fn pass_all(containerd: &Containerd, pods: &[Sandbox], wave: &str) -> BTreeMap<String, String> {
    let worker = |first: usize| {
        let client = containerd.client();
        let pods = pods.to_vec();
        let wave = wave.to_owned();
        async move {
            let mut made = Vec::new();
            for number in (first..CONTAINERS / 2).step_by(WORKERS) {
                let name = format!("{wave}-{number}");
                let id = pass_through(&client, &pods[number % pods.len()], &name).await;
                let id = id.unwrap_or_else(|status| panic!("{name}: {status}"));
                made.push((id, name));
            }
            made
        }
    };
    containerd.block_on(async {
        let workers: Vec<_> = (0..WORKERS)
            .map(|first| tokio::spawn(worker(first)))
            .collect();
        let mut made = BTreeMap::new();
        for worker in workers {
            made.extend(worker.await.expect("a worker"));
        }
        made
    })
}

#[test]
fn five_hundred_containers_give_as_many_alerts_and_leave_no_memory() {
    let containerd = Containerd::start();
    let port = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = port.local_addr().expect("its address").to_string();
    drop(port);
    let watch = Watch::start(containerd.host_root(), &["--metrics", &address], SETTINGS);
    let pods: Vec<Sandbox> = (0..PODS)
        .map(|number| containerd.run(Pod::new(&format!("{number}-crowd"))))
        .collect();
    let metric = |name: &str| sum(&get(&address, "/metrics"), name);
    let known = || metric("saker_containers ");
    watch.wait_until("all pods are known", || known() >= PODS as u64);
    let before = known();
    let at_start = watch.resident_kib();

    let begun = Instant::now();
    let mut made = pass_all(&containerd, &pods, "first");
    let (peak, at_most) = (known(), watch.resident_kib());
    watch.wait_until("ended containers are forgotten", || known() <= before);
    let halfway = wait_for_memory(&watch, at_start, DIFFERENCE_KIB_MAX);
    made.extend(pass_all(&containerd, &pods, "second"));
    watch.wait_until("ended containers are forgotten", || known() <= before);
    let at_end = wait_for_memory(&watch, halfway, DIFFERENCE_OF_HALF_KIB_MAX);
    eprintln!(
        "{CONTAINERS} containers in {:.0?}; {peak} known at most seen; own memory {at_start} KiB at first, \
         {at_most} KiB then, {halfway} KiB after half, {at_end} KiB after all",
        begun.elapsed()
    );

    watch.wait_until("nothing waits", || metric("saker_events_held ") == 0);
    assert_eq!(metric("saker_events_lost_total"), 0, "the kernel's rings");
    watch.wait_until("all alerts came", || watch.agent.count(RULE) >= CONTAINERS);
    let alerts = watch.agent.alerts_of(RULE);
    assert_eq!(alerts.len(), CONTAINERS);
    let mut seen = BTreeMap::new();
    for alert in &alerts {
        expect_complete(alert);
        seen.insert(
            field(alert, "container.full_id"),
            field(alert, "container.name"),
        );
    }
    assert_eq!(seen, made);
    watch.agent.end();
}
