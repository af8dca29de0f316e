//! `bench`: what the agent costs, as tables for `docs/BENCHMARKS.md`.
//!
//! The agent is started as it is shipped, and read from outside: wall time of a load, what `/proc`
//! says of the agent, and the summary it prints at its end. Nothing in it knows that it is measured.
//! The rules by themselves are measured without an agent, by the program `engine-bench`.

mod agent_process;
mod classification;
mod delivery;
mod generator;
mod idle;
mod load;
mod machine;
mod network;
pub(crate) mod node;
mod proc_file;
mod replay;
mod rules;
mod series;

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::agent::{self, Profile};
use crate::cache::{create_folder, remove_folder};
use crate::command;
use crate::ebpf::{self, KernelLog, Warnings};
use crate::progress;
use crate::workspace::Workspace;
use generator::Generator;

/// How much smaller everything is under `--quick`.
const QUICK_DIVISOR: u32 = 100;
/// Generated events of one pass.
const RULES_EVENTS: u32 = 200_000;
/// Events of a long capture.
const REPLAY_EVENTS: u32 = 10_000_000;
/// Alerts that a collector is sent as fast as may be.
const DELIVERY_ALERTS: u32 = 400_000;
/// Alerts a second while it is measured how long each is under way, and for how long.
const DELIVERY_ALERTS_PER_SECOND: u32 = 1000;
const DELIVERY_SECONDS: u32 = 20;

/// How long each load of the network goes on.
const NETWORK_LOAD: Duration = Duration::from_secs(4);

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Measurement {
    /// CPU until the agent is ready, then CPU and memory while nothing happens
    Idle,
    /// 1M x open+close and 4,000 x fork+exec in one and two processes, with and without the agent
    Load,
    /// CPU time, memory and instructions of rule sets on generated events; needs no root
    Rules,
    /// CPU time of reading what is known of containers and pods, and the memory of 1,000 containers and
    /// 10,000 pods; needs no root
    Facts,
    /// Memory of the agent beside 1,000 containers of a real containerd and 10,000 pods of an API server;
    /// takes minutes for each run
    Node,
    /// CPU time and memory of replaying captures, as they are and of 10 million events; needs no root
    Replay,
    /// Bytes and requests a second over loopback and over a cable between namespaces, with and without the agent
    Network,
    /// CPU time of the collector for each alert, and how long alerts are under way to a webhook at 1,000 a second
    Delivery,
}

/// Arguments of `cargo xtask bench`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// What to measure [default: all]
    #[arg(value_name = "WHAT")]
    measurement: Option<Measurement>,
    /// Repetitions: tables show median and range
    #[arg(long, value_name = "N", default_value = "5")]
    runs: NonZeroU32,
    /// Measure this binary instead of building the agent
    #[arg(long, value_name = "FILE", hide = true)]
    binary: Option<PathBuf>,
    /// A hundredth of the load and one second of idling, to try the benchmark itself out
    #[arg(long, hide = true)]
    quick: bool,
}

impl Arguments {
    /// The command line again, as far as it matters to a reader of the figures.
    fn display(&self) -> String {
        let measurement = match self.measurement {
            None => "",
            Some(Measurement::Idle) => " idle",
            Some(Measurement::Load) => " load",
            Some(Measurement::Rules) => " rules",
            Some(Measurement::Facts) => " facts",
            Some(Measurement::Node) => " node",
            Some(Measurement::Replay) => " replay",
            Some(Measurement::Network) => " network",
            Some(Measurement::Delivery) => " delivery",
        };
        let quick = if self.quick { " --quick" } else { "" };
        format!("{measurement} --runs {}{quick}", self.runs)
    }

    fn wants(&self, measurement: Measurement) -> bool {
        self.measurement.is_none_or(|chosen| chosen == measurement)
    }

    fn wants_agent(&self) -> bool {
        let with_agent = [
            Measurement::Idle,
            Measurement::Load,
            Measurement::Node,
            Measurement::Network,
            Measurement::Delivery,
        ];
        with_agent.into_iter().any(|it| self.wants(it))
    }
}

/// How long and how often.
#[derive(Debug, Clone, Copy)]
struct Plan {
    runs: u32,
    /// Between a start and a measurement.
    settle: Duration,
    /// How long the agent idles under observation.
    idle_window: Duration,
    /// What the counts of the loads are divided by.
    load_divisor: u32,
    rules: rules::Plan,
    replay: replay::Plan,
    network: network::Plan,
    delivery: delivery::Plan,
}

