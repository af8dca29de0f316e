//! An alert as a JSON object, with Falco's keys in Falco's order.

use saker_alert_formats::{Clock, JsonKeys, JsonRenderer as Renderer};

use crate::model::Alert;

/// Renders alerts as JSON objects on one line.
#[derive(Clone, Debug)]
pub struct JsonRenderer(Renderer);

impl JsonRenderer {
    /// A renderer whose `output` takes the time format and zone from the clock.
    #[must_use]
    pub fn new(clock: Clock, keys: JsonKeys) -> Self {
        Self(Renderer::new(clock, keys))
    }

    /// The object, without a line break.
    #[must_use]
    pub fn line(&self, alert: &Alert) -> String {
        self.0.line(&alert.notification())
    }
}
