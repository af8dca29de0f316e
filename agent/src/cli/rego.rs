//! The command line of `saker policy rego`.

use super::OutputFormat;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// What `saker policy rego test --help` ends with.
pub(super) const TEST_EXAMPLES: &str = "\
Runs the rules test_* of policies as `opa test` does, with the same limits of size as the agent, and checks that every
field is known that the policies read.

Examples:
  saker policy rego test policies
  saker policy rego test policies --filter shell --verbose
  saker policy rego test policies --coverage
  saker policy rego test policies --output json | jq '.tests[] | select(.outcome != \"passed\")'

Exit codes: 0 every test passed, 1 a test failed or could not be evaluated, 2 the policies are wrong, there are no tests, or
usage is wrong.";

/// What to do with policies in Rego.
#[derive(Debug, Subcommand)]
pub(crate) enum RegoCommand {
    /// Run the tests of policies.
    #[command(after_help = TEST_EXAMPLES)]
    Test(RegoTestArgs),
}

/// Options of `saker policy rego test`.
#[derive(Debug, Args)]
pub(crate) struct RegoTestArgs {
    /// Folder of policies, tests and data, or one file.
    #[arg(value_name = "DIR|FILE")]
    pub(crate) policies: PathBuf,

    /// Run only tests whose name, as data.package.test_name, contains this.
    #[arg(long, value_name = "TEXT")]
    pub(crate) filter: Option<String>,

    /// Also say which lines no test evaluated.
    #[arg(long)]
    pub(crate) coverage: bool,

    /// Also list the tests that pass.
    #[arg(short, long)]
    pub(crate) verbose: bool,

    /// The policies are in the syntax from before OPA 1.0, but for files with `import rego.v1`.
    #[arg(long)]
    pub(crate) v0_compatible: bool,

    /// How long one test may take, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 5_000, value_parser = clap::value_parser!(u64).range(1..=600_000))]
    pub(crate) timeout_ms: u64,

    /// How the results are printed.
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: OutputFormat,
}
