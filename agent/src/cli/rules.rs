//! `saker rules`: the commands for those who write rules.

use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

const CHECK_EXAMPLES: &str = "\
Examples:
  saker rules check rules
  saker rules check falco_rules.yaml site_rules.yaml     files that belong together
  saker rules check --strict rules                       in CI: warnings and hints fail, too
  saker rules check --output sarif rules > saker.sarif   for code review
  saker rules check --output json rules | jq -r '.findings[] | .code'

All files are checked as one set, in the order in which they are given. Errors keep the set from \
loading. Warnings are Falco's. Hints (LINT_…) are about rules that load and do not do what they look \
like.

Exit codes: 0 the rules load, 2 they do not (with --strict: or there is a warning or hint).";

const LIST_EXAMPLES: &str = "\
Examples:
  saker rules list rules
  saker rules list --tag mitre_persistence --long rules
  saker rules list --output json rules | jq -r '.rules[] | select(.enabled | not) | .name'

Exit codes: 0 the rules load, 2 they do not.";

const TEST_EXAMPLES: &str = "\
A file of cases, rules/tests/files.yaml:

  - rule: Sensitive file read
    cases:
      - name: cat shows the password hashes
        expect: [Sensitive file read]
        output: [file=/etc/shadow]
        event: {type: openat, result: 3, args: {name: /etc/shadow, flags: O_RDONLY}}
        process: {name: cat}
        ancestors: [{name: bash}]
      - name: the same, given by fields; what is not named is missing
        expect: []
        fields: {evt.type: openat, fd.name: /etc/shadow, proc.name: cat}

Examples:
  saker rules test                               rules in ./rules, cases in ./rules/tests
  saker rules test rules/tests/files.yaml        one file of cases
  saker rules test my-tests --rules falco_rules.yaml --rules my_rules.yaml
  saker rules test --filter 'password hashes' -v
  saker rules test --coverage                    also: which rules lack cases
  saker rules test --junit report.xml            for CI

Exit codes: 0 all cases pass, 1 some fail, 2 rules, cases or usage are wrong.";

const BENCH_EXAMPLES: &str = "\
Each rule is compiled alone and runs on all events; what an empty rule set costs on them is taken \
off. A rule costs nothing on types of events that it does not look at: `reached` is the share of events \
that are left, `matched` the share on which it fires.

Examples:
  saker rules bench                              ./rules on the events of ./rules/tests
  saker rules bench --rules my_rules.yaml --cases my-tests --seconds 10
  saker rules bench --rules my_rules.yaml --generated 20000
  saker rules bench --rule 'Sensitive file read' --output json

The events of test cases are those that rules care about; a node mostly sees others, such as the \
generated one makes: opens, connections, some of everything else, next to nothing suspicious.

Exit codes: 0 done, 2 rules, cases or usage are wrong.";

const DIFF_EXAMPLES: &str = "\
Plays captures through both sets and shows which alerts appear, vanish or change, with an example of \
each, and what each rule costs on an event.

Examples:
  saker rules diff old.yaml new.yaml --capture incident.scap
  saker rules diff old/ new/ --capture node-1.saker --capture node-2.saker
  git show main:site.yaml > /tmp/old.yaml
  saker rules diff --base falco_rules.yaml /tmp/old.yaml site.yaml --capture ci.scap --output json

Exit codes: 0 the alerts are the same, 1 they differ, 2 rules, captures or usage are wrong.";

/// What to do with rules.
#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// Say everything that is wrong with rules, and what looks mistaken.
    #[command(after_help = CHECK_EXAMPLES)]
    Check(RulesCheckArgs),
    /// List rules with their priorities, tags and event types.
    #[command(after_help = LIST_EXAMPLES)]
    List(RulesListArgs),
    /// Run test cases: an event in, the alerts that it must raise out.
    #[command(after_help = TEST_EXAMPLES)]
    Test(RulesTestArgs),
    /// Show which alerts on captures a change of rules makes appear, vanish or change.
    #[command(after_help = DIFF_EXAMPLES)]
    Diff(RulesDiffArgs),
    /// Measure what each rule costs on an event, and how many events reach it.
    #[command(after_help = BENCH_EXAMPLES)]
    Bench(RulesBenchArgs),
}

/// Options of `saker rules check`.
#[derive(Debug, Args)]
pub(crate) struct RulesCheckArgs {
    /// Rules files, or folders of .yaml and .yml files, loaded in this order.
    #[arg(required = true, value_name = "FILE|DIR")]
    pub(crate) paths: Vec<PathBuf>,

    /// Configuration file, for its limits; /etc/saker/saker.yaml where it exists.
    #[arg(short, long, value_name = "FILE", env = "SAKER_CONFIG")]
    pub(crate) config: Option<PathBuf>,

    /// How the findings are printed.
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: CheckFormat,

    /// Fail for warnings and hints, too.
    #[arg(short = 'W', long)]
    pub(crate) strict: bool,
}

/// How findings are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormat {
    /// With the lines they are about, coloured on a terminal.
    Text,
    /// One JSON object; docs/rules.md describes it.
    Json,
    /// SARIF 2.1.0, as code review tools read it.
    Sarif,
    /// As `falco --validate` with `json_output` prints it; without hints.
    FalcoJson,
}

