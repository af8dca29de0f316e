//! How flows end, and bounds.

use super::*;

#[test]
fn a_connection_over_which_nothing_went_is_opaque() {
    let mut stage = Stage::new();
    stage.happens(&End::client().opened(10 * MS));
    stage.happens(&End::client().closed(10 * MS, 20 * MS));
    assert_eq!(
        stage.events(),
        [
            "flow_classified client opaque curl",
            "flow_closed client opaque curl"
        ]
    );
}

#[test]
fn a_connection_that_was_never_established_is_none() {
    let mut stage = Stage::new();
    let refused = End::client().closed(10 * MS, 20 * MS);
    stage.happens(&refused.set("was_established", 0_u64));
    assert_eq!(stage.events(), [""; 0]);
    assert_eq!(stage.flows.stats().never_established, 1);
}

#[test]
fn a_half_open_connection_stays_and_costs_little() {
    let mut stage = Stage::new();
    stage.happens(&End::client().opened(10 * MS));
    stage.ticks(86_400 * SECOND);
    assert_eq!(stage.events(), [""; 0]);
    assert_eq!((stage.flows.len(), stage.flows.table.inspected()), (1, 0));
}

#[test]
fn who_sends_slowly_is_waited_for_but_not_for_ever() {
    let hello = [HELLO_BEGIN, &[0; 50]].concat();
    let mut stage = Stage::new();
    stage.happens(&End::client().opened(0));
    for (number, byte) in (0_u64..).zip(&hello) {
        let time = (number + 1) * SECOND;
        stage.ticks(time);
        let sent = End::client().payload(false, number, std::slice::from_ref(byte), time);
        stage.happens(&sent);
        let is_due = time == 21 * SECOND;
        assert_eq!(stage.events().len(), usize::from(is_due), "{number}");
    }
    // Who stops is not waited for as long.
    let mut stage = Stage::new();
    stage.happens(&End::client().opened(0));
    stage.happens(&End::client().payload(false, 0, &hello[..1], SECOND));
    stage.happens(&End::client().payload(false, 1, &hello[1..2], 2 * SECOND));
    stage.ticks(4 * SECOND - 1);
    assert_eq!(stage.events(), [""; 0]);
    stage.ticks(4 * SECOND);
    assert_eq!(stage.events().len(), 1);
}

#[test]
fn datagram_flows_end_when_nothing_comes_any_more() {
    let mut stage = Stage::new();
    let client = End::udp(9, socket_role::CLIENT, "10.0.0.1:40000", "10.0.0.2:9000");
    stage.happens(&client.opened(0));
    stage.happens(&client.sends(b"something", SECOND));
    stage.ticks(180 * SECOND);
    assert_eq!(stage.events().len(), 1, "the verdict");
    stage.happens(&client.receives(b"something else", 100 * SECOND));
    stage.ticks(279 * SECOND);
    assert_eq!(stage.events(), [""; 0]);
    stage.ticks(281 * SECOND);
    let events = stage.take();
    assert_eq!(events.len(), 1);
    let duration_ns = 100 * SECOND;
    assert_eq!(events[0].event.kind, FlowEventKind::Closed { duration_ns });
    assert!(stage.flows.is_empty());
    // The same socket and peer may begin again.
    stage.happens(&client.sends(b"again", 400 * SECOND));
    assert_eq!(stage.flows.len(), 1);
}

#[test]
fn a_sign_of_life_keeps_a_datagram_flow_and_tells_how_much_went_over_it() {
    let mut stage = Stage::new();
    let client = End::udp(9, socket_role::CLIENT, "10.0.0.1:40000", "10.0.0.2:9000");
    stage.happens(&client.opened(0));
    stage.happens(&client.sends(b"something", SECOND));
    stage.ticks(100 * SECOND);
    assert_eq!(stage.events().len(), 1, "the verdict");
    for minute in 1..=60 {
        let sign = client.payload(false, minute * 1_000, b"s", minute * 60 * SECOND);
        stage.happens(&sign);
        stage.ticks((minute * 60 + 50) * SECOND);
        assert_eq!(stage.events(), [""; 0], "minute {minute}");
    }
    stage.ticks((3_600 + u64::from(DATAGRAM_IDLE_S)) * SECOND);
    let closed = stage.take();
    assert_eq!(closed.len(), 1);
    assert_eq!(closed[0].event.flow.traffic.sent_bytes, 60_001);
}

