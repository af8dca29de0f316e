//! The command line of `saker explain`.

use super::rules::ReportFormat;
use clap::Args;
use std::path::PathBuf;

/// What `saker explain --help` ends with.
pub(crate) const EXPLAIN_EXAMPLES: &str = "\
Shows the condition of a rule as a tree, read from the left. Before each part stands what it comes to \
on the event, `-` where it need not be looked at; after each comparison the value that was compared.

  >  the comparison that settled the condition
  *  comparisons that would have to come out otherwise for the rule to match, as few as will do

Without --rule: the rules that match, and the near misses, those for which the fewest comparisons \
would have to come out otherwise.

Examples:
  saker explain --case 'rules/tests/files.yaml#cat shows the password hashes'
  saker explain --case 'rules/tests/files.yaml#cat shows' --rule 'Sensitive file read'
  saker explain --case my-case.yaml --rules falco_rules.yaml --near 10

Exit codes: 0 explained, 2 rules, case or usage are wrong.";

/// Options of `saker explain`.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The event: a case of a file of test cases, by its name or a part of it that no other has. A file
    /// with one case needs no name.
    #[arg(long, value_name = "FILE[#NAME]")]
    pub(crate) case: String,

    /// Rules: a file, or a folder of .yaml and .yml files; repeatable, loaded in this order. Unless
    /// given, the folder that the case lies in `tests` of.
    #[arg(short, long, value_name = "FILE|DIR")]
    pub(crate) rules: Vec<PathBuf>,

    /// Configuration file, for its limits; /etc/saker/saker.yaml where it exists.
    #[arg(short, long, value_name = "FILE", env = "SAKER_CONFIG")]
    pub(crate) config: Option<PathBuf>,

    /// Explain this rule, whether or not it matches; repeatable.
    #[arg(long, value_name = "NAME")]
    pub(crate) rule: Vec<String>,

    /// How many near misses to show.
    #[arg(long, value_name = "COUNT", default_value = "3")]
    pub(crate) near: usize,

    /// Show also the parts of conditions that need not be looked at.
    #[arg(long)]
    pub(crate) full: bool,

    /// How the explanation is printed.
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: ReportFormat,
}
