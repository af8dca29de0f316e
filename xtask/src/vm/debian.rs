//! Kernels and tools from Debian's archive, unpacked into the cache.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::Kernel;
use crate::apt;
use crate::archive::{Archive, Contents, Mirror};
use crate::cache::{Cache, CacheLock, create_folder};
use crate::command;
use crate::progress;

/// Older ones cannot run new kernels without hardware help (double fault at boot).
const QEMU_MAJOR_MIN: u32 = 10;

/// Points to the newest kernel of a release, in the flavour that needs no initramfs of its own.
const KERNEL_PACKAGE: &str = "linux-image-cloud-amd64";

/// Entry of the cache.
const TOOLS: &str = "vm-tools";

/// Programs that the test runs on the host, and the busybox of the guest.
#[derive(Debug)]
pub(super) struct Tools {
    root: PathBuf,
}

/// A kernel that can be booted.
#[derive(Debug)]
pub(super) struct KernelImage {
    pub(super) package: String,
    pub(super) vmlinuz: PathBuf,
}

impl Tools {
    /// QEMU with the libraries and the firmware that were unpacked beside it.
    pub(super) fn qemu(&self) -> Command {
        let mut command = self.command("usr/bin/qemu-system-x86_64");
        for firmware in ["usr/share/qemu", "usr/share/seabios"] {
            command.arg("-L").arg(self.root.join(firmware));
        }
        command
    }

    /// The archiver.
    pub(super) fn cpio(&self) -> Command {
        let merged = "usr/bin/cpio";
        self.command(if self.root.join(merged).exists() {
            merged
        } else {
            "bin/cpio"
        })
    }

    /// The statically linked busybox.
    pub(super) fn busybox(&self) -> PathBuf {
        ["usr/bin/busybox", "bin/busybox"]
            .map(|name| self.root.join(name))
            .into_iter()
            .find(|path| path.exists())
            .unwrap_or_default()
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.root.join(program));
        let libraries = ["usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"]
            .map(|folder| self.root.join(folder).display().to_string());
        command.env("LD_LIBRARY_PATH", libraries.join(":"));
        command
    }
}

/// QEMU, busybox and cpio from the cache, fetched first when missing.
pub(super) fn set_up_tools(cache: &Cache, lock: &CacheLock) -> Result<Tools> {
    if cache.stamp(TOOLS).is_none() {
        let mirror = Mirror::of_system()?;
        // The system's own release may have a QEMU that is too old; then its backports have not.
        let backports = format!("{}-backports", mirror.release);
        let archive = Archive::open(
            cache,
            &mirror,
            &[&mirror.release, &backports],
            Contents::Packages,
        )?;
        progress::detail("fetching QEMU, busybox and cpio");
        cache.replace(lock, TOOLS, |folder| {
            let debs = folder.join("debs");
            create_folder(&debs.join("partial"))?;
            let wanted = ["qemu-system-x86", "seabios", "qemu-system-data"];
            archive.download_with_dependencies(&wanted, &debs)?;
            archive
                .apt
                .download(&["busybox-static", "cpio"].map(str::to_owned), &debs)?;
            // The system's own must serve: another beside it would break every program.
            remove_packages(&debs, "libc6_")?;
            apt::unpack(&debs, &folder.join("root"))?;
            crate::cache::remove_folder(&debs)?;
            check_qemu(&Tools {
                root: folder.join("root"),
            })
        })?;
    }
    let tools = Tools {
        root: cache.path(TOOLS).join("root"),
    };
    check_qemu(&tools)?;
    Ok(tools)
}

/// The kernel of a series from the cache, fetched first when missing.
pub(super) fn set_up_kernel(
    cache: &Cache,
    lock: &CacheLock,
    kernel: Kernel,
) -> Result<KernelImage> {
    let entry = format!("linux-{}", kernel.series());
    let package = match cache.stamp(&entry) {
        Some(package) => package,
        None => fetch_kernel(cache, lock, kernel, &entry)?,
    };
    let vmlinuz = cache.path(&entry).join("vmlinuz");
    Ok(KernelImage { package, vmlinuz })
}

fn fetch_kernel(cache: &Cache, lock: &CacheLock, kernel: Kernel, entry: &str) -> Result<String> {
    let archive = Archive::open(
        cache,
        &Mirror::of_system()?,
        kernel.suites(),
        Contents::Packages,
    )?;
    let mut package = newest_kernel(&archive)?;
    if !package.contains(&format!("-{}.", kernel.series())) {
        progress::note(&format!(
            "Debian has no Linux {} any more, taking {package}",
            kernel.series()
        ));
    }
    progress::detail(&format!("fetching {package}"));
    cache.replace(lock, entry, |folder| {
        // Newer packages leave the image itself to a further package.
        let vmlinuz = loop {
            let debs = folder.join("debs");
            let root = folder.join("root");
            create_folder(&debs)?;
            archive
                .apt
                .download(std::slice::from_ref(&package), &debs)?;
            apt::unpack(&debs, &root)?;
            crate::cache::remove_folder(&debs)?;
            if let Some(vmlinuz) = find_vmlinuz(&root)? {
                break vmlinuz;
            }
            package = archive
                .dependency(&package, "linux-binary-")?
                .with_context(|| format!("package {package} holds no kernel image"))?;
        };
        fs::copy(&vmlinuz, folder.join("vmlinuz")).context("cannot copy the kernel image")?;
        crate::cache::remove_folder(&folder.join("root"))?;
        Ok(package.clone())
    })?;
    Ok(package)
}

/// The package of the newest kernel.
fn newest_kernel(archive: &Archive) -> Result<String> {
    archive
        .dependency(KERNEL_PACKAGE, "linux-image-")?
        .with_context(|| format!("package {KERNEL_PACKAGE} names no kernel"))
}

fn remove_packages(debs: &Path, prefix: &str) -> Result<()> {
    for entry in fs::read_dir(debs).context("cannot list the downloaded packages")? {
        let entry = entry.context("cannot list the downloaded packages")?;
        if entry.file_name().to_string_lossy().starts_with(prefix) {
            fs::remove_file(entry.path()).context("cannot remove a downloaded package")?;
        }
    }
    Ok(())
}

/// Fails when QEMU does not start or is too old; returns its version.
fn check_qemu(tools: &Tools) -> Result<String> {
    let version = command::capture(tools.qemu().arg("--version"))?;
    let version = version.lines().next().unwrap_or_default();
    let major: Option<u32> = version
        .split_whitespace()
        .find_map(|word| word.split('.').next()?.parse().ok());
    if major.is_none_or(|major| major < QEMU_MAJOR_MIN) {
        bail!("{version}: QEMU {QEMU_MAJOR_MIN} or newer is needed");
    }
    Ok(version.to_owned())
}

/// The kernel image among a package's files.
fn find_vmlinuz(root: &Path) -> Result<Option<PathBuf>> {
    let found = command::capture(
        Command::new("find")
            .arg(root)
            .args(["-type", "f", "-name", "vmlinuz*"]),
    )?;
    Ok(found.lines().next().map(PathBuf::from))
}