#[test]
fn a_datagram_flow_of_which_the_kernel_tells_again_is_the_same() {
    let mut stage = Stage::new();
    let server = End::udp(9, socket_role::ACCEPTED, "10.0.0.1:9000", "10.0.0.2:5000");
    stage.happens(&server.opened(MS));
    stage.happens(&server.receives(b"hello", 2 * MS));
    // Its peer had to make room in the kernel's table, and the server spoke first then.
    let mut again = server.clone();
    again.socket.role = socket_role::CLIENT;
    stage.happens(&again.opened(SECOND));
    stage.happens(&again.sends(b"hello", SECOND));
    assert_eq!(stage.events(), ["flow_classified server opaque curl"]);
    assert_eq!((stage.flows.len(), stage.flows.stats().opened), (1, 1));
    let open: Vec<_> = stage.flows.open_flows(SECOND).collect();
    assert_eq!(open[0].0.role, Role::Server);
}

#[test]
fn one_datagram_socket_has_a_flow_for_each_peer_and_all_end_with_it() {
    let mut stage = Stage::new();
    let first = End::udp(9, socket_role::ACCEPTED, "10.0.0.1:9000", "10.0.0.2:5000");
    let second = End::udp(9, socket_role::ACCEPTED, "10.0.0.1:9000", "10.0.0.3:5000");
    let other = End::udp(10, socket_role::ACCEPTED, "10.0.0.1:9001", "10.0.0.3:5000");
    for end in [&first, &second, &other] {
        stage.happens(&end.opened(MS));
        stage.happens(&end.receives(b"hello", 2 * MS));
    }
    stage.take();
    assert_eq!(stage.flows.len(), 3);
    stage.happens(&End::udp(9, 0, "10.0.0.1:9000", "0.0.0.0:0").closed(0, 5 * MS));
    let closed = stage.take();
    let closed = closed
        .iter()
        .filter(|output| matches!(output.event.kind, FlowEventKind::Closed { .. }));
    assert_eq!(closed.count(), 2);
    assert_eq!(stage.flows.len(), 1);
    assert!(stage.outputs.satisfied.is_empty(), "other peers may come");
}

#[test]
fn a_socket_that_is_not_connected_takes_the_peer_of_the_packet() {
    let mut stage = Stage::new();
    let unconnected = End::udp(9, 0, "0.0.0.0:40000", "0.0.0.0:0");
    let packet = Value::udp(address("10.0.0.1:40000"), address("10.0.0.2:9000"));
    stage.happens(&unconnected.sends(b"hello", MS).set("packet", packet));
    let flows: Vec<_> = stage.flows.open_flows(MS).collect();
    let flow = &flows[0].0;
    assert_eq!(flow.local, address("10.0.0.1:40000"));
    assert_eq!(flow.remote, address("10.0.0.2:9000"));
    assert_eq!((flow.role, flow.on_wire), (Role::Client, None));
}

#[test]
fn a_socket_that_is_connected_again_is_another_flow() {
    let mut stage = Stage::new();
    let first = End::client();
    let second = End::tcp(7, socket_role::CLIENT, "10.0.0.1:40001", "10.0.0.3:443");
    stage.happens(&first.opened(10 * MS));
    stage.happens(&second.opened(20 * MS));
    assert_eq!(stage.events().len(), 2, "the first one is over");
    stage.happens(&second.closed(20 * MS, 30 * MS));
    let events = stage.take();
    assert_eq!(events.len(), 2);
    assert_eq!(events[1].event.flow.remote, address("10.0.0.3:443"));
}

