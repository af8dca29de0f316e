//! Real servers, each a child of the test in a temporary folder on loopback ports of its own.

mod postgres;

pub use postgres::PostgresServer;
