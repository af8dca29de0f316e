//! Why a rule matches an event or does not.
//!
//! An [`Explainer`] decides the condition of a checked rule as it is written, not as it is compiled:
//! every comparison keeps its place, its verdict and the values that were compared. It tries the rule as
//! [`RuleSet::evaluate`](crate::RuleSet::evaluate) does and comes to the same result; a property test
//! holds the two together. It is made for people, not for speed.
//!
//! ```
//! use saker_event_schema::event;
//! use saker_rule_engine::{
//!     CompileOptions, Event, EventKind, Explainer, FieldValue, Outcome, PathView,
//! };
//! use saker_rule_fields::Fields;
//! use saker_rule_language::{FieldRef, LoadOptions, SourceFile, load};
//!
//! struct Open;
//! impl Event for Open {
//!     fn kind(&self) -> EventKind {
//!         EventKind::Row(event::OPENAT)
//!     }
//!     fn views_differ(&self) -> bool {
//!         false
//!     }
//!     fn field(&self, field: &FieldRef, _: PathView) -> FieldValue<'_> {
//!         match &*field.name {
//!             "evt.type" => FieldValue::text(b"openat"),
//!             "fd.name" => FieldValue::text(b"/etc/passwd"),
//!             _ => FieldValue::Missing,
//!         }
//!     }
//! }
//!
//! let source = SourceFile::new("shadow.yaml", r"
//! - rule: Shadow file opened
//!   desc: The file with the password hashes was opened.
//!   condition: evt.type in (open, openat) and fd.name = /etc/shadow
//!   output: Shadow file opened (file=%fd.name)
//!   priority: WARNING
//! ");
//! let checked = load(&[source], &Fields::new(), &LoadOptions::default()).rules;
//! let checked = checked.ok_or("the rules have errors")?;
//! let mut explainer = Explainer::new(CompileOptions::default());
//! let explanation = explainer.explain(&checked.rules[0], &Open)?;
//! assert_eq!(explanation.outcome, Outcome::Rests);
//! assert_eq!(explanation.views[0].deciding, Some(1), "the second comparison settles it");
//! assert_eq!(explanation.flips(), Some(1), "and it alone would have to change");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod branch;
mod change;
mod comparison;
mod ranking;
#[cfg(test)]
mod tests;

use saker_event_schema::ROWS;
use saker_rule_fields::{
    FLOW_EVENT_NAMES, FLOW_SOURCE, Fields, K8S_AUDIT_SOURCE, POD_EVENT_NAMES, POD_SOURCE, PathView,
    SYSCALL_SOURCE, is_shown_to_rules,
};
use saker_rule_language::CheckedRule;

use crate::atom::AtomTable;
use crate::error::CompileError;
use crate::event::Event;
use crate::operand::OperandTable;
use crate::options::CompileOptions;

pub use branch::{Branch, BranchKind, Truth};
pub use comparison::{Absence, Comparison, Reading};
pub use ranking::near_misses;

/// Why a rule matches an event or does not.
#[derive(Clone, Debug)]
pub struct Explanation<'r> {
    /// The rule.
    pub rule: &'r CheckedRule,
    /// What comes of it.
    pub outcome: Outcome,
    /// The condition under the requested paths and, where they differ, under the resolved ones.
    pub views: Vec<ViewExplanation<'r>>,
}

/// What comes of a rule and an event, other rules aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The condition holds under this view of paths.
    Matches(PathView),
    /// The condition does not hold.
    Rests,
    /// A field is not known yet; the rule does not fire.
    Pending,
    /// The rule is not tried on this event, whatever its condition comes to.
    NotTried(Obstacle),
}

/// Why a rule is not tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// It is switched off.
    Disabled,
    /// Its priority is below the minimum.
    LessUrgent,
    /// It looks at events of another source.
    OtherSource,
    /// Its condition permits other types of events only.
    OtherEventType,
}

/// A condition under one view of paths.
#[derive(Clone, Debug)]
pub struct ViewExplanation<'r> {
    /// The view.
    pub view: PathView,
    /// The condition as it is written, macros and exceptions put in.
    pub tree: Branch<'r>,
    /// Number of the comparison that settles the condition when it is read from the left; nothing for a
    /// condition without comparisons.
    pub deciding: Option<usize>,
    /// The fewest comparisons, by their numbers, that would have to come out otherwise for the condition
    /// to hold; none if it does. Nothing where no change of the event could do it: its type is taken as
    /// given.
    pub flips: Option<Vec<usize>>,
}

