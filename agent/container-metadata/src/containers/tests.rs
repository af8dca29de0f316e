use super::*;
use saker_process_state::Runtime;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::thread;

/// A clock that a test moves.
#[derive(Clone)]
struct Time(Arc<Mutex<Instant>>);

impl Time {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }

    fn pass(&self, time: Duration) {
        *self.0.lock().unwrap() += time;
    }

    fn clock(&self) -> Clock {
        let time = self.clone();
        Box::new(move || *time.0.lock().unwrap())
    }
}

fn id(number: usize) -> ContainerId {
    ContainerId::new(&format!("{number:064x}"))
}

fn container(number: usize) -> Arc<ContainerRef> {
    Arc::new(ContainerRef {
        id: id(number),
        runtime: Runtime::Containerd,
        pod_uid: None,
        cgroup_path: Box::default(),
    })
}

fn info(number: usize, name: &str) -> ContainerInfo {
    ContainerInfo {
        name: Some(name.into()),
        ..ContainerInfo::new(id(number), Runtime::Containerd)
    }
}

fn containers(limits: Limits) -> (Containers, Requests, Time) {
    let time = Time::new();
    let (containers, requests) = Containers::with_clock(limits, time.clock(), Box::new(|| {}));
    (containers, requests, time)
}

fn name(answer: &Answer) -> Option<&str> {
    answer.info.as_ref()?.name.as_deref()
}

#[test]
fn without_a_runtime_nothing_is_awaited() {
    let containers = Containers::without_runtime();
    containers.appeared(&container(1));
    let answer = containers.get(&id(1));
    assert_eq!(answer.expectation, Expectation::Ended(Reason::NoRuntime));
    assert_eq!(containers.stats(), Stats::default());
}

#[test]
fn nothing_is_awaited_from_who_went_away() {
    let (containers, requests, _) = containers(Limits::default());
    drop(requests);
    containers.appeared(&container(1));
    let answer = containers.get(&id(1));
    assert_eq!(answer.expectation, Expectation::Ended(Reason::NoRuntime));
    assert_eq!(containers.stats().requests_refused, 0);
}

#[test]
fn a_container_is_asked_about_once() {
    let (containers, mut requests, _) = containers(Limits::default());
    containers.appeared(&container(1));
    containers.appeared(&container(1));
    assert_eq!(requests.try_recv().unwrap().id, id(1));
    assert!(requests.try_recv().is_err());
    assert_eq!(containers.get(&id(1)).expectation, Expectation::Awaited);
}

#[test]
fn a_part_is_there_until_all_is() {
    let (containers, _requests, _) = containers(Limits::default());
    containers.appeared(&container(1));
    let before = containers.generation();
    containers.learn_part(info(1, "part"));
    let answer = containers.get(&id(1));
    assert_eq!(name(&answer), Some("part"));
    assert_eq!(answer.expectation, Expectation::Awaited);
    assert!(containers.generation() > before);

    containers.learn(info(1, "all"));
    // Whoever comes late neither takes away nor ends anything.
    containers.learn_part(info(1, "part"));
    containers.give_up(&id(1), Reason::NotFound);
    let answer = containers.get(&id(1));
    assert_eq!(name(&answer), Some("all"));
    assert_eq!(answer.expectation, Expectation::Complete);
}

#[test]
fn a_late_answer_still_counts() {
    let (containers, _requests, time) = containers(Limits::default());
    containers.appeared(&container(1));
    time.pass(Duration::from_millis(499));
    assert_eq!(containers.get(&id(1)).expectation, Expectation::Awaited);
    time.pass(Duration::from_millis(1));
    let over = containers.get(&id(1)).expectation;
    assert_eq!(over, Expectation::Ended(Reason::TimedOut));
    containers.give_up(&id(1), Reason::NotFound);
    let over = containers.get(&id(1)).expectation;
    assert_eq!(over, Expectation::Ended(Reason::NotFound));
    containers.learn(info(1, "late"));
    let answer = containers.get(&id(1));
    assert_eq!(answer.expectation, Expectation::Complete);
    assert_eq!(name(&answer), Some("late"));
}

#[test]
fn what_did_not_change_wakes_nobody() {
    let (containers, _requests, _) = containers(Limits::default());
    containers.learn(info(1, "same"));
    let before = containers.generation();
    containers.learn(info(1, "same"));
    assert_eq!(containers.generation(), before);
    containers.learn(info(1, "other"));
    assert!(containers.generation() > before);
}

#[test]
fn a_container_stays_known_ten_minutes_after_its_end() {
    let (containers, _requests, time) = containers(Limits::default());
    for number in 1..=3 {
        containers.learn(info(number, "kept"));
    }
    containers.ended(&id(2));
    time.pass(Duration::from_secs(60));
    // An end that is reported twice happened once.
    containers.ended(&id(2));
    containers.ended(&id(1));
    time.pass(Duration::from_secs(539));
    containers.forget_ended();
    assert_eq!(containers.stats().containers, 3);
    time.pass(Duration::from_secs(1));
    containers.forget_ended();
    assert_eq!(name(&containers.get(&id(2))), None);
    assert_eq!(name(&containers.get(&id(1))), Some("kept"));
    time.pass(Duration::from_secs(60));
    containers.forget_ended();
    assert_eq!(name(&containers.get(&id(1))), None);
    assert_eq!(name(&containers.get(&id(3))), Some("kept"));
    assert_eq!(containers.stats().forgotten_early, 0);
}

