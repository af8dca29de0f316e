//! Compiled rules.

mod compile;

use std::collections::BTreeMap;
use std::sync::Arc;

use saker_event_schema::EventId;
use saker_rule_fields::{EventContext, Fields, PathView, SYSCALL_SOURCE};
use saker_rule_language::{Capture, CheckedRuleSet, Digest, Priority, Template};

use crate::atom::AtomTable;
use crate::error::CompileError;
use crate::evaluation::{Evaluation, Run, Verdict};
use crate::event::{ContextEvent, Event};
use crate::operand::OperandTable;
use crate::options::{CompileOptions, Matching};
use crate::program::{Graph, NodeId};

/// A rule's position in its set, in definition order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleId(u32);

impl RuleId {
    pub(crate) fn new(position: usize) -> Option<Self> {
        u32::try_from(position).ok().map(Self)
    }

    /// The position among [`RuleSet::rules`].
    #[must_use]
    pub fn index(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

/// What there is to say about a rule once its condition is compiled.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Unique within the set.
    pub name: Arc<str>,
    /// The `desc` key.
    pub description: Arc<str>,
    /// What it says.
    pub output: Template,
    /// How urgent.
    pub priority: Priority,
    /// Sorted, without duplicates.
    pub tags: Arc<[Arc<str>]>,
    /// Source of the events it looks at.
    pub source: Arc<str>,
    /// Whether it takes part.
    pub state: RuleState,
    /// The `capture` keys.
    pub capture: Capture,
    /// Equal for a rule that did not change.
    pub digest: Digest,
    /// The condition as text.
    pub condition_text: Arc<str>,
}

/// Whether a rule takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleState {
    /// It fires.
    Enabled,
    /// It was switched off, or its priority is below the minimum.
    Disabled,
    /// It would fire, but no event that the agent emits can match it.
    NeverMatches,
}

/// A rule that fired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match {
    /// Which rule.
    pub rule: RuleId,
    /// The view of paths under which it fired.
    pub view: PathView,
}

/// A compiled set of rules. It does not change: a reload makes another one.
#[derive(Debug)]
pub struct RuleSet {
    rules: Vec<Rule>,
    matching: Matching,
    fields: Fields,
    pub(crate) operands: OperandTable,
    pub(crate) atoms: AtomTable,
    pub(crate) graph: Graph,
    /// For each event id, the rules that can match and what is left to be decided of them, in definition order.
    buckets: Vec<Box<[Candidate]>>,
    /// For each other source than `syscall`, all of its rules in definition order.
    other_sources: BTreeMap<Arc<str>, Box<[Candidate]>>,
    digest: Digest,
}

/// A rule within a bucket.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    rule: RuleId,
    condition: NodeId,
}

impl RuleSet {
    /// Compiles a checked set.
    ///
    /// # Errors
    ///
    /// [`CompileError`] when a pattern is over a limit, or the set is too large to be numbered.
    pub fn compile(
        checked: &CheckedRuleSet,
        options: &CompileOptions,
    ) -> Result<Self, CompileError> {
        compile::compile(checked, options)
    }

    /// An event of the agent as [`evaluate`](Self::evaluate) takes it.
    #[must_use]
    pub fn event<'c, 'a>(&'c self, context: &'c EventContext<'a>) -> ContextEvent<'c, 'a> {
        ContextEvent::new(&self.fields, context)
    }

    /// Evaluates the rules on an event; what fired is in the evaluation and in the returned slice.
    ///
    /// In definition order, each rule is tried under the requested paths and, where they differ, under
    /// the resolved paths; it fires once if either holds. With [`Matching::First`] the first rule that
    /// fires ends the search.
    pub fn evaluate<'s, E: Event + ?Sized>(
        &self,
        event: &E,
        evaluation: &'s mut Evaluation,
    ) -> &'s [Match] {
        let candidates = match event.source() {
            SYSCALL_SOURCE => self.candidates(event.id()),
            source => self.other_sources.get(source).map_or(&[][..], |all| all),
        };
        let views_differ = !candidates.is_empty() && event.views_differ();
        evaluation.run(self, event, |run, matches| {
            let mut pending: usize = 0;
            for candidate in candidates {
                match try_views(run, candidate.condition, views_differ) {
                    Outcome::Fires(view) => {
                        matches.push(Match {
                            rule: candidate.rule,
                            view,
                        });
                        if self.matching == Matching::First {
                            break;
                        }
                    }
                    Outcome::Pending => pending = pending.saturating_add(1),
                    Outcome::Rests => {}
                }
            }
            pending
        });
        evaluation.matches()
    }

    /// All rules in definition order, also those that do not take part.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rule with this id; nothing if the id is of another set.
    #[must_use]
    pub fn rule(&self, id: RuleId) -> Option<&Rule> {
        self.rules.get(id.index())
    }

    /// The event types of the kernel that some rule can match, ascending: only these have to be reported.
    pub fn event_ids(&self) -> impl Iterator<Item = EventId> + '_ {
        saker_event_schema::ROWS
            .iter()
            .map(|row| row.id)
            .filter(|id| !self.candidates(*id).is_empty())
    }

    /// Digest over the files of the set.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// How many distinct comparisons and values the conditions share.
    #[must_use]
    pub fn size(&self) -> Size {
        Size {
            comparisons: self.atoms.len(),
            values: self.operands.len(),
        }
    }

    fn candidates(&self, event: EventId) -> &[Candidate] {
        self.buckets.get(event.index()).map_or(&[], |bucket| bucket)
    }
}

/// How large a set is after sharing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Distinct comparisons.
    pub comparisons: usize,
    /// Distinct fields and transforms.
    pub values: usize,
}

enum Outcome {
    Fires(PathView),
    Rests,
    Pending,
}

fn try_views<E: Event + ?Sized>(
    run: &mut Run<'_, '_, E>,
    condition: NodeId,
    views_differ: bool,
) -> Outcome {
    let requested = run.decide(condition, PathView::Requested);
    if requested == Verdict::True {
        return Outcome::Fires(PathView::Requested);
    }
    let resolved = if views_differ {
        run.decide(condition, PathView::Resolved)
    } else {
        Verdict::False
    };
    match (requested, resolved) {
        (_, Verdict::True) => Outcome::Fires(PathView::Resolved),
        (Verdict::Pending, _) | (_, Verdict::Pending) => Outcome::Pending,
        _ => Outcome::Rests,
    }
}
