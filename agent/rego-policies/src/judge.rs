//! Evaluates policies for one event after the other.

use crate::error::one_line;
use crate::events::Event;
use crate::guards::Stopped;
use crate::judgment::{Judgment, messages};
use crate::policy_set::{Entry, PolicySet, Weight};
use crate::statistics::Statistics;
use regorus::utils::limits::ExecutionTimerConfig;
use regorus::{Engine, Value};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Instant;

/// Steps of the interpreter between two looks at the clock.
const STEPS_BETWEEN_LOOKS: NonZeroU32 = NonZeroU32::new(4).unwrap();

/// A rule that took too long rests this many times the time that it may take: all rules together cannot
/// take more than a hundredth of the thread for nothing.
const REST: u32 = 100;

/// Evaluates policies for one event after the other, on one thread at a time.
pub struct Judge {
    set: Arc<PolicySet>,
    engine: Engine,
    manners: Vec<Manner>,
    statistics: Arc<Statistics>,
}

/// How a rule behaved.
#[derive(Clone, Default)]
struct Manner {
    rests_until: Option<Instant>,
    was_named: bool,
}

impl Judge {
    /// A judge who applies these policies, without objects of a cluster.
    #[must_use]
    pub fn new(set: Arc<PolicySet>) -> Self {
        let manners = vec![Manner::default(); set.entries.len()];
        let mut judge = Self {
            engine: set.engine.clone(),
            set,
            manners,
            statistics: Arc::default(),
        };
        judge.bound();
        judge
    }

    /// The same judge, who counts here.
    #[must_use]
    pub fn counting(mut self, statistics: Arc<Statistics>) -> Self {
        self.statistics = statistics;
        self
    }

    /// The same judge with `data.kubernetes`, as [`documents`](crate::documents) makes it. Takes some
    /// milliseconds: the interpreter looks at the policies again.
    ///
    /// # Errors
    ///
    /// What the interpreter says, if it refuses the data.
    pub fn with_kubernetes(mut self, documents: Value) -> Result<Self, crate::LoadError> {
        let mut data = Value::new_object();
        if let Ok(object) = data.as_object_mut() {
            object.insert(Value::from("kubernetes"), documents);
        }
        let mut engine = self.set.engine.clone();
        crate::guards::unwinding(|| engine.add_data(data))?;
        crate::guards::unwinding(|| engine.eval_query("true".to_owned(), false))?;
        self.engine = engine;
        self.bound();
        Ok(self)
    }

    fn bound(&mut self) {
        self.engine
            .set_execution_timer_config(ExecutionTimerConfig {
                limit: self.set.limits.time,
                check_interval: STEPS_BETWEEN_LOOKS,
            });
    }

    /// The policies that are applied.
    #[must_use]
    pub const fn set(&self) -> &Arc<PolicySet> {
        &self.set
    }

    /// Whether any policy wants the event: where none does, no input has to be put together.
    #[must_use]
    pub fn wants(&self, event: Event<'_>) -> bool {
        self.set
            .entries
            .iter()
            .any(|entry| entry.events.wants(event))
    }

    /// What the policies that want the event say about it.
    pub fn evaluate(&mut self, event: Event<'_>, input: Value) -> Judgment {
        let set = Arc::clone(&self.set);
        let mut judgment = Judgment::default();
        let mut now = Instant::now();
        self.engine.set_input(input.clone());
        for (position, entry) in set.entries.iter().enumerate() {
            if !entry.events.wants(event) {
                continue;
            }
            if self.rests(position, now) {
                self.statistics.count_rest();
                judgment.is_incomplete = true;
                continue;
            }
            let outcome = crate::guards::caught(|| self.engine.eval_rule(entry.query.clone()));
            let ended = Instant::now();
            let spent = ended.saturating_duration_since(now);
            let nanoseconds = u64::try_from(spent.as_nanos()).unwrap_or(u64::MAX);
            self.statistics.count_evaluation(nanoseconds);
            now = ended;
            match outcome {
                Ok(value) => {
                    let found = messages(&value, &entry.name, &set.limits);
                    match entry.weight {
                        Weight::Denial => judgment.denials.extend(found),
                        Weight::Warning => judgment.warnings.extend(found),
                    }
                }
                Err(stopped) => {
                    judgment.is_incomplete = true;
                    self.note(position, entry, stopped, now);
                    self.engine.set_input(input.clone());
                }
            }
        }
        // What the event was is not kept.
        self.engine.set_input(Value::Undefined);
        judgment.denials.truncate(set.limits.messages);
        judgment.warnings.truncate(set.limits.messages);
        judgment
    }

    fn rests(&self, position: usize, now: Instant) -> bool {
        let manner = self.manners.get(position);
        manner
            .and_then(|manner| manner.rests_until)
            .is_some_and(|until| now < until)
    }

    /// Counts what went wrong, and names the rule in the log the first time.
    fn note(&mut self, position: usize, entry: &Entry, stopped: Stopped, now: Instant) {
        let is_first = match self.manners.get_mut(position) {
            Some(manner) => {
                if stopped == Stopped::OverTime {
                    manner.rests_until = self
                        .set
                        .limits
                        .time
                        .checked_mul(REST)
                        .and_then(|rest| now.checked_add(rest));
                }
                !std::mem::replace(&mut manner.was_named, true)
            }
            None => false,
        };
        let rule = &*entry.name;
        match stopped {
            Stopped::OverTime => {
                self.statistics.count_over_time();
                if is_first {
                    let limit_ms = self.set.limits.time.as_millis();
                    tracing::warn!(
                        rule,
                        limit_ms,
                        "a policy takes too long and is stopped; it rests after each time"
                    );
                }
            }
            Stopped::Failed(reason) => {
                self.statistics.count_failure();
                if is_first {
                    let reason = one_line(&reason);
                    tracing::warn!(rule, reason, "a policy cannot be evaluated");
                }
            }
            Stopped::Panicked => {
                self.statistics.count_failure();
                if is_first {
                    tracing::warn!(rule, "the interpreter of policies failed");
                }
                // What it left behind is not to be trusted.
                let data = self.engine.get_data();
                self.engine = self.set.engine.clone();
                if self.engine.add_data(data).is_err() {
                    self.engine = self.set.engine.clone();
                }
                self.bound();
            }
        }
    }
}
