//! The disk of the spool is full while no collector can be reached: what is lost is counted, and nothing else is.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use saker_delivery_tests::{Agent, Aggregation, Duty, Network, Proxy, Queue, Scene, Spool, Store};

use crate::{ALERTS, PATIENCE, UNBOUNDED};

const DISK_BYTES: u64 = 1 << 20;

/// A file system in memory; unmounted at the end.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: &Path) -> Result<Self> {
        std::fs::create_dir(at)?;
        let size = format!("size={DISK_BYTES}");
        let mut command = Command::new("mount");
        command.args(["-t", "tmpfs", "-o", &size, "delivery-test"]);
        let status = command.arg(at).status()?;
        ensure!(
            status.success(),
            "a file system cannot be mounted; are you root?"
        );
        Ok(Self(at.to_owned()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Also while something is open in it: a test that fails must leave nothing behind.
        match Command::new("umount").arg("--lazy").arg(&self.0).status() {
            Ok(status) if status.success() => {}
            other => eprintln!("{} stays mounted: {other:?}", self.0.display()),
        }
    }
}

#[test]
fn a_full_disk_loses_what_is_counted() -> Result<()> {
    let scene = Scene::new(Queue::Embedded, Store::Sqlite, Aggregation::Off, UNBOUNDED)?;
    let mut collector = scene.collector(0, Duty::All)?;
    let network = Proxy::start(collector.address())?;
    network.set(Network::Severed);
    let disk = SmallDisk::mount(&scene.folder().join("disk"))?;
    let spool = Spool {
        directory: disk.0.join("spool"),
        // More than the disk has, so that the disk is what is full.
        max_bytes: 64 << 20,
        segment_bytes: 128 << 10,
        memory_bytes: 128 << 10,
    };
    let played = scene.played("node-a", ALERTS, &[network.port()], &spool)?;
    let raised: BTreeSet<String> = Agent::ids(&played)?.into_iter().collect();
    let mut agent = Agent::start(&played)?;
    std::thread::sleep(Duration::from_secs(5));
    network.set(Network::Open);
    let account = agent.account(PATIENCE)?;
    let said = agent.said();
    ensure!(account.lost > 0, "the disk was large enough: {account:?}");
    ensure!(
        account.raised == u64::from(ALERTS)
            && account.raised == account.delivered + account.lost
            && account.left == 0,
        "{account:?}"
    );
    ensure!(
        said.contains("spool"),
        "the agent says nothing of it: {said}"
    );
    let expected = usize::try_from(account.delivered)?;
    scene
        .wait_for(expected, PATIENCE)
        .with_context(|| format!("{account:?}"))?;
    let arrived = scene.webhook.alerts();
    ensure!(
        arrived.len() == expected && arrived.is_subset(&raised),
        "{} alerts arrived: {account:?}",
        arrived.len()
    );
    ensure!(collector.terminate()?.success());
    ensure!(scene.stored()?.len() == expected);
    drop(disk);
    Ok(())
}
