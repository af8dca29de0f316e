//! What was judged lately: an API server that got no answer sends its batch again.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use saker_alert_delivery::Fate;
use saker_audit_source::AuditEvent;
use sha2::{Digest, Sha256};
use tokio::sync::watch;

/// What becomes of the alerts of a batch; `None` until it is known.
pub(crate) type Outcome = watch::Receiver<Option<Fate>>;

/// Tells one event from all others.
///
/// Not by `auditID` and `stage` alone: a client may choose the id of its request (header `Audit-ID`), and could have an
/// event passed over by taking that of an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct EventKey([u8; 32]);

impl EventKey {
    pub(crate) fn of(event: &AuditEvent) -> Option<Self> {
        let mut text = Hashed(Sha256::new());
        serde_json::to_writer(&mut text, event.json()).ok()?;
        Some(Self(text.0.finalize().into()))
    }
}

struct Hashed(Sha256);

impl std::io::Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Events of a while ago, at most so many.
#[derive(Debug)]
pub(crate) struct Recent {
    window: Duration,
    events_max: usize,
    outcomes: HashMap<EventKey, Outcome>,
    order: VecDeque<(Instant, EventKey)>,
}

impl Recent {
    pub(crate) fn new(window: Duration, events_max: usize) -> Self {
        Self {
            window,
            events_max,
            outcomes: HashMap::new(),
            order: VecDeque::new(),
        }
    }

    /// What became of an event, if it was judged and nothing of it was lost.
    pub(crate) fn outcome(&self, key: &EventKey) -> Option<&Outcome> {
        let outcome = self.outcomes.get(key)?;
        // One that can tell nothing any more has not told of success.
        let fate = *outcome.borrow();
        let is_hopeless = fate.is_none() && outcome.has_changed().is_err();
        (fate != Some(Fate::Lost) && !is_hopeless).then_some(outcome)
    }

    /// Remembers an event that is judged now.
    pub(crate) fn add(&mut self, key: EventKey, outcome: Outcome, now: Instant) {
        while let Some((at, oldest)) = self.order.front() {
            let is_old = now.saturating_duration_since(*at) > self.window;
            if !is_old && self.order.len() < self.events_max {
                break;
            }
            self.outcomes.remove(oldest);
            self.order.pop_front();
        }
        // One that was lost and is judged again keeps its place.
        if self.outcomes.insert(key, outcome).is_none() {
            self.order.push_back((now, key));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use saker_audit_source::{Batch, Limits};

    fn event(id: &str, stage: &str, verb: &str) -> AuditEvent {
        let body = format!(
            r#"{{"kind":"Event","auditID":"{id}","stage":"{stage}","verb":"{verb}",
                "stageTimestamp":"2026-11-22T00:00:00Z"}}"#
        );
        let mut batch = Batch::from_body(body.as_bytes(), &Limits::default());
        batch.events.pop().expect("an event")
    }

    fn key(id: &str, stage: &str, verb: &str) -> EventKey {
        EventKey::of(&event(id, stage, verb)).expect("a key")
    }

    #[test]
    fn an_event_is_told_apart_by_all_that_it_says() {
        let one = key("a", "Panic", "get");
        assert_eq!(one, key("a", "Panic", "get"));
        for other in [
            key("b", "Panic", "get"),
            key("a", "ResponseComplete", "get"),
            key("a", "Panic", "create"),
        ] {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn what_was_lost_or_is_long_ago_is_not_known() {
        let mut recent = Recent::new(Duration::from_secs(60), 2);
        let now = Instant::now();
        let (tell, outcome) = watch::channel(None);
        let [a, b, c] = ["a", "b", "c"].map(|id| key(id, "Panic", "get"));
        recent.add(a, outcome.clone(), now);
        assert!(recent.outcome(&a).is_some(), "it is being judged");
        tell.send_replace(Some(Fate::Lost));
        assert!(recent.outcome(&a).is_none());
        let (tell, outcome) = watch::channel(None);
        tell.send_replace(Some(Fate::Kept));
        drop(tell);
        recent.add(a, outcome.clone(), now);
        assert!(recent.outcome(&a).is_some());
        recent.add(b, outcome.clone(), now);
        recent.add(c, outcome.clone(), now);
        assert!(recent.outcome(&a).is_none(), "there is no room for it");
        assert!(recent.outcome(&b).is_some());
        recent.add(a, outcome, now + Duration::from_secs(61));
        assert!(recent.outcome(&b).is_none() && recent.outcome(&c).is_none());
        assert_eq!((recent.order.len(), recent.outcomes.len()), (1, 1));
    }

    #[test]
    fn who_vanished_without_a_word_has_not_succeeded() {
        let mut recent = Recent::new(Duration::from_secs(60), 2);
        let (tell, outcome) = watch::channel(None);
        let a = key("a", "Panic", "get");
        recent.add(a, outcome, Instant::now());
        drop(tell);
        assert!(recent.outcome(&a).is_none());
    }
}
