//! The tables of `docs/BENCHMARKS.md`.

use std::fmt::Write as _;

use anyhow::Result;

use crate::by_type::ByType;
use crate::facts;
use crate::once::Pass;
use crate::replay::Replayed;
use crate::series::Series;
use crate::times::{Measured, MeasuredSet};

/// Load times, times per event and ratios.
pub(crate) fn times(measured: &Measured) -> Result<String> {
    let mut text = String::from(
        "| rule set | rules | checked in | compiled in | both |\n|---|---|---|---|---|\n",
    );
    for set in &measured.sets {
        writeln!(
            text,
            "| {} | {} | {} | {} | {} |",
            name(set),
            set.rules,
            set.checking_ms.show(" ms", 1),
            set.compiling_ms.show(" ms", 1),
            set.loading_ms.show(" ms", 1),
        )?;
    }
    text.push_str(
        "\n| rule set | decoding and process table | with rules | rules alone | events/s with decoding \
         | events/s rules alone | looked at | matches |\n|---|---|---|---|---|---|---|---|\n",
    );
    for set in &measured.sets {
        let times = &set.times;
        writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {:.1} % | {} of {} |",
            name(set),
            times.without_rules_ns.show(" ns", 0),
            times.with_rules_ns.show(" ns", 0),
            times.rules_alone_ns.show(" ns", 0),
            rate(&times.with_rules_ns),
            rate(&times.rules_alone_ns),
            100.0 * set.events_looked_at as f64 / set.events as f64,
            set.matches,
            set.events,
        )?;
    }
    if !measured.ratios.is_empty() {
        text.push_str("\n| time per event | rules alone | with decoding |\n|---|---|---|\n");
    }
    for ratio in &measured.ratios {
        writeln!(
            text,
            "| {} / {} | {} | {} |",
            ratio.of,
            ratio.to,
            ratio.rules_alone.show("x", 2),
            ratio.with_rules.show("x", 2),
        )?;
    }
    Ok(text)
}

/// What each type takes, set by set.
pub(crate) fn by_type(measured: &ByType) -> String {
    let mut text = String::from("| event | share | decoding and process table |");
    for set in &measured.sets {
        text.push_str(&format!(" {set}, rules alone |"));
    }
    text.push_str("\n|---|---|---|");
    text.push_str(&"---|".repeat(measured.sets.len()));
    text.push('\n');
    for kind in &measured.types {
        let without = kind.sets.first().map(|on| on.times.without_rules_ns);
        text.push_str(&format!(
            "| {} | {:.1} % | {} |",
            kind.name,
            100.0 * kind.share,
            without.map_or_else(String::new, |series| series.show(" ns", 0)),
        ));
        for on in &kind.sets {
            let times = on.times.rules_alone_ns.show(" ns", 0);
            let note = if on.looked_at { "" } else { ", no rule" };
            text.push_str(&format!(" {times}{note} |"));
        }
        text.push('\n');
    }
    text
}

/// What one pass tells, on one line each.
pub(crate) fn once(pass: &Pass) -> String {
    let mebibytes = |kib: u64| kib as f64 / 1024.0;
    format!(
        "{}: {} rules, {} matches in {} events\npeak RSS: {:.1} MiB, {:.1} MiB until the rules were ready\n",
        pass.set,
        pass.rules,
        pass.matches,
        pass.events,
        mebibytes(pass.peak_kib),
        mebibytes(pass.peak_loaded_kib),
    )
}

/// What a capture takes.
pub(crate) fn replay(measured: &Replayed) -> String {
    format!(
        "{} rules ({}), {} events, {} of them shown, {} matches\n\
         | | per event | events/s |\n|---|---|---|\n\
         | blocks alone | {} | {} |\n\
         | with conversion and state | {} | {} |\n\
         | with rules | {} | {} |\n\n\
         peak RSS: {:.1} MiB, {:.1} MiB after the first pass\n",
        measured.rules,
        measured.set,
        measured.events,
        measured.shown,
        measured.matches,
        measured.blocks_ns.show(" ns", 0),
        rate(&measured.blocks_ns),
        measured.state_ns.show(" ns", 0),
        rate(&measured.state_ns),
        measured.rules_ns.show(" ns", 0),
        rate(&measured.rules_ns),
        measured.peak_kib as f64 / 1024.0,
        measured.peak_first_kib as f64 / 1024.0,
    )
}