#[test]
fn a_container_that_was_started_again_is_asked_about_again() {
    let (containers, mut requests, time) = containers(Limits::default());
    containers.appeared(&container(1));
    containers.learn(info(1, "first"));
    assert!(requests.try_recv().is_ok());
    containers.ended(&id(1));
    // An event from before the end.
    containers.appeared(&container(1));
    assert!(requests.try_recv().is_err());
    assert!(!containers.is_running(&id(1)));
    time.pass(Duration::from_secs(5));
    containers.appeared(&container(1));
    assert!(requests.try_recv().is_ok());
    assert!(containers.is_running(&id(1)));
    let answer = containers.get(&id(1));
    assert_eq!(name(&answer), Some("first"));
    assert_eq!(answer.expectation, Expectation::Awaited);
    time.pass(Duration::from_secs(10_000));
    containers.forget_ended();
    assert_eq!(containers.stats().containers, 1);
}

#[test]
fn those_that_ended_make_room_first_then_the_eldest() {
    let limits = Limits {
        containers_max: 3,
        ..Limits::default()
    };
    let (containers, _requests, _) = containers(limits);
    for number in 1..=3 {
        containers.learn(info(number, "x"));
    }
    containers.ended(&id(3));
    containers.learn(info(4, "x"));
    containers.learn(info(5, "x"));
    let known = |number| containers.get(&id(number)).info.is_some();
    assert_eq!([1, 2, 3, 4, 5].map(known), [false, true, false, true, true]);
    assert_eq!(containers.stats().containers, 3);
    assert_eq!(containers.stats().forgotten_early, 2);
}

#[test]
fn a_request_that_found_no_place_is_made_again() {
    let (containers, mut requests, _) = containers(Limits::default());
    for number in 0..=REQUESTS_MAX {
        containers.appeared(&container(number));
    }
    let last = id(REQUESTS_MAX);
    assert_eq!(containers.stats().requests_refused, 1);
    assert_eq!(
        containers.get(&last).expectation,
        Expectation::Ended(Reason::Busy)
    );
    assert!(requests.try_recv().is_ok());
    containers.appeared(&container(REQUESTS_MAX));
    assert_eq!(containers.get(&last).expectation, Expectation::Awaited);
}

#[test]
fn room_is_made_at_once_however_many_there_are() {
    let limits = Limits {
        containers_max: 16_384,
        ..Limits::default()
    };
    let (containers, _requests, _) = containers(limits);
    let begun = Instant::now();
    for number in 0..200_000 {
        containers.learn(info(number, "x"));
    }
    // One look at each of 16,384 for each of 184,000 would take minutes.
    assert!(begun.elapsed() < Duration::from_secs(20));
    assert_eq!(containers.stats().containers, 16_384);
    assert_eq!(containers.stats().forgotten_early, 200_000 - 16_384);
}

/// Threads that read, learn, end and forget at the same time: nothing is lost, nothing is torn, the
/// bound holds, and a reader that saw a change sees what changed.
#[test]
fn many_threads_share_it() {
    const COUNT: usize = 2_000;
    let limits = Limits {
        containers_max: 64,
        ..Limits::default()
    };
    let changes = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&changes);
    let on_change = Box::new(move || {
        counted.fetch_add(1, Relaxed);
    });
    let (containers, mut requests) = Containers::new(limits, on_change);
    let is_over = AtomicBool::new(false);
    let answered = thread::scope(|scope| {
        let answering = scope.spawn(|| {
            let mut answered = 0;
            while let Some(request) = requests.blocking_recv() {
                let number = usize::from_str_radix(request.id.full(), 16).unwrap();
                if number.is_multiple_of(7) {
                    containers.give_up(&request.id, Reason::NotFound);
                } else {
                    containers.learn_part(info(number, &format!("part {number}")));
                    containers.learn(info(number, &format!("all {number}")));
                }
                answered += 1;
                if answered == COUNT {
                    break;
                }
            }
            answered
        });
        for thread in 0..2 {
            let (containers, is_over) = (&containers, &is_over);
            scope.spawn(move || {
                while !is_over.load(Relaxed) {
                    for number in (thread..COUNT).step_by(2) {
                        let answer = containers.get(&id(number));
                        if let Some(found) = &answer.info {
                            assert_eq!(found.id, id(number));
                            assert!(
                                found
                                    .name
                                    .as_ref()
                                    .unwrap()
                                    .ends_with(&format!(" {number}"))
                            );
                        }
                        if answer.expectation == Expectation::Complete {
                            assert_eq!(name(&answer), Some(&*format!("all {number}")));
                        }
                        assert!(containers.stats().containers <= 64);
                        containers.ended(&id(number));
                        containers.forget_ended();
                    }
                }
            });
        }
        for number in 0..COUNT {
            containers.appeared(&container(number));
            if number.is_multiple_of(32) {
                // The channel holds them all; give the others a turn.
                thread::yield_now();
            }
        }
        let answered = answering.join().unwrap();
        is_over.store(true, Relaxed);
        answered
    });
    assert_eq!(answered, COUNT);
    assert_eq!(containers.generation(), changes.load(Relaxed));
    assert!(containers.generation() >= COUNT as u64);
    let stats = containers.stats();
    assert!(stats.containers <= 64);
    assert_eq!(stats.requests_refused, 0);
    assert!(stats.forgotten_early >= (COUNT - 64) as u64);
}
