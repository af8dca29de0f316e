//! Which ways to attach a program this host has.

use aya::programs::{FEntry, FExit, Lsm, ProgramError, ProgramType};
use aya::{Btf, Ebpf};
use std::path::Path;

/// What the trial programs are attached to; every kernel with BTF has it.
const TRIAL_FUNCTION: &str = "security_file_open";
const TRIAL_HOOK: &str = "file_open";

/// Where the kernel lists that probes can be put on its functions.
const KPROBE_DEVICE: &str = "/sys/bus/event_source/devices/kprobe";

/// A way to attach a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachKind {
    /// Its name.
    pub name: &'static str,
    /// Why it cannot be used here, if it cannot.
    pub refused: Option<String>,
}

/// Tries every way by loading programs that do nothing; none is attached.
pub(crate) fn attach_kinds(ebpf: &mut Ebpf, btf: &Btf) -> Vec<AttachKind> {
    let kind = |name, outcome: Result<(), String>| AttachKind {
        name,
        refused: outcome.err(),
    };
    let kprobe = if Path::new(KPROBE_DEVICE).exists() {
        Ok(())
    } else {
        Err("not built into this kernel".to_owned())
    };
    vec![
        kind("tp_btf", Ok(())),
        kind("fentry", fentry(ebpf, btf)),
        kind("fexit", fexit(ebpf, btf)),
        kind("lsm", lsm(ebpf, btf)),
        kind("kprobe", kprobe),
        kind("tracepoint", supported(ProgramType::TracePoint)),
        kind("cgroup_skb", supported(ProgramType::CgroupSkb)),
        kind("sock_ops", supported(ProgramType::SockOps)),
    ]
}

fn fentry(ebpf: &mut Ebpf, btf: &Btf) -> Result<(), String> {
    let program: &mut FEntry = trial(ebpf, "trial_fentry")?;
    program
        .load(TRIAL_FUNCTION, btf)
        .map_err(|error| reason(&error))
}

fn fexit(ebpf: &mut Ebpf, btf: &Btf) -> Result<(), String> {
    let program: &mut FExit = trial(ebpf, "trial_fexit")?;
    program
        .load(TRIAL_FUNCTION, btf)
        .map_err(|error| reason(&error))
}

fn lsm(ebpf: &mut Ebpf, btf: &Btf) -> Result<(), String> {
    let program: &mut Lsm = trial(ebpf, "trial_lsm")?;
    program
        .load(TRIAL_HOOK, btf)
        .map_err(|error| reason(&error))
}

fn trial<'a, P>(ebpf: &'a mut Ebpf, name: &str) -> Result<&'a mut P, String>
where
    &'a mut P: TryFrom<&'a mut aya::programs::Program, Error = ProgramError>,
{
    let program = ebpf
        .program_mut(name)
        .ok_or("the object has no trial program")?;
    program
        .try_into()
        .map_err(|error: ProgramError| error.to_string())
}

fn supported(kind: ProgramType) -> Result<(), String> {
    match aya::sys::is_program_supported(kind) {
        Ok(true) => Ok(()),
        Ok(false) => Err("this kernel does not know it".to_owned()),
        Err(error) => Err(reason(&error)),
    }
}

/// What the kernel says, without the verifier's log: these programs have nothing to verify.
fn reason(error: &ProgramError) -> String {
    match error {
        ProgramError::LoadError { io_error, .. } => io_error.to_string(),
        other => other.to_string(),
    }
}
