//! What is sent to the webhook of the audit log, or stands in its files: any bytes become events within their limits,
//! or errors that say where.
#![no_main]

use libfuzzer_sys::fuzz_target;
use saker_audit_source::{Batch, Limits};

/// Small, so that inputs reach them.
const LIMITS: Limits = Limits {
    input_bytes_max: 4_096,
    event_bytes_max: 512,
    events_max: 8,
};

fuzz_target!(|bytes: &[u8]| {
    for batch in [
        Batch::from_body(bytes, &LIMITS),
        Batch::from_lines(bytes, &LIMITS),
    ] {
        // Beyond the limit one error tells of all the others.
        assert!(batch.events.len() + batch.errors.len() <= LIMITS.events_max + 1);
        for error in &batch.errors {
            assert!(!error.to_string().chars().any(char::is_control));
        }
        for event in &batch.events {
            let text = event.json().to_string();
            assert!(text.len() <= LIMITS.event_bytes_max);
            // What is written again is the same event: an API server that repeats itself is recognised.
            if event.json()["kind"] == "Event" {
                let again = Batch::from_body(text.as_bytes(), &Limits::default());
                let again = again.events.first().expect("it was an event before");
                assert_eq!(again.time_wall_ns(), event.time_wall_ns());
                assert_eq!(
                    (again.audit_id(), again.stage()),
                    (event.audit_id(), event.stage())
                );
            }
        }
    }
});
