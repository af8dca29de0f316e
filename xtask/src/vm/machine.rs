//! One run of a virtual machine.

use std::fs::File;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::debian::Tools;

/// How a machine stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// By itself: switched off, or the kernel panicked.
    PowerOff,
    /// It was killed when its time was over.
    TimeLimit,
}

/// The BPF LSM must be named to be active.
const KERNEL_ARGUMENTS: &str = "console=ttyS0 quiet panic=-1 lsm=lockdown,capability,bpf";

const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// Boots a kernel and waits for the machine's end; its serial output goes to `log`.
pub(super) fn run(
    tools: &Tools,
    vmlinuz: &Path,
    initramfs: &Path,
    log: &Path,
    time_max: Duration,
) -> Result<End> {
    let output = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
    let errors = output.try_clone().context("cannot share the log file")?;
    let mut child = tools
        .qemu()
        // TCG: nested virtualisation is often missing, and a stock kernel may hang under it.
        .args(["-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2"])
        .args(["-m", "1024", "-display", "none", "-nodefaults"])
        .args(["-serial", "stdio", "-no-reboot"])
        .arg("-kernel")
        .arg(vmlinuz)
        .arg("-initrd")
        .arg(initramfs)
        .args(["-append", KERNEL_ARGUMENTS])
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(errors)
        .spawn()
        .context("cannot start QEMU")?;

    let start = Instant::now();
    while start.elapsed() < time_max {
        if child.try_wait().context("cannot wait for QEMU")?.is_some() {
            return Ok(End::PowerOff);
        }
        std::thread::sleep(POLL_INTERVAL);
    }
    child.kill().context("cannot stop QEMU")?;
    child.wait().context("cannot wait for QEMU")?;
    Ok(End::TimeLimit)
}
