//! Many containers, one after the other and some at a time.

use crate::scene::{RULE, Watch, expect_complete, field};
use saker_kernel_tests::agent::{get, sum};
use saker_kernel_tests::containerd::{
    Container, Containerd, Cri, IMAGE, MARKER, Pod, Sandbox, Status,
};
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::time::Instant;

const CONTAINERS: usize = 500;
const PODS: usize = 5;

/// Containers that are made at a time.
const WORKERS: usize = 8;

/// Ended containers are soon forgotten; and a busy machine may take long to say what a container is.
const SETTINGS: &str = "enrichment:\n  kept_seconds: 2\n  wait_ms: 10000\n";

/// How much more memory the agent may hold after all containers than before them, KiB: ended processes are
/// kept for a while as well, and an allocator gives little back.
const GROWTH_KIB_MAX: u64 = 16 << 10;

/// How much more after the second half than after the first, when nothing new is to be kept any more, KiB.
/// That containers are forgotten is told by their number.
const GROWTH_OF_HALF_KIB_MAX: u64 = 4 << 10;

/// Starts a container that does its one thing and ends, and removes it.
async fn pass_through(client: &Cri, sandbox: &Sandbox, name: &str) -> Result<String, Status> {
    let container = Container::new(name, IMAGE, &["read", MARKER]);
    let id = client.launch(sandbox, &container).await?;
    assert_eq!(client.wait(&id).await?, 0, "{name}");
    client.remove(&id).await?;
    Ok(id)
}

/// Passes containers through all pods; returns their names by their ids.
fn pass_all(
    containerd: &Containerd,
    pods: &[Sandbox],
    wave: &str,
    count: usize,
) -> BTreeMap<String, String> {
    let worker = |first: usize| {
        let client = containerd.client();
        let pods = pods.to_vec();
        let wave = wave.to_owned();
        async move {
            let mut made = Vec::new();
            for number in (first..count).step_by(WORKERS) {
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
    let mut made = pass_all(&containerd, &pods, "first", CONTAINERS / 2);
    let peak = known();
    watch.wait_until("ended containers are forgotten", || known() <= before);
    let after_first = watch.resident_kib();
    made.extend(pass_all(&containerd, &pods, "second", CONTAINERS / 2));
    watch.wait_until("ended containers are forgotten", || known() <= before);
    let after_second = watch.resident_kib();
    eprintln!(
        "{CONTAINERS} containers in {:.0?}; {peak} known at most seen; resident {at_start} KiB at first, \
         {after_first} KiB after half, {after_second} KiB after all",
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
    assert!(after_second <= after_first + GROWTH_OF_HALF_KIB_MAX);
    assert!(after_second <= at_start + GROWTH_KIB_MAX);
    watch.agent.end();
}
