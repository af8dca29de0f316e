use std::collections::{BTreeMap, HashSet};

use saker_event_decode::EventView;

use super::*;

fn events(shape: &Shape, count: usize) -> Vec<Vec<u8>> {
    Stream::new(shape).take(count).collect()
}

#[test]
fn a_shape_always_gives_the_same_bytes() {
    let shape = Shape::default();
    assert_eq!(
        Stream::new(&shape).processes(),
        Stream::new(&shape).processes()
    );
    assert_eq!(events(&shape, 5_000), events(&shape, 5_000));
}

#[test]
fn another_seed_gives_another_stream() {
    let shape = Shape::default();
    let other = Shape { seed: 2, ..shape };
    assert_ne!(events(&shape, 100), events(&other, 100));
}

#[test]
fn every_record_is_well_formed_and_the_mix_is_as_described() {
    let mut shares: BTreeMap<&str, u32> = BTreeMap::new();
    let stream = Stream::new(&Shape::default());
    for record in stream.processes() {
        EventView::parse(&record).expect("a record of a process");
    }
    for record in stream.take(100_000) {
        let event = EventView::parse(&record).expect("a record");
        *shares.entry(event.row().name).or_default() += 1;
    }
    // Of 1,000 events, as docs/BENCHMARKS.md says.
    let described = [
        ("openat", 620),
        ("connect", 80),
        ("accept4", 40),
        ("socket", 50),
        ("dup", 50),
        ("unlink", 40),
        ("rename", 20),
        ("mkdir", 15),
        ("chmod", 5),
        ("kill", 10),
        ("setuid", 5),
        ("setgid", 5),
        ("sched_process_fork", 20),
        ("execve", 20),
        ("procexit", 20),
    ];
    for (name, per_mille) in described {
        let counted = shares.remove(name).unwrap_or(0);
        let expected = per_mille * 100;
        // Six standard deviations of the rarest, some more of the others.
        assert!(
            counted.abs_diff(expected) <= expected / 20 + 100,
            "{name}: {counted}, not {expected}"
        );
    }
    assert!(shares.is_empty(), "not described: {shares:?}");
}

#[test]
fn a_file_has_a_number_wherever_its_name_asks_for_one() {
    let mut random = Rng::with_seed(1);
    for template in programs::READ_FILES.iter().chain(programs::WRITTEN_FILES) {
        let name = actions::file(&mut random, &[template]);
        assert!(
            name.starts_with('/') && !name.contains(['{', '}']),
            "{name}"
        );
    }
}

#[test]
fn who_acts_is_there() {
    let mut stream = Stream::new(&Shape::default());
    let pid_of = |record: &[u8]| EventView::parse(record).expect("a record").header().pid;
    let mut living: HashSet<u32> = stream.processes().iter().map(|it| pid_of(it)).collect();
    for record in stream.by_ref().take(50_000) {
        let event = EventView::parse(&record).expect("a record");
        let pid = event.header().pid;
        assert!(living.contains(&pid), "{} by {pid}", event.row().name);
        if event.id() == event::SCHED_PROCESS_FORK {
            let child = event.named("child_pid").expect("the argument");
            let saker_event_decode::Argument::Signed(child) = child else {
                panic!("{child:?}");
            };
            living.insert(u32::try_from(child).expect("a pid"));
        } else if event.id() == event::PROCEXIT {
            living.remove(&pid);
        }
    }
    let left: HashSet<u32> = stream.processes().iter().map(|it| pid_of(it)).collect();
    assert_eq!(left, living, "who is there at the end");
}

#[test]
fn a_node_without_long_lived_programs_still_has_events() {
    let shape = Shape {
        processes: 0,
        seed: 1,
    };
    assert_eq!(events(&shape, 1_000).len(), 1_000);
}
