//! What policies in Rego say about an event.

use super::EventContext;
use crate::facts::{Fact, Patience};
use saker_rego_policies::Judgment;

impl EventContext<'_> {
    /// What the policies say, judged when a field first asks: in the view of that moment, once for all views.
    pub(crate) fn rego(&self) -> Fact<&Judgment> {
        let policies = self.facts.map(|facts| &facts.rego);
        let Some(policies) = policies.filter(|policies| policies.has_policies()) else {
            return Fact::Unasked;
        };
        let cell = &self.lookups().rego;
        cell.get_or_init(|| policies.judge(self)).as_ref()
    }

    /// Whether what is being looked up may be waited for.
    pub(crate) fn may_wait(&self) -> bool {
        self.patience == Patience::MayWait
    }
}
