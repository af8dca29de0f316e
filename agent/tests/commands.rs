//! The commands for rule authors, run as a user runs them. None needs root.

#[path = "commands/audit.rs"]
mod audit;
#[path = "commands/certs.rs"]
mod certs;
#[path = "commands/completions.rs"]
mod completions;
#[path = "commands/errors.rs"]
mod errors;
#[path = "commands/filter_check.rs"]
mod filter_check;
#[path = "commands/limits.rs"]
mod limits;
#[path = "commands/mtls.rs"]
mod mtls;
#[path = "commands/policy_check.rs"]
mod policy_check;
#[path = "commands/reference.rs"]
mod reference;
#[path = "commands/rules_check.rs"]
mod rules_check;
#[path = "commands/rules_list.rs"]
mod rules_list;
#[path = "commands/run.rs"]
mod run;
