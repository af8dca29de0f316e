mod callers;
mod dns;
mod endings;
mod order;
mod owners;
mod sweep;

use super::*;
use crate::flow::Traffic;
use saker_event_decode::{EventBuilder, Value};
use saker_event_schema::SocketTuple;
use saker_event_schema::socket_role;
use saker_flow_inspection::SecurityClass;
use saker_process_state::{NoSource, ProcessState};
use std::net::SocketAddr;

const MS: u64 = 1_000_000;
const SECOND: u64 = 1_000 * MS;
const NAMESPACE: u32 = 4_026_531_840;

/// The first bytes of a TLS handshake: more are needed to say anything.
const HELLO_BEGIN: &[u8] = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";

/// A flow table with the processes that records name.
struct Stage {
    flows: FlowState,
    processes: ProcessState,
    outputs: Outputs,
}

impl Stage {
    fn new() -> Self {
        Self::with(Limits::default())
    }

    fn with(limits: Limits) -> Self {
        let limit = saker_process_state::Limits::default();
        Self {
            flows: FlowState::new(limits),
            processes: ProcessState::new(limit, Box::new(NoSource), Box::new(NoSource)),
            outputs: Outputs::default(),
        }
    }

    fn happens(&mut self, event: &EventBuilder) {
        let record = event.build();
        let event = EventView::parse(&record).expect("a record");
        let process = if crate::is_flow_record(&event) {
            self.processes.owner(&event)
        } else {
            Some(self.processes.apply(&event))
        };
        self.flows
            .apply(&event, process.as_ref(), &mut self.outputs);
    }

    fn ticks(&mut self, now: u64) {
        self.flows.tick(now, &mut self.outputs);
    }

    /// The events that came since.
    fn take(&mut self) -> Vec<FlowOutput> {
        std::mem::take(&mut self.outputs.events)
    }

    /// The same, in short: type, role, class, process.
    fn events(&mut self) -> Vec<String> {
        self.take().iter().map(in_short).collect()
    }
}

fn in_short(output: &FlowOutput) -> String {
    let FlowOutput { event, process } = output;
    let flow = &event.flow;
    let process = process.as_ref().map_or_else(
        || "nobody".to_owned(),
        |process| String::from_utf8_lossy(process.comm.as_bytes()).into_owned(),
    );
    let (kind, role) = (event.kind.name(), flow.role.name());
    format!(
        "{kind} {role} {} {process}",
        flow.classification.class.name()
    )
}

