//! The events that rules are measured on.

use saker_event_decode::EventView;
use saker_rule_cases::{Moment, Stage, World};
use saker_rule_engine::{Evaluation, RuleSet};
use saker_rule_fields::Payload;
use std::hint::black_box;

/// Events, decoded, with the processes around them. It takes whatever was played on a [`World`]: the
/// events of test cases, each in a world of its own, or many records in one.
pub(super) struct Stream<'w> {
    stage: &'w Stage,
    samples: Vec<Sample<'w>>,
}

struct Sample<'w> {
    world: &'w World,
    moment: &'w Moment,
    event: EventView<'w>,
}

impl<'w> Stream<'w> {
    pub(super) fn new(worlds: &'w [World], stage: &'w Stage) -> Self {
        let samples = worlds
            .iter()
            .flat_map(|world| world.moments().iter().map(move |moment| (world, moment)))
            .filter_map(|(world, moment)| {
                // A world has decoded its records before.
                let event = moment.event().ok()?;
                Some(Sample {
                    world,
                    moment,
                    event,
                })
            })
            .collect();
        Self { stage, samples }
    }

    /// How many events there are.
    pub(super) fn len(&self) -> usize {
        self.samples.len()
    }

    /// How many events are of types that are meant.
    pub(super) fn count(&self, is_meant: impl Fn(&str) -> bool) -> usize {
        self.samples
            .iter()
            .filter(|sample| is_meant(sample.event.row().name))
            .count()
    }

    /// Evaluates rules on every event once; gives the number of events on which one fires. Nothing is
    /// kept from event to event but what the agent keeps too.
    pub(super) fn matches(&self, rules: &RuleSet, evaluation: &mut Evaluation) -> usize {
        let mut matched = 0;
        for sample in &self.samples {
            let payload = Payload::Syscall(black_box(&sample.event));
            let process = Some(sample.moment.process());
            let context = sample.world.context(self.stage, payload, process);
            let event = rules.event(&context);
            matched += usize::from(!rules.evaluate(&event, evaluation).is_empty());
        }
        matched
    }
}
