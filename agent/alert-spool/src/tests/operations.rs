//! Any operations in any order, compared with a model.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::time::Duration;

use proptest::prelude::*;
use saker_proto::v1::Priority;

use super::scene::{Scene, assert_genuine, drain, entry, limits, numbers};
use crate::priority::PRIORITIES;
use crate::record::Batch;
use crate::settings::Sync;
use crate::spool::Spool;

#[derive(Clone, Debug)]
enum Operation {
    Append(Vec<(Priority, usize)>),
    Take(usize),
    Acknowledge(prop::sample::Index),
    Release(prop::sample::Index),
    Advance(u64),
    Reopen,
    Crash,
    Fail(ErrorKind, u32),
    Heal,
}

fn operation(with_crash: bool) -> impl Strategy<Value = Operation> {
    let priority = prop::sample::select(PRIORITIES.to_vec());
    let records = prop::collection::vec((priority, 0_usize..600), 1..12);
    let kind = prop::sample::select(vec![ErrorKind::StorageFull, ErrorKind::Other]);
    let end = if with_crash {
        Operation::Crash
    } else {
        Operation::Reopen
    };
    prop_oneof![
        6 => records.prop_map(Operation::Append),
        5 => (1_usize..20).prop_map(Operation::Take),
        4 => any::<prop::sample::Index>().prop_map(Operation::Acknowledge),
        2 => any::<prop::sample::Index>().prop_map(Operation::Release),
        1 => (0_u64..3_000).prop_map(Operation::Advance),
        1 => Just(end),
        1 => (kind, 0_u32..4).prop_map(|(kind, after)| Operation::Fail(kind, after)),
        1 => Just(Operation::Heal),
    ]
}

/// What must hold of the spool.
struct Model {
    scene: Scene,
    spool: Option<Spool>,
    /// Where a spool that crashed went on.
    later: Vec<tempfile::TempDir>,
    next: u64,
    appended: u64,
    /// Neither acknowledged nor known to be lost.
    open: BTreeSet<u64>,
    acknowledged: BTreeSet<u64>,
    acknowledged_records: u64,
    under_way: Vec<Batch>,
    /// Lost in earlier lives of the spool.
    lost_before: u64,
}

impl Model {
    fn new(scene: Scene) -> Self {
        let spool = Some(scene.open().0);
        Self {
            scene,
            spool,
            later: Vec::new(),
            next: 0,
            appended: 0,
            open: BTreeSet::new(),
            acknowledged: BTreeSet::new(),
            acknowledged_records: 0,
            under_way: Vec::new(),
            lost_before: 0,
        }
    }

    fn spool(&mut self) -> &mut Spool {
        self.spool.as_mut().unwrap()
    }

    fn run(&mut self, operation: Operation) {
        match operation {
            Operation::Append(records) => self.append(&records),
            Operation::Take(max_records) => {
                if let Some(batch) = self.spool().next_batch(limits(max_records)) {
                    self.check(&batch);
                    self.under_way.push(batch);
                }
            }
            Operation::Acknowledge(index) if !self.under_way.is_empty() => {
                let batch = self.under_way.remove(index.index(self.under_way.len()));
                self.spool().acknowledge(batch.id);
                for number in numbers(&batch) {
                    assert!(self.open.remove(&number));
                    self.acknowledged.insert(number);
                    self.acknowledged_records += 1;
                }
            }
            Operation::Release(index) if !self.under_way.is_empty() => {
                let batch = self.under_way.remove(index.index(self.under_way.len()));
                self.spool().release(batch.id);
            }
            Operation::Acknowledge(_) | Operation::Release(_) => {}
            Operation::Advance(milliseconds) => {
                self.scene.advance(Duration::from_millis(milliseconds));
                self.spool().maintain();
            }
            Operation::Fail(kind, after) => self.spool().directory().faults.fail(kind, after),
            Operation::Heal => self.spool().directory().faults.stop(),
            Operation::Reopen => self.reopen(),
            Operation::Crash => self.crash(),
        }
    }

    fn append(&mut self, records: &[(Priority, usize)]) {
        let entries: Vec<_> = (self.next..)
            .zip(records)
            .map(|(number, (priority, length))| entry(number, *priority, *length))
            .collect();
        self.open
            .extend(self.next..self.next + entries.len() as u64);
        self.next += entries.len() as u64;
        self.appended += entries.len() as u64;
        let appended = self.spool().append(&entries);
        assert!(appended.durable + appended.in_memory + appended.refused == entries.len() as u64);
    }

