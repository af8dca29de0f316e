//! Batches, what is none, and too much of everything.

use crate::rig::{Rig, answer, event, list, send, status, wait_until};
use saker_audit_intake::{Refused, WebhookSettings};
use std::io::Write;
use std::num::{NonZeroU32, NonZeroUsize};
use std::time::{Duration, Instant};

fn plain() -> WebhookSettings {
    WebhookSettings::default()
}

#[test]
fn a_batch_is_judged_before_it_is_acknowledged() {
    let rig = Rig::start(plain());
    assert_eq!(
        rig.post(&list(&[event("a", "slow"), event("b", "get")])),
        200
    );
    assert_eq!(rig.seen.ids(), ["a", "b"]);
    assert_eq!(rig.post(&event("c", "get")), 200);
    assert_eq!(rig.counters.judged(), 3);
    assert_eq!(rig.counters.acknowledged(), 2);
    assert_eq!(rig.counters.bytes_waiting(), 0);
    assert_eq!(rig.end().ids(), ["a", "b", "c"]);
}

#[test]
fn what_comes_again_is_judged_once() {
    let rig = Rig::start(plain());
    let batch = list(&[event("a", "get"), event("b", "get")]);
    assert_eq!((rig.post(&batch), rig.post(&batch)), (200, 200));
    assert_eq!(rig.counters.duplicates(), 2);
    // A client may choose the id of its request.
    assert_eq!(rig.post(&event("a", "delete")), 200);
    assert_eq!(rig.end().ids(), ["a", "b", "a"]);
}

