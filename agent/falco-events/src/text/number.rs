//! Numbers as texts.

use super::{Value, append};
use crate::event_type::{Format, ParameterKind};
use jiff::Timestamp;
use jiff::tz::Offset;

/// Names of bits or values.
type Names = &'static [(&'static str, u64)];

/// Appends a number as its parameter wants it. Falco prints unsigned numbers of 32 and 64 bits with a
/// sign where they are decimal.
pub(super) fn append_formatted(value: &Value<'_, '_>, out: &mut Vec<u8>) {
    let number = value.unsigned();
    let narrow = u32::try_from(number & u64::from(u32::MAX)).unwrap_or_default();
    let is_wide = matches!(value.kind, ParameterKind::Int64 | ParameterKind::Uint64);
    match value.parameter.format {
        Format::Octal if number == 0 => out.push(b'0'),
        Format::Octal if is_wide => append(out, format_args!("0{number:o}")),
        Format::Octal => append(out, format_args!("0{narrow:o}")),
        Format::Hexadecimal if is_wide => append(out, format_args!("{number:X}")),
        Format::Hexadecimal => append(out, format_args!("{narrow:X}")),
        Format::PaddedDecimal => append(out, format_args!("{:09}", number.cast_signed())),
        _ if is_wide => append(out, format_args!("{}", number.cast_signed())),
        _ => append(out, format_args!("{}", narrow.cast_signed())),
    }
}

/// Appends the names of the bits of a number; of bits that overlap the first that fits.
pub(super) fn append_bits(names: Names, number: u64, out: &mut Vec<u8>) {
    let mut left = number;
    let mut separator = "";
    for (name, bits) in names {
        let is_set = match bits {
            0 => number == 0,
            bits => left & bits == *bits,
        };
        if !is_set {
            continue;
        }
        left &= !bits;
        append(out, format_args!("{separator}{name}"));
        separator = "|";
        if *bits == number {
            break;
        }
    }
}

/// Appends every name of a value.
pub(super) fn append_values(names: Names, number: u64, out: &mut Vec<u8>) {
    let mut separator = "";
    for (name, _) in names.iter().filter(|(_, value)| *value == number) {
        append(out, format_args!("{separator}{name}"));
        separator = "|";
    }
}

/// Appends the names of permissions. A name for exactly what is set ends the list.
pub(super) fn append_mode(names: Names, number: u64, out: &mut Vec<u8>) {
    let mut left = number;
    let mut separator = "";
    for (name, bits) in names {
        let is_whole = *bits == number;
        if is_whole || (*bits != 0 && left & bits == *bits) {
            left &= !bits;
            append(out, format_args!("{separator}{name}"));
            separator = "|";
        }
        if is_whole {
            break;
        }
    }
}

/// Appends nanoseconds as seconds, as `%g` of C prints them: six digits, without zeros at the end.
pub(super) fn append_seconds(nanoseconds: u64, out: &mut Vec<u8>) {
    const DIGITS: i32 = 6;
    // The text of the number with that many digits tells its exponent after rounding.
    let seconds = to_float(nanoseconds) / 1e9;
    let scientific = format!("{seconds:.5e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..DIGITS).contains(&exponent) {
        let decimals = DIGITS.saturating_sub(1).saturating_sub(exponent);
        let decimals = usize::try_from(decimals).unwrap_or_default();
        let fixed = format!("{seconds:.decimals$}");
        append(out, format_args!("{}s", without_zeros(&fixed)));
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        let digits = without_zeros(digits);
        append(
            out,
            format_args!("{digits}e{sign}{:02}s", exponent.unsigned_abs()),
        );
    }
}

fn without_zeros(number: &str) -> &str {
    if number.contains('.') {
        number.trim_end_matches('0').trim_end_matches('.')
    } else {
        number
    }
}

/// The nearest floating-point number, without a cast.
fn to_float(number: u64) -> f64 {
    let high = u32::try_from(number >> 32).unwrap_or_default();
    let low = u32::try_from(number & u64::from(u32::MAX)).unwrap_or_default();
    f64::from(high).mul_add(4_294_967_296.0, f64::from(low))
}

/// Appends a point in time as local date and time with nanoseconds.
pub(super) fn append_time(wall_ns: u64, utc_offset_s: i32, out: &mut Vec<u8>) {
    let offset = Offset::from_seconds(utc_offset_s).unwrap_or(Offset::UTC);
    let Ok(time) = Timestamp::from_nanosecond(wall_ns.into()) else {
        return;
    };
    let time = offset.to_datetime(time);
    append(
        out,
        format_args!(
            "{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:09}",
            time.year(),
            time.month(),
            time.day(),
            time.hour(),
            time.minute(),
            time.second(),
            time.subsec_nanosecond()
        ),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(append: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        append(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn seconds_are_those_of_c() {
        let seconds = |nanoseconds| text(|out| append_seconds(nanoseconds, out));
        assert_eq!(seconds(0), "0s");
        assert_eq!(seconds(1_500_000_000), "1.5s");
        assert_eq!(seconds(1_000_000), "0.001s");
        assert_eq!(seconds(100), "1e-07s");
        assert_eq!(seconds(1_234_567_890), "1.23457s");
        assert_eq!(seconds(1_234_567_000_000_000), "1.23457e+06s");
        assert_eq!(seconds(999_999_600_000), "1000s");
        assert_eq!(seconds(99_999_960_000), "100s");
    }

    #[test]
    fn a_time_has_nanoseconds() {
        let time = text(|out| append_time(1_470_327_477_881_781_397, 0, out));
        assert_eq!(time, "2016-08-04 16:17:57.881781397");
    }

    #[test]
    fn bits_are_named_once() {
        const NAMES: Names = &[("RDWR", 3), ("WRONLY", 2), ("RDONLY", 1), ("NONE", 0)];
        assert_eq!(text(|out| append_bits(NAMES, 3, out)), "RDWR");
        assert_eq!(text(|out| append_bits(NAMES, 1, out)), "RDONLY");
        assert_eq!(text(|out| append_bits(NAMES, 0, out)), "NONE");
        assert_eq!(text(|out| append_bits(NAMES, 7, out)), "RDWR");
        const SAME: Names = &[("AF_LOCAL", 1), ("AF_UNIX", 1)];
        assert_eq!(text(|out| append_values(SAME, 1, out)), "AF_LOCAL|AF_UNIX");
    }
}
