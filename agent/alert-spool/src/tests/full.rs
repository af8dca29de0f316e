//! No room in the spool, none on the disk, and what is given up then.

use std::io::ErrorKind;
use std::time::Duration;

use saker_proto::v1::Priority;

use super::scene::{Scene, append, drain, entry, limits};
use crate::loss::LossReason;

/// Records of `append` in a segment of 880 bytes.
const RECORDS_PER_SEGMENT: u64 = 6;

#[test]
fn a_full_spool_gives_up_the_oldest_of_the_least_urgent() {
    let scene = Scene::new(3_520, 880);
    let (mut spool, _) = scene.open();
    append(&mut spool, 0..RECORDS_PER_SEGMENT, Priority::Error);
    let debug = append(&mut spool, 100..118, Priority::Debug);
    assert_eq!((debug.durable, debug.lost.total()), (18, 0));

    let appended = append(&mut spool, 10..11, Priority::Notice);
    assert_eq!((appended.durable, appended.refused), (1, 0));
    assert_eq!(appended.lost.get(Priority::Debug, LossReason::SpoolFull), 6);
    assert_eq!(appended.lost.total(), 6);

    // The same priority gives up its own oldest, not what is more urgent.
    let appended = append(&mut spool, 118..124, Priority::Debug);
    assert_eq!(appended.lost.get(Priority::Debug, LossReason::SpoolFull), 6);
    let stats = spool.stats();
    assert_eq!(stats.lost.total(), 12);
    assert!(stats.bytes <= 3_520);
    let kept: Vec<u64> = (0..6).chain([10]).chain(112..124).collect();
    assert_eq!(drain(&mut spool), kept);
}

#[test]
fn what_is_more_urgent_is_never_given_up_for_less() {
    let scene = Scene::new(3_520, 880);
    let (mut spool, _) = scene.open();
    append(&mut spool, 0..24, Priority::Critical);
    let appended = append(&mut spool, 100..103, Priority::Warning);
    assert_eq!((appended.durable, appended.refused), (0, 3));
    assert_eq!(
        appended.lost.get(Priority::Warning, LossReason::SpoolFull),
        3
    );
    assert_eq!(drain(&mut spool), (0..24).collect::<Vec<_>>());
}

#[test]
fn records_under_way_are_not_given_up() {
    let scene = Scene::new(3_520, 880);
    let (mut spool, _) = scene.open();
    append(&mut spool, 0..24, Priority::Debug);
    let batch = spool.next_batch(limits(2)).unwrap();
    let appended = append(&mut spool, 24..25, Priority::Debug);
    assert_eq!(appended.lost.get(Priority::Debug, LossReason::SpoolFull), 6);
    spool.acknowledge(batch.id);
    let left = drain(&mut spool);
    // The second segment went, the first was being sent.
    assert_eq!(left, (2..6).chain(12..25).collect::<Vec<_>>());
    assert_eq!(spool.stats().lost.total(), 6, "none was counted twice");
}

#[test]
fn a_record_that_is_too_large_is_refused_and_counted() {
    let scene = Scene::new(3_520, 880);
    let (mut spool, _) = scene.open();
    let entries = [
        entry(0, Priority::Alert, 2_000),
        entry(1, Priority::Alert, 10),
    ];
    let appended = spool.append(&entries);
    assert_eq!((appended.durable, appended.refused), (1, 1));
    assert_eq!(appended.lost.get(Priority::Alert, LossReason::TooLarge), 1);
    assert_eq!(drain(&mut spool), [1]);
}

