//! Lengths of time in the notation of Falco's settings, which is that of Prometheus.
//!
//! Numbers with units from the largest to the smallest, each unit at most once: `1h30m`, `2d`, `500ms`. A
//! year has 365 days, a week has seven. Spaces do not count.

use std::time::Duration;

/// Units from the largest to the smallest, in milliseconds.
const UNITS: [(&str, u64); 7] = [
    ("y", 365 * DAY_MS),
    ("w", 7 * DAY_MS),
    ("d", DAY_MS),
    ("h", 60 * MINUTE_MS),
    ("m", MINUTE_MS),
    ("s", 1000),
    ("ms", 1),
];

const MINUTE_MS: u64 = 60_000;
const DAY_MS: u64 = 24 * 60 * MINUTE_MS;

/// Why a text is no length of time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IntervalError {
    /// It is not in the notation.
    #[error(
        "'{0}' is no length of time: it is numbers with the units y, w, d, h, m, s and ms, in this order, \
         such as 1h30m or 500ms"
    )]
    Malformed(String),
    /// It is longer than can be counted.
    #[error("'{0}' is too long a time")]
    TooLong(String),
}

/// Reads a length of time.
///
/// # Errors
///
/// The text is not in the notation, empty, or more than 2⁶⁴ milliseconds.
///
/// ```
/// use saker_rule_language::parse_interval;
/// use std::time::Duration;
/// assert_eq!(parse_interval("1h30m"), Ok(Duration::from_secs(5400)));
/// assert!(parse_interval("30m1h").is_err());
/// ```
pub fn parse_interval(text: &str) -> Result<Duration, IntervalError> {
    let malformed = || IntervalError::Malformed(text.to_owned());
    let too_long = || IntervalError::TooLong(text.to_owned());
    let compact: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    if compact.is_empty() {
        return Err(malformed());
    }
    let mut rest = compact.as_str();
    let mut units = UNITS.iter();
    let mut total_ms: u64 = 0;
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        let (number, behind) = rest.split_at(digits);
        let unit_length = behind
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(unit_length);
        if number.is_empty() {
            return Err(malformed());
        }
        // Units that stood already are not found any more.
        let (_, unit_ms) = units
            .find(|(name, _)| *name == unit)
            .ok_or_else(malformed)?;
        let number: u64 = number.parse().map_err(|_| too_long())?;
        total_ms = number
            .checked_mul(*unit_ms)
            .and_then(|ms| total_ms.checked_add(ms))
            .ok_or_else(too_long)?;
        rest = behind;
    }
    Ok(Duration::from_millis(total_ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_may_be_left_out_but_not_change_places() {
        let day = 24 * 3600;
        let all = parse_interval("1y1w1d1h1m1s1ms").unwrap();
        assert_eq!(all, Duration::from_millis(32_230_861_001));
        assert_eq!(parse_interval("2w"), Ok(Duration::from_secs(14 * day)));
        assert_eq!(parse_interval(" 2h 5m\t"), Ok(Duration::from_secs(7500)));
        assert_eq!(parse_interval("0s"), Ok(Duration::ZERO));
        for wrong in [
            "", " ", "200", "s", "1t1y", "1s1m", "1s1s", "-1s", "1.5h", "1 S",
        ] {
            let error = parse_interval(wrong).unwrap_err();
            assert_eq!(error, IntervalError::Malformed(wrong.to_owned()));
        }
    }

    #[test]
    fn what_cannot_be_counted_is_refused() {
        for long in [
            "99999999999999999999s",
            "999999999999y",
            "18446744073709551615ms1ms",
        ] {
            assert!(parse_interval(long).is_err(), "{long}");
        }
        assert_eq!(
            parse_interval("584542046y1w"),
            Ok(Duration::from_millis(
                584_542_046 * 365 * DAY_MS + 7 * DAY_MS
            ))
        );
    }
}
