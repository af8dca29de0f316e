//! What the fuzz targets share: an event to look at, conditions made of random choices, and naive
//! models that the real code is compared with.
//!
//! A target (`fuzz_targets/`) feeds its input to one parser or matcher and asserts what must hold for
//! any input. See CONTRIBUTING.md for running them and for adding one.
#![forbid(unsafe_code)]

pub mod conversation;
pub mod findings;
pub mod naive;
pub mod sample;
pub mod scene;
pub mod tree;
