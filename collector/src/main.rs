//! The `saker-collector` command: takes alerts from agents, keeps them and passes them on.
//!
//! `saker-collector serve` goes from the agent to the sink: [`ingest`] into the queue, [`worker`] from there into the
//! store, [`dispatcher`] to a sink, [`feed`] to subscribers. [`serve`] puts them together.
#![forbid(unsafe_code)]

mod check;
mod cli;
mod clients;
mod config;
mod dead_letters;
mod dispatcher;
mod feed;
mod first_bytes;
mod health;
mod housekeeping;
mod http;
mod ingest;
mod ledger;
mod metrics;
mod query;
mod roles;
#[cfg(test)]
mod scene;
mod serve;
mod wake;
mod worker;

use anyhow::Context;
use clap::Parser;
use cli::{Cli, Command, Page};
use config::{Config, ConfigError};
use std::error::Error;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

/// Bad configuration or usage; also what clap exits with.
const EXIT_BAD_INPUT: u8 = 2;

fn main() -> ExitCode {
    let arguments = Cli::parse();
    start_log();
    match execute(arguments.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("saker-collector: {}", one_line(&format!("{error:#}")));
            if error.is::<ConfigError>() || error.is::<check::Unusable>() {
                ExitCode::from(EXIT_BAD_INPUT)
            } else {
                ExitCode::FAILURE
            }
        }
    }
}

fn execute(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Serve(arguments) => {
            let config = Config::build(&arguments)?;
            check::settings(&config)?;
            block_on(serve::run(config))
        }
        Command::Query(arguments) => block_on(async {
            let config = Config::of_file(&arguments.config)?;
            let store = serve::open_store(&config).await?;
            query::run(&arguments, &*store).await
        }),
        Command::DeadLetters { command } => block_on(dead_letters::run(command)),
        Command::Check(arguments) => block_on(check::run(arguments)),
        Command::Completions { shell } => print(&cli::completion_script(shell)),
        Command::Docs {
            page: Page::Metrics,
        } => print(metrics::markdown()?.as_bytes()),
    }
}

fn block_on(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start threads")?
        .block_on(work)
}

/// Writes to standard output. A reader that has seen enough is no error.
fn print(bytes: &[u8]) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to standard output")
        }
        _ => Ok(()),
    }
}

/// An error with its causes.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// The text without control characters: parts of it may come from others.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|character| {
            if character.is_control() {
                ' '
            } else {
                character
            }
        })
        .collect()
}

/// Logs to standard error; `SAKER_LOG` sets the level, for example `debug`.
fn start_log() {
    let filter = std::env::var("SAKER_LOG")
        .ok()
        .and_then(|level| EnvFilter::try_new(level).ok())
        .unwrap_or_else(|| EnvFilter::new("warn"));
    let wants_colour = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(wants_colour)
        .init();
}
