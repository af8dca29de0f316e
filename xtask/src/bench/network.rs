//! `bench network`: what the agent takes from programs that send and receive very much.
//!
//! Server and client run in network namespaces of their own: both in one, over its loopback interface, or one in
//! each, over a cable between them. Nothing else of the machine's network is touched.

mod hosts;
mod tools;

use std::fmt::Write;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result};

use super::Bench;
use super::agent_process::RunningAgent;
use super::series::{Series, count, tenths};
use crate::programs::{self, Program};
use crate::progress;
use hosts::{Cable, Host};
use tools::Servers;

/// What is measured with, and what makes the namespaces.
const PROGRAMS: &[Program] = &[
    Program {
        name: "ip",
        package: "iproute2",
    },
    Program {
        name: "iperf3",
        package: "iperf3",
    },
    Program {
        name: "wrk",
        package: "wrk",
    },
    Program {
        name: "nginx",
        package: "nginx",
    },
];

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    pub(super) runs: u32,
    /// How long each load goes on.
    pub(super) duration: Duration,
    /// Between a start and a measurement.
    pub(super) settle: Duration,
}

/// What a client does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Load {
    /// One connection, as many bytes as it takes.
    Bulk,
    /// Requests over connections that are kept.
    Requests,
    /// A connection for each request.
    ShortConnections,
}

impl Load {
    const fn name(self) -> &'static str {
        match self {
            Self::Bulk => "bulk, iperf3",
            Self::Requests => "requests over 16 connections, wrk",
            Self::ShortConnections => "a connection for each request, wrk",
        }
    }

    const fn unit(self) -> &'static str {
        match self {
            Self::Bulk => " Gbit/s",
            Self::Requests | Self::ShortConnections => "/s",
        }
    }

    /// Bits or requests a second.
    fn measure(self, client: &Host, server: &str, duration: Duration) -> Result<f64> {
        match self {
            Self::Bulk => tools::bulk(client, server, duration),
            Self::Requests => tools::requests(client, server, duration, tools::Connections::Kept),
            Self::ShortConnections => {
                tools::requests(client, server, duration, tools::Connections::Short)
            }
        }
    }

    fn show(self, series: &Series) -> String {
        match self {
            Self::Bulk => series.show(self.unit(), |bits| tenths(bits / 1e9)),
            Self::Requests | Self::ShortConnections => series.show(self.unit(), count),
        }
    }
}

/// A row of the table.
#[derive(Debug)]
struct Row {
    load: Load,
    way: &'static str,
    /// Without the agent and with it, one pair a run.
    samples: Vec<(f64, f64)>,
}

/// Measures and returns the table.
pub(super) fn run(bench: &Bench<'_>, plan: Plan) -> Result<String> {
    programs::require(PROGRAMS).context("the programs that load the network")?;
    let source = bench.rule_sources.first().context("there are no rules")?;
    let cable = Cable::lay()?;
    let over_cable = Servers::start(&cable.far, hosts::FAR, &bench.scratch.0, "cable")?;
    let on_loopback = Servers::start(&cable.near, "127.0.0.1", &bench.scratch.0, "loopback")?;
    let mut rows = rows();
    for run in 1..=plan.runs {
        progress::heading(&format!("network, run {run} of {}", plan.runs));
        // Each begins as often: a slow change of the machine must not look like the agent's doing.
        let mut figures = [Vec::new(), Vec::new()];
        let order = if run % 2 == 1 {
            [false, true]
        } else {
            [true, false]
        };
        for with_agent in order {
            sleep(plan.settle);
            let agent = match with_agent {
                true => Some(RunningAgent::start(
                    bench.binary,
                    &source.path,
                    &bench.scratch.0,
                )?),
                false => None,
            };
            sleep(plan.settle);
            for row in &rows {
                let server = if row.way == LOOPBACK {
                    "127.0.0.1"
                } else {
                    hosts::FAR
                };
                let figure = row.load.measure(&cable.near, server, plan.duration)?;
                figures[usize::from(with_agent)].push(figure);
            }
            if let Some(agent) = agent {
                let summary = agent.stop()?;
                progress::detail(&format!("lost: {}", summary.lost));
            }
        }
        let [off, on] = figures;
        for (row, pair) in rows.iter_mut().zip(off.into_iter().zip(on)) {
            let (off, on) = pair;
            progress::detail(&format!(
                "{}, {}: {:.3}x",
                row.load.name(),
                row.way,
                on / off
            ));
            row.samples.push(pair);
        }
    }
    drop((over_cable, on_loopback));
    let mut table = "| load | way | off | on | on/off |\n|---|---|---|---|---|\n".to_owned();
    for row in &rows {
        table.push_str(&row.render()?);
    }
    Ok(table)
}

const LOOPBACK: &str = "loopback";

fn rows() -> Vec<Row> {
    let loads = [Load::Bulk, Load::Requests, Load::ShortConnections];
    let ways = [LOOPBACK, "veth"];
    let rows = ways
        .into_iter()
        .flat_map(|way| loads.map(|load| (load, way)));
    rows.map(|(load, way)| Row {
        load,
        way,
        samples: Vec::new(),
    })
    .collect()
}

impl Row {
    fn render(&self) -> Result<String> {
        let off = Series::new(self.samples.iter().map(|(off, _)| *off))?;
        let on = Series::new(self.samples.iter().map(|(_, on)| *on))?;
        let ratio = Series::new(self.samples.iter().map(|(off, on)| on / off))?;
        let mut text = String::new();
        writeln!(
            text,
            "| {} | {} | {} | {} | {} |",
            self.load.name(),
            self.way,
            self.load.show(&off),
            self.load.show(&on),
            ratio.show("", |ratio| format!("{ratio:.3}")),
        )?;
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_sets_each_run_against_itself() {
        let row = Row {
            load: Load::Bulk,
            way: LOOPBACK,
            samples: vec![(20e9, 19e9), (10e9, 10e9), (30e9, 29.4e9)],
        };
        assert_eq!(
            row.render().unwrap(),
            "| bulk, iperf3 | loopback | 20.0 Gbit/s (10.0–30.0) | 19.0 Gbit/s (10.0–29.4) \
             | 0.980 (0.950–1.000) |\n"
        );
    }

    #[test]
    fn every_load_takes_both_ways() {
        let rows = rows();
        assert_eq!(rows.len(), 6);
        assert_eq!(rows.iter().filter(|row| row.way == LOOPBACK).count(), 3);
    }
}
