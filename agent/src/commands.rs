//! The commands that end by themselves, one file each.

pub(crate) mod events;
pub(crate) mod fields;
pub(crate) mod filter_check;
mod layout;
pub(crate) mod rules_check;
pub(crate) mod rules_list;

use anyhow::Context;
use saker_rule_language::ColorChoice;
use std::io::{self, Write};
use std::process::ExitCode;

/// Something was asked for that does not exist; the message is complete.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct BadRequest(pub(crate) String);

/// The exit code for bad rules, configuration or usage.
pub(crate) fn bad_input() -> ExitCode {
    ExitCode::from(crate::EXIT_BAD_INPUT)
}

/// Writes to standard output. A reader that has seen enough is no error.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
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

/// Whether what goes to standard output is coloured.
pub(crate) fn stdout_color() -> ColorChoice {
    if crate::output::wants_colour(&io::stdout()) {
        ColorChoice::Always
    } else {
        ColorChoice::Never
    }
}
