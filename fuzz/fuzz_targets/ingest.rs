//! What an agent delivers: any bytes are refused, or taken apart into alerts that are admitted or refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use prost::Message;
use saker_alert_intake::{Limits, screen};
use saker_proto::v1;

/// Small, so that inputs reach it.
const LIMITS: Limits = Limits {
    alert_bytes_max: 512,
};

fuzz_target!(|bytes: &[u8]| {
    let Ok(request) = v1::DeliverRequest::decode(bytes) else {
        return;
    };
    let batch = request.batch.unwrap_or_default();
    let payloads = batch.alerts.clone();
    let screened = screen(batch.clone(), &LIMITS, None);
    // Each alert is either admitted or refused, and stands where it stood.
    let mut places: Vec<u32> = screened.admitted.iter().map(|alert| alert.index).collect();
    places.extend(screened.refused.iter().map(|alert| alert.index));
    places.sort_unstable();
    assert!(places.iter().copied().eq(0..payloads.len() as u32));
    for alert in &screened.admitted {
        assert_eq!(alert.payload, payloads[alert.index as usize]);
        assert!(alert.payload.len() <= LIMITS.alert_bytes_max);
        // A worker that decodes it whole finds the same id, or damage.
        if let Ok(whole) = v1::Alert::decode(alert.payload.clone()) {
            assert_eq!(alert.id.to_bytes().as_slice(), &*whole.id);
            assert!(!whole.rule.is_empty());
        }
    }
    for alert in &screened.refused {
        assert!(!alert.refusal.to_string().chars().any(char::is_control));
    }
    // Whoever must be of a node is refused more, never less.
    let guarded = screen(batch, &LIMITS, Some("node-a"));
    assert!(guarded.admitted.len() <= screened.admitted.len());
});
