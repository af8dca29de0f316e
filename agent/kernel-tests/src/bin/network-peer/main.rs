//! One end of a connection, where no packaged program does what a scenario of the network needs.
//!
//! `network-peer SCENARIO ADDRESS [ARGUMENT…]`: talks to the address, or listens at it, and fails loudly
//! when the other end does not do its part. Or the cable between them.

mod cable;
mod grpc;
mod key_exchange;
mod nats;
mod plain;
mod quic;
mod tls;

/// A scenario and its arguments.
type Scenario = fn(&[String]);

const SCENARIOS: &[(&str, Scenario)] = &[
    ("grpc-server", grpc::serve),
    ("grpc-client", grpc::check),
    ("nats-client", nats::upgrade),
    ("tls-client", tls::converse),
    ("tls-server", tls::serve),
    ("quic-server", quic::serve),
    ("quic-client", quic::ask),
    ("cable", cable::carry),
    ("idle-client", plain::idle),
    ("half-client", plain::break_off),
    ("late-client", plain::wait),
    ("silent-server", plain::listen_in_silence),
    ("text-client", plain::say_by_bytes),
    ("storm-client", plain::storm),
];

fn main() {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_default();
    let arguments: Vec<String> = arguments.collect();
    let Some((_, scenario)) = SCENARIOS.iter().find(|(known, _)| *known == name) else {
        eprintln!("network-peer: no scenario `{name}`");
        std::process::exit(2);
    };
    scenario(&arguments);
}
