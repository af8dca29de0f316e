//! Pumps with uplinks that do what a test says.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use saker_alert_spool::{BatchLimits, Entry, Record, SpoolHandle, SpoolSettings};
use saker_proto::{AlertId, v1::Priority};

use super::{Pump, PumpSettings};
use crate::uplink::{Outcome, Refusal, Uplink};

const LONG: Duration = Duration::from_secs(3_600);

/// Answers as scripted, then takes everything.
#[derive(Clone, Default)]
struct Script {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    answers: VecDeque<Answer>,
    arrived: Vec<u128>,
    attempts: Vec<tokio::time::Instant>,
    under_way: usize,
    under_way_max: usize,
}

#[derive(Clone, Debug)]
enum Answer {
    Take,
    Refuse(Vec<usize>),
    Reject,
    Retry(Option<Duration>),
    Hang,
}

impl Script {
    fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        let script = Self::default();
        script.state.lock().unwrap().answers.extend(answers);
        script
    }

    fn arrived(&self) -> Vec<u128> {
        self.state.lock().unwrap().arrived.clone()
    }
}

fn number(record: &Record) -> u128 {
    u128::from_be_bytes(record.id.to_bytes())
}

impl Uplink for Script {
    async fn send(&self, records: Vec<Record>) -> Outcome {
        let answer = {
            let mut state = self.state.lock().unwrap();
            state.attempts.push(tokio::time::Instant::now());
            state.under_way += 1;
            state.under_way_max = state.under_way_max.max(state.under_way);
            state.answers.pop_front().unwrap_or(Answer::Take)
        };
        tokio::time::sleep(Duration::from_millis(5)).await;
        if matches!(answer, Answer::Hang) {
            tokio::time::sleep(LONG).await;
        }
        let mut state = self.state.lock().unwrap();
        state.under_way -= 1;
        match answer {
            Answer::Take | Answer::Hang => {
                state.arrived.extend(records.iter().map(number));
                Outcome::Delivered { refused: vec![] }
            }
            Answer::Refuse(indices) => {
                let taken = records
                    .iter()
                    .enumerate()
                    .filter(|(index, _)| !indices.contains(index));
                state
                    .arrived
                    .extend(taken.map(|(_, record)| number(record)));
                let reason = "no good".to_owned();
                let refusal = |index| Refusal {
                    index,
                    reason: reason.clone(),
                };
                Outcome::Delivered {
                    refused: indices.into_iter().map(refusal).collect(),
                }
            }
            Answer::Reject => Outcome::Rejected {
                reason: "all bad".to_owned(),
            },
            Answer::Retry(after) => Outcome::Retry {
                reason: "away".to_owned(),
                after,
            },
        }
    }
}

struct Scene {
    spool: SpoolHandle,
    _directory: tempfile::TempDir,
}

impl Scene {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let (spool, _) = SpoolHandle::open(directory.path(), &SpoolSettings::default()).unwrap();
        Self {
            spool,
            _directory: directory,
        }
    }

    async fn append(&self, numbers: std::ops::Range<u128>) {
        let entry = |number: u128| Entry {
            id: AlertId::from_bytes(number.to_be_bytes()),
            priority: Priority::Notice,
            payload: Bytes::from_static(b"alert"),
        };
        let appended = self.spool.append(numbers.map(entry).collect()).await;
        assert_eq!(appended.lost.total(), 0);
    }

    fn pump(&self, script: &Script, batches_under_way: usize) -> Pump {
        let limits = BatchLimits {
            max_records: 10,
            max_bytes: 1_000,
        };
        let settings = PumpSettings {
            limits,
            batches_under_way,
        };
        Pump::spawn("test", script.clone(), self.spool.clone(), settings)
    }
}

