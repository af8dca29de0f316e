//! Real servers, each a child of the test in a temporary folder on loopback ports of its own.

mod alertmanager;
mod nats;
mod otel_collector;
mod postgres;
mod process;
mod prometheus;
mod redis;

pub use alertmanager::Alertmanager;
pub use nats::{NatsCluster, NatsServer};
pub use otel_collector::OtelCollector;
pub use postgres::PostgresServer;
pub use process::{free_port, kill};
pub use prometheus::Prometheus;
pub use redis::RedisServer;
