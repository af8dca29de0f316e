//! Points in time as alerts print them.

use jiff::Timestamp;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;

/// How the text line and `%evt.time` print the time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimeFormat {
    /// `16:17:57.881781397`, local time.
    #[default]
    TimeOfDay,
    /// `2016-08-04T16:17:57.881781397+0000`, UTC.
    Iso8601,
}

/// Prints times in one time zone.
#[derive(Clone, Debug)]
pub struct Clock {
    zone: TimeZone,
    format: TimeFormat,
}

impl Clock {
    /// A clock for the zone; `TimeZone::system()` is the machine's.
    #[must_use]
    pub fn new(zone: TimeZone, format: TimeFormat) -> Self {
        Self { zone, format }
    }

    /// A clock for the time zone of the machine.
    #[must_use]
    pub fn local(format: TimeFormat) -> Self {
        Self::new(TimeZone::system(), format)
    }

    /// A clock for UTC.
    #[must_use]
    pub fn utc(format: TimeFormat) -> Self {
        Self::new(TimeZone::UTC, format)
    }

    /// Seconds that its time zone is ahead of UTC at a time, nanoseconds since the epoch.
    #[must_use]
    pub fn utc_offset_s(&self, time_wall_ns: u64) -> i32 {
        self.zone.to_offset(timestamp(time_wall_ns)).seconds()
    }

    /// How it prints.
    #[must_use]
    pub fn format(&self) -> TimeFormat {
        self.format
    }

    /// The time as the text line begins, from nanoseconds since the epoch.
    #[must_use]
    pub fn text(&self, time_wall_ns: u64) -> String {
        match self.format {
            TimeFormat::TimeOfDay => print("%H:%M:%S.%9f", time_wall_ns, self.zone.clone()),
            TimeFormat::Iso8601 => print("%Y-%m-%dT%H:%M:%S.%9f%z", time_wall_ns, TimeZone::UTC),
        }
    }
}

/// The `time` key of a JSON alert: `2016-08-04T16:17:57.881781397Z`.
#[must_use]
pub fn rfc3339(time_wall_ns: u64) -> String {
    print("%Y-%m-%dT%H:%M:%S.%9fZ", time_wall_ns, TimeZone::UTC)
}

fn print(format: &str, time_wall_ns: u64, zone: TimeZone) -> String {
    let zoned = timestamp(time_wall_ns).to_zoned(zone);
    strtime::format(format, &zoned).unwrap_or_default()
}

fn timestamp(time_wall_ns: u64) -> Timestamp {
    // A u64 of nanoseconds ends in the year 2554, within jiff's range.
    Timestamp::from_nanosecond(i128::from(time_wall_ns)).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIME: u64 = 1_470_327_477_881_781_397;

    #[test]
    fn times_print_as_falco_prints_them() {
        let clock = Clock::new(TimeZone::UTC, TimeFormat::Iso8601);
        assert_eq!(clock.text(TIME), "2016-08-04T16:17:57.881781397+0000");
        let clock = Clock::new(TimeZone::UTC, TimeFormat::TimeOfDay);
        assert_eq!(clock.text(TIME), "16:17:57.881781397");
        assert_eq!(clock.text(0), "00:00:00.000000000");
        assert_eq!(rfc3339(TIME), "2016-08-04T16:17:57.881781397Z");
        assert!(!rfc3339(u64::MAX).is_empty());
    }

    #[test]
    fn the_time_of_day_is_local() {
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        let clock = Clock::new(zone, TimeFormat::TimeOfDay);
        assert_eq!(clock.text(TIME), "18:17:57.881781397");
        assert_eq!(clock.utc_offset_s(TIME), 7200);
    }
}
