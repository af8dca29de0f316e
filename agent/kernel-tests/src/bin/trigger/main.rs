//! Makes one system call with known effects: the other half of the kernel tests.
//!
//! `trigger SCENARIO [PATH…]`. A scenario is named after the event that it causes. Facts that the
//! test cannot know before (ports, pids) are printed as `name=value`.

mod call;
mod cgroups;
mod credentials;
mod descriptors;
mod files;
mod processes;
mod sockets;

use std::ffi::CString;
use std::os::unix::ffi::OsStringExt;

/// A scenario: the paths that it was given.
type Scenario = fn(&[CString]);

fn main() {
    let mut arguments = std::env::args_os().skip(1);
    let name = arguments
        .next()
        .and_then(|name| name.into_string().ok())
        .unwrap_or_default();
    let paths: Vec<CString> = arguments
        .map(|path| CString::new(path.into_vec()).expect("an argument has no NUL"))
        .collect();
    let families = [
        files::SCENARIOS,
        descriptors::SCENARIOS,
        sockets::SCENARIOS,
        credentials::SCENARIOS,
        processes::SCENARIOS,
        cgroups::SCENARIOS,
    ];
    let mut scenarios = families.into_iter().flatten();
    let Some((_, scenario)) = scenarios.find(|(known, _)| *known == name) else {
        eprintln!("trigger: no scenario `{name}`");
        std::process::exit(2);
    };
    scenario(&paths);
}

/// Prints something that the test cannot know.
fn fact(name: &str, value: impl std::fmt::Display) {
    println!("{name}={value}");
}
