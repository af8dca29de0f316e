//! `saker rules check`: everything that is wrong with rules.

use super::{bad_input, print, print_json};
use crate::cli::{CheckFormat, RulesCheckArgs};
use crate::config::RulesConfig;
use crate::findings::{FalcoReport, Findings, JsonReport, Severity, sarif, text};
use crate::output::stdout_color;
use anyhow::Context;
use std::env;
use std::process::ExitCode;

/// Checks the rules and prints what was found.
pub(crate) fn run(arguments: &RulesCheckArgs) -> anyhow::Result<ExitCode> {
    let config = RulesConfig::build(arguments.config.as_deref(), &arguments.paths)?;
    let findings = Findings::gather(&config);
    match arguments.output {
        CheckFormat::Text => print(&text(&findings, stdout_color()))?,
        CheckFormat::Json => print_json(&JsonReport::new(&findings))?,
        CheckFormat::FalcoJson => print_json(&FalcoReport::new(&findings))?,
        CheckFormat::Sarif => {
            let directory = env::current_dir().context("cannot tell the working directory")?;
            print_json(&sarif(&findings, &directory))?;
        }
    }
    let failed = if arguments.strict {
        !findings.all.is_empty()
    } else {
        findings.count(Severity::Error) > 0
    };
    Ok(if failed {
        bad_input()
    } else {
        ExitCode::SUCCESS
    })
}