impl Plan {
    fn new(arguments: &Arguments) -> Self {
        let runs = arguments.runs.get();
        if arguments.quick {
            Self {
                runs,
                settle: Duration::from_millis(200),
                idle_window: Duration::from_secs(1),
                load_divisor: QUICK_DIVISOR,
                rules: rules::Plan {
                    rounds: runs,
                    events: RULES_EVENTS / QUICK_DIVISOR,
                },
                replay: replay::Plan {
                    rounds: runs,
                    events: REPLAY_EVENTS / QUICK_DIVISOR,
                },
                network: network::Plan {
                    runs,
                    duration: Duration::from_secs(1),
                    settle: Duration::from_millis(200),
                },
                delivery: delivery::Plan {
                    runs,
                    alerts: DELIVERY_ALERTS / QUICK_DIVISOR,
                    per_second: DELIVERY_ALERTS_PER_SECOND,
                    seconds: 1,
                },
            }
        } else {
            Self {
                runs,
                settle: Duration::from_secs(2),
                idle_window: Duration::from_secs(20),
                load_divisor: 1,
                rules: rules::Plan {
                    rounds: runs,
                    events: RULES_EVENTS,
                },
                replay: replay::Plan {
                    rounds: runs,
                    events: REPLAY_EVENTS,
                },
                network: network::Plan {
                    runs,
                    duration: NETWORK_LOAD,
                    settle: Duration::from_secs(2),
                },
                delivery: delivery::Plan {
                    runs,
                    alerts: DELIVERY_ALERTS,
                    per_second: DELIVERY_ALERTS_PER_SECOND,
                    seconds: DELIVERY_SECONDS,
                },
            }
        }
    }
}

/// Rules to measure with.
#[derive(Debug)]
struct RuleSource {
    name: &'static str,
    path: PathBuf,
}

/// Everything that a measurement needs.
#[derive(Debug)]
struct Bench<'a> {
    plan: Plan,
    binary: &'a Path,
    /// The shipped rules, then Falco's where they are.
    rule_sources: Vec<RuleSource>,
    scratch: Scratch,
}

/// A folder that goes away when it is dropped.
///
/// It lies below `target/`: a program executed from `/tmp` raises an alert under the shipped rules.
#[derive(Debug)]
struct Scratch(PathBuf);

impl Scratch {
    fn create(workspace: &Workspace) -> Result<Self> {
        let name = format!("bench-{}", std::process::id());
        let folder = workspace.own_target().join(name);
        create_folder(&folder)?;
        Ok(Self(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = remove_folder(&self.0) {
            progress::note(&format!("{error:#}"));
        }
    }
}

/// Measures what was asked for and prints the tables.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    if arguments.wants_agent() && !command::is_root() {
        bail!(
            "the agent needs root to attach its programs: run `cargo xtask bench` as root \
             (`cargo xtask bench rules`, `facts` and `replay` need none)"
        );
    }
    // Before anything is built: that would count as a disturbance.
    if let Some(load) = machine::disturbance() {
        progress::note(&format!(
            "the machine is not quiet (load average {load:.2}): figures will be off"
        ));
    }
    let plan = Plan::new(arguments);
    let without_agent = [Measurement::Rules, Measurement::Facts, Measurement::Replay];
    let engine_bench = if without_agent.into_iter().any(|it| arguments.wants(it)) {
        Some(rules::build(workspace)?)
    } else {
        None
    };
    if arguments.wants_agent() {
        run_agent(workspace, arguments, plan)?;
    }
    if let Some(binary) = engine_bench {
        let rules = match arguments.wants(Measurement::Rules) {
            true => Some(rules::run(&binary, plan.rules)?),
            false => None,
        };
        let facts = match arguments.wants(Measurement::Facts) {
            true => Some(rules::facts(&binary, plan.runs)?),
            false => None,
        };
        let replay = match arguments.wants(Measurement::Replay) {
            true => replay::run(workspace, &binary, plan.replay)?,
            false => None,
        };
        let machine = machine::describe(workspace, &binary, &arguments.display());
        let tables = [
            ("Rules", rules.as_deref()),
            ("Facts", facts.as_deref()),
            ("Replay", replay.as_deref()),
        ];
        print_tables(&machine, plan.runs, &tables);
    }
    Ok(())
}

