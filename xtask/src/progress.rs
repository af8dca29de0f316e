//! What a person sees while a long step runs: plain lines on standard error.
//!
//! Colour is used on a terminal only, and never when `NO_COLOR` is set.

use std::io::{IsTerminal, Write};
use std::sync::LazyLock;
use std::time::Duration;

static COLOUR: LazyLock<bool> =
    LazyLock::new(|| std::env::var_os("NO_COLOR").is_none() && std::io::stderr().is_terminal());

const BOLD_GREEN: &str = "\x1b[1;32m";
const BOLD_RED: &str = "\x1b[1;31m";
const BOLD_YELLOW: &str = "\x1b[1;33m";
const DIM: &str = "\x1b[2m";

/// The start of a piece of work: what is being done.
pub(crate) fn heading(text: &str) {
    line(BOLD_GREEN, "==>", text);
}

/// Something the reader should know, though the work goes on.
pub(crate) fn note(text: &str) {
    line(BOLD_YELLOW, "note:", text);
}

/// A detail inside a piece of work.
pub(crate) fn detail(text: &str) {
    line(DIM, "   ", text);
}

/// The end of a piece of work that failed.
pub(crate) fn failure(text: &str) {
    line(BOLD_RED, "==>", text);
}

fn line(colour: &str, mark: &str, text: &str) {
    let mut stderr = std::io::stderr().lock();
    let written = if *COLOUR {
        writeln!(stderr, "{colour}{mark}\x1b[0m {text}")
    } else {
        writeln!(stderr, "{mark} {text}")
    };
    // A closed standard error must not stop a build: there is nobody left to tell.
    drop(written);
}

/// A duration as a person reads it: `4.2 s`, `3 min 07 s`.
pub(crate) fn duration(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    if seconds < 60 {
        format!("{:.1} s", elapsed.as_secs_f64())
    } else {
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_well() {
        assert_eq!(duration(Duration::from_millis(4_240)), "4.2 s");
        assert_eq!(duration(Duration::from_secs(187)), "3 min 07 s");
    }
}
