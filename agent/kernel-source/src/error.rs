//! What can go wrong between the object file and a running probe.

use aya::EbpfError;
use aya::maps::MapError;
use aya::programs::ProgramError;
use std::io;
use std::path::PathBuf;

/// An error of loading, attaching or reading the kernel programs.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KernelSourceError {
    /// The kernel gives no type information.
    #[error(
        "cannot read the kernel's type information at {path}; saker needs a kernel built \
         with CONFIG_DEBUG_INFO_BTF=y (all major distributions since 2020 have it)"
    )]
    NoBtf {
        /// Where it was looked for.
        path: PathBuf,
        /// Why it could not be read.
        source: io::Error,
    },
    /// The type information could not be understood.
    #[error("cannot parse the kernel's type information")]
    BadBtf {
        /// What the parser says.
        source: btf_rs::Error,
    },
    /// aya could not parse the type information.
    #[error("cannot parse the kernel's type information")]
    BadBtfForLoader {
        /// What the parser says.
        source: aya::BtfError,
    },
    /// The kernel lacks members that no program can do without.
    #[error("this kernel's structs lack {}, which the probes cannot do without", .0.join(", "))]
    MissingMembers(Vec<&'static str>),
    /// Agent and object disagree about the wire format.
    #[error(
        "the embedded kernel programs were built from another event table (object {object:#018x}, \
         agent {agent:#018x}); build both with `cargo xtask build`"
    )]
    TableMismatch {
        /// Hash in the object.
        object: u64,
        /// Hash in the agent.
        agent: u64,
    },
    /// The object has no table hash.
    #[error("the embedded object is not one of saker's: {0}")]
    BadObject(&'static str),
    /// The process lacks the privilege.
    #[error(
        "not permitted to load kernel programs: run saker as root, or grant it CAP_BPF, \
         CAP_PERFMON, CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH (CAP_SYS_ADMIN before Linux 5.8)"
    )]
    NotPermitted,
    /// The process lacks the privilege that only the programs on connections need.
    #[error("not permitted to load the programs that see connections: grant CAP_NET_ADMIN as well")]
    NetworkNotPermitted,
    /// The agent has pids of its own.
    #[error(
        "saker runs in a pid namespace of its own, where it cannot see the host's processes: start it \
         with `hostPID: true` (Kubernetes) or `--pid=host` (podman, Docker)"
    )]
    ForeignPidNamespace,
    /// No mount shows the root of cgroup v2.
    #[error(
        "no mount of cgroup v2 shows its root, to which the programs that see connections are attached: mount \
         it (`mount -t cgroup2 none /sys/fs/cgroup/unified`), or give the agent's container the host's /sys/fs/cgroup"
    )]
    NoCgroupRoot,
    /// The root of cgroup v2 could not be opened.
    #[error("cannot open {path}, the root of cgroup v2")]
    UnreadableCgroupRoot {
        /// Where it was looked for.
        path: PathBuf,
        /// Why it could not be opened.
        source: io::Error,
    },
    /// The object could not be loaded.
    #[error("cannot load the kernel programs")]
    Load {
        /// What aya says.
        source: Box<EbpfError>,
    },
    /// A program is missing from the object.
    #[error("the embedded object has no program `{0}`")]
    NoSuchProgram(String),
    /// A map is missing from the object.
    #[error("the embedded object has no map `{0}`")]
    NoSuchMap(&'static str),
    /// The kernel refused a program.
    #[error("the kernel refuses program `{program}`: {}", evidence(.refusal))]
    Program {
        /// Which program.
        program: String,
        /// What aya says, with the verifier's whole log; not a source of this error, because
        /// printing it would print all of that.
        refusal: Box<ProgramError>,
    },
    /// A map could not be used.
    #[error("cannot use map `{map}`")]
    Map {
        /// Which map.
        map: &'static str,
        /// What aya says.
        source: Box<MapError>,
    },
    /// The rings could not be waited for.
    #[error("cannot wait for the rings")]
    Wait {
        /// What the kernel says.
        source: io::Error,
    },
}

/// Something that is wanted and that this host cannot do.
#[derive(Debug, thiserror::Error)]
#[error("not seen on this host: {capability}")]
pub struct CapabilityLoss {
    /// What is not seen.
    pub capability: &'static str,
    /// Why.
    #[source]
    pub reason: KernelSourceError,
}

/// What the kernel says and the end of the verifier's log: the evidence belongs in the error.
fn evidence(error: &ProgramError) -> String {
    const LINES: usize = 25;
    let ProgramError::LoadError {
        io_error,
        verifier_log,
    } = error
    else {
        return error.to_string();
    };
    let log = verifier_log.to_string();
    let lines: Vec<&str> = log.lines().collect();
    let end = lines[lines.len().saturating_sub(LINES)..].join("\n  ");
    format!("{io_error}\nend of the verifier's log:\n  {end}")
}

/// Names the map.
pub(crate) fn map_error(map: &'static str) -> impl Fn(MapError) -> KernelSourceError {
    move |source| KernelSourceError::Map {
        map,
        source: Box::new(source),
    }
}

/// Names the program, unless the privilege was missing.
pub(crate) fn program_error(name: &str) -> impl FnOnce(ProgramError) -> KernelSourceError {
    let program = name.to_owned();
    move |source| match &source {
        ProgramError::LoadError { io_error, .. } if is_permission(io_error) => {
            KernelSourceError::NotPermitted
        }
        _ => KernelSourceError::Program {
            program,
            refusal: Box::new(source),
        },
    }
}

/// The same of the programs that see connections, which are loaded when the others were.
pub(crate) fn network_error(name: &str) -> impl FnOnce(ProgramError) -> KernelSourceError {
    let named = program_error(name);
    move |source| of_network(named(source))
}

/// What is missing is what only these programs need.
fn of_network(error: KernelSourceError) -> KernelSourceError {
    match error {
        KernelSourceError::NotPermitted => KernelSourceError::NetworkNotPermitted,
        other => other,
    }
}

/// Tells a missing privilege from everything else.
pub(crate) fn load_error(source: EbpfError) -> KernelSourceError {
    let mut cause: Option<&dyn std::error::Error> = Some(&source);
    while let Some(error) = cause {
        if error.downcast_ref::<io::Error>().is_some_and(is_permission) {
            return KernelSourceError::NotPermitted;
        }
        cause = error.source();
    }
    KernelSourceError::Load {
        source: Box::new(source),
    }
}

fn is_permission(error: &io::Error) -> bool {
    // EPERM; the verifier's refusals are EACCES, which Rust calls "permission denied" as well.
    error.raw_os_error() == Some(libc::EPERM)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_privilege_that_is_missing_is_the_one_that_is_named() {
        let error = of_network(KernelSourceError::NotPermitted).to_string();
        assert!(error.contains("CAP_NET_ADMIN"), "{error}");
        assert!(!error.contains("CAP_BPF"), "{error}");
        let refusal = ProgramError::IOError(io::Error::other("no memory"));
        let error = network_error("connect4")(refusal).to_string();
        assert!(error.contains("refuses program `connect4`"), "{error}");
    }
}
