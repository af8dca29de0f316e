//! Running a scenario of the program `trigger`.

use crate::{Recorded, Recorder};
use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Command;

/// What a scenario did.
#[derive(Debug)]
pub struct Triggered {
    /// Process id of the scenario.
    pub pid: u32,
    /// What it printed: `name=value`, one a line.
    pub facts: Vec<(String, String)>,
    /// What was recorded of it, in order.
    pub records: Vec<Recorded>,
}

impl Triggered {
    /// A fact that the scenario printed.
    ///
    /// # Panics
    ///
    /// Where it did not.
    #[must_use]
    pub fn fact(&self, name: &str) -> &str {
        let found = self.facts.iter().find(|(known, _)| known == name);
        &found
            .unwrap_or_else(|| panic!("the scenario did not print {name}"))
            .1
    }

    /// The records of an event, in order.
    #[must_use]
    pub fn all(&self, event: &str) -> Vec<&Recorded> {
        self.records
            .iter()
            .filter(|record| record.row().name == event)
            .collect()
    }

    /// The last record of an event: what the scenario does comes after what its start does.
    ///
    /// # Panics
    ///
    /// Where there is none.
    #[must_use]
    pub fn last(&self, event: &str) -> &Recorded {
        self.all(event).last().unwrap_or_else(|| {
            let seen: Vec<&str> = self
                .records
                .iter()
                .map(|record| record.row().name)
                .collect();
            panic!("no {event} was recorded, only {seen:?}")
        })
    }
}

/// Where the program `trigger` lies: beside the running test, or above its folder.
///
/// # Panics
///
/// Where it was not built.
#[must_use]
pub fn program() -> PathBuf {
    let test = std::env::current_exe().expect("the test's own path");
    let folders = test.ancestors().skip(1).take(2);
    let mut candidates = folders.map(|folder| folder.join("trigger"));
    candidates
        .find(|path| path.is_file())
        .expect("`trigger` is built with the tests")
}

/// Runs a scenario to its end and records it.
///
/// # Panics
///
/// Where it cannot be run, or fails.
pub fn trigger<A: AsRef<OsStr>>(recorder: &mut Recorder, arguments: &[A]) -> Triggered {
    let mut child = Command::new(program())
        .args(arguments)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("trigger starts");
    let pid = child.id();
    // Reads meanwhile, as an agent does: some scenarios report more than a ring holds.
    while child.try_wait().expect("its state").is_none() {
        recorder.read();
    }
    let output = child.wait_with_output().expect("trigger ends");
    assert!(output.status.success(), "trigger failed: {}", output.status);
    recorder.wait_for_end_of(pid);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let facts = text.lines().filter_map(|line| line.split_once('='));
    Triggered {
        pid,
        facts: facts
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        records: recorder.of(pid),
    }
}
