//! A spool on a disk that is full: a small file system of its own, mounted for each test. Needs root.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use bytes::Bytes;
use saker_alert_spool::{
    Appended, BatchLimits, Entry, LossReason, Spool, SpoolHandle, SpoolSettings,
};
use saker_proto::AlertId;
use saker_proto::v1::Priority;

const FILE_SYSTEM_BYTES: u64 = 4 << 20;

/// A file system of four mebibytes. Unmounted at the end, also of a test that fails.
struct SmallDisk {
    folder: tempfile::TempDir,
}

impl SmallDisk {
    fn new(kind: Kind) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let at = folder.path().join("mounted");
        fs::create_dir(&at).expect("a folder");
        match kind {
            Kind::Memory => run(Command::new("mount")
                .args([
                    "-t",
                    "tmpfs",
                    "-o",
                    &format!("size={FILE_SYSTEM_BYTES}"),
                    "spool-test",
                ])
                .arg(&at)),
            Kind::Image => {
                let image = folder.path().join("image");
                let file = fs::File::create(&image).expect("an image");
                file.set_len(FILE_SYSTEM_BYTES).expect("an image");
                run(Command::new("mkfs.ext4")
                    .args(["-q", "-F", "-m", "0"])
                    .arg(&image));
                run(Command::new("mount")
                    .args(["-o", "loop"])
                    .arg(&image)
                    .arg(&at));
            }
        }
        Self { folder }
    }

    fn mounted(&self) -> PathBuf {
        self.folder.path().join("mounted")
    }

    fn spool(&self) -> PathBuf {
        self.mounted().join("spool")
    }

    /// Takes all room that is left, as another program may.
    fn fill(&self) -> PathBuf {
        let path = self.mounted().join("other");
        let mut bytes = vec![1_u8; 1 << 20];
        let mut file = fs::File::create(&path).expect("a file");
        while !bytes.is_empty() {
            if std::io::Write::write_all(&mut file, &bytes).is_err() {
                bytes.truncate(bytes.len() / 2);
            }
        }
        drop(file.sync_all());
        path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Also while something is open in it: a test that fails must leave nothing behind.
        run(Command::new("umount").arg("--lazy").arg(self.mounted()));
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Memory,
    Image,
}

fn run(command: &mut Command) {
    let output = command.output();
    let output = output.unwrap_or_else(|error| panic!("cannot run {command:?}: {error}"));
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {complaint}");
}

fn settings() -> SpoolSettings {
    SpoolSettings {
        max_bytes: 64 << 20,
        segment_bytes: 1 << 18,
        memory_bytes: 1 << 18,
        ..SpoolSettings::default()
    }
}

fn entry(number: u64, priority: Priority) -> Entry {
    Entry {
        id: AlertId::from_bytes(u128::from(number).to_be_bytes()),
        priority,
        payload: number
            .to_le_bytes()
            .into_iter()
            .cycle()
            .take(1_000)
            .collect::<Bytes>(),
    }
}

fn entries(numbers: std::ops::Range<u64>, priority: Priority) -> Vec<Entry> {
    numbers.map(|number| entry(number, priority)).collect()
}

fn assert_whole(appended: &Appended, records: u64) {
    assert_eq!(
        appended.durable + appended.in_memory + appended.refused,
        records
    );
}

/// Takes all that is there, and says which numbers.
fn drain(spool: &mut Spool) -> BTreeMap<u64, Priority> {
    let mut all = BTreeMap::new();
    while let Some(batch) = spool.next_batch(BatchLimits::default()) {
        for record in &batch.records {
            let number =
                u64::try_from(u128::from_be_bytes(record.id.to_bytes())).expect("a number");
            assert_eq!(record.payload, entry(number, record.priority).payload);
            assert_eq!(all.insert(number, record.priority), None, "{number} twice");
        }
        spool.acknowledge(batch.id);
    }
    all
}

fn open(directory: &Path) -> Spool {
    Spool::open(directory, &settings()).expect("a spool").0
}

