//! kill -9 at any time: what was promised is there.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use bytes::Bytes;
use saker_alert_spool::{BatchLimits, Entry, PRIORITIES, Spool, SpoolSettings};
use saker_proto::AlertId;

/// Tells the child where.
const DIRECTORY: &str = "SAKER_TEST_SPOOL";
const FIRST: &str = "SAKER_TEST_FIRST";

const ROUNDS: u64 = 25;

fn settings() -> SpoolSettings {
    SpoolSettings {
        segment_bytes: 1 << 16,
        ..SpoolSettings::default()
    }
}

fn entry(number: u64) -> Entry {
    let priority = PRIORITIES[(number % 9) as usize];
    Entry {
        id: AlertId::from_bytes(u128::from(number).to_be_bytes()),
        priority,
        payload: payload(number),
    }
}

fn payload(number: u64) -> Bytes {
    let length = (number.wrapping_mul(7_919) % 3_000) as usize;
    number
        .to_le_bytes()
        .into_iter()
        .cycle()
        .take(length)
        .collect()
}

fn number(id: AlertId) -> u64 {
    u64::try_from(u128::from_be_bytes(id.to_bytes())).unwrap()
}

/// Appends, takes and acknowledges without end, and says so: an append when it is promised, an
/// acknowledgement before it is made.
#[test]
#[ignore = "the program that the other test kills"]
fn child() {
    let Some(directory) = std::env::var_os(DIRECTORY) else {
        return;
    };
    let mut next: u64 = std::env::var(FIRST).unwrap().parse().unwrap();
    let (mut spool, _) = Spool::open(Path::new(&directory), &settings()).unwrap();
    let mut out = std::io::stdout();
    let mut step = next;
    loop {
        step = step.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let records = 1 + (step >> 33) % 20;
        let entries: Vec<Entry> = (next..next + records).map(entry).collect();
        let appended = spool.append(&entries);
        assert_eq!(appended.durable, records);
        writeln!(out, "\nA {next} {records}").unwrap();
        next += records;
        let limits = BatchLimits {
            max_records: 12,
            max_bytes: 20_000,
        };
        let Some(batch) = spool.next_batch(limits) else {
            continue;
        };
        if (step >> 40).is_multiple_of(5) {
            spool.release(batch.id);
            continue;
        }
        let numbers: Vec<String> = batch
            .records
            .iter()
            .map(|r| number(r.id).to_string())
            .collect();
        writeln!(out, "\nK {}", numbers.join(" ")).unwrap();
        spool.acknowledge(batch.id);
        if (step >> 45).is_multiple_of(7) {
            spool.flush();
        }
    }
}

#[test]
fn what_was_promised_survives_kill_9() {
    // In memory where there is such a file system: a kill is no power cut, and waiting for a disk is no test.
    let in_memory = tempfile::tempdir_in("/dev/shm");
    let directory = in_memory.or_else(|_| tempfile::tempdir()).unwrap();
    let mut promised = BTreeSet::new();
    let mut acknowledged = BTreeSet::new();
    let mut first = 0;
    for round in 0..ROUNDS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "child",
                "--exact",
                "--ignored",
                "--nocapture",
                "--test-threads=1",
            ])
            .env(DIRECTORY, directory.path())
            .env(FIRST, first.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let pid = child.id();
        let killer = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(30 + (round * 37) % 90));
            child.kill().unwrap();
            child.wait().unwrap()
        });
        for line in lines.map_while(Result::ok) {
            let mut words = line.split(' ');
            match words.next() {
                Some("A") => {
                    let begin: u64 = words.next().unwrap().parse().unwrap();
                    let records: u64 = words.next().unwrap().parse().unwrap();
                    promised.extend(begin..begin + records);
                    first = first.max(begin + records);
                }
                Some("K") => acknowledged.extend(words.map(|word| word.parse::<u64>().unwrap())),
                _ => {}
            }
        }
        let status = killer.join().unwrap();
        assert_eq!(
            std::os::unix::process::ExitStatusExt::signal(&status),
            Some(9),
            "child {pid}"
        );
        // What it had begun to append without saying so.
        first += 1_000;
        check(directory.path(), &promised, &acknowledged);
    }
    assert!(
        promised.len() > 500,
        "{} alerts were appended",
        promised.len()
    );
    assert!(
        acknowledged.len() > 100,
        "{} alerts were acknowledged",
        acknowledged.len()
    );
}

/// Opens the spool as the next run would, and puts everything back.
fn check(directory: &Path, promised: &BTreeSet<u64>, acknowledged: &BTreeSet<u64>) {
    let (mut spool, recovery) = Spool::open(directory, &settings()).unwrap();
    assert_eq!(
        (recovery.corrupt_bytes, recovery.unreadable_segments),
        (0, 0)
    );
    assert!(!recovery.position_lost);
    let mut there = BTreeSet::new();
    let mut batches = Vec::new();
    while let Some(batch) = spool.next_batch(BatchLimits::default()) {
        for record in &batch.records {
            let number = number(record.id);
            let expected = entry(number);
            assert_eq!(record.payload, expected.payload, "alert {number}");
            assert_eq!(record.priority, expected.priority);
            there.insert(number);
        }
        batches.push(batch.id);
    }
    for number in promised {
        assert!(
            there.contains(number) || acknowledged.contains(number),
            "alert {number} was promised and is gone"
        );
    }
    for batch in batches {
        spool.release(batch);
    }
}
