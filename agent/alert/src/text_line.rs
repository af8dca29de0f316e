//! An alert as a line of text.

use saker_alert_formats::{Clock, Colour, TextRenderer as Renderer};

use crate::model::Alert;

/// Renders lines such as `16:17:57.881781397: Warning Sensitive file read (file=/etc/shadow)`.
#[derive(Clone, Debug)]
pub struct TextRenderer(Renderer);

impl TextRenderer {
    /// A renderer that takes the time format and zone from the clock.
    #[must_use]
    pub fn new(clock: Clock, colour: Colour) -> Self {
        Self(Renderer::new(clock, colour))
    }

    /// The line, without a line break; at its end `saker.enrichment=partial` where not all was known that
    /// rule and output ask for. Nothing in it can end the line or command a terminal, other than
    /// the colour that was asked for.
    #[must_use]
    pub fn line(&self, alert: &Alert) -> String {
        self.0.line(&alert.notification())
    }
}
