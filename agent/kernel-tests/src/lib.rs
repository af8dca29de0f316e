//! Scenarios against the running kernel, as root.
//!
//! A [`Recorder`] loads the kernel programs and keeps what they report. A test runs the program
//! `trigger`, whose every scenario makes one call with known effects, and looks at the records of
//! that process. A missing privilege is a failure here, never a skip.
//!
//! The tests touch only processes, mounts and files that they made themselves.

pub mod agent;
pub mod containerd;
mod expectation;
mod recorder;
mod trigger;

pub use expectation::{ANY, Recorded, expect_arguments};
pub use recorder::Recorder;
pub use trigger::{Triggered, program, trigger};
