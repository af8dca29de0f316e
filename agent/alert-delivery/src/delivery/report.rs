//! What became of every alert, at the end.

use std::collections::BTreeMap;
use std::fmt;

use super::OutputView;

/// The account of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Alerts that were handed over.
    pub raised: u64,
    /// Of them, those that were lost before they were routed.
    pub lost: u64,
    /// Of them, those that another alert told of.
    pub suppressed: u64,
    /// What became of the others.
    pub outputs: Vec<OutputReport>,
}

/// The account of an output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputReport {
    /// Its name.
    pub name: String,
    /// Its kind, as configurations name it.
    pub kind: &'static str,
    /// Alerts that its destination has.
    pub delivered: u64,
    /// Alerts that were not for it.
    pub filtered: u64,
    /// Alerts that did not arrive, by reason.
    pub lost: BTreeMap<&'static str, u64>,
    /// Alerts that wait in its spool for the next run.
    pub left: u64,
    /// Alerts that an earlier run had left there.
    pub found: u64,
}

impl OutputReport {
    pub(super) fn of(view: &OutputView, found: u64) -> Self {
        let counters = view.counters();
        let spool = view.spool().unwrap_or_default();
        Self {
            name: counters.name().to_owned(),
            kind: view.kind(),
            delivered: counters.delivered(),
            filtered: counters.filtered(),
            lost: view.lost(),
            left: spool.records,
            found,
        }
    }

    /// Alerts that did not arrive.
    #[must_use]
    pub fn lost_total(&self) -> u64 {
        self.lost.values().sum()
    }
}

impl Report {
    /// Whether everything that was for an output has arrived there.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let outputs = &self.outputs;
        self.lost == 0
            && outputs
                .iter()
                .all(|output| output.left == 0 && output.lost_total() == 0)
    }

    /// Alerts of which it is not known what became of them: none, or a count is wrong.
    #[must_use]
    pub fn unaccounted(&self) -> Vec<(&str, i128)> {
        let wide = i128::from;
        let routed = wide(self.raised) - wide(self.lost) - wide(self.suppressed);
        let outputs = self.outputs.iter().map(|output| {
            let known = wide(output.delivered)
                + wide(output.filtered)
                + wide(output.lost_total())
                + wide(output.left);
            (output.name.as_str(), routed + wide(output.found) - known)
        });
        outputs.filter(|(_, alerts)| *alerts != 0).collect()
    }
}

/// Lines for a summary, indented by two.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "  delivery: raised {}, suppressed {}",
            self.raised, self.suppressed
        )?;
        if self.lost > 0 {
            write!(f, ", lost before routing {}", self.lost)?;
        }
        writeln!(f)?;
        for output in &self.outputs {
            let (name, delivered, lost) = (&output.name, output.delivered, output.lost_total());
            write!(f, "    {name}: delivered {delivered}, lost {lost}")?;
            if lost > 0 {
                let reasons = output
                    .lost
                    .iter()
                    .map(|(reason, alerts)| format!("{reason} {alerts}"));
                write!(f, " ({})", reasons.collect::<Vec<_>>().join(", "))?;
            }
            if output.filtered > 0 {
                write!(f, ", not for it {}", output.filtered)?;
            }
            if output.found > 0 {
                write!(f, ", found in the spool {}", output.found)?;
            }
            if output.left > 0 {
                write!(f, ", left in the spool {}", output.left)?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
