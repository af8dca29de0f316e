use super::sample::{capture, owned_event, read};
use crate::scap::repeat_events;

#[test]
fn events_come_again_and_later() {
    let mut bytes = Vec::new();
    let written = repeat_events(&capture(), 5, &mut bytes).unwrap();
    assert_eq!(written, u64::try_from(bytes.len()).unwrap());
    let (content, original) = (read(&bytes), read(&capture()));
    assert_eq!(content.items, original.items);
    assert_eq!(content.events.len(), 5);
    assert!(
        content
            .events
            .is_sorted_by(|a, b| a.header.time_ns < b.header.time_ns)
    );
    for (number, event) in (0..).zip(content.events) {
        assert_eq!(event.parameters, owned_event(number % 2).parameters);
    }
    assert_eq!(content.stats.skipped(), 0);
}

#[test]
fn what_has_no_events_is_refused() {
    let whole = capture();
    for bytes in [&whole[..whole.len() - 1], &whole[..28], b"text of a file"] {
        assert!(repeat_events(bytes, 5, &mut Vec::new()).is_err());
    }
}
