use super::*;
use crate::counters::{Loss, OutputCounters};
use crate::filter::Filter;
use crate::output::{Failure, Output, Progress, Worker};
use crate::outputs::tests::batch;
use crate::queue::{Bounds, queue};
use crate::receipt::Fate;
use crate::router::{Lane, Router};
use crate::throttle::{DeduplicateSettings, Throttle, ThrottleSettings};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::sync::Mutex;
use std::sync::mpsc;
use std::thread;

/// What a destination does next.
#[derive(Clone, Copy, Debug)]
enum Fault {
    Take(usize),
    Retry,
    Reject,
    Close,
    Sleep,
}

/// A destination with faults, and then none.
struct Faulty {
    faults: Vec<Fault>,
    taken: Arc<Mutex<Vec<String>>>,
}

impl Output for Faulty {
    fn deliver(&mut self, batch: &[Arc<Routed>]) -> Progress {
        let take = |count: usize| {
            let count = count.min(batch.len());
            let outputs = batch[..count]
                .iter()
                .map(|routed| routed.notification.alert.output.clone());
            self.taken.lock().unwrap().extend(outputs);
            count
        };
        match self.faults.pop() {
            None => Progress::all(take(usize::MAX)),
            Some(Fault::Take(count)) => Progress::all(take(count)),
            Some(Fault::Retry) => Progress::until(take(1), Failure::Retry("busy".to_owned())),
            Some(Fault::Reject) => {
                Progress::until(0, Failure::Reject(Loss::Failed, "no".to_owned()))
            }
            Some(Fault::Close) => {
                Progress::until(0, Failure::Closed(io::ErrorKind::BrokenPipe.into()))
            }
            Some(Fault::Sleep) => {
                thread::sleep(Duration::from_millis(2));
                Progress::all(take(1))
            }
        }
    }
}

struct Rig {
    inbox: Inbox<v1::Alert>,
    delivery: Delivery,
    taken: Vec<Arc<Mutex<Vec<String>>>>,
}

/// Starts fake outputs, each with its faults, lowest priority and bound of its queue.
fn rig(
    outputs: Vec<(Vec<Fault>, v1::Priority, usize)>,
    throttle: &ThrottleSettings,
    when_full: WhenFull,
) -> Rig {
    let patience = Arc::<Patience>::default();
    let (mut lanes, mut running, mut taken) = (Vec::new(), Vec::new(), Vec::new());
    for (number, (faults, minimum_priority, elements_max)) in outputs.into_iter().enumerate() {
        let counters = Arc::new(OutputCounters::new(&format!("fake-{number}")));
        let bounds = Bounds {
            elements_max,
            bytes_max: 1 << 20,
        };
        let (sender, alerts) = queue(bounds, when_full);
        let seen = Arc::<Mutex<Vec<String>>>::default();
        let view = OutputView {
            kind: "fake",
            counters: Arc::clone(&counters),
            queue: alerts.watcher(),
            spool: None,
            tls: None,
        };
        let worker = Worker {
            output: Box::new(Faulty {
                faults,
                taken: Arc::clone(&seen),
            }),
            alerts,
            counters: Arc::clone(&counters),
            patience: Arc::clone(&patience),
            reopen: Arc::default(),
            is_spooled: false,
        };
        let (ends, ended) = mpsc::channel();
        worker.spawn(move |_| drop(ends)).expect("a thread");
        lanes.push(Lane {
            minimum_priority,
            filter: Filter::default(),
            sender,
            counters,
        });
        running.push(RunningOutput {
            view,
            ended,
            reopen: Arc::default(),
            pump: None,
            found: 0,
        });
        taken.push(seen);
    }
    let counters = Arc::<RouterCounters>::default();
    let bounds = Bounds {
        elements_max: 50,
        bytes_max: 1 << 20,
    };
    let (sender, alerts) = queue(bounds, when_full);
    let router = Router {
        alerts,
        to_message: Box::new(|alert| alert),
        throttle: Throttle::new(throttle).expect("valid"),
        time: Time::OfEvents,
        lanes,
        counters: Arc::clone(&counters),
    };
    let (ends, routed) = mpsc::channel();
    thread::spawn(move || {
        router.run();
        drop(ends);
    });
    Rig {
        inbox: Inbox {
            sender,
            counters: Arc::clone(&counters),
        },
        delivery: Delivery {
            counters,
            outputs: running,
            patience,
            routed,
            runtime: None,
        },
        taken,
    }
}

