//! What comes first.

use saker_proto::v1::Priority;

use super::scene::{Scene, append, drain, limits, number, numbers};

#[test]
fn urgent_records_come_first_and_old_ones_within_a_priority() {
    let scene = Scene::roomy();
    let (mut spool, _) = scene.open();
    append(&mut spool, 0..3, Priority::Notice);
    append(&mut spool, 3..5, Priority::Critical);
    append(&mut spool, 5..7, Priority::Notice);
    let batch = spool.next_batch(limits(4)).unwrap();
    assert_eq!(numbers(&batch), [3, 4, 0, 1]);
    append(&mut spool, 7..8, Priority::Emergency);
    let urgent = spool.next_batch(limits(2)).unwrap();
    assert_eq!(numbers(&urgent), [7, 2]);
    spool.acknowledge(urgent.id);
    spool.release(batch.id);
    assert_eq!(drain(&mut spool), [3, 4, 0, 1, 5, 6]);
    assert_eq!(spool.stats().records, 0);
}

#[test]
fn a_flood_of_urgent_records_starves_no_other() {
    let scene = Scene::roomy();
    let (mut spool, _) = scene.open();
    append(&mut spool, 0..4, Priority::Debug);
    append(&mut spool, 4..8, Priority::Warning);
    let mut next = 100;
    let mut late = Vec::new();
    for _ in 0..80 {
        append(&mut spool, next..next + 4, Priority::Emergency);
        next += 4;
        let batch = spool.next_batch(limits(4)).unwrap();
        late.extend(
            batch
                .records
                .iter()
                .map(|record| number(record.id))
                .filter(|n| *n < 100),
        );
        spool.acknowledge(batch.id);
    }
    late.sort_unstable();
    assert_eq!(late, [0, 1, 2, 3, 4, 5, 6, 7]);
}

#[test]
fn batches_keep_to_their_limits_but_for_a_single_large_record() {
    let scene = Scene::new(8 << 20, 4 << 20);
    let (mut spool, _) = scene.open();
    let large = super::scene::entry(1, Priority::Error, 700_000);
    spool.append(&[super::scene::entry(0, Priority::Error, 10), large]);
    append(&mut spool, 2..10, Priority::Error);
    let limits = crate::BatchLimits {
        max_records: 5,
        max_bytes: 350,
    };
    let sizes: Vec<Vec<u64>> = std::iter::from_fn(|| {
        let batch = spool.next_batch(limits)?;
        let numbers = numbers(&batch);
        spool.acknowledge(batch.id);
        Some(numbers)
    })
    .collect();
    assert_eq!(
        sizes,
        [vec![0], vec![1], vec![2, 3, 4], vec![5, 6, 7], vec![8, 9]]
    );
}

#[test]
fn acknowledgements_may_come_in_any_order() {
    let scene = Scene::roomy();
    let (mut spool, _) = scene.open();
    append(&mut spool, 0..40, Priority::Notice);
    let batches: Vec<_> = std::iter::from_fn(|| spool.next_batch(limits(5))).collect();
    assert_eq!(batches.len(), 8);
    assert_eq!(spool.stats().records_under_way, 40);
    for index in [7, 0, 3, 5, 2, 6] {
        spool.acknowledge(batches[index].id);
    }
    spool.acknowledge(batches[7].id);
    assert_eq!(spool.stats().records, 10);
    spool.release(batches[4].id);
    drop(spool);
    let (mut spool, _) = scene.open();
    let again = drain(&mut spool);
    for wanted in [5..10, 20..25].into_iter().flatten() {
        assert!(again.contains(&wanted), "{wanted} is missing");
    }
    assert!(!again.contains(&0), "acknowledged and delivered again");
}

#[test]
fn files_of_what_was_acknowledged_go_away() {
    let scene = Scene::roomy();
    let (mut spool, _) = scene.open();
    append(&mut spool, 0..100, Priority::Notice);
    assert!(scene.segment_files().len() > 10);
    drain(&mut spool);
    assert_eq!(scene.segment_files().len(), 1, "the one that may grow");
    drop(spool);
    let (spool, recovery) = scene.open();
    assert_eq!(recovery, crate::Recovery::default());
    assert_eq!(scene.segment_files().len(), 0);
    assert_eq!(spool.stats().bytes, 0);
}

#[test]
fn the_oldest_record_has_an_age() {
    let scene = Scene::roomy();
    let (mut spool, _) = scene.open();
    assert_eq!(spool.stats().oldest_age, None);
    append(&mut spool, 0..1, Priority::Notice);
    scene.advance(std::time::Duration::from_secs(5));
    append(&mut spool, 1..2, Priority::Notice);
    scene.advance(std::time::Duration::from_secs(2));
    let age = |spool: &crate::Spool| spool.stats().oldest_age.map(|age| age.as_secs());
    assert_eq!(age(&spool), Some(7));
    let batch = spool.next_batch(limits(1)).unwrap();
    assert_eq!(age(&spool), Some(7), "it is under way, not delivered");
    spool.acknowledge(batch.id);
    assert_eq!(age(&spool), Some(2));
    drop(spool);
    assert_eq!(age(&scene.open().0), Some(2));
}
