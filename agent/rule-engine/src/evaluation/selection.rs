//! Which candidates of a plan are tried on an event.

use saker_rule_fields::{FieldValue, PathView};

use super::Run;
use super::memory::Scratch;
use crate::event::Event;
use crate::plan::{FacetValue, Guard, Plan, Position};
use crate::program::OperandId;

impl<E: Event + ?Sized> Run<'_, '_, E> {
    /// The value of a facet; nothing if it is not known yet.
    pub(crate) fn facet(&mut self, operand: OperandId) -> Option<FacetValue> {
        let position = self.position(operand, PathView::Requested);
        FacetValue::of(self.values.get(position)?)
    }

    /// Collects the guarded candidates that may match under one view of paths.
    pub(crate) fn select(&mut self, plan: &Plan, view: PathView) {
        for guard in &plan.guards {
            self.ask(guard, view);
        }
    }

    /// The candidates that were collected, ascending and each once. They are handed out: whoever takes
    /// them gives the buffer back.
    pub(crate) fn take_selected(&mut self) -> Vec<Position> {
        let mut selected = std::mem::take(&mut self.scratch.selected);
        if selected.len() > 1 {
            selected.sort_unstable();
            selected.dedup();
        }
        selected
    }

    pub(crate) fn give_back(&mut self, mut selected: Vec<Position>) {
        selected.clear();
        self.scratch.selected = selected;
    }

    fn ask(&mut self, guard: &Guard, view: PathView) {
        let Some(probe) = self.rules.probes.get(guard.probe) else {
            return;
        };
        let position = self.position(probe.operand, view);
        match self.values.get(position) {
            None | Some(FieldValue::Missing) => {}
            Some(FieldValue::Pending) => self.scratch.selected.extend_from_slice(guard.all()),
            Some(FieldValue::List(elements)) => {
                let Scratch {
                    hits,
                    reversed,
                    selected,
                } = &mut *self.scratch;
                let start = hits.len();
                for element in elements {
                    probe.find(element, reversed, hits);
                }
                for hit in hits.get(start..).unwrap_or_default() {
                    selected.extend_from_slice(guard.candidates(*hit));
                }
                hits.truncate(start);
            }
            Some(_) => {
                // Usually a probe names nothing.
                let count = self.hits(guard.probe, position, view).len();
                for index in 0..count {
                    let hit = self.hits(guard.probe, position, view).get(index).copied();
                    let candidates = hit.map_or(&[][..], |hit| guard.candidates(hit));
                    self.scratch.selected.extend_from_slice(candidates);
                }
            }
        }
    }
}
