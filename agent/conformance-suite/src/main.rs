//! `cargo xtask conformance`.
#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Args, Parser, Subcommand, ValueEnum};
use saker_conformance_suite::fielddump::{self, Places};
use saker_conformance_suite::{DOCUMENT, Detail, Folder, Suite, parse_declined};
use serde::Serialize;

/// Run Falco's cases of the rule language
#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask conformance",
    bin_name = "cargo xtask conformance",
    args_conflicts_with_subcommands = true
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    common: Common,
    /// Only the cases of this file of cases/, without .jsonl
    #[arg(long, value_name = "NAME")]
    file: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Compare the fields of every event of captures with what Falco gave for them
    Fielddump(FielddumpArgs),
}

#[derive(Debug, Args)]
struct FielddumpArgs {
    #[command(flatten)]
    common: Common,
    /// Folder of captures, NAME.scap or NAME.scap.gz [default: scap/ of the data]
    #[arg(long, value_name = "FOLDER")]
    captures: Option<PathBuf>,
    /// Folder of what Falco gave for them, NAME.jsonl.gz or NAME.jsonl: the output_fields of one event a
    /// line [default: beside the captures; fielddump/ of the data for its own]
    #[arg(long, value_name = "FOLDER", requires = "captures")]
    dumps: Option<PathBuf>,
    /// Only the capture of this name, without .scap
    #[arg(long, value_name = "NAME")]
    capture: Option<String>,
}

#[derive(Debug, Args)]
struct Common {
    /// The conformance data [default: $SAKER_CONFORMANCE or ../shared/conformance]
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// How to print what was found
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,
    /// Print declined cases too, and of fields the first differences
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
    match &cli.command {
        Some(Command::Fielddump(arguments)) => compare_fields(arguments),
        None => run_cases(cli),
    }
}

fn run_cases(cli: &Cli) -> Result<ExitCode> {
    let Some(folder) = data(&cli.common)? else {
        return Ok(ExitCode::SUCCESS);
    };
    let suite = Suite::new(Folder::new(folder), parse_declined(DOCUMENT))?;
    let report = suite.run(cli.file.as_deref())?;
    let is_clean = report.is_clean();
    finish(&cli.common, is_clean, &report, |detail| report.text(detail))
}

fn compare_fields(arguments: &FielddumpArgs) -> Result<ExitCode> {
    let Some(folder) = data(&arguments.common)? else {
        return Ok(ExitCode::SUCCESS);
    };
    let mut places = Places::of_data(&folder);
    if let Some(captures) = &arguments.captures {
        places.captures.clone_from(captures);
        places
            .dumps
            .clone_from(arguments.dumps.as_ref().unwrap_or(captures));
    }
    let declined = parse_declined(DOCUMENT);
    let report = fielddump::run(&places, arguments.capture.as_deref(), &declined)?;
    let is_clean = report.is_clean();
    finish(&arguments.common, is_clean, &report, |detail| {
        report.text(detail)
    })
}

/// The folder of the data; `None` where there is none and that is no error.
fn data(common: &Common) -> Result<Option<PathBuf>> {
    match common.data.clone().or_else(saker_conformance::folder) {
        None if !common.if_present => {
            bail!("there are no conformance data: set SAKER_CONFORMANCE or --data")
        }
        folder => Ok(folder),
    }
}

/// Prints a report.
fn finish(
    common: &Common,
    is_clean: bool,
    report: &impl Serialize,
    text: impl Fn(Detail) -> String,
) -> Result<ExitCode> {
    let detail = if common.verbose {
        Detail::All
    } else {
        Detail::Failures
    };
    match common.output {
        Output::Text => print!("{}", text(detail)),
        Output::Json => println!("{}", serde_json::to_string_pretty(report)?),
    }
    Ok(if is_clean {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
