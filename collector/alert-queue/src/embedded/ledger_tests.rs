//! The ledger against a model that keeps a plain list.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const LEASE: Duration = Duration::from_secs(10);

fn payload(number: u64) -> Bytes {
    Bytes::copy_from_slice(&number.to_be_bytes())
}

#[derive(Clone, Debug)]
enum Step {
    Load { alerts: u8 },
    Take { consumer: u64, max: usize },
    Acknowledge { from: usize, count: usize },
    Wait { seconds: u64 },
    Release { consumer: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (1..6_u8).prop_map(|alerts| Step::Load { alerts }),
        (0..3_u64, 1..8_usize).prop_map(|(consumer, max)| Step::Take { consumer, max }),
        (0..20_usize, 0..8_usize).prop_map(|(from, count)| Step::Acknowledge { from, count }),
        (1..7_u64).prop_map(|seconds| Step::Wait { seconds }),
        (0..3_u64).prop_map(|consumer| Step::Release { consumer }),
    ]
}

/// What is known of each alert: who has it until when, or None if it is ready.
type Model = BTreeMap<Place, Option<(u64, Instant)>>;

proptest! {
    #[test]
    fn alerts_are_ready_leased_or_done(steps in prop::collection::vec(step(), 1..80), keeps_order in any::<bool>()) {
        let order = if keeps_order { Order::Kept } else { Order::Free };
        let mut ledger = Ledger::new(1, order, LEASE, 1 << 20);
        let mut model = Model::new();
        let mut given: Vec<Place> = Vec::new();
        let mut sequence = 0;
        let mut now = Instant::now();
        for step in steps {
            match step {
                Step::Load { alerts } => {
                    ledger.written(0, sequence);
                    ledger.load((0, sequence), (0..u64::from(alerts)).map(payload).collect(), 0, 1);
                    for index in 0..u32::from(alerts) {
                        model.insert(Place { partition: 0, sequence, index }, None);
                    }
                    sequence += 1;
                }
                Step::Take { consumer, max } => {
                    ledger.expire(now);
                    for holder in model.values_mut() {
                        *holder = holder.filter(|(_, until)| *until > now);
                    }
                    let is_held = order == Order::Kept && model.values().any(Option::is_some);
                    let ready = model.iter().filter(|(_, holder)| holder.is_none());
                    let expected: Vec<Place> = match is_held {
                        true => Vec::new(),
                        false => ready.map(|(place, _)| *place).take(max).collect(),
                    };
                    let handed = ledger.take(ConsumerId(consumer), max, now);
                    let places: Vec<Place> = handed.iter().map(|handed| handed.place).collect();
                    prop_assert_eq!(&places, &expected);
                    for place in places {
                        model.insert(place, Some((consumer, now + LEASE)));
                        given.push(place);
                    }
                }
                Step::Acknowledge { from, count } => {
                    let places: Vec<Place> = given.iter().skip(from).take(count).copied().collect();
                    let mut expected = 0;
                    for place in &places {
                        expected += usize::from(model.remove(place).is_some());
                    }
                    let (acknowledged, finished) = ledger.acknowledge(&places);
                    prop_assert_eq!(acknowledged, expected);
                    for finished in finished {
                        prop_assert!(model.keys().all(|place| place.sequence != finished.key.1));
                    }
                }
                Step::Wait { seconds } => now += Duration::from_secs(seconds),
                Step::Release { consumer } => {
                    ledger.release(ConsumerId(consumer));
                    for holder in model.values_mut() {
                        *holder = holder.filter(|(by, _)| *by != consumer);
                    }
                }
            }
        }
        // What is left comes out in the end, and then memory holds nothing.
        now += LEASE;
        ledger.expire(now);
        let rest = ledger.take(ConsumerId(9), usize::MAX, now);
        let places: Vec<Place> = rest.iter().map(|handed| handed.place).collect();
        prop_assert_eq!(&places, &model.keys().copied().collect::<Vec<_>>());
        ledger.acknowledge(&places);
        let partition = &ledger.partitions[0];
        prop_assert!(partition.chunks.is_empty() && partition.ready.is_empty());
        prop_assert_eq!((partition.leased, partition.memory_bytes, ledger.leases.len()), (0, 0, 0));
    }
}

#[test]
fn memory_is_bounded_and_one_partition_does_not_starve_others() {
    let mut ledger = Ledger::new(2, Order::Kept, LEASE, 4000);
    for sequence in 0..100 {
        ledger.written(0, sequence);
        let alerts = vec![Bytes::from(vec![0; 500])];
        ledger.load((0, sequence), alerts, 0, 500);
    }
    ledger.written(1, 0);
    assert!(ledger.partitions[0].memory_bytes < 3000);
    assert_eq!(
        (ledger.partitions[0].loaded_until, ledger.to_load(0)),
        (3, None)
    );
    let now = Instant::now();
    let first = ledger.take(ConsumerId(0), 1, now);
    assert_eq!(first[0].place.partition, 0);
    assert_eq!(ledger.starving(), Some((1, 0)));
    ledger.load((1, 0), vec![payload(7)], 0, 8);
    let second = ledger.take(ConsumerId(1), 10, now);
    assert_eq!(second.len(), 1, "the first partition is out");
    assert_eq!(second[0].place.partition, 1);
    assert!(ledger.take(ConsumerId(2), 10, now).is_empty());
}
