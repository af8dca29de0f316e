//! The files of a spool, damaged in any way: what is read are records that were written, and the spool goes
//! on. Checksums would keep damage in the input itself from being looked at, so it is done to whole files.
#![no_main]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use arbitrary::{Arbitrary, Unstructured};
use libfuzzer_sys::fuzz_target;
use saker_alert_spool::{BatchLimits, Entry, PRIORITIES, Spool, SpoolSettings};
use saker_proto::AlertId;

/// What is done to the files.
#[derive(Arbitrary, Debug)]
enum Damage<'a> {
    Overwrite {
        file: u8,
        at: u16,
        bytes: &'a [u8],
    },
    Cut {
        file: u8,
        at: u16,
    },
    Append {
        file: u8,
        bytes: &'a [u8],
    },
    Insert {
        file: u8,
        at: u16,
        bytes: &'a [u8],
    },
    /// Takes the place of another file.
    Copy {
        from: u8,
        to: u8,
    },
    Remove {
        file: u8,
    },
    New {
        priority: u8,
        sequence: u8,
        bytes: &'a [u8],
    },
}

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    /// Priority and payload.
    records: Vec<(u8, &'a [u8])>,
    acknowledged: u8,
    damages: Vec<Damage<'a>>,
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(input) = Input::arbitrary_take_rest(Unstructured::new(bytes)) else {
        return;
    };
    let folder = Folder::new();
    let written = write(&folder.0, &input);
    for damage in &input.damages {
        inflict(&folder.0, damage);
    }
    // Whatever was done, reading ends, and gives nothing that was not written.
    let Ok((mut spool, recovery)) = Spool::open(&folder.0, &SpoolSettings::default()) else {
        // A segment of a later version.
        return;
    };
    let before = spool.stats();
    assert_eq!(before.records, recovery.records);
    let mut read = 0;
    while let Some(batch) = spool.next_batch(BatchLimits {
        max_records: 7,
        max_bytes: 300,
    }) {
        for record in &batch.records {
            let original = written.get(&record.id).expect("a record that was written");
            assert_eq!(original.payload, record.payload);
        }
        read += batch.records.len() as u64;
        spool.acknowledge(batch.id);
    }
    assert_eq!(read, recovery.records);
    assert_eq!(spool.stats().records, 0);
    let entry = entry(u128::MAX, 0, b"one more");
    assert_eq!(spool.append(std::slice::from_ref(&entry)).durable, 1);
    let batch = spool
        .next_batch(BatchLimits::default())
        .expect("the record");
    assert_eq!(batch.records.len(), 1);
    if input.damages.is_empty() {
        let pending = input
            .records
            .len()
            .saturating_sub(usize::from(input.acknowledged));
        assert_eq!(read, pending as u64);
        assert_eq!((recovery.torn_bytes, recovery.corrupt_bytes), (0, 0));
    }
});

/// A directory in memory, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = Path::new("/dev/shm").join(format!("saker-fuzz-spool-{}", std::process::id()));
        drop(fs::remove_dir_all(&path));
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

fn entry(id: u128, priority: u8, payload: &[u8]) -> Entry {
    Entry {
        id: AlertId::from_bytes(id.to_be_bytes()),
        priority: PRIORITIES[usize::from(priority) % PRIORITIES.len()],
        payload: payload.to_vec().into(),
    }
}

fn write(folder: &Path, input: &Input<'_>) -> BTreeMap<AlertId, Entry> {
    let (mut spool, _) = Spool::open(folder, &SpoolSettings::default()).expect("a new spool");
    let entries: Vec<Entry> = (0..)
        .zip(&input.records)
        .map(|(id, (priority, payload))| entry(id, *priority, payload))
        .collect();
    assert_eq!(spool.append(&entries).durable, entries.len() as u64);
    let limits = BatchLimits {
        max_records: usize::from(input.acknowledged),
        ..BatchLimits::default()
    };
    if input.acknowledged > 0
        && let Some(batch) = spool.next_batch(limits)
    {
        spool.acknowledge(batch.id);
    }
    entries.into_iter().map(|entry| (entry.id, entry)).collect()
}

fn inflict(folder: &Path, damage: &Damage<'_>) {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the folder")
        .map(|file| file.expect("a file").path())
        .filter(|path| !path.ends_with("lock"))
        .collect();
    files.sort();
    let file = |index: &u8| files.get(usize::from(*index) % files.len().max(1)).cloned();
    let change = |index: &u8, change: &dyn Fn(&mut Vec<u8>)| {
        if let Some(path) = file(index) {
            let mut bytes = fs::read(&path).expect("a file");
            change(&mut bytes);
            fs::write(&path, bytes).expect("a file");
        }
    };
    match damage {
        Damage::Overwrite { file, at, bytes } => change(file, &|content| {
            for (place, byte) in content.iter_mut().skip(usize::from(*at)).zip(*bytes) {
                *place = *byte;
            }
        }),
        Damage::Cut { file, at } => change(file, &|content| content.truncate(usize::from(*at))),
        Damage::Append { file, bytes } => change(file, &|content| content.extend_from_slice(bytes)),
        Damage::Insert { file, at, bytes } => change(file, &|content| {
            let at = usize::from(*at).min(content.len());
            content.splice(at..at, bytes.iter().copied());
        }),
        Damage::Copy { from, to } => {
            if let (Some(from), Some(to)) = (file(from), file(to)) {
                let bytes = fs::read(from).expect("a file");
                fs::write(to, bytes).expect("a file");
            }
        }
        Damage::Remove { file: index } => {
            if let Some(path) = file(index) {
                fs::remove_file(path).expect("a file");
            }
        }
        Damage::New {
            priority,
            sequence,
            bytes,
        } => {
            let priority = PRIORITIES[usize::from(*priority) % PRIORITIES.len()];
            let name = saker_alert_spool::priority_name(priority);
            fs::write(folder.join(format!("{name}-{sequence:020}.segment")), bytes)
                .expect("a file");
        }
    }
}
