//! Repeated measurements of one thing: median and range.

use anyhow::{Result, ensure};

/// Measurements of one thing, at least one, in ascending order.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Series(Vec<f64>);

impl Series {
    /// Fails without any measurement, and when one is not a number.
    pub(super) fn new(measurements: impl IntoIterator<Item = f64>) -> Result<Self> {
        let mut values: Vec<f64> = measurements.into_iter().collect();
        ensure!(!values.is_empty(), "nothing was measured");
        ensure!(
            values.iter().all(|value| value.is_finite()),
            "a measurement is not a number: {values:?}"
        );
        values.sort_by(f64::total_cmp);
        Ok(Self(values))
    }

    /// The middle one, or the mean of the middle two.
    pub(super) fn median(&self) -> f64 {
        let middle = self.0.len() / 2;
        if self.0.len() % 2 == 1 {
            self.0[middle]
        } else {
            f64::midpoint(self.0[middle - 1], self.0[middle])
        }
    }

    /// Smallest and largest.
    pub(super) fn range(&self) -> (f64, f64) {
        (self.0[0], self.0[self.0.len() - 1])
    }

    /// Median and range for a table: `3.01 s (2.98–3.10)`. Values that look the same need no range.
    pub(super) fn show(&self, unit: &str, number: impl Fn(f64) -> String) -> String {
        let (low, high) = self.range();
        let median = number(self.median());
        let (low, high) = (number(low), number(high));
        if low == high {
            format!("{median}{unit}")
        } else {
            format!("{median}{unit} ({low}–{high})")
        }
    }
}

/// A number with two decimals.
pub(super) fn hundredths(value: f64) -> String {
    format!("{value:.2}")
}

/// A number with one decimal.
pub(super) fn tenths(value: f64) -> String {
    format!("{value:.1}")
}

/// A count as a person reads it: `950`, `42,000`, `4.02M`.
pub(super) fn count(value: f64) -> String {
    if value >= 1e6 {
        return format!("{:.2}M", value / 1e6);
    }
    let digits = format!("{value:.0}");
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        let median = |values: &[f64]| Series::new(values.iter().copied()).unwrap().median();
        assert_eq!(median(&[3.0]), 3.0);
        assert_eq!(median(&[9.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 100.0]), 3.0);
    }

    #[test]
    fn the_range_is_smallest_and_largest() {
        let series = Series::new([2.0, 10.0, -1.0]).unwrap();
        assert_eq!(series.range(), (-1.0, 10.0));
        assert_eq!(series.show(" s", tenths), "2.0 s (-1.0–10.0)");
    }

    #[test]
    fn equal_values_have_no_range() {
        let series = Series::new([2.001, 2.002]).unwrap();
        assert_eq!(series.show(" s", hundredths), "2.00 s");
    }

    #[test]
    fn nothing_and_no_number_are_refused() {
        assert!(Series::new([]).is_err());
        assert!(Series::new([1.0, f64::NAN]).is_err());
    }

    #[test]
    fn counts_read_well() {
        for (value, text) in [
            (0.0, "0"),
            (950.0, "950"),
            (1_000.0, "1,000"),
            (42_000.0, "42,000"),
            (123_456.0, "123,456"),
            (4_020_000.0, "4.02M"),
        ] {
            assert_eq!(count(value), text);
        }
    }
}
