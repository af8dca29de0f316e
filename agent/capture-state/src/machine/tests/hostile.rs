//! Events that no kernel would make, and limits.

use super::*;
use crate::machine::record::Record;
use crate::machine::texts::{descriptor_bytes, thread_bytes};
use saker_falco_events::{Event, Header, event_types};

/// A small generator of numbers that look random (xorshift).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}

#[test]
fn no_event_makes_the_machine_panic_or_grow_beyond_its_limits() {
    let limits = Limits {
        threads: 20,
        descriptors_per_process: 8,
        descriptors: 40,
        enter_bytes: 400,
        thread_text_bytes: 2_000,
        descriptor_text_bytes: 200,
        users: 4,
        interfaces: 1,
        ..Limits::default()
    };
    let mut world = World::with_limits(limits);
    let mut numbers = Numbers(0x5eed);
    let types: Vec<_> = event_types().collect();
    for round in 0..200_000_u64 {
        let event_type = types[usize::try_from(numbers.below(types.len() as u64)).unwrap()];
        let (lengths, values) = parameters(event_type, &mut numbers);
        let header = Header {
            time_ns: round * 1_000_000,
            tid: i64::try_from(numbers.below(30)).unwrap() - 1,
            cpu: 0,
        };
        let event = Event::new(header, event_type, &lengths, &values);
        world.machine.apply(&event);
    }
    let threads = &world.machine.threads;
    assert!(threads.records.len() <= limits.threads);
    let tables = threads
        .records
        .values()
        .map(|record| record.descriptors.len());
    assert_eq!(tables.sum::<usize>(), threads.descriptors);
    assert!(threads.descriptors <= limits.descriptors);
    for record in threads.records.values() {
        assert!(record.descriptors.len() <= limits.descriptors_per_process);
        assert!(record.children.len() <= 2 * limits.threads + 65);
    }
    let enters = threads.records.values().map(Record::enter_bytes);
    assert_eq!(enters.sum::<usize>(), threads.enter_bytes);
    assert!(threads.enter_bytes <= limits.enter_bytes);
    assert!(thread_bytes(threads.records.values()) <= limits.thread_text_bytes);
    assert!(descriptor_bytes(threads.records.values()) <= limits.descriptor_text_bytes);
    assert!(world.machine.stats.texts_left_out > 0);
    assert!(world.machine.users.len() <= limits.users);
    assert!(world.machine.stats.descriptors_dropped > 0);
    assert!(world.machine.stats.threads_removed > 0);
}

/// Parameters with values that are small, so that they often mean something, or any.
fn parameters(event_type: &EventType, numbers: &mut Numbers) -> (Vec<u8>, Vec<u8>) {
    let is_large = event_type.flags.contains(EventFlags::LARGE_PAYLOAD);
    let (mut lengths, mut values) = (Vec::new(), Vec::new());
    for parameter in event_type.parameters {
        let value = match (numbers.below(8), parameter.kind.fixed_length()) {
            (0, _) => Vec::new(),
            (1, length) => {
                let length = length.unwrap_or(40);
                (0..length)
                    .map(|_| numbers.next().to_le_bytes()[0])
                    .collect()
            }
            (_, Some(length)) => {
                let number = numbers.below(24) as i64 - 2;
                number.to_le_bytes()[..length.min(8)].to_vec()
            }
            (2, None) => b"../x/./y\0".to_vec(),
            (3, None) => [&[2, 1, 2, 3, 4, 5, 6][..], &[7, 8, 9, 10, 11, 12]].concat(),
            (4, None) => [&[10][..], &[1; 36]].concat(),
            (5, None) => [&[1][..], &[2; 16], b"/p\0"].concat(),
            (6, None) => [&[2][..], &[0; 12]].concat(),
            _ => b"/a\0".to_vec(),
        };
        let length = value.len();
        if is_large {
            lengths.extend((length as u32).to_le_bytes());
        } else {
            lengths.extend((length as u16).to_le_bytes());
        }
        values.extend(value);
    }
    if numbers.below(10) == 0 {
        values.truncate(values.len() / 2);
    }
    if numbers.below(10) == 0 {
        lengths.truncate(lengths.len() / 2);
    }
    (lengths, values)
}

