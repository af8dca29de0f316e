//! Names by DNS.

use super::*;

/// A message with one question and, if it is an answer, one address.
fn message(id: u16, name: &str, answer: Option<([u8; 4], u32)>) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend(id.to_be_bytes());
    bytes.extend(if answer.is_some() {
        [0x81, 0x80]
    } else {
        [0x01, 0x00]
    });
    bytes.extend([0, 1, 0, u8::from(answer.is_some()), 0, 0, 0, 0]);
    for label in name.split('.') {
        bytes.push(label.len() as u8);
        bytes.extend(label.as_bytes());
    }
    bytes.extend([0, 0, 1, 0, 1]);
    if let Some((address, lifetime_s)) = answer {
        bytes.extend([0xC0, 12, 0, 1, 0, 1]);
        bytes.extend(lifetime_s.to_be_bytes());
        bytes.extend([0, 4]);
        bytes.extend(address);
    }
    bytes
}

const SHOP: [u8; 4] = [10, 0, 0, 2];

fn resolver() -> End {
    End::udp(50, socket_role::CLIENT, "10.0.0.1:45000", "10.0.0.53:53")
}

/// Names of the other end of a connection to the shop that is opened now.
fn names(stage: &mut Stage, time: u64) -> Vec<String> {
    stage.take();
    let shop = End::client().cookie(1_000 + time / MS);
    stage.happens(&shop.opened(time));
    stage.happens(&shop.closed(time, time));
    let names = stage.take()[0].event.flow.remote_names.clone();
    names.iter().map(|name| (**name).to_owned()).collect()
}

#[test]
fn messages_are_events_and_answers_name_addresses() {
    let mut stage = Stage::new();
    stage.happens(&resolver().sends(&message(1, "shop.example", None), MS));
    stage.happens(&resolver().receives(&message(1, "shop.example", Some((SHOP, 5))), 2 * MS));
    let events = stage.take();
    let kinds: Vec<_> = events.iter().map(|it| it.event.kind.name()).collect();
    let messages: Vec<_> = kinds
        .iter()
        .filter(|kind| kind.starts_with("dns"))
        .collect();
    assert_eq!(messages, [&"dns_query", &"dns_answer"]);
    assert_eq!(names(&mut stage, 3 * MS), ["shop.example"]);
    // A name holds a minute at least, and not for ever.
    assert_eq!(names(&mut stage, 60 * SECOND), ["shop.example"]);
    assert_eq!(names(&mut stage, 62 * SECOND), [""; 0]);
}

#[test]
fn the_latest_name_comes_first_and_each_once() {
    let mut stage = Stage::new();
    for (id, name) in [(1, "old.example"), (2, "new.example"), (3, "old.example")] {
        stage.happens(&resolver().sends(&message(id, name, None), MS));
        stage.happens(&resolver().receives(&message(id, name, Some((SHOP, 300))), MS));
    }
    assert_eq!(names(&mut stage, 3 * MS), ["old.example", "new.example"]);
}

#[test]
fn what_nobody_asked_for_names_nothing() {
    let asked = message(1, "shop.example", None);
    let lies = [
        (
            "another id",
            resolver(),
            message(2, "shop.example", Some((SHOP, 5))),
        ),
        (
            "another name",
            resolver(),
            message(1, "evil.example", Some((SHOP, 5))),
        ),
        (
            "another peer",
            End::udp(50, socket_role::CLIENT, "10.0.0.1:45000", "10.0.0.66:53"),
            message(1, "shop.example", Some((SHOP, 5))),
        ),
        (
            "another socket",
            resolver().cookie(51),
            message(1, "shop.example", Some((SHOP, 5))),
        ),
    ];
    for (what, end, lie) in lies {
        let mut stage = Stage::new();
        stage.happens(&resolver().sends(&asked, MS));
        stage.happens(&end.receives(&lie, 2 * MS));
        assert_eq!(stage.flows.stats().dns_unasked, 1, "{what}");
        assert_eq!(names(&mut stage, 3 * MS), [""; 0], "{what}");
    }
}

