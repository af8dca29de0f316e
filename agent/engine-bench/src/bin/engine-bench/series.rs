//! Repeated measurements of one thing: median and range.

use anyhow::{Result, ensure};
use serde::Serialize;

/// Median, smallest and largest of several measurements.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Series {
    pub(crate) median: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

impl Series {
    /// Fails without any measurement.
    pub(crate) fn new(measurements: impl IntoIterator<Item = f64>) -> Result<Self> {
        let mut values: Vec<f64> = measurements.into_iter().collect();
        values.sort_by(f64::total_cmp);
        ensure!(!values.is_empty(), "nothing was measured");
        let middle = values.len() / 2;
        let median = if values.len().is_multiple_of(2) {
            f64::midpoint(values[middle - 1], values[middle])
        } else {
            values[middle]
        };
        Ok(Self {
            median,
            min: values[0],
            max: values[values.len() - 1],
        })
    }

    /// Median and range for a table: `190 ns (188–195)`. Values that look the same need no range.
    pub(crate) fn show(&self, unit: &str, decimals: usize) -> String {
        let number = |value: f64| format!("{value:.decimals$}");
        let (median, low, high) = (number(self.median), number(self.min), number(self.max));
        if low == high {
            format!("{median}{unit}")
        } else {
            format!("{median}{unit} ({low}–{high})")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        let median = |values: &[f64]| Series::new(values.iter().copied()).unwrap().median;
        assert_eq!(median(&[3.0]), 3.0);
        assert_eq!(median(&[9.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 100.0]), 3.0);
        assert!(Series::new([]).is_err());
    }

    #[test]
    fn the_range_is_smallest_and_largest() {
        let series = Series::new([2.04, 10.0, -1.0]).unwrap();
        assert_eq!(series.show(" ns", 1), "2.0 ns (-1.0–10.0)");
        assert_eq!(Series::new([2.01, 2.02]).unwrap().show("x", 1), "2.0x");
    }
}