fn alert(number: u64, priority: v1::Priority, output: &str) -> v1::Alert {
    v1::Alert {
        id: u128::from(number).to_be_bytes().to_vec().into(),
        time_unix_ns: number * 1_000_000,
        rule: "A rule".to_owned(),
        priority: priority.into(),
        output: output.to_owned(),
        ..v1::Alert::default()
    }
}

const PRIORITIES: [v1::Priority; 3] = [
    v1::Priority::Notice,
    v1::Priority::Warning,
    v1::Priority::Critical,
];

#[test]
fn a_slow_output_delays_no_other() {
    let slow = (vec![Fault::Retry; 1_000], v1::Priority::Unspecified, 4);
    let quick = (Vec::new(), v1::Priority::Unspecified, 1_000);
    let Rig {
        inbox,
        delivery,
        taken,
    } = rig(
        vec![slow, quick],
        &ThrottleSettings::default(),
        WhenFull::DropLeastUrgent,
    );
    for number in 0..40 {
        inbox.raise(
            v1::Priority::Notice,
            1,
            alert(number, v1::Priority::Notice, "same"),
        );
    }
    let deadline = Instant::now() + Duration::from_secs(10);
    while taken[1].lock().unwrap().len() < 40 {
        assert!(Instant::now() < deadline, "the quick one waits");
        thread::sleep(Duration::from_millis(1));
    }
    drop(inbox);
    let began = Instant::now();
    let report = delivery.finish(Duration::from_millis(50));
    assert!(began.elapsed() < Duration::from_secs(5));
    assert_eq!(report.unaccounted(), []);
    assert!(!report.is_complete());
    assert!(
        report.outputs[0].lost.contains_key("queue_full"),
        "{report}"
    );
    assert!(report.outputs[0].lost.contains_key("shutdown"), "{report}");
    assert_eq!(report.outputs[1].delivered, 40);
}

#[test]
fn who_may_wait_loses_nothing() {
    let outputs = vec![
        (vec![Fault::Sleep; 20], v1::Priority::Unspecified, 2),
        (vec![Fault::Take(1); 30], v1::Priority::Unspecified, 3),
    ];
    let Rig {
        inbox,
        delivery,
        taken,
    } = rig(outputs, &ThrottleSettings::default(), WhenFull::Wait);
    let outputs: Vec<String> = (0..500).map(|number| number.to_string()).collect();
    for (number, output) in outputs.iter().enumerate() {
        let priority = PRIORITIES[number % 3];
        inbox.raise(priority, 1, alert(number as u64, priority, output));
    }
    drop(inbox);
    let report = delivery.finish(Duration::from_secs(60));
    assert!(report.is_complete(), "{report}");
    assert_eq!(report.unaccounted(), []);
    for taken in taken {
        assert_eq!(*taken.lock().unwrap(), outputs);
    }
}

#[test]
fn an_output_that_blocks_for_ever_is_left_behind() {
    struct Stuck;
    impl Output for Stuck {
        fn deliver(&mut self, _: &[Arc<Routed>]) -> Progress {
            loop {
                thread::park();
            }
        }
    }
    let Rig {
        inbox,
        mut delivery,
        ..
    } = rig(
        Vec::new(),
        &ThrottleSettings::default(),
        WhenFull::DropLeastUrgent,
    );
    let counters = Arc::new(OutputCounters::new("stuck"));
    let bounds = Bounds {
        elements_max: 10,
        bytes_max: 1_000,
    };
    let (sender, alerts) = queue(bounds, WhenFull::DropLeastUrgent);
    let (ends, ended) = mpsc::channel();
    delivery.outputs.push(RunningOutput {
        view: OutputView {
            kind: "stuck",
            counters: Arc::clone(&counters),
            queue: alerts.watcher(),
            spool: None,
            tls: None,
        },
        ended,
        reopen: Arc::default(),
        pump: None,
        found: 0,
    });
    let worker = Worker {
        output: Box::new(Stuck),
        alerts,
        counters: Arc::clone(&counters),
        patience: Arc::clone(&delivery.patience),
        reopen: Arc::default(),
        is_spooled: false,
    };
    worker.spawn(move |_| drop(ends)).expect("a thread");
    for routed in batch(&["one", "two", "three"]) {
        delivery.counters.count_raised(0);
        counters.count_offered();
        assert_eq!(sender.send(v1::Priority::Notice, 1, routed).displaced, 0);
    }
    drop((inbox, sender));
    let report = delivery.finish(Duration::from_millis(20));
    assert_eq!(report.outputs[0].lost, [("shutdown", 3)].into());
    assert_eq!(report.unaccounted(), []);
}