use saker_falco_events::{EventFlags, EventType};

#[test]
fn threads_beyond_the_limit_are_counted() {
    let limits = Limits {
        threads: 3,
        ..Limits::default()
    };
    let mut world = World::with_limits(limits);
    world.apply(50, code::LSEEK, &[]);
    let subject = world.apply(51, code::LSEEK, &[]);
    assert!(subject.thread.is_none());
    world.apply(10, code::CLONE, &cloned(52, 10, 10, 1, 0));
    assert!(world.machine.thread(52).is_none());
    assert_eq!(world.machine.stats().threads_dropped, 1);
}

#[test]
fn descriptors_beyond_the_limits_are_counted() {
    let limits = Limits {
        descriptors_per_process: 2,
        descriptors: 3,
        ..Limits::default()
    };
    let mut world = World::with_limits(limits);
    world.open(10, 4, "a");
    let subject = world.open(10, 5, "b");
    assert!(subject.descriptor.is_none());
    // A number in use is replaced whatever the limit.
    assert_eq!(name(&world.open(10, 4, "/c")), "/c");
    // All descriptors of the parent would be too many.
    world.fork(20);
    assert_eq!(world.name_of(20, 3), None);
    assert_eq!(world.machine.stats().descriptors_dropped, 3);
}

#[test]
fn texts_of_the_begin_are_cut() {
    let limits = Limits {
        text_bytes: 4,
        ..Limits::default()
    };
    let world = World::with_limits(limits);
    let thread = world.thread(10);
    let environment = world.environment(thread);
    assert_eq!(environment, b"HOME");
    assert!(world.machine.stats().texts_cut > 0);
}

#[test]
fn parents_in_a_circle_end_a_search() {
    let mut world = World::new();
    world.fork(20);
    world.apply(20, code::CLONE, &cloned(30, 20, 20, 10, 0));
    // Each says that the other is its parent.
    for (tid, ptid) in [(20, 30), (30, 20)] {
        world.time_ns += 3_000_000_000;
        world.apply(tid, code::CLONE, &cloned(0, tid, tid, ptid, 0));
    }
    world.exit(20, 0);
    world.tick();
    world.exit(30, 30);
    world.tick();
    assert!(world.machine.thread(20).is_none() && world.machine.thread(30).is_none());
}

#[test]
fn enter_events_that_wait_are_bounded_in_total() {
    let limits = Limits {
        enter_bytes: 64 << 10,
        ..Limits::default()
    };
    let mut world = World::with_limits(limits);
    let path = format!("/{}", "p".repeat(3_000));
    let enter = |world: &mut World, tid| {
        world.apply(
            tid,
            code::OPENAT_ENTER,
            &[("dirfd", N(AT_FDCWD)), ("name", T(&path))],
        );
    };
    for tid in 100..200 {
        enter(&mut world, tid);
    }
    let kept = world.machine.threads.enter_bytes;
    assert!(kept <= limits.enter_bytes && kept > limits.enter_bytes / 2);
    // Of a thread whose enter was not kept, the exit tells the name.
    let exit = [("fd", N(3)), ("name", T("/other"))];
    let subject = world.apply(199, code::OPENAT, &exit);
    assert_eq!(name(&subject), "/other");
    assert_eq!(world.machine.stats().enter_events_missing, 1);
    // Exits make room, and so do threads that end.
    for tid in 100..110 {
        world.apply(tid, code::OPENAT, &exit);
    }
    for tid in 110..199 {
        world.exit(tid, 0);
    }
    world.tick();
    assert_eq!(world.machine.threads.enter_bytes, 0);
    enter(&mut world, 199);
    assert!(world.machine.threads.enter_bytes > 3_000);
}