#[tokio::test]
async fn everything_arrives_once_when_all_is_well() {
    let scene = Scene::new();
    let script = Script::default();
    let pump = scene.pump(&script, 4);
    scene.append(0..500).await;
    scene.append(500..600).await;
    let stats = pump.finish(LONG).await;
    assert_eq!((stats.delivered, stats.refused, stats.retries), (600, 0, 0));
    let arrived = script.arrived();
    assert_eq!(arrived.len(), 600);
    assert_eq!(
        arrived.into_iter().collect::<BTreeSet<_>>(),
        (0..600).collect()
    );
    assert_eq!(scene.spool.stats().records, 0);
    let under_way_max = script.state.lock().unwrap().under_way_max;
    assert!((2..=4).contains(&under_way_max), "{under_way_max}");
}

#[tokio::test]
async fn what_fails_is_sent_again_and_what_is_refused_is_counted() {
    let scene = Scene::new();
    scene.append(0..100).await;
    let script = Script::new([
        Answer::Retry(None),
        Answer::Take,
        Answer::Refuse(vec![0, 9]),
        Answer::Retry(None),
        Answer::Reject,
    ]);
    let pump = scene.pump(&script, 1);
    let stats = pump.finish(Duration::from_secs(20)).await;
    assert_eq!((stats.delivered, stats.refused, stats.retries), (88, 12, 2));
    assert_eq!(stats.trouble, None);
    let expected: Vec<u128> = (0..10).chain(11..19).chain(30..100).collect();
    assert_eq!(
        script.arrived(),
        expected,
        "in order, as one batch at a time is under way"
    );
    assert_eq!(scene.spool.stats().records, 0);
}

#[tokio::test]
async fn a_destination_that_fails_is_probed_with_one_batch() {
    let scene = Scene::new();
    scene.append(0..200).await;
    let script = Script::new(vec![Answer::Retry(None); 12]);
    let pump = scene.pump(&script, 4);
    while pump.stats().retries < 6 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(pump.stats().trouble.as_deref(), Some("away"));
    {
        let mut state = script.state.lock().unwrap();
        let by_now = state.attempts.len();
        // Four together, then one after the other.
        assert!((6..=7).contains(&by_now), "{by_now} attempts");
        assert!(state.attempts[5].duration_since(state.attempts[4]) >= Duration::from_millis(5));
        state.answers.clear();
    }
    let stats = pump.finish(LONG).await;
    assert_eq!(stats.delivered, 200);
}

#[tokio::test]
async fn a_destination_that_asks_for_it_is_left_alone() {
    let scene = Scene::new();
    scene.append(0..5).await;
    let script = Script::new([Answer::Retry(Some(Duration::from_millis(600)))]);
    let pump = scene.pump(&script, 2);
    while pump.stats().delivered < 5 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let attempts = script.state.lock().unwrap().attempts.clone();
    assert_eq!(attempts.len(), 2);
    assert!(attempts[1].duration_since(attempts[0]) >= Duration::from_millis(600));
}

#[tokio::test]
async fn patience_ends_and_nothing_is_lost() {
    let scene = Scene::new();
    scene.append(0..30).await;
    let script = Script::new([Answer::Take, Answer::Hang]);
    let pump = scene.pump(&script, 1);
    let begun = std::time::Instant::now();
    let stats = pump.finish(Duration::from_millis(300)).await;
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert_eq!(stats.delivered, 10);
    let left = scene.spool.stats();
    assert_eq!(
        (left.records, left.records_under_way),
        (20, 0),
        "back in the spool"
    );
    let rest = scene.pump(&Script::default(), 1).finish(LONG).await;
    assert_eq!(rest.delivered, 20);
}

#[tokio::test]
async fn a_pump_that_is_dropped_gives_its_batches_back() {
    let scene = Scene::new();
    scene.append(0..30).await;
    let pump = scene.pump(&Script::new(vec![Answer::Hang; 3]), 3);
    while scene.spool.stats().records_under_way < 30 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    drop(pump);
    let script = Script::default();
    let stats = scene.pump(&script, 1).finish(LONG).await;
    assert_eq!(stats.delivered, 30);
}

#[tokio::test]
async fn an_empty_spool_is_finished_at_once() {
    let scene = Scene::new();
    let pump = scene.pump(&Script::default(), 8);
    let begun = std::time::Instant::now();
    assert_eq!(pump.finish(LONG).await, super::PumpStats::default());
    assert!(begun.elapsed() < Duration::from_secs(5));
}
