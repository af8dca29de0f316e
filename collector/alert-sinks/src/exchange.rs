//! One delivery in as many requests as it takes.

use crate::Outcome;
use std::future::Future;
use std::ops::Range;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// The longest that one delivery takes, whatever the other side does.
pub const DELIVERY_TIME_MAX: Duration = Duration::from_secs(60);

/// What one request may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// Sum of the items' sizes, in bytes.
    pub(crate) bytes_max: usize,
    /// Number of items.
    pub(crate) items_max: usize,
}

/// What the other side said to one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The same of all that it held.
    All(Outcome),
    /// Of each by itself, in order.
    Each(Vec<Outcome>),
    /// That something of what it held is unwanted, and not what.
    Refused {
        /// Its words.
        reason: String,
    },
}

/// Sends items to the other side.
pub(crate) trait Exchange: Sync {
    /// What stands for one notification.
    type Item: Send + Sync;

    /// What it takes of a request, in bytes.
    fn size(&self, item: &Self::Item) -> usize;

    /// Sends items in one request.
    fn send(&self, items: &[Self::Item]) -> impl Future<Output = Verdict> + Send;
}

/// Sends all items in requests that keep to the bounds; says for each, in order, what became of it.
///
/// Where a request is refused for what it holds, its halves are sent by themselves until it is clear for which
/// item it was. Where the other side is out of order, the rest is not tried: it would fail one by one.
pub(crate) async fn exchange<E: Exchange>(
    exchange: &E,
    items: &[E::Item],
    bounds: Bounds,
) -> Vec<Outcome> {
    let deadline = Instant::now() + DELIVERY_TIME_MAX;
    let sizes: Vec<usize> = items.iter().map(|item| exchange.size(item)).collect();
    let mut outcomes = Outcomes::new(&sizes, bounds.bytes_max);
    let mut pending = parts(&sizes, bounds);
    pending.reverse();
    while let Some(part) = pending.pop() {
        let Some(sent) = items.get(part.clone()) else {
            continue;
        };
        let verdict = timeout_at(deadline, exchange.send(sent))
            .await
            .unwrap_or_else(|_| {
                Verdict::All(Outcome::retry(format!(
                    "not done within {} s",
                    DELIVERY_TIME_MAX.as_secs()
                )))
            });
        match verdict {
            Verdict::All(outcome @ Outcome::Retry { .. }) => {
                outcomes.set_all(part, &outcome);
                for rest in pending.drain(..) {
                    outcomes.set_all(rest, &outcome);
                }
            }
            Verdict::All(outcome) => outcomes.set_all(part, &outcome),
            Verdict::Each(each) => outcomes.set_each(part, each),
            Verdict::Refused { reason } if part.len() <= 1 => {
                outcomes.set_all(part, &Outcome::Rejected { reason });
            }
            Verdict::Refused { .. } => {
                let middle = part.start.midpoint(part.end);
                pending.push(middle..part.end);
                pending.push(part.start..middle);
            }
        }
    }
    outcomes.0
}

/// Splits what fits into ranges that keep to the bounds, in order. What is too large by itself is in none.
fn parts(sizes: &[usize], bounds: Bounds) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut part = 0..0;
    let mut bytes = 0_usize;
    for (place, &size) in sizes.iter().enumerate() {
        let fits_alone = size <= bounds.bytes_max;
        let fits = bytes.saturating_add(size) <= bounds.bytes_max && part.len() < bounds.items_max;
        if !(fits_alone && fits && part.end == place) {
            parts.push(part);
            part = place..place;
            bytes = 0;
        }
        if fits_alone {
            part.end = place.saturating_add(1);
            bytes = bytes.saturating_add(size);
        }
    }
    parts.push(part);
    parts.retain(|part| !part.is_empty());
    parts
}

/// What became of each item so far.
struct Outcomes(Vec<Outcome>);

impl Outcomes {
    fn new(sizes: &[usize], bytes_max: usize) -> Self {
        Self(
            sizes
                .iter()
                .map(|&size| {
                    if size > bytes_max {
                        Outcome::rejected(format!(
                            "{size} bytes do not fit into a request of {bytes_max} bytes"
                        ))
                    } else {
                        Outcome::retry("not tried")
                    }
                })
                .collect(),
        )
    }

    fn set_all(&mut self, part: Range<usize>, outcome: &Outcome) {
        if let Some(outcomes) = self.0.get_mut(part) {
            outcomes.fill(outcome.clone());
        }
    }

    fn set_each(&mut self, part: Range<usize>, each: Vec<Outcome>) {
        let Some(outcomes) = self.0.get_mut(part) else {
            return;
        };
        outcomes.fill(Outcome::retry("the answer does not say what became of it"));
        for (outcome, told) in outcomes.iter_mut().zip(each) {
            *outcome = told;
        }
    }
}

#[cfg(test)]
mod tests;
