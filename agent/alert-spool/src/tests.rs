//! The spool as a whole.

pub(crate) mod faults;
mod full;
mod operations;
mod order;
mod recovery;
mod scene;