/// Measures with a running agent.
fn run_agent(workspace: &Workspace, arguments: &Arguments, plan: Plan) -> Result<()> {
    let binary = match &arguments.binary {
        Some(binary) => binary
            .canonicalize()
            .with_context(|| format!("cannot find {}", binary.display()))?,
        None => {
            ebpf::build(workspace, KernelLog::Off, Warnings::Show)?;
            agent::build(workspace, Profile::Release)?
        }
    };
    let bench = Bench {
        plan,
        binary: &binary,
        rule_sources: rule_sources(workspace),
        scratch: Scratch::create(workspace)?,
    };
    let generator = if arguments.wants(Measurement::Load) {
        Some(Generator::build(workspace, &bench.scratch.0)?)
    } else {
        None
    };
    let idle = if arguments.wants(Measurement::Idle) {
        Some(idle::run(&bench)?)
    } else {
        None
    };
    let load = match &generator {
        Some(generator) => Some(load::run(&bench, generator)?),
        None => None,
    };
    let node = if arguments.wants(Measurement::Node) {
        Some(node::run(workspace, &bench)?)
    } else {
        None
    };
    let network = if arguments.wants(Measurement::Network) {
        Some(network::run(&bench, plan.network)?)
    } else {
        None
    };
    let classification = if arguments.wants(Measurement::Network) {
        Some(classification::run(workspace)?)
    } else {
        None
    };
    let delivery = if arguments.wants(Measurement::Delivery) {
        Some(delivery::run(workspace, &binary, plan.delivery)?)
    } else {
        None
    };
    let tables = [
        ("Idle", idle.as_deref()),
        ("Load", load.as_deref()),
        ("Node", node.as_deref()),
        ("Network", network.as_deref()),
        ("Classification", classification.as_deref()),
        ("Delivery", delivery.as_deref()),
    ];
    let machine = machine::describe(workspace, &binary, &arguments.display());
    print_tables(&machine, plan.runs, &tables);
    Ok(())
}

fn print_tables(machine: &str, runs: u32, tables: &[(&str, Option<&str>)]) {
    println!("{machine}");
    println!("Median (smallest–largest) of {runs}.\n");
    for (title, table) in tables {
        if let Some(table) = table {
            println!("### {title}\n\n{table}");
        }
    }
}

/// The shipped rules, and Falco's stable rules when the conformance data are there.
fn rule_sources(workspace: &Workspace) -> Vec<RuleSource> {
    let mut sources = vec![RuleSource {
        name: "shipped rules",
        path: workspace.root().join("rules"),
    }];
    let path = workspace
        .conformance_data()
        .join("falco-rules/falco_rules.yaml");
    if path.is_file() {
        sources.push(RuleSource {
            name: "Falco's stable rules",
            path,
        });
    } else {
        progress::note(&format!(
            "Falco's stable rules are not at {}: set SAKER_CONFORMANCE to compare with Falco",
            path.display()
        ));
    }
    sources
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    fn parse(line: &[&str]) -> Arguments {
        Line::try_parse_from([&["bench"], line].concat())
            .unwrap()
            .arguments
    }

    #[test]
    fn everything_is_measured_five_times_by_default() {
        let arguments = parse(&[]);
        for measurement in [
            Measurement::Idle,
            Measurement::Load,
            Measurement::Rules,
            Measurement::Facts,
            Measurement::Node,
            Measurement::Replay,
            Measurement::Network,
            Measurement::Delivery,
        ] {
            assert!(arguments.wants(measurement), "{measurement:?}");
        }
        assert_eq!(arguments.display(), " --runs 5");
    }

    #[test]
    fn one_can_be_chosen() {
        let arguments = parse(&["load", "--runs", "3"]);
        assert!(!arguments.wants(Measurement::Idle) && arguments.wants(Measurement::Load));
        assert_eq!(arguments.display(), " load --runs 3");
    }

    #[test]
    fn rules_need_no_agent() {
        let arguments = parse(&["rules", "--runs", "9"]);
        assert!(arguments.wants(Measurement::Rules) && !arguments.wants_agent());
        assert_eq!(arguments.display(), " rules --runs 9");
        assert!(!parse(&["replay"]).wants_agent());
        for with_agent in ["idle", "node", "network", "delivery"] {
            assert!(parse(&[with_agent]).wants_agent(), "{with_agent}");
        }
    }

    #[test]
    fn no_runs_are_refused() {
        assert!(Line::try_parse_from(["bench", "--runs", "0"]).is_err());
    }
}
