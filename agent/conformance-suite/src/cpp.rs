//! Reads the C++ statements with which Falco's unit tests make their events.
//!
//! It is the part of the language that such statements use: declarations with a value, calls, literals,
//! casts, braces, sums and bit operations. What a name or a call means is not known here.
//!
//! ```text
//! auto evt = add_event_advance_ts(increasing_ts(), 1, PPME_SYSCALL_CHDIR_X, 2, (int64_t)0, "/tmp");
//! ```

mod parser;
mod token;

pub(crate) use parser::{Expression, Operation, parse};
