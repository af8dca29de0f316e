//! `saker doctor`: what this host supports, and what is lost where it does not.

mod facts;

use crate::cli::{DoctorArgs, OutputFormat};
use crate::commands;
use saker_event_schema::ROWS;
use saker_kernel_source::{
    AttachKind, KernelSource, KernelSourceError, NetworkOptions, SourceOptions, Variant, host,
    offsets,
};
use serde::Serialize;
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

/// Oldest kernel with the ring buffer.
const KERNEL_MIN: (u32, u32) = (5, 8);

/// Capabilities by the number of their bit.
const CAPABILITIES: [(u32, &str, &str); 4] = [
    (38, "CAP_PERFMON", "attach the programs"),
    (39, "CAP_BPF", "load the programs"),
    (19, "CAP_SYS_PTRACE", "read the processes that run already"),
    (2, "CAP_DAC_READ_SEARCH", "find the container of a cgroup"),
];

/// `CAP_NET_ADMIN`, which only the programs on connections need.
const NET_ADMIN: u32 = 12;

/// How a finding bears on the agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    /// As it should be.
    Good,
    /// The agent runs and lacks something.
    Degraded,
    /// The agent cannot run.
    Missing,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    /// What was looked at.
    subject: &'static str,
    /// How it bears on the agent.
    verdict: Verdict,
    /// What was found.
    found: String,
    /// What is lost, and what would mend it.
    #[serde(skip_serializing_if = "Option::is_none")]
    consequence: Option<String>,
}

impl Finding {
    fn good(subject: &'static str, found: impl Into<String>) -> Self {
        Self {
            subject,
            verdict: Verdict::Good,
            found: found.into(),
            consequence: None,
        }
    }

    fn new(subject: &'static str, verdict: Verdict, found: &str, consequence: &str) -> Self {
        Self {
            subject,
            verdict,
            found: found.to_owned(),
            consequence: Some(consequence.to_owned()),
        }
    }
}

