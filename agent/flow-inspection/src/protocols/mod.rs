//! Protocols that are not TLS: what their first bytes look like, and what they show.

mod recognition;

pub(crate) use recognition::{Exchange, Outlook, Recognition};

/// What a protocol says about the bytes so far. It is a pure function.
pub(crate) type Recognise = fn(&Exchange<'_>) -> Recognition;

/// All protocols, in the order in which they are asked.
pub(crate) const PROTOCOLS: &[Recognise] = &[];