fn address(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

/// Enough is known of the client's connection, whose last record was of that time.
fn satisfied(seen_boot_ns: u64) -> Satisfied {
    Satisfied {
        cookie: 7,
        seen_boot_ns,
    }
}

/// One end of a connection on this host, and how the kernel tells of it.
#[derive(Clone, Debug)]
struct End {
    cookie: u64,
    socket: SocketTuple,
    pid: u32,
    comm: &'static str,
    flags: u16,
}

impl End {
    fn tcp(cookie: u64, role: u8, local: &str, remote: &str) -> Self {
        Self::new(cookie, role, Value::tcp(address(local), address(remote)))
    }

    fn udp(cookie: u64, role: u8, local: &str, remote: &str) -> Self {
        Self::new(cookie, role, Value::udp(address(local), address(remote)))
    }

    fn new(cookie: u64, role: u8, socket: Value) -> Self {
        use zerocopy::FromBytes;
        let Value::Data { bytes, .. } = socket else {
            panic!("a socket is data");
        };
        let mut socket = SocketTuple::read_from_bytes(&bytes).expect("a socket");
        socket.role = role;
        socket.network_namespace = NAMESPACE;
        Self {
            cookie,
            socket,
            pid: 10,
            comm: "curl",
            flags: 0,
        }
    }

    fn client() -> Self {
        Self::tcp(7, socket_role::CLIENT, "10.0.0.1:40000", "10.0.0.2:443")
    }

    fn server() -> Self {
        let server = Self::tcp(8, socket_role::ACCEPTED, "10.0.0.2:443", "10.0.0.1:40000");
        Self {
            pid: 20,
            comm: "nginx",
            flags: record_flag::INHERITED,
            ..server
        }
    }

    fn cookie(&self, cookie: u64) -> Self {
        Self {
            cookie,
            ..self.clone()
        }
    }

    fn flags(&self, flags: u16) -> Self {
        Self {
            flags,
            ..self.clone()
        }
    }

    fn event(&self, id: EventId, time: u64) -> EventBuilder {
        let mut event = EventBuilder::new(id)
            .pid(self.pid)
            .start_boot_ns(MS)
            .time_boot_ns(time)
            .comm(self.comm);
        event.header_mut().flags = self.flags;
        event.set("socket", Value::socket(self.socket, b""))
    }

    fn opened(&self, time: u64) -> EventBuilder {
        self.event(event::FLOW_OPENED, time)
            .set("cookie", self.cookie)
            .set("interface", 2_u64)
    }

    fn payload(&self, is_ingress: bool, offset: u64, bytes: &[u8], time: u64) -> EventBuilder {
        self.event(event::FLOW_PAYLOAD, time)
            .set("cookie", self.cookie)
            .set("packet", Value::socket(self.socket, b""))
            .set("interface", 2_u64)
            .set("is_ingress", u64::from(is_ingress))
            .set("offset", offset)
            .set("sent", bytes.len() as u64)
            .set("payload", Value::flagged(bytes, 0))
    }

    fn sends(&self, bytes: &[u8], time: u64) -> EventBuilder {
        self.payload(false, 0, bytes, time)
    }

    fn receives(&self, bytes: &[u8], time: u64) -> EventBuilder {
        self.payload(true, 0, bytes, time)
    }

    fn closed(&self, opened: u64, time: u64) -> EventBuilder {
        self.event(event::FLOW_CLOSED, time)
            .set("cookie", self.cookie)
            .set("opened", opened)
            .set("sent_bytes", 300_u64)
            .set("received_bytes", 5_000_u64)
            .set("was_established", 1_u64)
    }

    /// The call by which a process takes or makes the connection.
    fn call(&self, id: EventId, pid: u32, comm: &str, time: u64) -> EventBuilder {
        EventBuilder::new(id)
            .pid(pid)
            .start_boot_ns(MS)
            .time_boot_ns(time)
            .comm(comm)
            .result(5)
            .set("tuple", Value::socket(self.socket, b""))
    }
}

#[test]
fn both_ends_of_a_connection_are_flows_of_their_own() {
    let mut stage = Stage::new();
    let (client, server) = (End::client(), End::server());
    stage.happens(&client.opened(10 * MS));
    stage.happens(&server.opened(11 * MS));
    stage.happens(&server.call(event::ACCEPT4, 21, "worker", 12 * MS));
    stage.happens(&client.sends(HELLO_BEGIN, 13 * MS));
    stage.happens(&server.receives(HELLO_BEGIN, 13 * MS));
    assert_eq!(stage.events(), [""; 0]);
    stage.happens(&client.closed(10 * MS, 20 * MS));
    stage.happens(&server.closed(11 * MS, 21 * MS));
    let events = stage.take();
    let short: Vec<_> = events.iter().map(in_short).collect();
    let class = events[0].event.flow.classification.class.name();
    assert_eq!(
        short,
        [
            format!("flow_classified client {class} curl"),
            format!("flow_closed client {class} curl"),
            format!("flow_classified server {class} worker"),
            format!("flow_closed server {class} worker"),
        ]
    );
    let ends: Vec<_> = events.iter().map(|it| it.event.flow.ends()).collect();
    assert!(ends.iter().all(|it| *it == ends[0]), "{ends:?}");
    assert!(stage.flows.is_empty());
    let closed = &events[1].event;
    assert_eq!(
        closed.kind,
        FlowEventKind::Closed {
            duration_ns: 10 * MS
        }
    );
    assert_eq!(
        closed.flow.traffic,
        Traffic {
            sent_bytes: 300,
            received_bytes: 5_000
        }
    );
}

#[test]
fn an_undecided_flow_is_classified_when_its_time_is_over() {
    let mut stage = Stage::new();
    let client = End::client();
    stage.happens(&client.opened(10 * MS));
    stage.ticks(10 * SECOND);
    assert_eq!(stage.events(), [""; 0], "nothing was sent yet");
    stage.happens(&client.sends(HELLO_BEGIN, 11 * SECOND));
    stage.ticks(13 * SECOND - 1);
    assert_eq!(stage.events(), [""; 0]);
    stage.ticks(13 * SECOND + MS);
    let events = stage.take();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].event.kind, FlowEventKind::Classified);
    assert_eq!(events[0].event.time_boot_ns, 13 * SECOND);
    assert_eq!(events[0].event.flow.traffic.sent_bytes, 11);
    assert_eq!(stage.outputs.satisfied, [satisfied(11 * SECOND)]);
    stage.ticks(100 * SECOND);
    assert_eq!(stage.events(), [""; 0]);
}

