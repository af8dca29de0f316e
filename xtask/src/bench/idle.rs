//! `bench idle`: what the agent costs on a host where nothing happens.

use std::fmt::Write;
use std::thread::sleep;

use anyhow::{Context, Result};

use super::agent_process::RunningAgent;
use super::series::{Series, hundredths, tenths};
use super::{Bench, RuleSource};
use crate::progress;

/// What one run gives.
#[derive(Debug, Clone, Copy)]
struct Sample {
    rules: u64,
    start_cpu_s: f64,
    idle_cpu_percent: f64,
    rss_mib: f64,
    pss_mib: f64,
}

/// Measures and returns the table.
pub(super) fn run(bench: &Bench<'_>) -> Result<String> {
    progress::heading("idle");
    let mut samples: Vec<Vec<Sample>> = vec![Vec::new(); bench.rule_sources.len()];
    // A slow change of the machine must not look like a difference between the rules.
    for run in 1..=bench.plan.runs {
        for (source, samples) in bench.rule_sources.iter().zip(&mut samples) {
            let sample = measure(bench, source)
                .with_context(|| format!("run {run} with {}", source.name))?;
            progress::detail(&format!(
                "run {run}, {}: {:.2} s to start, {:.2} % of a core, RSS {:.1} MiB",
                source.name, sample.start_cpu_s, sample.idle_cpu_percent, sample.rss_mib
            ));
            samples.push(sample);
        }
    }
    let mut table = format!(
        "| rules | CPU until ready | CPU idle, of one core, over {} s | RSS | PSS |\n\
         |---|---|---|---|---|\n",
        bench.plan.idle_window.as_secs()
    );
    for (source, samples) in bench.rule_sources.iter().zip(&samples) {
        table.push_str(&row(source, samples)?);
    }
    Ok(table)
}

fn measure(bench: &Bench<'_>, source: &RuleSource) -> Result<Sample> {
    let agent = RunningAgent::start(bench.binary, &source.path, &bench.scratch.0)?;
    sleep(bench.plan.settle);
    let before = agent.cpu_time()?;
    sleep(bench.plan.idle_window);
    let used = agent.cpu_time()?.saturating_sub(before);
    let memory = agent.memory()?;
    let sample = Sample {
        rules: agent.rules,
        start_cpu_s: agent.start_cpu.as_secs_f64(),
        idle_cpu_percent: 100.0 * used.as_secs_f64() / bench.plan.idle_window.as_secs_f64(),
        rss_mib: memory.rss_kib as f64 / 1024.0,
        pss_mib: memory.pss_kib as f64 / 1024.0,
    };
    agent.stop()?;
    Ok(sample)
}

fn row(source: &RuleSource, samples: &[Sample]) -> Result<String> {
    let series = |of: fn(&Sample) -> f64| Series::new(samples.iter().map(of));
    let mut row = String::new();
    writeln!(
        row,
        "| {} ({} rules) | {} | {} | {} | {} |",
        source.name,
        samples.first().map_or(0, |sample| sample.rules),
        series(|sample| sample.start_cpu_s)?.show(" s", hundredths),
        series(|sample| sample.idle_cpu_percent)?.show(" %", hundredths),
        series(|sample| sample.rss_mib)?.show(" MiB", tenths),
        series(|sample| sample.pss_mib)?.show(" MiB", tenths),
    )?;
    Ok(row)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_holds_medians_and_ranges() {
        let source = RuleSource {
            name: "shipped",
            path: "rules".into(),
        };
        let sample = |start_cpu_s, idle_cpu_percent| Sample {
            rules: 23,
            start_cpu_s,
            idle_cpu_percent,
            rss_mib: 30.0,
            pss_mib: 28.5,
        };
        assert_eq!(
            row(
                &source,
                &[sample(0.5, 0.1), sample(0.4, 0.3), sample(0.9, 0.2)]
            )
            .unwrap(),
            "| shipped (23 rules) | 0.50 s (0.40–0.90) | 0.20 % (0.10–0.30) | 30.0 MiB | 28.5 MiB |\n"
        );
    }
}
