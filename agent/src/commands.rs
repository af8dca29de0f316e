//! The commands that end by themselves, one file each.

pub(crate) mod case_files;
pub(crate) mod certs;
pub(crate) mod events;
pub(crate) mod explain;
pub(crate) mod fields;
pub(crate) mod filter_check;
mod input;
mod layout;
pub(crate) mod mtls;
pub(crate) mod policy;
pub(crate) mod record;
pub(crate) mod replay;
pub(crate) mod rules_bench;
pub(crate) mod rules_check;
pub(crate) mod rules_diff;
pub(crate) mod rules_list;
pub(crate) mod rules_test;
pub(crate) mod trace;

pub(crate) use input::InputError;

use anyhow::Context;
use saker_alert::escaped;
use saker_capture_replay::Replay;
use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

/// The exit code for bad rules, configuration or usage.
pub(crate) fn bad_input() -> ExitCode {
    ExitCode::from(crate::EXIT_BAD_INPUT)
}

/// An error with its causes.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// Says what is known to be missing from a capture that was played nevertheless.
pub(crate) fn warn_of_damage(replay: &Replay) {
    if let Some(damage) = replay.damage() {
        let text = format!("{}: {damage}", replay.name());
        eprintln!("saker: {}", escaped(text.as_bytes()));
    }
}

/// Writes to standard output. A reader that has seen enough is no error.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    print_bytes(text.as_bytes())
}

/// The same for bytes.
pub(crate) fn print_bytes(bytes: &[u8]) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to standard output")
        }
        _ => Ok(()),
    }
}

/// Writes an object to standard output as JSON, indented.
pub(crate) fn print_json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    let mut text = serde_json::to_string_pretty(value).context("cannot write JSON")?;
    text.push('\n');
    print(&text)
}