#[test]
fn what_is_no_event_is_counted_and_its_neighbours_are_judged() {
    let rig = Rig::start(plain());
    let broken = r#"{"kind":"Event","auditID":"x"}"#.to_owned();
    assert_eq!(
        rig.post(&list(&[event("a", "get"), broken, event("b", "get")])),
        200
    );
    assert_eq!(rig.refused(Refused::Time), 1);
    for body in ["", "{", "null", "[]x", "\u{0}", &"[".repeat(100_000)] {
        assert_eq!(rig.post(body), 400, "{body:.20}");
    }
    assert_eq!(rig.post(r#"{"kind":"Pod"}"#), 400);
    assert_eq!(rig.post(&list(&[])), 200);
    assert_eq!(rig.refused(Refused::Json), 5);
    assert_eq!(rig.refused(Refused::Kind), 2);
    assert_eq!(rig.post(&event("c", "get")), 200);
    assert_eq!(rig.end().ids(), ["a", "b", "c"]);
}

#[test]
fn what_is_too_large_is_refused_whole() {
    let rig = Rig::start(WebhookSettings {
        body_bytes_max: NonZeroUsize::new(10_000).expect("a number"),
        ..plain()
    });
    assert_eq!(rig.post(&" ".repeat(10_001)), 413);
    // Not announced.
    let mut stream = rig.connect();
    let head = "POST /k8s-audit HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).expect("the head is sent");
    for _ in 0..3 {
        let chunk = format!("1000\r\n{}\r\n", " ".repeat(0x1000));
        drop(stream.write_all(chunk.as_bytes()));
    }
    assert_eq!(status(&answer(&mut stream)), 413);
    assert_eq!(rig.refused(Refused::TooLarge), 2);
    assert_eq!(rig.post(&event("a", "get")), 200);
}

#[test]
fn a_batch_of_which_not_all_can_be_looked_at_is_not_acknowledged() {
    let rig = Rig::start(plain());
    let many: Vec<String> = (0..10_001)
        .map(|id| event(&id.to_string(), "get"))
        .collect();
    assert_eq!(rig.post(&list(&many)), 413);
    assert!(rig.end().ids().is_empty());
}

#[test]
fn other_paths_and_methods_are_nobodys() {
    let rig = Rig::start(plain());
    let ask = |request: &str| {
        let mut stream = rig.connect();
        let text = format!("{request} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
        stream.write_all(text.as_bytes()).expect("it is sent");
        status(&answer(&mut stream))
    };
    assert_eq!(ask("GET /healthz"), 200);
    assert_eq!(ask("GET /k8s-audit"), 405);
    assert_eq!(ask("POST /"), 404);
    assert_eq!(ask("nonsense"), 400);
}

#[test]
fn slow_senders_are_sent_away_and_keep_nobody_out() {
    let rig = Rig::start(WebhookSettings {
        request_timeout_ms: NonZeroU32::new(500).expect("a number"),
        ..plain()
    });
    let began = Instant::now();
    let mut slow: Vec<_> = (0..20).map(|_| rig.connect()).collect();
    for (index, stream) in slow.iter_mut().enumerate() {
        let text = match index % 3 {
            0 => "",
            1 => "POST /k8s-audit HT",
            _ => "POST /k8s-audit HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n{",
        };
        stream.write_all(text.as_bytes()).expect("it is sent");
    }
    assert_eq!(rig.post(&event("a", "get")), 200);
    for stream in slow.iter_mut().skip(2).step_by(3) {
        assert_eq!(status(&answer(stream)), 408);
    }
    for stream in slow.iter_mut().skip(1).step_by(3) {
        assert!(matches!(status(&answer(stream)), 0 | 408), "it is closed");
    }
    assert!(began.elapsed() < Duration::from_secs(10));
    assert_eq!(rig.refused(Refused::Slow), 6);
}

#[test]
fn a_flood_is_told_to_come_again_and_loses_nothing_acknowledged() {
    let rig = Rig::start(WebhookSettings {
        body_bytes_max: NonZeroUsize::new(4_000).expect("a number"),
        bytes_in_flight_max: NonZeroU32::new(8_000).expect("a number"),
        ..plain()
    });
    let padding = " ".repeat(3_500);
    let rig = &rig;
    let acknowledged: Vec<String> = std::thread::scope(|scope| {
        let senders: Vec<_> = (0..16)
            .map(|sender| {
                let padding = &padding;
                scope.spawn(move || {
                    let mut acknowledged = Vec::new();
                    for number in 0..4 {
                        let id = format!("{sender}-{number}");
                        let verb = if sender % 4 == 0 { "slow" } else { "get" };
                        let body = format!("{}{padding}", event(&id, verb));
                        let mut stream = rig.connect();
                        send(&mut stream, "", &body);
                        let answer = answer(&mut stream);
                        match status(&answer) {
                            200 => acknowledged.push(id),
                            503 => assert!(answer.contains("retry-after: 1"), "{answer}"),
                            other => panic!("{other}: {answer}"),
                        }
                    }
                    acknowledged
                })
            })
            .collect();
        let joined = senders
            .into_iter()
            .map(|sender| sender.join().expect("no panic"));
        joined.flatten().collect()
    });
    let refused = rig.refused(Refused::Full);
    assert!(refused > 0, "there was room for all");
    let seen = rig.seen.ids();
    assert!(!acknowledged.is_empty());
    for id in &acknowledged {
        assert!(seen.contains(id), "{id} was acknowledged and not judged");
    }
    assert_eq!(
        u64::try_from(acknowledged.len()).expect("few") + refused,
        64
    );
    wait_until("room is given back", || {
        rig.post(&event("last", "get")) == 200
    });
}

#[test]
fn an_answer_waits_until_alerts_are_in_safe_hands() {
    let rig = Rig::start(WebhookSettings {
        answer_timeout_ms: NonZeroU32::new(1_000).expect("a number"),
        ..plain()
    });
    let body = event("a", "hold");
    assert_eq!(rig.post(&body), 503, "they are not");
    // The batch comes again, and is not judged again while the first is on its way.
    assert_eq!(rig.post(&body), 503);
    assert_eq!(rig.counters.duplicates(), 1);
    rig.seen.held.lock().expect("no panic").clear();
    assert_eq!(rig.post(&body), 200);
    assert_eq!(rig.refused(Refused::Undelivered), 2);
    assert_eq!(rig.end().ids(), ["a"]);
}

#[test]
fn what_is_on_its_way_at_the_end_is_answered() {
    let rig = Rig::start(plain());
    let mut stream = rig.connect();
    send(&mut stream, "", &event("a", "slow"));
    wait_until("it is being judged", || rig.counters.bytes() > 0);
    assert_eq!(rig.end().ids(), ["a"]);
    assert_eq!(status(&answer(&mut stream)), 200);
}
