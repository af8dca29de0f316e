//! `cargo xtask conformance`.
#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Parser, ValueEnum};
use saker_conformance_suite::{DOCUMENT, Detail, Folder, Suite, parse_declined};

/// Run Falco's cases of the rule language
#[derive(Debug, Parser)]
#[command(name = "cargo xtask conformance", bin_name = "cargo xtask conformance")]
struct Cli {
    /// The conformance data [default: $SAKER_CONFORMANCE or ../shared/conformance]
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Only the cases of this file of cases/, without .jsonl
    #[arg(long, value_name = "NAME")]
    file: Option<String>,
    /// How to print what was found
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,
    /// Print declined cases too
    #[arg(long)]
    verbose: bool,
    /// Without data say so and succeed, except under CI=true
    #[arg(long)]
    if_present: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Output {
    Text,
    Json,
}

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<ExitCode> {
    let folder = match cli.data.clone().or_else(saker_conformance::folder) {
        Some(folder) => folder,
        None if cli.if_present => return Ok(ExitCode::SUCCESS),
        None => bail!("there are no conformance data: set SAKER_CONFORMANCE or --data"),
    };
    let suite = Suite::new(Folder::new(folder), parse_declined(DOCUMENT))?;
    let report = suite.run(cli.file.as_deref())?;
    match cli.output {
        Output::Text => {
            let detail = if cli.verbose {
                Detail::All
            } else {
                Detail::Failures
            };
            print!("{}", report.text(detail));
        }
        Output::Json => println!("{}", serde_json::to_string_pretty(&report)?),
    }
    Ok(if report.is_clean() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
