use super::*;
use std::thread;
use std::time::Duration;

const SMALL: Bounds = Bounds {
    elements_max: 3,
    bytes_max: 100,
};

fn received(receiver: &Receiver<&'static str>) -> Vec<&'static str> {
    let mut elements = Vec::new();
    while let Received::Element(element) = receiver.receive(Some(Instant::now())) {
        elements.push(element);
    }
    elements
}

#[test]
fn the_order_is_kept_across_priorities() {
    let (sender, receiver) = queue(SMALL, WhenFull::DropLeastUrgent);
    for (priority, element) in [
        (Priority::Notice, "first"),
        (Priority::Critical, "second"),
        (Priority::Notice, "third"),
    ] {
        assert_eq!(sender.send(priority, 1, element), Sent::default());
    }
    assert_eq!(received(&receiver), ["first", "second", "third"]);
}

#[test]
fn the_least_urgent_and_oldest_makes_room() {
    let (sender, receiver) = queue(SMALL, WhenFull::DropLeastUrgent);
    let displaced = [
        (Priority::Critical, "critical"),
        (Priority::Notice, "old notice"),
        (Priority::Notice, "notice"),
        (Priority::Debug, "debug"),
        (Priority::Notice, "new notice"),
        (Priority::Error, "error"),
    ]
    .map(|(priority, element)| sender.send(priority, 1, element).displaced);
    assert_eq!(displaced, [0, 0, 0, 1, 1, 1]);
    assert_eq!(received(&receiver), ["critical", "new notice", "error"]);
}

#[test]
fn a_flood_cannot_evict_what_is_more_urgent() {
    let (sender, receiver) = queue(SMALL, WhenFull::DropLeastUrgent);
    assert_eq!(sender.send(Priority::Critical, 1, "critical").displaced, 0);
    let lost: u64 = (0..1_000)
        .map(|_| sender.send(Priority::Notice, 1, "notice").displaced)
        .sum();
    assert_eq!(lost, 998);
    assert_eq!(received(&receiver), ["critical", "notice", "notice"]);
}

#[test]
fn bytes_are_bounded_and_one_element_always_fits() {
    let (sender, receiver) = queue(SMALL, WhenFull::DropLeastUrgent);
    assert_eq!(sender.send(Priority::Notice, 1_000, "large").displaced, 0);
    assert_eq!(sender.send(Priority::Notice, 60, "next").displaced, 1);
    assert_eq!(sender.send(Priority::Notice, 60, "last").displaced, 1);
    assert_eq!(received(&receiver), ["last"]);
}

#[test]
fn a_sender_that_may_wait_waits_for_room() {
    let (sender, receiver) = queue(SMALL, WhenFull::Wait);
    let feeder = thread::spawn(move || {
        for number in 0..1_000 {
            assert_eq!(sender.send(Priority::Notice, 1, number), Sent::default());
        }
    });
    for expected in 0..1_000 {
        assert_eq!(receiver.receive(None), Received::Element(expected));
    }
    assert_eq!(receiver.receive(None), Received::Ended);
    feeder.join().expect("the feeder ends");
}

#[test]
fn the_ends_are_noticed() {
    let (sender, receiver) = queue::<u8>(SMALL, WhenFull::Wait);
    let other = sender.clone();
    drop(sender);
    let soon = Some(Instant::now() + Duration::from_millis(1));
    assert_eq!(receiver.receive(soon), Received::Nothing);
    assert_eq!(other.send(Priority::Notice, 1, 1), Sent::default());
    assert_eq!(receiver.watcher().depth(), 1);
    assert_eq!(receiver.close(), 1);
    assert!(other.send(Priority::Notice, 1, 2).is_closed);
    drop(other);
    assert_eq!(receiver.receive(None), Received::Ended);
}

#[test]
fn who_waits_for_room_is_told_that_nobody_receives_any_more() {
    let (sender, receiver) = queue(SMALL, WhenFull::Wait);
    for _ in 0..3 {
        assert_eq!(sender.send(Priority::Notice, 1, ()), Sent::default());
    }
    let waiting = thread::spawn(move || sender.send(Priority::Notice, 1, ()));
    thread::sleep(Duration::from_millis(5));
    drop(receiver);
    assert!(waiting.join().expect("it ends").is_closed);
}