impl Explanation<'_> {
    /// How many comparisons would have to come out otherwise for the rule to match, under the better
    /// view. Nothing where it is not tried, or no change of the event but of its type could do it.
    #[must_use]
    pub fn flips(&self) -> Option<usize> {
        let flips = self.closest_view()?.flips.as_ref()?;
        Some(flips.len())
    }

    /// The view under which the fewest comparisons would have to come out otherwise, as for
    /// [`flips`](Self::flips).
    #[must_use]
    pub fn closest_view(&self) -> Option<&ViewExplanation<'_>> {
        if matches!(self.outcome, Outcome::NotTried(_)) {
            return None;
        }
        let views = self.views.iter().filter(|view| view.flips.is_some());
        views.min_by_key(|view| view.flips.as_ref().map(Vec::len))
    }
}

/// Explains rules on events. Rules may belong to different sets.
#[derive(Debug)]
pub struct Explainer {
    options: CompileOptions,
    fields: Fields,
    operands: OperandTable,
    atoms: AtomTable,
}

impl Explainer {
    /// An explainer for rules that are compiled with these options.
    #[must_use]
    pub fn new(options: CompileOptions) -> Self {
        Self {
            options,
            fields: Fields::new(),
            operands: OperandTable::default(),
            atoms: AtomTable::default(),
        }
    }

    /// Why a rule matches an event or does not.
    ///
    /// # Errors
    ///
    /// [`CompileError`] as [`RuleSet::compile`](crate::RuleSet::compile) would give for the rule.
    pub fn explain<'r, E: Event + ?Sized>(
        &mut self,
        rule: &'r CheckedRule,
        event: &E,
    ) -> Result<Explanation<'r>, CompileError> {
        let mut views = vec![self.view(rule, event, PathView::Requested)?];
        if event.views_differ() {
            views.push(self.view(rule, event, PathView::Resolved)?);
        }
        let outcome = match self.obstacle(rule, event) {
            Some(obstacle) => Outcome::NotTried(obstacle),
            None => outcome(&views),
        };
        Ok(Explanation {
            rule,
            outcome,
            views,
        })
    }

    fn obstacle<E: Event + ?Sized>(&self, rule: &CheckedRule, event: &E) -> Option<Obstacle> {
        let is_urgent_enough = self
            .options
            .minimum_priority
            .is_none_or(|minimum| rule.priority <= minimum);
        if !rule.enabled {
            Some(Obstacle::Disabled)
        } else if !is_urgent_enough {
            Some(Obstacle::LessUrgent)
        } else if &*rule.source != event.source() {
            Some(Obstacle::OtherSource)
        } else if &*rule.source == K8S_AUDIT_SOURCE {
            None
        } else {
            // Every rule is tried on an event of which nothing is known.
            let can_match = |name| rule.event_types.contains(name);
            let can_match = event.kind().name().is_none_or(can_match);
            (!can_match).then_some(Obstacle::OtherEventType)
        }
    }

    fn view<'r, E: Event + ?Sized>(
        &mut self,
        rule: &'r CheckedRule,
        event: &E,
        view: PathView,
    ) -> Result<ViewExplanation<'r>, CompileError> {
        let mut walk = branch::Walk::new(self, rule, event, view);
        let grown = walk.grow(&rule.condition, branch::Need::Needed)?;
        Ok(ViewExplanation {
            view,
            deciding: grown.deciding,
            flips: change::fewest(&grown.branch, true),
            tree: grown.branch,
        })
    }
}

fn outcome(views: &[ViewExplanation<'_>]) -> Outcome {
    let with = |truth| views.iter().find(|view| view.tree.truth == truth);
    match (with(Truth::True), with(Truth::Pending)) {
        (Some(found), _) => Outcome::Matches(found.view),
        (None, Some(_)) => Outcome::Pending,
        (None, None) => Outcome::Rests,
    }
}

/// The types of events that a rule is tried on, of those that the agent reports.
pub fn event_types_of_rule(rule: &CheckedRule) -> impl Iterator<Item = &'static str> + '_ {
    let rows = ROWS.iter().filter(|row| is_shown_to_rules(row));
    let is_of_rule = |name: &&str| rule.event_types.contains(name);
    let calls = rows.map(|row| row.name).filter(is_of_rule);
    let flows = FLOW_EVENT_NAMES.iter().copied().filter(is_of_rule);
    let is_about = |source: &str| *rule.source == *source;
    let calls = calls.filter(move |_| is_about(SYSCALL_SOURCE));
    let pods = POD_EVENT_NAMES.iter().copied().filter(is_of_rule);
    let pods = pods.filter(move |_| is_about(POD_SOURCE));
    calls
        .chain(flows.filter(move |_| is_about(FLOW_SOURCE)))
        .chain(pods)
}