/// Looks at the host and prints what it finds; the exit code says whether the agent can run.
pub(crate) fn examine(arguments: &DoctorArgs) -> anyhow::Result<ExitCode> {
    let mut findings = vec![kernel(), type_information(), privileges(), lockdown()];
    findings.extend(programs());
    findings.extend([pid_namespace(), compat_entry(), cgroups(), io_uring()]);
    findings.extend(facts::examine(arguments)?);
    let mut out = std::io::stdout().lock();
    match arguments.output {
        OutputFormat::Json => writeln!(out, "{}", serde_json::to_string(&findings)?)?,
        OutputFormat::Text => {
            let colour = out.is_terminal();
            for finding in &findings {
                print(&mut out, finding, colour)?;
            }
        }
    }
    let can_run = findings
        .iter()
        .all(|finding| finding.verdict != Verdict::Missing);
    Ok(if can_run {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Loads and attaches every program and prints one line of JSON.
pub(crate) fn load() -> anyhow::Result<ExitCode> {
    #[derive(Serialize)]
    struct Report {
        kernel: String,
        variant: String,
        loaded: usize,
        attached: usize,
        failed: Vec<String>,
        verified_instructions: Vec<(&'static str, Option<u32>)>,
    }
    let (major, minor) = host::kernel_release();
    let mut report = Report {
        kernel: format!("{major}.{minor}"),
        variant: format!("{:?}", Variant::for_release(major, minor)).to_lowercase(),
        loaded: 0,
        attached: 0,
        failed: Vec::new(),
        verified_instructions: Vec::new(),
    };
    match KernelSource::load(everything()) {
        Ok(mut source) => {
            let programs = source.programs();
            report.loaded = programs.len();
            report.verified_instructions = programs
                .into_iter()
                .map(|program| (program.name, program.verified_instructions))
                .collect();
            match source.attach() {
                Ok(attached) => report.attached = attached,
                Err(error) => report.failed.push(chain(error)),
            }
            let losses = source.losses();
            let losses = losses.map(|loss| format!("{loss}: {}", loss.reason));
            report.failed.extend(losses);
        }
        Err(error) => report.failed.push(chain(error)),
    }
    println!("{}", serde_json::to_string(&report)?);
    Ok(if report.failed.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// An error and what caused it.
fn chain(error: KernelSourceError) -> String {
    format!("{:#}", anyhow::Error::from(error))
}

fn everything() -> SourceOptions {
    SourceOptions {
        events: ROWS.iter().map(|row| row.id).collect(),
        network: Some(NetworkOptions::default()),
        ..SourceOptions::default()
    }
}

fn kernel() -> Finding {
    let (major, minor) = host::kernel_release();
    let found = format!("Linux {major}.{minor}");
    if (major, minor) < KERNEL_MIN {
        return Finding::new(
            "kernel",
            Verdict::Missing,
            &found,
            "saker needs Linux 5.8 or later (the BPF ring buffer)",
        );
    }
    Finding::good("kernel", found)
}

fn type_information() -> Finding {
    match offsets::resolve(Path::new(offsets::VMLINUX)) {
        Ok(_) => Finding::good("kernel types (BTF)", offsets::VMLINUX),
        Err(error) => Finding::new(
            "kernel types (BTF)",
            Verdict::Missing,
            "not usable",
            &chain(error),
        ),
    }
}

fn privileges() -> Finding {
    privileges_among(host::effective_capabilities())
}

fn privileges_among(held: u64) -> Finding {
    let missing: Vec<String> = CAPABILITIES
        .iter()
        .filter(|(bit, _, _)| held & (1 << bit) == 0)
        .map(|(_, name, purpose)| format!("{name} (to {purpose})"))
        .collect();
    if missing.is_empty() && held & (1 << NET_ADMIN) == 0 {
        return Finding::new(
            "privileges",
            Verdict::Degraded,
            "no CAP_NET_ADMIN",
            "connections are not seen: grant it as well",
        );
    }
    if missing.is_empty() {
        return Finding::good("privileges", "all capabilities that are needed");
    }
    Finding::new(
        "privileges",
        Verdict::Missing,
        "not enough",
        &format!("run as root, or grant {}", missing.join(", ")),
    )
}

fn lockdown() -> Finding {
    match host::lockdown().as_deref() {
        Some("confidentiality") => Finding::new(
            "lockdown",
            Verdict::Missing,
            "confidentiality",
            "programs may not read kernel memory: boot with lockdown=integrity or without",
        ),
        Some(mode) => Finding::good("lockdown", mode),
        None => Finding::good("lockdown", "not reported (securityfs is not mounted)"),
    }
}

/// The programs and, where they load, the ways to attach others.
fn programs() -> Vec<Finding> {
    let mut source = match KernelSource::load(everything()) {
        Ok(source) => source,
        Err(error) => {
            let error = chain(error);
            return vec![Finding::new(
                "kernel programs",
                Verdict::Missing,
                "do not load",
                &error,
            )];
        }
    };
    let loaded = format!(
        "{} load ({} build, attached to BTF tracepoints)",
        source.programs().len(),
        format!("{:?}", source.variant()).to_lowercase()
    );
    let mut findings = vec![Finding::good("kernel programs", loaded)];
    findings.extend(connections(&source));
    match source.attach_kinds() {
        Ok(kinds) => findings.push(attach_kinds(&kinds)),
        Err(error) => findings.push(Finding::new(
            "attach kinds",
            Verdict::Degraded,
            "unknown",
            &chain(error),
        )),
    }
    findings
}

/// Whether connections are seen, and what of them is not.
fn connections(source: &KernelSource) -> Vec<Finding> {
    const SUBJECT: &str = "connections";
    let mut findings: Vec<Finding> = source
        .losses()
        .map(|loss| {
            Finding::new(
                SUBJECT,
                Verdict::Degraded,
                "not all is seen",
                &commands::chain(loss),
            )
        })
        .collect();
    if findings.is_empty() {
        findings.push(Finding::good(
            SUBJECT,
            "seen on the root of cgroup v2; those that are older than the agent are only counted",
        ));
    }
    findings
}

fn attach_kinds(kinds: &[AttachKind]) -> Finding {
    let usable: Vec<&str> = kinds
        .iter()
        .filter(|kind| kind.refused.is_none())
        .map(|kind| kind.name)
        .collect();
    let refused: Vec<String> = kinds
        .iter()
        .filter_map(|kind| Some(format!("{} ({})", kind.name, kind.refused.as_ref()?)))
        .collect();
    let found = usable.join(", ");
    if refused.is_empty() {
        return Finding::good("attach kinds", found);
    }
    // Nothing of this version is attached to the others, so nothing is lost.
    Finding {
        subject: "attach kinds",
        verdict: Verdict::Good,
        found,
        consequence: Some(format!(
            "not to be had: {}; nothing is lost",
            refused.join(", ")
        )),
    }
}

fn pid_namespace() -> Finding {
    if host::in_initial_pid_namespace() {
        return Finding::good("pid namespace", "the host's");
    }
    Finding::new(
        "pid namespace",
        Verdict::Missing,
        "one of its own",
        "start saker with `hostPID: true` (Kubernetes) or `--pid=host` (podman, Docker)",
    )
}

fn compat_entry() -> Finding {
    if host::has_compat_entry() {
        Finding::good("32-bit system calls", "enabled, and watched")
    } else {
        Finding::good("32-bit system calls", "not built into this kernel")
    }
}

fn cgroups() -> Finding {
    match host::mount_of("cgroup2") {
        Some(place) => Finding::good("cgroup v2", place.display().to_string()),
        None => Finding::new(
            "cgroup v2",
            Verdict::Degraded,
            "not mounted",
            "the container of a process that ends at once stays unknown; mount it, for example \
             below /sys/fs/cgroup/unified",
        ),
    }
}

fn io_uring() -> Finding {
    const CONSEQUENCE: &str = "files opened and connections made through io_uring are not reported \
                               by this version; kernel.io_uring_disabled=2 forbids them";
    match host::io_uring_enabled() {
        Some(false) => Finding::good("io_uring", "disabled"),
        Some(true) => Finding::new("io_uring", Verdict::Degraded, "enabled", CONSEQUENCE),
        None => Finding::new(
            "io_uring",
            Verdict::Degraded,
            "no switch (before 6.6)",
            CONSEQUENCE,
        ),
    }
}

fn print(out: &mut impl Write, finding: &Finding, colour: bool) -> std::io::Result<()> {
    let (mark, code) = match finding.verdict {
        Verdict::Good => ("ok", 32),
        Verdict::Degraded => ("lacks", 33),
        Verdict::Missing => ("fails", 31),
    };
    if colour {
        write!(out, "\x1b[{code}m{mark:>5}\x1b[0m")?;
    } else {
        write!(out, "{mark:>5}")?;
    }
    writeln!(out, "  {:<20} {}", finding.subject, finding.found)?;
    if let Some(consequence) = &finding.consequence {
        writeln!(out, "       {:<20} {consequence}", "")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_the_capability_of_networks_only_connections_are_missing() {
        let needed = CAPABILITIES
            .iter()
            .fold(0, |held, (bit, _, _)| held | (1_u64 << bit));
        let verdict = |held| privileges_among(held).verdict;
        assert_eq!(verdict(needed | (1 << NET_ADMIN)), Verdict::Good);
        assert_eq!(verdict(needed), Verdict::Degraded);
        assert_eq!(verdict(1 << NET_ADMIN), Verdict::Missing);
    }
}
