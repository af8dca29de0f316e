//! From the rings to the alerts: two threads and a queue of bytes between them.
//!
//! The reader empties the kernel's rings quickly and in order ([`reader`]); the matcher keeps the
//! process tree ([`matcher`]), evaluates the rules, holds what has to wait ([`judge`]) and hands alerts
//! on. What the records of sockets say together is an event of its own ([`flows`]). Neither allocates for an event that matches nothing. Everything behind the alert channel is
//! asynchronous.

pub(crate) mod flows;
pub(crate) mod judge;
mod kin;
pub(crate) mod matcher;
pub(crate) mod queue;
pub(crate) mod raiser;
pub(crate) mod reader;
mod waiting_room;
