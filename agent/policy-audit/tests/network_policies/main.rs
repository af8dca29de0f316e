//! What network policies say of connections.

mod brute_force;
mod generated;
mod handle;
mod sentences;
mod unknown;
mod world;
