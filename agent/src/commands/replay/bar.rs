//! How far a capture is played, on a terminal.

use crate::commands::layout::visible;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use saker_capture_replay::Progress;
use std::io::IsTerminal;

/// Below the alerts it would be in the way, so it shows only where they go elsewhere.
pub(super) struct Bar(ProgressBar);

impl Bar {
    /// A bar for a capture; hidden where nobody would see it.
    pub(super) fn new(name: &str, progress: Progress) -> Self {
        let is_seen = std::io::stderr().is_terminal() && !std::io::stdout().is_terminal();
        let target = if is_seen {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(progress.bytes_total, target);
        let template = match progress.bytes_total {
            Some(_) => "{wide_bar} {bytes} of {total_bytes}, {eta} left  {msg}",
            None => "{spinner} {bytes}  {msg}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(visible(name));
        Self(bar)
    }

    /// Shows how far the capture is read.
    pub(super) fn show(&self, progress: Progress) {
        self.0.set_position(progress.bytes_read);
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        self.0.finish_and_clear();
    }
}