#[test]
fn a_query_has_one_answer_and_not_for_ever() {
    let mut stage = Stage::new();
    let evil = [66, 66, 66, 66];
    stage.happens(&resolver().sends(&message(1, "shop.example", None), MS));
    stage.happens(&resolver().receives(&message(1, "shop.example", Some((evil, 5))), 2 * MS));
    stage.happens(&resolver().receives(&message(1, "shop.example", Some((SHOP, 5))), 2 * MS));
    assert_eq!(names(&mut stage, 3 * MS), [""; 0]);
    stage.happens(&resolver().sends(&message(2, "shop.example", None), 4 * MS));
    stage.happens(&resolver().receives(&message(2, "shop.example", Some((SHOP, 5))), 11 * SECOND));
    assert_eq!(names(&mut stage, 12 * SECOND), [""; 0]);
    assert_eq!(stage.flows.stats().dns_unasked, 2);
}

#[test]
fn an_answer_that_this_host_gives_names_nothing() {
    let mut stage = Stage::new();
    let server = End::udp(60, socket_role::ACCEPTED, "10.0.0.53:53", "10.0.0.9:45000");
    stage.happens(&server.receives(&message(1, "shop.example", None), MS));
    stage.happens(&server.sends(&message(1, "shop.example", Some((SHOP, 5))), 2 * MS));
    let events = stage.take();
    let messages = events
        .iter()
        .filter(|it| matches!(it.event.kind, FlowEventKind::Dns(_)));
    assert_eq!(messages.count(), 2);
    assert_eq!(names(&mut stage, 3 * MS), [""; 0]);
}

#[test]
fn one_namespace_does_not_name_addresses_of_another() {
    let mut stage = Stage::new();
    let mut pod = resolver();
    pod.socket.network_namespace = 7;
    stage.happens(&pod.sends(&message(1, "shop.example", None), MS));
    stage.happens(&pod.receives(&message(1, "shop.example", Some((SHOP, 5))), 2 * MS));
    assert_eq!(names(&mut stage, 3 * MS), [""; 0]);
}

#[test]
fn over_a_stream_a_message_follows_its_length() {
    let mut stage = Stage::new();
    let end = End::tcp(50, socket_role::CLIENT, "10.0.0.1:45000", "10.0.0.53:53");
    let framed = |message: Vec<u8>| [&(message.len() as u16).to_be_bytes()[..], &message].concat();
    stage.happens(&end.opened(0));
    stage.happens(&end.sends(&framed(message(1, "shop.example", None)), MS));
    let answer = framed(message(1, "shop.example", Some((SHOP, 5))));
    stage.happens(&end.receives(&answer, 2 * MS));
    assert_eq!(names(&mut stage, 3 * MS), ["shop.example"]);
}

#[test]
fn names_and_queries_are_bounded() {
    let mut stage = Stage::with(Limits {
        names_max: 10,
        queries_max: 10,
        ..Limits::default()
    });
    for number in 0..100_u16 {
        let address = [10, 1, 0, number as u8];
        stage.happens(&resolver().sends(&message(number, "a.example", None), MS));
        let answer = message(number, "a.example", Some((address, 5)));
        stage.happens(&resolver().receives(&answer, 2 * MS));
    }
    assert_eq!(stage.flows.stats().names_forgotten, 90);
    for number in 0..100_u16 {
        stage.happens(&resolver().sends(&message(number, "shop.example", None), 3 * MS));
    }
    // The first ones are no longer awaited.
    stage.happens(&resolver().receives(&message(0, "shop.example", Some((SHOP, 5))), 4 * MS));
    assert_eq!(stage.flows.stats().dns_unasked, 1);
    stage.happens(&resolver().receives(&message(99, "shop.example", Some((SHOP, 5))), 4 * MS));
    assert_eq!(names(&mut stage, 5 * MS), ["shop.example"]);
}
