//! How notifications are written.

use saker_alert_formats::{Clock, Format, Renderer, TimeFormat};

/// Writes notifications in this format, with times in UTC.
pub(crate) fn renderer(format: Format) -> Renderer {
    Renderer::new(format, Clock::utc(TimeFormat::Iso8601))
}
