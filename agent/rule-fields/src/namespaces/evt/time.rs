//! `evt.time*` and its like: when the event happened.

use crate::context::EventContext;
use crate::row::{Extractor, FieldRow, FieldSources};
use crate::value::FieldValue;
use saker_rule_language::FieldType;

/// Nanoseconds of a second.
pub(super) const SECOND_NS: u64 = 1_000_000_000;
/// Seconds of a day.
const DAY_S: i64 = 86_400;

pub(super) static ROWS: &[FieldRow] = &[
    text(
        "evt.time",
        "Local time of day, with nanoseconds.",
        |context, _| FieldValue::owned(Moment::local(context).time_with_nanoseconds()),
    ),
    text(
        "evt.time.s",
        "Local time of day, without nanoseconds.",
        |context, _| FieldValue::owned(Moment::local(context).time()),
    ),
    text(
        "evt.time.iso8601",
        "Date and time in UTC after ISO 8601, with nanoseconds and offset.",
        |context, _| {
            let moment = Moment::utc(context);
            FieldValue::owned(format!(
                "{}T{}+0000",
                moment.date(),
                moment.time_with_nanoseconds()
            ))
        },
    ),
    text(
        "evt.datetime",
        "Local date and time, with nanoseconds.",
        |context, _| {
            let moment = Moment::local(context);
            FieldValue::owned(format!(
                "{} {}",
                moment.date(),
                moment.time_with_nanoseconds()
            ))
        },
    ),
    text(
        "evt.datetime.s",
        "Local date and time, without nanoseconds.",
        |context, _| {
            let moment = Moment::local(context);
            FieldValue::owned(format!("{} {}", moment.date(), moment.time()))
        },
    ),
    text(
        "evt.outputtime",
        "Local time of day, with nanoseconds; for outputs.",
        |context, _| FieldValue::owned(Moment::local(context).time_with_nanoseconds()),
    )
    .print_only()
    .of(FieldSources::Syscall),
    moment(
        "evt.rawtime",
        "Nanoseconds since the epoch.",
        |context, _| FieldValue::AbsTime(context.time_wall_ns()),
    ),
    moment(
        "evt.rawtime.s",
        "Whole seconds since the epoch.",
        |context, _| FieldValue::AbsTime(context.time_wall_ns() / SECOND_NS),
    ),
    moment(
        "evt.rawtime.ns",
        "Nanoseconds after the last whole second.",
        |context, _| FieldValue::AbsTime(context.time_wall_ns() % SECOND_NS),
    ),
    span(
        "evt.reltime",
        "Nanoseconds since the agent started or the recording began.",
        |context, _| FieldValue::RelTime(since_begin(context)),
    ),
    span(
        "evt.reltime.s",
        "Whole seconds of `evt.reltime`.",
        |context, _| FieldValue::RelTime(since_begin(context) / SECOND_NS),
    ),
    span(
        "evt.reltime.ns",
        "Nanoseconds of `evt.reltime` after the last whole second.",
        |context, _| FieldValue::RelTime(since_begin(context) % SECOND_NS),
    ),
];

const fn text(name: &'static str, doc: &'static str, extractor: Extractor) -> FieldRow {
    FieldRow::filled(name, FieldType::String, doc, extractor).of(FieldSources::All)
}

const fn moment(name: &'static str, doc: &'static str, extractor: Extractor) -> FieldRow {
    FieldRow::filled(name, FieldType::AbsTime, doc, extractor).of(FieldSources::All)
}

const fn span(name: &'static str, doc: &'static str, extractor: Extractor) -> FieldRow {
    FieldRow::filled(name, FieldType::RelTime, doc, extractor).of(FieldSources::All)
}

fn since_begin(context: &EventContext<'_>) -> u64 {
    let began = context.host().began_wall_ns;
    context.time_wall_ns().saturating_sub(began)
}

/// A point in time, split for people.
struct Moment {
    seconds: i64,
    nanoseconds: u64,
}

impl Moment {
    fn utc(context: &EventContext<'_>) -> Self {
        let time = context.time_wall_ns();
        Self {
            seconds: i64::try_from(time / SECOND_NS).unwrap_or(i64::MAX),
            nanoseconds: time % SECOND_NS,
        }
    }

    fn local(context: &EventContext<'_>) -> Self {
        let mut moment = Self::utc(context);
        let offset = i64::from(context.host().utc_offset_s);
        moment.seconds = moment.seconds.saturating_add(offset);
        moment
    }

    /// `HH:MM:SS`.
    fn time(&self) -> String {
        let second = self.seconds.rem_euclid(DAY_S);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        format!("{hour:02}:{minute:02}:{second:02}")
    }

    /// `HH:MM:SS.nnnnnnnnn`.
    fn time_with_nanoseconds(&self) -> String {
        format!("{}.{:09}", self.time(), self.nanoseconds)
    }

    /// `YYYY-MM-DD` in the Gregorian calendar.
    fn date(&self) -> String {
        let (year, month, day) = civil_date(self.seconds.div_euclid(DAY_S));
        format!("{year:04}-{month:02}-{day:02}")
    }
}

/// Year, month and day, from days since the epoch. Years are counted from March, so that the leap
/// day is the last of its year.
fn civil_date(days: i64) -> (i64, i64, i64) {
    /// Days from 1 March of the year 0 to the epoch.
    const EPOCH: i64 = 719_468;
    /// Days of 400 years.
    const ERA: i64 = 146_097;
    let days = days.saturating_add(EPOCH);
    let day_of_era = days.rem_euclid(ERA);
    let leap_days = |day: i64| {
        let fours = day / 1_460;
        fours
            .saturating_sub(day / 36_524)
            .saturating_add(day / 146_096)
    };
    let year_of_era = day_of_era.saturating_sub(leap_days(day_of_era)) / 365;
    let before_year = year_of_era
        .saturating_mul(365)
        .saturating_add(year_of_era / 4)
        .saturating_sub(year_of_era / 100);
    let day_of_year = day_of_era.saturating_sub(before_year);
    let month_from_march = day_of_year.saturating_mul(5).saturating_add(2) / 153;
    let before_month = month_from_march.saturating_mul(153).saturating_add(2) / 5;
    let day = day_of_year.saturating_sub(before_month).saturating_add(1);
    let (month, next_year) = if month_from_march < 10 {
        (month_from_march.saturating_add(3), 0)
    } else {
        (month_from_march.saturating_sub(9), 1)
    };
    let year = days
        .div_euclid(ERA)
        .saturating_mul(400)
        .saturating_add(year_of_era)
        .saturating_add(next_year);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::civil_date;

    #[test]
    fn days_become_dates() {
        let dates = [
            (0, (1970, 1, 1)),
            (-1, (1969, 12, 31)),
            (11_015, (2000, 2, 28)),
            (11_016, (2000, 2, 29)),
            (11_017, (2000, 3, 1)),
            (19_782, (2024, 2, 29)),
            (19_783, (2024, 3, 1)),
            (20_453, (2025, 12, 31)),
            (20_454, (2026, 1, 1)),
            (47_540, (2100, 2, 28)),
            (47_541, (2100, 3, 1)),
        ];
        for (days, date) in dates {
            assert_eq!(civil_date(days), date, "day {days}");
        }
    }
}