/// Options of `saker rules list`.
#[derive(Debug, Args)]
pub(crate) struct RulesListArgs {
    /// Rules files, or folders of .yaml and .yml files; by default those that `saker run` would load.
    #[arg(value_name = "FILE|DIR")]
    pub(crate) paths: Vec<PathBuf>,

    /// Configuration file; /etc/saker/saker.yaml where it exists.
    #[arg(short, long, value_name = "FILE", env = "SAKER_CONFIG")]
    pub(crate) config: Option<PathBuf>,

    /// How the rules are printed.
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: ReportFormat,

    /// Only rules with this tag; repeatable: with one of them.
    #[arg(long, value_name = "TAG")]
    pub(crate) tag: Vec<String>,

    /// Only rules about events of this source.
    #[arg(long, value_name = "SOURCE")]
    pub(crate) source: Option<String>,

    /// Print descriptions, and every event type.
    #[arg(short, long)]
    pub(crate) long: bool,
}

/// How a report is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For people.
    Text,
    /// One JSON object.
    Json,
}

/// Options of `saker rules test`.
#[derive(Debug, Args)]
pub(crate) struct RulesTestArgs {
    /// Folder of rules with its cases in `tests`, folder of cases, or file of cases; ./rules, or else
    /// the current folder.
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,

    /// Rules that are tested: a file, or a folder of .yaml and .yml files; repeatable, loaded in this
    /// order. Unless given, the folder that the cases lie in `tests` of.
    #[arg(short, long, value_name = "FILE|DIR")]
    pub(crate) rules: Vec<PathBuf>,

    /// Configuration file, for its limits; /etc/saker/saker.yaml where it exists.
    #[arg(short, long, value_name = "FILE", env = "SAKER_CONFIG")]
    pub(crate) config: Option<PathBuf>,

    /// Run only cases whose name, or the name of whose rule, contains this.
    #[arg(long, value_name = "TEXT")]
    pub(crate) filter: Option<String>,

    /// Also list rules without a case that fires or one that does not.
    #[arg(long)]
    pub(crate) coverage: bool,

    /// Also list the cases that pass.
    #[arg(short, long)]
    pub(crate) verbose: bool,

    /// How the results are printed.
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: TestFormat,

    /// Also write the results as JUnit XML to this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
}

/// How the results of cases are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TestFormat {
    /// For people: what failed, and how it differs.
    Text,
    /// One JSON object.
    Json,
    /// JUnit XML.
    Junit,
}

/// Options of `saker rules bench`.
#[derive(Debug, Args)]
pub(crate) struct RulesBenchArgs {
    /// Rules: a file, or a folder of .yaml and .yml files; repeatable, loaded in this order. Unless
    /// given, the folder that the cases lie in `tests` of.
    #[arg(short, long, value_name = "FILE|DIR")]
    pub(crate) rules: Vec<PathBuf>,

    /// Where the events come from: a folder of rules with its cases in `tests`, folder of cases, or file
    /// of cases; repeatable. Unless given, ./rules, or else the current folder.
    #[arg(long, value_name = "PATH")]
    pub(crate) cases: Vec<PathBuf>,

    /// Take so many events of a generated node instead of those of cases.
    #[arg(long, value_name = "EVENTS", conflicts_with = "cases", requires = "rules", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) generated: Option<u32>,

    /// Configuration file, for its limits; /etc/saker/saker.yaml where it exists.
    #[arg(short, long, value_name = "FILE", env = "SAKER_CONFIG")]
    pub(crate) config: Option<PathBuf>,

    /// Measure only this rule; repeatable.
    #[arg(long, value_name = "NAME")]
    pub(crate) rule: Vec<String>,

    /// How long to measure in all.
    #[arg(long, value_name = "SECONDS", default_value = "3", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) seconds: u16,

    /// How the table is printed.
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: ReportFormat,
}

/// Options of `saker rules diff`.
#[derive(Debug, Args)]
pub(crate) struct RulesDiffArgs {
    /// Rules before the change: a file, or a folder of .yaml and .yml files.
    #[arg(value_name = "OLD")]
    pub(crate) old: PathBuf,

    /// Rules after the change.
    #[arg(value_name = "NEW")]
    pub(crate) new: PathBuf,

    /// Capture to play: Falco's .scap or a recording of Saker; repeatable.
    #[arg(long, value_name = "FILE", required = true)]
    pub(crate) capture: Vec<PathBuf>,

    /// Rules that both sets begin with; repeatable, loaded in this order.
    #[arg(long, value_name = "FILE|DIR")]
    pub(crate) base: Vec<PathBuf>,

    /// Configuration file, for its limits and rule_matching; /etc/saker/saker.yaml where it exists.
    #[arg(short, long, value_name = "FILE", env = "SAKER_CONFIG")]
    pub(crate) config: Option<PathBuf>,

    /// List rules too that raise no alert.
    #[arg(long)]
    pub(crate) all: bool,

    /// How the differences are printed.
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: ReportFormat,
}