#[test]
fn fifty_thousand_short_connections_leave_nothing_behind() {
    let mut stage = Stage::new();
    let mut counts = (0, 0);
    for number in 0..50_000_u64 {
        let now = number * MS / 10;
        let end = End::client().cookie(number + 1);
        stage.happens(&end.opened(now));
        if number % 2 == 0 {
            stage.happens(&end.sends(HELLO_BEGIN, now));
        }
        stage.happens(&end.closed(now, now));
        stage.ticks(now.saturating_sub(100 * MS));
        for output in stage.take() {
            match output.event.kind {
                FlowEventKind::Classified => counts.0 += 1,
                FlowEventKind::Closed { .. } => counts.1 += 1,
                FlowEventKind::Dns(_) => {}
            }
        }
        stage.outputs.satisfied.clear();
        assert!(stage.flows.agenda.len() < 10_000, "at {number}");
    }
    assert_eq!(counts, (50_000, 50_000));
    assert!(stage.flows.is_empty());
    assert_eq!(stage.flows.table.inspected(), 0);
    assert!(stage.flows.table.places() < 20_000);
}

#[test]
fn when_the_table_is_full_the_longest_open_one_is_classified_and_closed() {
    let mut stage = Stage::with(Limits {
        flows_max: 3,
        ..Limits::default()
    });
    for cookie in 1..=4 {
        stage.happens(&End::client().cookie(cookie).opened(cookie * MS));
    }
    let events = stage.take();
    let ids: Vec<_> = events.iter().map(|it| it.event.flow.id.cookie).collect();
    assert_eq!(ids, [1, 1]);
    assert_eq!(stage.flows.len(), 3);
    assert_eq!(stage.flows.stats().evicted, 1);
    // What comes of it later does not make it begin again.
    stage.happens(&End::client().cookie(1).sends(HELLO_BEGIN, 5 * MS));
    stage.happens(&End::client().cookie(1).closed(MS, 6 * MS));
    assert_eq!(stage.events(), [""; 0]);
    assert_eq!(stage.flows.stats().late, 2);
}

#[test]
fn datagrams_of_strangers_push_out_no_connection() {
    let mut stage = Stage::with(Limits {
        flows_max: 4,
        ..Limits::default()
    });
    stage.happens(&End::client().cookie(1).opened(MS));
    stage.happens(&End::client().cookie(2).opened(2 * MS));
    for number in 0..10_u16 {
        let remote = format!("192.0.2.1:{}", 1_000 + number);
        let forged = End::udp(9, socket_role::ACCEPTED, "10.0.0.1:53", &remote);
        stage.happens(&forged.opened(SECOND + u64::from(number)));
    }
    // A connection makes place for itself among them.
    stage.happens(&End::client().cookie(3).opened(2 * SECOND));
    let closed: Vec<_> = stage.take();
    assert!(closed.iter().all(|it| it.event.flow.id.peer.is_some()));
    assert_eq!(stage.flows.stats().evicted, 9);
    // Where datagrams are few, connections make place for each other.
    stage.happens(&End::client().cookie(4).opened(3 * SECOND));
    let closed = stage.take();
    assert_eq!(closed[0].event.flow.id.cookie, 1, "{closed:?}");
    assert_eq!(stage.flows.len(), 4);
}

#[test]
fn when_too_many_are_looked_at_the_first_is_classified_with_what_is_there() {
    let mut stage = Stage::with(Limits {
        inspected_max: 2,
        ..Limits::default()
    });
    for cookie in 1..=3 {
        let end = End::client().cookie(cookie);
        stage.happens(&end.opened(cookie * MS));
        stage.happens(&end.sends(HELLO_BEGIN, cookie * MS));
    }
    let events = stage.take();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].event.flow.id.cookie, 1);
    assert_eq!(stage.flows.table.inspected(), 2);
    assert_eq!(stage.flows.stats().inspections_cut, 1);
    assert_eq!(stage.flows.len(), 3);
}

#[test]
fn at_the_end_what_is_looked_at_is_classified() {
    let mut stage = Stage::new();
    stage.happens(&End::client().opened(MS));
    stage.happens(&End::client().sends(HELLO_BEGIN, 2 * MS));
    stage.happens(&End::server().opened(MS));
    stage.happens(&End::server().receives(HELLO_BEGIN, 2 * MS));
    stage.flows.conclude_all(3 * MS, &mut stage.outputs);
    assert_eq!(stage.events().len(), 2);
    assert_eq!(stage.flows.len(), 2, "they are open still");
}
