//! `vm-test`: the agent on other kernels, in QEMU without hardware help.
//!
//! Each kernel boots with an initramfs that holds a busybox and the agent and nothing else. The
//! agent loads every program, prints one line of JSON and ends; the init script prints its exit
//! code after [`EXIT_MARK`] and switches the machine off.

mod debian;
mod initramfs;
mod machine;
mod report;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};

use crate::agent;
use crate::cache::{Cache, create_folder};
use crate::command;
use crate::ebpf::{self, KernelLog, Warnings};
use crate::progress;
use crate::workspace::Workspace;

/// What the init script writes before the agent's exit code.
const EXIT_MARK: &str = "SAKER-VM-EXIT=";

/// How long a machine may take from power-on to power-off.
const BOOT_TIME_MAX: Duration = Duration::from_secs(180);

/// How much of a machine's log an error repeats, in lines.
const LOG_TAIL_LINES: usize = 40;

/// A series of kernels that Debian packages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Kernel {
    /// Debian 11
    #[value(name = "5.10")]
    Linux5_10,
    /// Debian 12
    #[value(name = "6.1")]
    Linux6_1,
    /// Debian 13
    #[value(name = "6.12")]
    Linux6_12,
    /// Debian unstable, which moves on: the newest there
    #[value(name = "7.2", alias = "sid")]
    Linux7_2,
}

impl Kernel {
    /// All: a boot takes seconds, and verifiers differ in what they refuse.
    pub(crate) const DEFAULTS: [Self; 4] = [
        Self::Linux5_10,
        Self::Linux6_1,
        Self::Linux6_12,
        Self::Linux7_2,
    ];

    /// Name of the series.
    fn series(self) -> &'static str {
        match self {
            Self::Linux5_10 => "5.10",
            Self::Linux6_1 => "6.1",
            Self::Linux6_12 => "6.12",
            Self::Linux7_2 => "7.2",
        }
    }

    /// Debian's suites that carry it, the release itself first.
    fn suites(self) -> &'static [&'static str] {
        match self {
            Self::Linux5_10 => &["bullseye", "bullseye-security"],
            Self::Linux6_1 => &["bookworm", "bookworm-security"],
            Self::Linux6_12 => &["trixie", "trixie-security"],
            Self::Linux7_2 => &["sid"],
        }
    }
}

/// Builds the agent and loads its programs on each kernel; fails when any does.
pub(crate) fn load_test(workspace: &Workspace, kernels: &[Kernel]) -> Result<()> {
    ebpf::build(workspace, KernelLog::Off, Warnings::Show)?;
    let binary = agent::build_static(workspace)?;
    load_test_of(workspace, kernels, &binary)
}

/// Like [`load_test`], with a static binary that is there already.
pub(crate) fn load_test_of(workspace: &Workspace, kernels: &[Kernel], binary: &Path) -> Result<()> {
    if std::env::consts::ARCH != "x86_64" {
        bail!("vm-test knows x86-64 only");
    }
    progress::heading("preparing QEMU, busybox and cpio");
    let cache = Cache::open()?;
    let lock = cache.lock()?;
    let tools = debian::set_up_tools(&cache, &lock)?;
    let mut images = Vec::new();
    for kernel in kernels {
        images.push((*kernel, debian::set_up_kernel(&cache, &lock, *kernel)?));
    }
    drop(lock);

    let folder = workspace.own_target().join("vm");
    create_folder(&folder)?;
    let initramfs = folder.join("initramfs.cpio");
    initramfs::build(&tools, binary, &initramfs)?;

    let mut failed = Vec::new();
    for (kernel, image) in &images {
        if let Err(error) = boot(&tools, *kernel, image, &initramfs, &folder) {
            progress::failure(&format!("Linux {}: {error:#}", kernel.series()));
            failed.push(kernel.series());
        }
    }
    if !failed.is_empty() {
        bail!(
            "{} of {} kernels failed: {}",
            failed.len(),
            images.len(),
            failed.join(", ")
        );
    }
    Ok(())
}

fn boot(
    tools: &debian::Tools,
    kernel: Kernel,
    image: &debian::KernelImage,
    initramfs: &Path,
    folder: &Path,
) -> Result<()> {
    progress::heading(&format!(
        "Linux {} ({}): booting, {} s at most",
        kernel.series(),
        image.package,
        BOOT_TIME_MAX.as_secs()
    ));
    let log: PathBuf = folder.join(format!("{}.log", kernel.series()));
    let start = Instant::now();
    let ended = machine::run(tools, &image.vmlinuz, initramfs, &log, BOOT_TIME_MAX)?;
    let text = fs::read(&log).with_context(|| format!("cannot read {}", log.display()))?;
    let text = String::from_utf8_lossy(&text);

    let verdict = match ended {
        machine::End::PowerOff => report::judge(&text),
        machine::End::TimeLimit => Err(anyhow!(
            "the machine was still running after {} s",
            BOOT_TIME_MAX.as_secs()
        )),
    };
    let loaded = verdict.map_err(|reason| {
        anyhow!(
            "{reason:#}\nthe end of {}:\n{}",
            log.display(),
            command::tail(&text, LOG_TAIL_LINES)
        )
    })?;
    progress::detail(&format!(
        "{loaded} programs loaded, {}",
        progress::duration(start.elapsed())
    ));
    Ok(())
}
