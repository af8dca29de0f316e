use super::*;
use saker_alert_formats::{Clock, Format, Notification, TimeFormat};
use saker_proto::{AlertId, v1};
use std::time::Instant;

pub(crate) fn text_renderer() -> Renderer {
    Renderer::new(Format::Text, Clock::utc(TimeFormat::TimeOfDay))
}

/// An alert for each output.
pub(crate) fn batch(outputs: &[&str]) -> Vec<Arc<Routed>> {
    let routed = outputs.iter().zip(0..).map(|(output, number)| {
        let id = AlertId::from_bytes(u128::to_be_bytes(number));
        let alert = v1::Alert {
            id: id.to_bytes().to_vec().into(),
            rule: "A rule".to_owned(),
            output: (*output).to_owned(),
            priority: v1::Priority::Notice.into(),
            ..v1::Alert::default()
        };
        Arc::new(Routed {
            notification: Notification::single(id, Arc::new(alert)),
            bytes: output.len(),
            raised: Instant::now(),
            receipt: None,
        })
    });
    routed.collect()
}

#[test]
fn lines_know_how_many_of_them_were_written() {
    let lines = Lines::of(&text_renderer(), &batch(&["one", "two", "three"]));
    let first = lines.ends[0];
    let written = [0, first - 1, first, first + 1, lines.bytes.len()];
    assert_eq!(
        written.map(|written| lines.within(written)),
        [0, 0, 1, 1, 3]
    );
}

#[test]
fn not_too_much_is_written_at_once() {
    let large = "x".repeat(CHUNK_BYTES);
    let lines = Lines::of(&text_renderer(), &batch(&[&large, "two"]));
    assert_eq!(lines.written().delivered, 1);
}
