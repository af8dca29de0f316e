//! `bench load`: what the agent costs programs that make very many system calls, and itself.

use std::fmt::Write;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::agent_process::{RunningAgent, Summary};
use super::generator::{Generator, Load, Operation};
use super::series::{Series, count, hundredths};
use super::{Bench, RuleSource};
use crate::progress;

/// Every row of the table: what Falco was measured with.
const LOADS: [Load; 4] = [
    Load {
        name: "open/close",
        operation: Operation::OpenClose,
        count: 1_000_000,
        processes: 1,
    },
    Load {
        name: "open/close",
        operation: Operation::OpenClose,
        count: 1_000_000,
        processes: 2,
    },
    Load {
        name: "fork+exec",
        operation: Operation::ForkExec,
        count: 4_000,
        processes: 1,
    },
    Load {
        name: "fork+exec",
        operation: Operation::ForkExec,
        count: 4_000,
        processes: 2,
    },
];

/// How long the agent may work off what the load has left in its queues.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(10);

/// How often the agent is looked at meanwhile.
const DRAIN_INTERVAL: Duration = Duration::from_millis(200);

/// CPU time within one interval up to which the agent has nothing left to work off.
const DRAINED_CPU_MAX: Duration = Duration::from_millis(20);

/// What one run of one load gives.
#[derive(Debug, Clone, Copy)]
struct Sample {
    off_s: f64,
    on_s: f64,
    agent_cpu_s: f64,
    summary: Summary,
}

impl Sample {
    fn ratio(&self) -> f64 {
        self.on_s / self.off_s
    }

    /// What was lost of all there was, in percent.
    fn lost_percent(&self) -> f64 {
        let all = self.summary.events + self.summary.lost;
        if all == 0 {
            return 0.0;
        }
        100.0 * self.summary.lost as f64 / all as f64
    }
}

/// Measures and returns the table, with what is to be known of it.
pub(super) fn run(bench: &Bench<'_>, generator: &Generator) -> Result<String> {
    // Falco's rules where they are: figures can be compared only under the same rules.
    let source = bench.rule_sources.last().context("there are no rules")?;
    progress::heading(&format!("load, {}", source.name));
    let loads = LOADS.map(|load| Load {
        count: (load.count / bench.plan.load_divisor).max(1),
        ..load
    });
    let mut samples: [Vec<Sample>; LOADS.len()] = Default::default();
    for run in 1..=bench.plan.runs {
        for (load, samples) in loads.iter().zip(&mut samples) {
            let title = title(load);
            let sample = measure(bench, source, generator, load)
                .with_context(|| format!("run {run} of {title}"))?;
            progress::detail(&format!(
                "run {run}, {title}: {:.2} -> {:.2} s ({:.2}x)",
                sample.off_s,
                sample.on_s,
                sample.ratio()
            ));
            samples.push(sample);
        }
    }
    let mut text = format!("Rules: {}.\n\n", source.name);
    if let Some(remark) = &generator.remark {
        writeln!(text, "{remark}\n")?;
    }
    text.push_str(
        "| load | wall off | wall on | on/off | agent CPU | events | lost | alerts |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    for (load, samples) in loads.iter().zip(&samples) {
        text.push_str(&row(load, samples)?);
    }
    Ok(text)
}

fn measure(
    bench: &Bench<'_>,
    source: &RuleSource,
    generator: &Generator,
    load: &Load,
) -> Result<Sample> {
    sleep(bench.plan.settle);
    let off = generator.run(load).context("without the agent")?;
    let agent = RunningAgent::start(bench.binary, &source.path, &bench.scratch.0)?;
    sleep(bench.plan.settle);
    let before = agent.cpu_time()?;
    let on = generator.run(load).context("with the agent")?;
    let cpu = cpu_when_drained(&agent)?.saturating_sub(before);
    Ok(Sample {
        off_s: off.as_secs_f64(),
        on_s: on.as_secs_f64(),
        agent_cpu_s: cpu.as_secs_f64(),
        summary: agent.stop()?,
    })
}

/// The agent's CPU time when it has worked off its queues: what it put off is its cost, too.
fn cpu_when_drained(agent: &RunningAgent) -> Result<Duration> {
    let began = Instant::now();
    let mut before = agent.cpu_time()?;
    loop {
        sleep(DRAIN_INTERVAL);
        let now = agent.cpu_time()?;
        if now.saturating_sub(before) <= DRAINED_CPU_MAX {
            return Ok(now);
        }
        if began.elapsed() > DRAIN_TIME_MAX {
            progress::note("the agent is still busy: its CPU time is too low");
            return Ok(now);
        }
        before = now;
    }
}

/// `open/close, 1M x 2 processes`.
fn title(load: &Load) -> String {
    let plural = if load.processes == 1 { "" } else { "es" };
    format!(
        "{}, {} x {} process{plural}",
        load.name,
        count(f64::from(load.count)).replace(".00M", "M"),
        load.processes
    )
}

fn row(load: &Load, samples: &[Sample]) -> Result<String> {
    let series = |of: fn(&Sample) -> f64| Series::new(samples.iter().map(of));
    let lost = series(|sample| sample.summary.lost as f64)?;
    let lost = if lost.range().1 == 0.0 {
        "none".to_owned()
    } else {
        let percent = series(Sample::lost_percent)?.median();
        format!("{}, {percent:.1} %", lost.show("", count))
    };
    let mut row = String::new();
    writeln!(
        row,
        "| {} | {} | {} | {} | {} | {} | {lost} | {} |",
        title(load),
        series(|sample| sample.off_s)?.show(" s", hundredths),
        series(|sample| sample.on_s)?.show(" s", hundredths),
        series(Sample::ratio)?.show("x", hundredths),
        series(|sample| sample.agent_cpu_s)?.show(" s", hundredths),
        series(|sample| sample.summary.events as f64)?.show("", count),
        series(|sample| sample.summary.alerts as f64)?.show("", count),
    )?;
    Ok(row)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(on_s: f64, lost: u64) -> Sample {
        Sample {
            off_s: 2.0,
            on_s,
            agent_cpu_s: 0.5,
            summary: Summary {
                events: 3_000,
                alerts: 1,
                lost,
            },
        }
    }

    #[test]
    fn a_row_holds_medians_and_ranges() {
        assert_eq!(
            row(&LOADS[3], &[sample(3.0, 0), sample(2.5, 0), sample(2.8, 0)]).unwrap(),
            "| fork+exec, 4,000 x 2 processes | 2.00 s | 2.80 s (2.50–3.00) | 1.40x (1.25–1.50) \
             | 0.50 s | 3,000 | none | 1 |\n"
        );
    }

    #[test]
    fn losses_are_counted_and_set_against_all_there_was() {
        let row = row(&LOADS[0], &[sample(3.0, 1_000)]).unwrap();
        assert!(row.contains("| 1,000, 25.0 % |"), "{row}");
        assert!(row.starts_with("| open/close, 1M x 1 process |"), "{row}");
    }

    #[test]
    fn nothing_lost_of_nothing_is_no_loss() {
        let mut nothing = sample(2.0, 0);
        nothing.summary.events = 0;
        assert_eq!(nothing.lost_percent(), 0.0);
    }
}