/// More than the disk holds: what is urgent is kept, what is lost is counted, and after a restart the rest is
/// there.
fn keeps_what_is_urgent(kind: Kind) {
    let disk = SmallDisk::new(kind);
    let mut spool = open(&disk.spool());
    for batch in 0..60 {
        let appended = spool.append(&entries(batch * 100..batch * 100 + 100, Priority::Debug));
        assert_whole(&appended, 100);
    }
    assert!(
        spool.stats().is_degraded,
        "six megabytes are on a disk of four"
    );
    let urgent = spool.append(&entries(100_000..101_000, Priority::Critical));
    assert_whole(&urgent, 1_000);
    let stats = spool.stats();
    assert_eq!(stats.lost.get(Priority::Critical, LossReason::DiskFull), 0);
    assert_eq!(stats.records + stats.lost.total(), 7_000);
    let debug_lost = stats.lost.get(Priority::Debug, LossReason::DiskFull);
    assert_eq!(
        debug_lost,
        stats.lost.total(),
        "nothing is lost for another reason"
    );
    assert!((2_000..6_000).contains(&debug_lost), "{debug_lost}");

    let in_memory = spool.flush();
    let lost_in_the_end = spool.stats().lost.total();
    drop(spool);
    let mut spool = open(&disk.spool());
    let there = drain(&mut spool);
    let critical = there
        .values()
        .filter(|priority| **priority == Priority::Critical)
        .count();
    assert_eq!(critical, 1_000);
    assert_eq!(
        u64::try_from(there.len()).expect("a number") + lost_in_the_end + in_memory,
        7_000
    );
    // All is acknowledged: there is room again.
    assert_eq!(
        spool.append(&entries(0..1_000, Priority::Debug)).durable,
        1_000
    );
    assert!(!spool.stats().is_degraded);
}

#[test]
fn a_full_tmpfs_keeps_what_is_urgent() {
    keeps_what_is_urgent(Kind::Memory);
}

#[test]
fn a_full_loop_device_keeps_what_is_urgent() {
    keeps_what_is_urgent(Kind::Image);
}

#[test]
fn the_memory_bridges_a_disk_that_others_filled() {
    let disk = SmallDisk::new(Kind::Image);
    let (spool, _) = SpoolHandle::open(&disk.spool(), &settings()).expect("a spool");
    assert_eq!(
        spool
            .append_blocking(&entries(0..100, Priority::Notice))
            .durable,
        100
    );
    let filler = disk.fill();
    // A segment that was begun may still have room in its last block.
    let appended = spool.append_blocking(&entries(100..250, Priority::Notice));
    assert_whole(&appended, 150);
    assert_eq!(appended.lost.total(), 0);
    assert!(appended.in_memory > 0 && spool.stats().is_degraded);
    fs::remove_file(filler).expect("the file of the other");
    // Nobody appends: the spool itself tries again.
    let deadline = Instant::now() + Duration::from_secs(20);
    while spool.stats().memory_records > 0 {
        assert!(Instant::now() < deadline, "{:?}", spool.stats());
        std::thread::sleep(Duration::from_millis(50));
    }
    let stats = spool.stats();
    assert_eq!(
        (stats.records, stats.lost.total(), stats.is_degraded),
        (250, 0, false)
    );
    drop(spool);
    let deadline = Instant::now() + Duration::from_secs(5);
    let mut spool = loop {
        // The thread that keeps it may hold it a moment longer.
        match Spool::open(&disk.spool(), &settings()) {
            Ok((spool, _)) => break spool,
            Err(error) => assert!(Instant::now() < deadline, "{error}"),
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    assert_eq!(drain(&mut spool).len(), 250);
}

#[test]
fn a_disk_that_is_full_from_the_start_is_no_reason_not_to_start() {
    let disk = SmallDisk::new(Kind::Image);
    drop(open(&disk.spool()));
    let filler = disk.fill();
    let mut spool = open(&disk.spool());
    let appended = spool.append(&entries(0..100, Priority::Notice));
    assert_whole(&appended, 100);
    assert_eq!(appended.lost.total(), 0);
    let batch = spool
        .next_batch(BatchLimits::default())
        .expect("what the memory holds");
    assert_eq!(batch.records.len(), 100);
    spool.acknowledge(batch.id);
    assert_eq!(spool.flush(), 0);
    fs::remove_file(filler).expect("the file of the other");
}
