//! Runs Falco's own cases of the rule language against Saker.
//!
//! # Purpose
//!
//! The conformance data hold cases taken from Falco's unit tests, one JSON object a line, one file a
//! kind. [`Suite::run`] runs every case of every kind that is about the language and says which came out
//! as Falco has it. Nothing here knows a case: other files of the same kinds run the same way.
//!
//! Cases of `filter_eval` come with the C++ statement that made their event. A small interpreter reads
//! the statement, the event becomes a record of the agent's own table and goes through the process
//! table, the extractors and the engine. What the agent's table lacks (an event such as `getcwd`, the
//! table of open descriptors) is supplied as Falco has it; `docs/CONFORMANCE.md` says what.
//!
//! # Invariants
//!
//! - A case passes only if it was run: an unknown file, statement or name is a failure.
//! - A declined case is one of `docs/CONFORMANCE.md`; one that passes is a failure.
#![forbid(unsafe_code)]

mod catalog;
mod cpp;
mod data;
mod declined;
pub mod fielddump;
mod judge;
mod kinds;
mod report;
mod suite;
mod world;

pub use data::{Case, Folder, Mismatch, Outcome, parse as parse_cases};
pub use declined::{DOCUMENT, Decline, parse as parse_declined};
pub use report::{Detail, FileReport, Finding, Report};
pub use suite::Suite;
