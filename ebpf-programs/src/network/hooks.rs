//! One file a hook.

mod bind;
mod connect;
mod connections;
mod packets;
mod release;
mod send;
