//! Compiled rules.

mod arrangement;
mod buckets;
mod captured;
mod compile;
mod facets;

use std::sync::Arc;

use saker_event_schema::EventId;
use saker_rule_fields::{
    EventContext, FLOW_SOURCE, FieldValue, Fields, FlowEventName, Needs, PathView, SYSCALL_SOURCE,
};
use saker_rule_language::{Capture, CheckedRuleSet, Digest, Priority, Template};

use crate::atom::AtomTable;
use crate::error::CompileError;
use crate::evaluation::{Evaluation, Run, Verdict, Views};
use crate::event::{ContextEvent, Event, EventKind};
use crate::needs::Asking;
use crate::operand::OperandTable;
use crate::options::{CompileOptions, Matching};
use crate::plan::{Plan, Position};
use crate::probe::Probes;
use crate::screening::{self, Refined};
use crate::steps::{Step, Steps};
use crate::transform::read;

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
    asking: Asking,
    matching: Matching,
    fields: Fields,
    pub(crate) operands: OperandTable,
    pub(crate) atoms: AtomTable,
    pub(crate) probes: Probes,
    pub(crate) steps: Steps,
    /// Plans; kinds of events for which the same is to be decided share one.
    plans: Vec<Plan>,
    directory: Directory,
    digest: Digest,
}

/// Which plan is for which events, by its position.
#[derive(Debug, Default)]
struct Directory {
    /// For each event id of the table.
    of_event: Vec<Option<usize>>,
    /// For the name of each captured event.
    of_captured: Vec<Option<usize>>,
    /// For system calls of which nothing is known.
    of_unlisted: Option<usize>,
    /// For what happens to connections: a handful.
    of_flow: Vec<(FlowEventName, Option<usize>)>,
    /// For sources beside system calls.
    of_source: Vec<(Arc<str>, Option<usize>)>,
}

impl Directory {
    #[inline]
    fn find(&self, source: &str, kind: EventKind) -> Option<usize> {
        if source != SYSCALL_SOURCE {
            return self.find_other(source, kind);
        }
        let listed = match kind {
            EventKind::Row(event) => self.of_event.get(event.index()),
            EventKind::Captured(name) => self.of_captured.get(name.index()),
            EventKind::Flow(_) | EventKind::Unlisted => None,
        };
        *listed.unwrap_or(&self.of_unlisted)
    }

    fn find_other(&self, source: &str, kind: EventKind) -> Option<usize> {
        if let EventKind::Flow(name) = kind {
            let mut names = self.of_flow.iter();
            return names.find(|(known, _)| *known == name)?.1;
        }
        let mut sources = self.of_source.iter();
        let (_, plan) = sources.find(|(known, _)| **known == *source)?;
        *plan
    }
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
    pub fn event<'c>(&'c self, context: &'c EventContext<'_>) -> ContextEvent<'c> {
        ContextEvent::new(&self.fields, context)
    }

    /// Evaluates the rules on an event; what fired is in the evaluation and in the returned slice.
    ///
    /// In definition order, each rule is tried under the requested paths and, where they differ, under
    /// the resolved paths; it fires once if either holds. With [`Matching::First`] the first rule that
    /// fires ends the search, and so does one that is pending: which rule is the first is not known yet.
    pub fn evaluate<'s, E: Event + ?Sized>(
        &self,
        event: &E,
        evaluation: &'s mut Evaluation,
    ) -> &'s [Match] {
        let Some(plan) = self.plan(event.source(), event.kind()) else {
            evaluation.skip();
            return evaluation.matches();
        };
        let views = if event.views_differ() {
            Views::Both
        } else {
            Views::Requested
        };
        let refined = match views {
            Views::Requested => screening::refine(self, plan, event),
            Views::Both => None,
        };
        let plan = match refined {
            None => plan,
            Some(Refined::Plan(plan)) => plan,
            Some(Refined::Nothing) => {
                evaluation.skip();
                return evaluation.matches();
            }
        };
        evaluation.run(self, plan, event, views, |run, selected, matches| {
            self.try_candidates(run, plan, selected, views, matches)
        });
        evaluation.matches()
    }

    /// Tries candidates in definition order; gives how many of them are pending. Where the first that
    /// fires ends the search, one that is pending does as well: no later rule may overtake it.
    fn try_candidates<E: Event + ?Sized>(
        &self,
        run: &mut Run<'_, '_, E>,
        plan: &Plan,
        selected: &[Position],
        views: Views,
        matches: &mut Vec<Match>,
    ) -> usize {
        let mut pending: usize = 0;
        for position in merged(&plan.always, selected) {
            let Some(candidate) = plan.candidates.get(position.index()) else {
                continue;
            };
            match try_views(run, candidate.condition, views) {
                Outcome::Fires(view) => {
                    matches.push(Match {
                        rule: candidate.rule,
                        view,
                    });
                    if self.matching == Matching::First {
                        break;
                    }
                }
                Outcome::Pending => {
                    pending = pending.saturating_add(1);
                    if self.matching == Matching::First {
                        break;
                    }
                }
                Outcome::Rests => {}
            }
        }
        pending
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

    /// The event types that some rule can match, ascending: only these have to be reported.
    pub fn event_ids(&self) -> impl Iterator<Item = EventId> + '_ {
        saker_event_schema::ROWS
            .iter()
            .map(|row| row.id)
            .filter(|id| self.plan(SYSCALL_SOURCE, EventKind::Row(*id)).is_some())
    }

    /// The events of the source `flow` that some rule can match. Where there are none, connections need
    /// not be observed.
    pub fn flow_events(&self) -> impl Iterator<Item = FlowEventName> + '_ {
        FlowEventName::all().filter(|name| self.plan(FLOW_SOURCE, EventKind::Flow(*name)).is_some())
    }

    /// Whether some rule can match events of this source.
    #[must_use]
    pub fn has_source(&self, source: &str) -> bool {
        self.plan(source, EventKind::Unlisted).is_some()
    }

    /// Whom the rules that take part ask beside events, in their conditions and outputs.
    #[must_use]
    pub fn needs(&self) -> Needs {
        self.asking.needs()
    }

    /// Whether something that the output of a rule shows is not known yet.
    #[must_use]
    pub fn is_output_pending<E: Event + ?Sized>(&self, found: Match, event: &E) -> bool {
        self.asking.output(found.rule).iter().any(|operand| {
            let value = read(event, operand, found.view);
            matches!(value, FieldValue::Pending)
        })
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

    pub(crate) fn plan_at(&self, position: usize) -> Option<&Plan> {
        self.plans.get(position)
    }

    /// The plan for an event; nothing if no rule looks at it.
    #[inline]
    fn plan(&self, source: &str, kind: EventKind) -> Option<&Plan> {
        self.plans.get(self.directory.find(source, kind)?)
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
    condition: Step,
    views: Views,
) -> Outcome {
    let requested = run.decide(condition, PathView::Requested);
    if requested == Verdict::True {
        return Outcome::Fires(PathView::Requested);
    }
    let resolved = if views == Views::Both {
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

/// Two ascending sequences without common elements as one.
fn merged<'p>(
    first: &'p [Position],
    second: &'p [Position],
) -> impl Iterator<Item = Position> + use<'p> {
    let (mut first, mut second) = (
        first.iter().copied().peekable(),
        second.iter().copied().peekable(),
    );
    std::iter::from_fn(move || match (first.peek(), second.peek()) {
        (Some(a), Some(b)) if b < a => second.next(),
        (Some(_), _) => first.next(),
        (None, _) => second.next(),
    })
}
