//! What agents deliver, alert by alert: what is taken, what is refused and why.
//!
//! # Purpose
//!
//! A collector passes alerts on as it got them. Before it vouches for one it looks at what passing it on needs: the
//! id, the rule, whose node it is of, and how large it is. [`screen`] does that for a batch.
//!
//! # Invariants
//!
//! - What comes in is hostile: nothing here panics, and no more memory is used than the batch itself takes.
//! - Each alert of a batch is either admitted or refused, and a refusal of one touches no other.
//! - Payloads are shared with the message that they came in, not copied.
//! - The fields of an alert that are not looked at are skipped, so they may be damaged; workers find that when they
//!   decode it whole.
//!
//! ```
//! use prost::Message;
//! use saker_alert_intake::{Limits, screen};
//! use saker_proto::{EncodedBatch, v1};
//!
//! let alert = v1::Alert { id: vec![7; 16].into(), rule: "A rule".to_owned(), ..Default::default() };
//! let batch = EncodedBatch { alerts: vec![alert.encode_to_vec().into(), "no alert".into()] };
//! let screened = screen(batch, &Limits::default(), None);
//! assert_eq!(screened.admitted.len(), 1);
//! assert_eq!(screened.refused[0].index, 1);
//! ```
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]

mod header;
mod refusal;
mod screen;

pub use refusal::{Refusal, RefusedAlert};
pub use screen::{Admitted, Limits, Screened, screen};