#[test]
fn a_full_disk_gives_up_what_is_less_urgent_then_turns_to_memory() {
    let scene = Scene::roomy();
    let (mut spool, _) = scene.open();
    append(&mut spool, 0..12, Priority::Debug);
    append(&mut spool, 20..22, Priority::Error);
    spool.directory().faults.fail(ErrorKind::StorageFull, 0);
    let appended = append(&mut spool, 22..25, Priority::Error);
    assert_eq!(
        (appended.durable, appended.in_memory, appended.refused),
        (0, 3, 0)
    );
    assert_eq!(appended.lost.get(Priority::Debug, LossReason::DiskFull), 12);
    assert!(spool.stats().is_degraded);

    // The memory is bounded, and there, too, urgent ones stay.
    let appended = append(&mut spool, 30..50, Priority::Notice);
    let room = 2_000 / (100 + 64) - 3;
    assert_eq!(appended.in_memory + appended.refused, 20);
    assert_eq!(
        appended.lost.get(Priority::Notice, LossReason::DiskFull),
        20 - room
    );
    assert_eq!(spool.stats().memory_records, 3 + room);

    spool.directory().faults.stop();
    scene.advance(Duration::from_millis(500));
    spool.maintain();
    assert_eq!(
        spool.stats().memory_records,
        3 + room,
        "not yet tried again"
    );
    scene.advance(Duration::from_millis(600));
    spool.maintain();
    let stats = spool.stats();
    assert_eq!((stats.memory_records, stats.is_degraded), (0, false));
    drop(spool);
    let (mut spool, _) = scene.open();
    assert_eq!(
        drain(&mut spool),
        (20..25).chain(50 - room..50).collect::<Vec<_>>()
    );
}

#[test]
fn a_full_disk_gives_up_less_urgent_ones_for_what_comes_later_too() {
    let scene = Scene::roomy();
    let (mut spool, _) = scene.open();
    append(&mut spool, 0..12, Priority::Debug);
    append(&mut spool, 20..26, Priority::Notice);
    // What is given up makes room for as much.
    spool.directory().faults.fail(ErrorKind::StorageFull, 0);
    let debug = append(&mut spool, 12..13, Priority::Debug);
    assert_eq!((debug.in_memory, debug.lost.total()), (1, 0));
    let critical = append(&mut spool, 30..32, Priority::Critical);
    assert_eq!((critical.in_memory, critical.refused), (2, 0));
    let reason = LossReason::DiskFull;
    assert_eq!(critical.lost.get(Priority::Debug, reason), 12);
    assert_eq!(critical.lost.get(Priority::Notice, reason), 6);
    spool.directory().faults.stop();
    append(&mut spool, 13..20, Priority::Debug);
    let critical = append(&mut spool, 32..34, Priority::Critical);
    assert_eq!(
        critical.in_memory, 2,
        "nothing is there to be given up, so that it waits"
    );
    assert_eq!(
        drain(&mut spool),
        (30..34).chain(12..20).collect::<Vec<_>>()
    );
}

#[test]
fn a_disk_that_fails_gives_up_nothing_and_records_go_on_from_memory() {
    let scene = Scene::roomy();
    let (mut spool, _) = scene.open();
    append(&mut spool, 0..3, Priority::Debug);
    for (first, working_accesses) in [(10, 0), (20, 1)] {
        spool
            .directory()
            .faults
            .fail(ErrorKind::Other, working_accesses);
        let appended = append(&mut spool, first..first + 2, Priority::Critical);
        assert_eq!((appended.in_memory, appended.lost.total()), (2, 0));
    }
    let batch = spool.next_batch(limits(3)).unwrap();
    assert_eq!(super::scene::numbers(&batch), [10, 11, 20]);
    spool.acknowledge(batch.id);
    let batch = spool.next_batch(limits(2)).unwrap();
    assert_eq!(super::scene::numbers(&batch), [21, 0]);
    assert_eq!(spool.stats().records_under_way, 2);
    spool.release(batch.id);
    spool.directory().faults.stop();
    drop(spool);
    let (mut spool, _) = scene.open();
    assert_eq!(drain(&mut spool), [21, 0, 1, 2], "written at the end");
}

#[test]
fn a_smaller_spool_is_trimmed_when_it_is_opened() {
    let mut scene = Scene::new(8_000, 1_000);
    let (mut spool, _) = scene.open();
    append(&mut spool, 0..24, Priority::Notice);
    append(&mut spool, 24..36, Priority::Alert);
    drop(spool);
    scene.settings.max_bytes = 4_000;
    let (mut spool, recovery) = scene.open();
    assert_eq!(
        recovery.lost.get(Priority::Notice, LossReason::SpoolFull),
        12
    );
    assert_eq!(recovery.records, 24);
    assert_eq!(
        drain(&mut spool),
        (24..36).chain(12..24).collect::<Vec<_>>()
    );
}
