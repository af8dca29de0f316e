//! Times rule sets on a generated stream of events, without a kernel and without an agent.
#![forbid(unsafe_code)]

mod by_type;
mod clock;
mod facts;
mod measure;
mod once;
mod replay;
mod report;
mod rule_set;
mod series;
mod times;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand, ValueEnum};

use rule_set::SetName;

/// Time rule sets on a generated stream of events
///
/// Each event goes the way it goes in the agent's matcher: the record is decoded, the process table
/// takes it in, and the rules are evaluated, all on one core. Nothing comes from a kernel and nothing
/// is printed for a match, so the figures are those of the engine alone.
///
/// Run the release build: `cargo run --release -p saker-engine-bench -- times`. Falco's rules are read
/// from falco-rules/ in the folder that SAKER_CONFORMANCE names, or else in ../shared/conformance
/// beside the project.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// How the figures are printed
    #[arg(long, global = true, value_name = "FORMAT", default_value = "markdown")]
    output: Output,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Output {
    /// Tables, as in docs/BENCHMARKS.md
    Markdown,
    /// One object, for programs
    Json,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measure CPU time per event, rule set by rule set
    ///
    /// A round plays the stream twice for each set: without rules (decoding and process table), and
    /// with them; the difference is what the rules alone take. Rounds go through all sets in turn, so
    /// that a slow change of the machine does not look like a difference between sets. Tables show the
    /// median of the rounds, with the smallest and the largest in parentheses; a ratio is that of one
    /// round.
    ///
    /// What is counted is CPU time of the thread: other programs disturb it little, but a busy machine
    /// still takes its caches away.
    #[command(after_help = "Examples:
  engine-bench times
  engine-bench times --set stable --set generated-10000 --rounds 9
  engine-bench times --linear
  engine-bench times --by-type --output json")]
    Times(TimesArguments),
    /// Load one rule set, play events once, and tell the peak of memory
    ///
    /// Also what to run under callgrind. Making the records costs instructions too; to count without
    /// them, run twice with the same --batch and different --events, and take the difference.
    #[command(after_help = "Examples:
  engine-bench once --set stable --events 200000
  valgrind --tool=callgrind engine-bench once --set stable --batch 20000 --events 10000
  valgrind --tool=callgrind engine-bench once --set stable --batch 20000 --events 20000")]
    Once(OnceArguments),
    /// Measure CPU time per event of a capture
    ///
    /// A round plays the capture three times: its blocks alone, with the threads and descriptors that
    /// its events change, and with rules as well. A short capture is played often enough for a round
    /// to be long enough; opening it and what stands before its first event count each time.
    #[command(after_help = "Examples:
  engine-bench replay trace.scap --set stable
  engine-bench repeat trace.scap long.scap --events 10000000 && engine-bench replay long.scap")]
    Replay(ReplayArguments),
    /// Measure what it takes to read what is known of containers and pods
    ///
    /// The files that processes in containers open are played to one rule after the other, each of
    /// which asks about the container of every event and matches none.
    Facts(FactsArguments),
    /// Make a long capture of a short one: its events over and over
    Repeat(RepeatArguments),
}

#[derive(Debug, clap::Args)]
struct TimesArguments {
    /// Rule set to measure (may be given more than once) [default: all that are there]
    #[arg(long = "set", value_name = "NAME")]
    sets: Vec<SetName>,
    /// Events per round, at most; a set that takes longer than about a second gets fewer
    #[arg(long, value_name = "N", default_value = "200000")]
    events: NonZeroUsize,
    /// How often everything is measured
    #[arg(long, value_name = "N", default_value = "7")]
    rounds: NonZeroUsize,
    /// Measure each set also without the index over its rules (slow: 10,000 rules take 1,000 times as long)
    #[arg(long)]
    linear: bool,
    /// Tell the types of events apart, instead of their mix
    #[arg(long, conflicts_with = "linear")]
    by_type: bool,
}

#[derive(Debug, clap::Args)]
struct OnceArguments {
    /// Rule set to load
    #[arg(long, value_name = "NAME")]
    set: SetName,
    /// How many events are played
    #[arg(long, value_name = "N", default_value = "200000")]
    events: usize,
    /// How many records are made at once and held in memory
    #[arg(long, value_name = "N", default_value = "1000")]
    batch: NonZeroUsize,
}

#[derive(Debug, clap::Args)]
struct ReplayArguments {
    /// Capture to play
    #[arg(value_name = "CAPTURE")]
    capture: PathBuf,
    /// Rule set to evaluate
    #[arg(long, value_name = "NAME", default_value = "stable")]
    set: SetName,
    /// How often everything is measured
    #[arg(long, value_name = "N", default_value = "7")]
    rounds: NonZeroUsize,
}

#[derive(Debug, clap::Args)]
struct RepeatArguments {
    /// Capture to begin with
    #[arg(value_name = "CAPTURE")]
    from: PathBuf,
    /// Where the long one is written
    #[arg(value_name = "FILE")]
    to: PathBuf,
    /// Events of the long one
    #[arg(long, value_name = "N", default_value = "10000000")]
    events: u64,
}

#[derive(Debug, clap::Args)]
struct FactsArguments {
    /// Events per round
    #[arg(long, value_name = "N", default_value = "100000")]
    events: NonZeroUsize,
    /// How often everything is measured
    #[arg(long, value_name = "N", default_value = "7")]
    rounds: NonZeroUsize,
    /// Containers that the runtime of the node knows
    #[arg(long, value_name = "N", default_value = "1000")]
    containers: u64,
    /// Pods that the API server knows
    #[arg(long, value_name = "N", default_value = "10000")]
    pods: u64,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    let text = match &arguments.command {
        Command::Times(times) if times.by_type => {
            let measured = by_type::measure(times)?;
            match arguments.output {
                Output::Markdown => report::by_type(&measured),
                Output::Json => serde_json::to_string_pretty(&measured)?,
            }
        }
        Command::Times(times) => {
            let measured = times::measure(times)?;
            match arguments.output {
                Output::Markdown => report::times(&measured)?,
                Output::Json => serde_json::to_string_pretty(&measured)?,
            }
        }
        Command::Once(once) => {
            let measured = once::measure(once)?;
            match arguments.output {
                Output::Markdown => report::once(&measured),
                Output::Json => serde_json::to_string_pretty(&measured)?,
            }
        }
        Command::Replay(replay) => {
            let measured = replay::measure(replay)?;
            match arguments.output {
                Output::Markdown => report::replay(&measured),
                Output::Json => serde_json::to_string_pretty(&measured)?,
            }
        }
        Command::Facts(known) => {
            let measured = facts::measure(known)?;
            match arguments.output {
                Output::Markdown => report::facts(&measured),
                Output::Json => serde_json::to_string_pretty(&measured)?,
            }
        }
        Command::Repeat(repeat) => replay::repeat(repeat)?,
    };
    println!("{}", text.trim_end());
    Ok(())
}