#[test]
fn what_is_decided_is_reported_at_once_and_its_bytes_are_forgotten() {
    let mut stage = Stage::new();
    let client = End::tcp(7, socket_role::CLIENT, "10.0.0.1:40000", "10.0.0.2:80");
    stage.happens(&client.opened(10 * MS));
    stage.happens(&client.sends(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 11 * MS));
    stage.happens(&client.receives(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 12 * MS));
    let events = stage.take();
    assert_eq!(events.len(), 1, "{events:?}");
    let class = events[0].event.flow.classification.class;
    assert_eq!(class, SecurityClass::Plaintext);
    assert_eq!(stage.flows.table.inspected(), 0);
    assert_eq!(stage.outputs.satisfied, [satisfied(12 * MS)]);
    let counted = &stage.flows.stats().classified;
    assert_eq!(counted.get(&(class, Role::Client)), Some(&1));
}

#[test]
fn the_addresses_of_packets_stand_beside_the_sockets_own_where_they_differ() {
    let mut stage = Stage::new();
    let client = End::client();
    stage.happens(&client.opened(10 * MS));
    let redirected = Value::tcp(address("10.0.0.1:40000"), address("127.0.0.1:15001"));
    stage.happens(&client.sends(HELLO_BEGIN, 11 * MS).set("packet", redirected));
    stage.happens(&client.closed(10 * MS, 12 * MS));
    let flow = Arc::clone(&stage.take()[0].event.flow);
    let on_wire = (address("10.0.0.1:40000"), address("127.0.0.1:15001"));
    assert_eq!(flow.on_wire, Some(on_wire));
    assert_eq!(flow.remote, address("10.0.0.2:443"));
    assert_eq!(flow.interface, Some(2));
}

#[test]
fn open_flows_are_shown_with_what_went_over_them() {
    let mut stage = Stage::new();
    let client = End::client();
    stage.happens(&client.opened(10 * MS));
    stage.happens(&client.sends(HELLO_BEGIN, 11 * MS));
    let open: Vec<_> = stage.flows.open_flows(12 * MS).collect();
    assert_eq!(open.len(), 1);
    assert_eq!(open[0].0.traffic.sent_bytes, 11);
    assert_eq!(open[0].1.expect("a process").comm.as_bytes(), b"curl");
}

#[test]
fn an_ipv4_peer_of_an_ipv6_socket_has_its_ipv4_address() {
    let mut stage = Stage::new();
    let client = End::tcp(
        7,
        socket_role::CLIENT,
        "[::ffff:10.0.0.1]:40000",
        "[::ffff:10.0.0.2]:443",
    );
    stage.happens(&client.opened(10 * MS));
    let flows: Vec<_> = stage.flows.open_flows(10 * MS).collect();
    assert_eq!(flows[0].0.remote, address("10.0.0.2:443"));
}