/// What reading facts takes.
pub(crate) fn facts(measured: &facts::Measured) -> String {
    let mebibytes = |kib: u64| kib as f64 / 1024.0;
    let mut text = format!(
        "{} containers, {} pods; {} events of containers\n\n\
         | a rule reads | with decoding and process table | more than `container.id` |\n|---|---|---|\n",
        measured.containers, measured.pods, measured.events,
    );
    for question in &measured.questions {
        text.push_str(&format!(
            "| {} | {} | {} |\n",
            question.fields,
            question.with_rule_ns.show(" ns", 0),
            question.facts_ns.show(" ns", 0),
        ));
    }
    text.push_str(&format!(
        "\nresident memory: {:.1} MiB for the facts, {:.1} MiB in all\n",
        mebibytes(measured.facts_kib),
        mebibytes(measured.resident_kib),
    ));
    text
}

fn name(set: &MeasuredSet) -> String {
    let scan = if set.linear { ", linear scan" } else { "" };
    format!("{}{scan}", set.set)
}

/// Millions of events per second at the median.
fn rate(per_event_ns: &Series) -> String {
    let rate = 1e3 / per_event_ns.median;
    let decimals = if rate < 0.1 { 4 } else { 2 };
    format!("{rate:.decimals$}M")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::by_type::{MeasuredType, OnType};
    use crate::measure::Times;
    use crate::rule_set::SetName;
    use crate::times::Ratio;

    fn exactly(value: f64) -> Series {
        Series::new([value]).unwrap()
    }

    const SET: SetName = SetName::Generated(8);

    fn times_of(without: f64, with: f64) -> Times {
        Times {
            without_rules_ns: exactly(without),
            with_rules_ns: exactly(with),
            rules_alone_ns: exactly(with - without),
        }
    }

    #[test]
    fn sets_and_ratios_have_their_rows() {
        let text = times(&Measured {
            rounds: 1,
            sets: vec![MeasuredSet {
                set: SET,
                linear: true,
                rules: 8,
                checking_ms: exactly(1.0),
                compiling_ms: exactly(2.0),
                loading_ms: exactly(3.0),
                events: 200,
                events_looked_at: 50,
                matches: 4,
                times: times_of(80.0, 280.0),
            }],
            ratios: vec![Ratio {
                of: "large".to_owned(),
                to: "small".to_owned(),
                rules_alone: exactly(1.1),
                with_rules: Series::new([1.0, 1.05]).unwrap(),
            }],
        })
        .unwrap();
        for row in [
            "| generated-8, linear scan | 8 | 1.0 ms | 2.0 ms | 3.0 ms |\n",
            "| generated-8, linear scan | 80 ns | 280 ns | 200 ns | 3.57M | 5.00M | 25.0 % | 4 of 200 |\n",
            "| large / small | 1.10x | 1.02x (1.00–1.05) |\n",
        ] {
            assert!(text.contains(row), "{text}");
        }
    }

    #[test]
    fn types_have_a_column_for_each_set() {
        let on = |looked_at| OnType {
            looked_at,
            times: times_of(70.0, 270.0),
        };
        let text = by_type(&ByType {
            rounds: 1,
            sets: vec![SET, SET],
            types: vec![MeasuredType {
                name: "openat",
                share: 0.62,
                sets: vec![on(true), on(false)],
            }],
        });
        let row = "| openat | 62.0 % | 70 ns | 200 ns | 200 ns, no rule |\n";
        assert!(text.ends_with(row), "{text}");
    }
}
