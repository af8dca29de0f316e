//! From the rings to the alerts: two threads and a queue of bytes between them.
//!
//! The reader empties the kernel's rings quickly and in order ([`reader`]); the matcher keeps the
//! process tree, evaluates the rules and hands alerts on ([`matcher`]). Neither allocates for an
//! event that matches nothing. Everything behind the alert channel is asynchronous.

pub(crate) mod matcher;
pub(crate) mod queue;
pub(crate) mod reader;
