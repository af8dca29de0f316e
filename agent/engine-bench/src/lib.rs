//! A generated stream of events with the mix of a node, and what carries it to the rules.
//!
//! # Purpose
//!
//! Speed is measured where the agent spends it: a record is decoded, the process table takes it in,
//! fields are read and the rules are evaluated, on one core. [`Stream`] makes the records, [`Node`]
//! does with them what the agent's matcher does, [`generated_rules`] makes rule sets of any size, and [`facts`()]
//! tells what is known of the node's containers and of its cluster.
//! The program `engine-bench` measures with them.
//!
//! # Invariants
//!
//! - The same [`Shape`] gives the same bytes.
//! - Nothing in the stream was chosen to suit a rule set: paths, programs and peers are those of an
//!   ordinary node, and next to nothing of it is suspicious.
//!
//! ```
//! use saker_engine_bench::{Node, Shape, Stream};
//!
//! let mut stream = Stream::new(&Shape::default());
//! let mut node = Node::new(&stream)?;
//! let mut seen = 0;
//! for record in stream.by_ref().take(100) {
//!     node.take(&record, |_context| seen += 1)?;
//! }
//! assert_eq!(seen, 100);
//! # Ok::<(), saker_event_decode::DecodeError>(())
//! ```
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

mod facts;
mod generated_rules;
mod node;
mod stream;

pub use facts::{Extent, facts};
pub use generated_rules::generated_rules;
pub use node::{Cgroups, Node};
pub use stream::{Shape, Stream};