    /// Nothing that was not appended, was acknowledged, or is under way already.
    fn check(&self, batch: &Batch) {
        batch.records.iter().for_each(assert_genuine);
        let under_way: BTreeSet<u64> = self.under_way.iter().flat_map(numbers).collect();
        let mut seen = BTreeSet::new();
        for number in numbers(batch) {
            assert!(
                self.open.contains(&number),
                "{number} is not to be delivered"
            );
            assert!(
                !under_way.contains(&number) && seen.insert(number),
                "{number} twice"
            );
        }
    }

    /// Whatever was appended is acknowledged, lost or there.
    fn balance(&mut self) {
        let stats = self.spool().stats();
        let sum = self.acknowledged_records + stats.lost.total() + self.lost_before + stats.records;
        assert_eq!(sum, self.appended, "{stats:?}");
        let on_disk: u64 = std::fs::read_dir(self.scene.directory.path())
            .unwrap()
            .map(|file| file.unwrap())
            .filter(|file| file.file_name().to_string_lossy().ends_with(".segment"))
            .map(|file| file.metadata().unwrap().len())
            .sum();
        assert!(stats.bytes <= self.scene.settings.max_bytes);
        assert!(
            on_disk <= stats.bytes,
            "{on_disk} bytes on disk, {} known",
            stats.bytes
        );
    }

    fn reopen(&mut self) {
        self.spool().directory().faults.stop();
        // Batches that are under way come again.
        for batch in std::mem::take(&mut self.under_way) {
            self.spool().release(batch.id);
        }
        let left = self.spool().flush();
        assert_eq!(left, 0);
        self.lost_before += self.spool().stats().lost.total();
        let records = self.spool().stats().records;
        drop(self.spool.take());
        let (spool, recovery) = self.scene.open();
        assert_eq!((recovery.torn_bytes, recovery.corrupt_bytes), (0, 0));
        self.spool = Some(spool);
        // What was acknowledged out of turn comes again, too.
        let again = recovery.records.checked_sub(records).unwrap();
        assert!(again <= self.acknowledged.len() as u64);
        self.appended += again;
        self.open.extend(std::mem::take(&mut self.acknowledged));
    }

    /// Goes on with the files as they are now, as after kill -9.
    fn crash(&mut self) {
        let copy = self.scene.snapshot();
        self.spool().directory().faults.stop();
        self.under_way.clear();
        drop(self.spool.take());
        let old = std::mem::replace(&mut self.scene.directory, copy);
        self.later.push(old);
        let (spool, recovery) = self.scene.open();
        assert_eq!((recovery.corrupt_bytes, recovery.position_lost), (0, false));
        self.spool = Some(spool);
        // What was acknowledged lately may come again.
        self.open.extend(std::mem::take(&mut self.acknowledged));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn nothing_is_lost_unless_it_is_counted(
        operations in prop::collection::vec(operation(false), 1..60),
        interval in any::<bool>(),
    ) {
        let mut scene = Scene::new(8_000, 2_000);
        if interval {
            scene.settings.sync = Sync::Interval;
        }
        let mut model = Model::new(scene);
        for operation in operations {
            // A life of the spool counts anew.
            let is_reopened = matches!(operation, Operation::Reopen);
            model.run(operation);
            if is_reopened {
                let lost = model.spool().stats().lost.total();
                prop_assert_eq!(lost, 0);
            }
            model.balance();
        }
        model.reopen();
        let rest = drain(model.spool());
        let unique: BTreeSet<u64> = rest.iter().copied().collect();
        prop_assert_eq!(unique.len(), rest.len());
        prop_assert!(unique.is_subset(&model.open));
        let sum = model.acknowledged_records + model.lost_before + unique.len() as u64;
        prop_assert_eq!(sum, model.appended);
    }

    #[test]
    fn a_crash_loses_nothing_that_was_promised(
        operations in prop::collection::vec(operation(true), 1..60),
    ) {
        let mut model = Model::new(Scene::new(1 << 22, 3_000));
        let mut acknowledged = BTreeSet::new();
        for operation in operations {
            // Only the memory holds what comes while the disk fails.
            if !matches!(operation, Operation::Fail(..)) {
                model.run(operation);
            }
            acknowledged.extend(model.acknowledged.iter().copied());
        }
        model.crash();
        let rest: BTreeSet<u64> = drain(model.spool()).into_iter().collect();
        for number in 0..model.next {
            prop_assert!(
                rest.contains(&number) || acknowledged.contains(&number),
                "{} is lost", number
            );
        }
    }
}
