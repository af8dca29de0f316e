//! The commands that play captures, as a shell sees them. No root needed.

#[path = "captures/diff.rs"]
mod diff;
#[path = "rule_tools/folder.rs"]
mod folder;
#[path = "captures/replay.rs"]
mod replay;
#[path = "captures/sample.rs"]
mod sample;
#[path = "captures/trace.rs"]
mod trace;
