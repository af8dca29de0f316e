//! The `saker` command: command line, configuration and wiring.
//!
//! `saker run` goes from the kernel to the alert: [`pipeline`] has the threads, [`run`] puts them
//! together, [`rules`] loads what they match.
#![forbid(unsafe_code)]

mod audit;
mod cli;
mod commands;
mod config;
mod doctor;
mod fact_sources;
mod findings;
mod journal;
mod ledger;
mod live;
mod metrics;
mod output;
mod pipeline;
mod rego;
mod reload;
mod rules;
mod run;
mod selection;
mod single_instance;
mod statistics;
mod summary;
mod this_host;

use clap::Parser;
use cli::{
    Cli, Command, FilterCommand, MtlsCommand, Page, PolicyCommand, RegoCommand, RulesCommand,
};
use commands::InputError;
use commands::mtls::LedgerSourceError;
use commands::policy::check::FlowFileError;
use saker_alert::escaped;
use saker_capture_replay::ReplayError;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

/// Bad rules, configuration or usage; also what clap exits with.
pub(crate) const EXIT_BAD_INPUT: u8 = 2;

fn main() -> ExitCode {
    let arguments = Cli::parse();
    start_log();
    match execute(arguments.command) {
        Ok(code) => code,
        Err(error) => {
            // What is wrong in files comes with its places, which are to stand at the line's start.
            let rules = error.downcast_ref::<rules::RulesError>();
            let input = error.downcast_ref::<InputError>();
            match (rules, input) {
                (Some(rules::RulesError::Invalid { .. }), _)
                | (_, Some(InputError::Cases(_) | InputError::Filter(_))) => {
                    eprintln!("{error}");
                }
                _ => eprintln!("saker: {}", escaped(format!("{error:#}").as_bytes())),
            }
            let is_bad_input = rules.is_some()
                || input.is_some()
                || error.is::<config::ConfigError>()
                || error.is::<LedgerSourceError>()
                || error.is::<saker_rego_policies::LoadError>()
                || error.is::<FlowFileError>()
                || error.is::<ReplayError>()
                || error.is::<commands::replay::AuditFileError>();
            if is_bad_input {
                ExitCode::from(EXIT_BAD_INPUT)
            } else {
                ExitCode::FAILURE
            }
        }
    }
}

fn execute(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Run(arguments) => run::run(&arguments),
        Command::Replay(arguments) => commands::replay::run(&arguments),
        Command::Doctor(arguments) if arguments.load => doctor::load(),
        Command::Doctor(arguments) => doctor::examine(&arguments),
        Command::Rules { command } => match command {
            RulesCommand::Check(arguments) => commands::rules_check::run(&arguments),
            RulesCommand::List(arguments) => commands::rules_list::run(&arguments),
            RulesCommand::Test(arguments) => commands::rules_test::run(&arguments),
            RulesCommand::Diff(arguments) => commands::rules_diff::run(&arguments),
            RulesCommand::Bench(arguments) => commands::rules_bench::run(&arguments),
        },
        Command::Record(arguments) => commands::record::run(&arguments),
        Command::Trace(arguments) => commands::trace::run(&arguments),
        Command::Explain(arguments) => commands::explain::run(&arguments),
        Command::Fields(arguments) => commands::fields::run(&arguments),
        Command::Events(arguments) => commands::events::run(&arguments),
        Command::Filter { command } => match command {
            FilterCommand::Check(arguments) => commands::filter_check::run(&arguments),
        },
        Command::Mtls { command } => match *command {
            MtlsCommand::Report(arguments) => commands::mtls::run_report(&arguments),
            MtlsCommand::Ready(arguments) => commands::mtls::run_ready(&arguments),
        },
        Command::Policy { command } => match command {
            PolicyCommand::Check(arguments) => commands::policy::check::run(&arguments),
            PolicyCommand::Pss(arguments) => commands::policy::pss::run(&arguments),
            PolicyCommand::Rego { command } => match command {
                RegoCommand::Test(arguments) => commands::policy::rego_test::run(&arguments),
            },
        },
        Command::Certs(arguments) => commands::certs::run(&arguments),
        Command::Completions { shell } => {
            commands::print_bytes(&cli::completion_script(shell))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Docs { page } => {
            commands::print(&match page {
                Page::Events => saker_rule_fields::events_markdown(),
                Page::Fields => saker_rule_fields::markdown(),
                Page::Metrics => metrics::markdown()?,
            })?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// What is not logged unless `SAKER_LOG` names it: the client of Kubernetes repeats each failure that
/// the watches already tell once, and logs whole replies.
const NOT_LOGGED: &str = "kube_client=off,kube_runtime=off";

/// Logs to standard error; `SAKER_LOG` sets the level, for example `debug`.
fn start_log() {
    let level = std::env::var("SAKER_LOG").unwrap_or_else(|_| "warn".to_owned());
    let filter = EnvFilter::try_new(format!("{NOT_LOGGED},{level}"))
        .unwrap_or_else(|_| EnvFilter::new(format!("{NOT_LOGGED},warn")));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(output::wants_colour(&std::io::stderr()))
        .init();
}