fn faults() -> impl Strategy<Value = Vec<Fault>> {
    let fault = prop_oneof![
        4 => (0usize..5).prop_map(Fault::Take),
        1 => Just(Fault::Retry),
        2 => Just(Fault::Reject),
        2 => Just(Fault::Sleep),
        1 => Just(Fault::Close),
    ];
    prop::collection::vec(fault, 0..30)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Whatever outputs do: raised = suppressed + filtered + delivered + lost, at each of them, and what was
    /// delivered is what the destination took, each alert once.
    #[test]
    fn every_alert_is_accounted_for(
        outputs in prop::collection::vec((faults(), 0usize..3, 1usize..20), 1..4),
        alerts in prop::collection::vec((0usize..3, 0usize..6), 0..200),
        window_ms in 0u32..20,
        may_wait in any::<bool>(),
    ) {
        let throttle = ThrottleSettings {
            deduplicate: NonZeroU32::new(window_ms).map(|window_ms| DeduplicateSettings {
                window_ms,
                key: vec!["output".to_owned()],
            }),
            rate_limit: None,
        };
        let when_full = if may_wait { WhenFull::Wait } else { WhenFull::DropLeastUrgent };
        let outputs = outputs
            .into_iter()
            .map(|(faults, priority, bound)| (faults, PRIORITIES[priority], bound))
            .collect();
        let Rig { inbox, delivery, taken } = rig(outputs, &throttle, when_full);
        let raised = alerts.len() as u64;
        for (number, (priority, output)) in alerts.into_iter().enumerate() {
            let priority = PRIORITIES[priority];
            inbox.raise(priority, 1, alert(number as u64, priority, &output.to_string()));
        }
        drop(inbox);
        let report = delivery.finish(Duration::from_millis(400));
        prop_assert_eq!(report.raised, raised);
        prop_assert_eq!(report.unaccounted(), []);
        for (output, taken) in report.outputs.iter().zip(taken) {
            prop_assert_eq!(output.delivered, taken.lock().unwrap().len() as u64);
        }
    }
}

#[test]
fn each_alert_is_delivered_once_and_in_order() {
    let outputs = vec![(
        vec![Fault::Retry, Fault::Take(2), Fault::Sleep],
        v1::Priority::Unspecified,
        100,
    )];
    let Rig {
        inbox,
        delivery,
        taken,
    } = rig(outputs, &ThrottleSettings::default(), WhenFull::Wait);
    for number in 0..100 {
        let output = format!("{number:03}");
        inbox.raise(
            v1::Priority::Notice,
            1,
            alert(number, v1::Priority::Notice, &output),
        );
    }
    drop(inbox);
    assert!(delivery.finish(Duration::from_secs(30)).is_complete());
    let taken = taken[0].lock().unwrap();
    let unique: BTreeSet<&String> = taken.iter().collect();
    assert_eq!(unique.len(), 100);
    assert!(taken.is_sorted());
}

/// What the receipt of three alerts tells, with these faults of their output.
fn fate(faults: Vec<Fault>) -> Fate {
    let outputs = vec![
        (faults, v1::Priority::Unspecified, 10),
        (Vec::new(), v1::Priority::Critical, 10),
    ];
    let rig = rig(outputs, &ThrottleSettings::default(), WhenFull::Wait);
    let (tell, told) = mpsc::channel();
    let receipt = Receipt::new(move |fate| tell.send(fate).expect("somebody waits"));
    for number in 0..3 {
        let alert = alert(number, v1::Priority::Notice, "same");
        rig.inbox
            .raise_with(v1::Priority::Notice, 1, alert, receipt.clone());
    }
    assert!(told.try_recv().is_err(), "it is there yet");
    drop(receipt);
    let fate = told.recv_timeout(Duration::from_secs(10));
    drop(rig.inbox);
    drop(rig.delivery.finish(Duration::from_secs(1)));
    fate.expect("it is told")
}

#[test]
fn who_raises_alerts_is_told_when_they_are_in_safe_hands() {
    assert_eq!(fate(Vec::new()), Fate::Kept);
    assert_eq!(
        fate(vec![Fault::Take(1), Fault::Retry, Fault::Sleep]),
        Fate::Kept
    );
    // What is refused for good would be refused again.
    assert_eq!(fate(vec![Fault::Reject]), Fate::Kept);
    assert_eq!(fate(vec![Fault::Close]), Fate::Lost);
}
