//! The commands for authors of rules, as a shell sees them: output and exit code. No root needed.

#[path = "rule_tools/bench.rs"]
mod bench;
#[path = "rule_tools/explain.rs"]
mod explain;
#[path = "rule_tools/folder.rs"]
mod folder;
#[path = "rule_tools/rules.rs"]
mod rules;
#[path = "rule_tools/test.rs"]
mod test;
