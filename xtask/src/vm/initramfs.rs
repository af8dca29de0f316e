//! The file system a machine boots into.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result, bail};

use super::EXIT_MARK;
use super::debian::Tools;
use crate::cache::{create_folder, remove_folder};

/// Mounts what the agent expects of a booted system, runs it and switches the machine off.
fn init_script() -> String {
    format!(
        "#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t devtmpfs devtmpfs /dev
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs tmpfs /tmp
mount -t securityfs securityfs /sys/kernel/security
mount -t tracefs tracefs /sys/kernel/tracing
mount -t bpf bpf /sys/fs/bpf
mount -t cgroup2 cgroup2 /sys/fs/cgroup
ip link set lo up
uname -a
/saker doctor --load
echo {EXIT_MARK}$?
poweroff -f
"
    )
}

/// Packs busybox, the agent and the init script.
pub(super) fn build(tools: &Tools, binary: &Path, initramfs: &Path) -> Result<()> {
    let folder = initramfs.with_extension("folder");
    remove_folder(&folder)?;
    for name in ["bin", "dev", "proc", "sys", "tmp"] {
        create_folder(&folder.join(name))?;
    }
    let copy = |from: &Path, name: &str| {
        fs::copy(from, folder.join(name))
            .map(drop)
            .with_context(|| format!("cannot copy {} into the initramfs", from.display()))
    };
    copy(&tools.busybox(), "bin/busybox")?;
    copy(binary, "saker")?;
    fs::write(folder.join("init"), init_script()).context("cannot write the init script")?;
    for name in ["bin/busybox", "saker", "init"] {
        fs::set_permissions(folder.join(name), Permissions::from_mode(0o755))
            .with_context(|| format!("cannot make {name} executable"))?;
    }
    pack(tools, &folder, initramfs)?;
    remove_folder(&folder)
}

/// Writes a folder as an archive in the form the kernel reads, not compressed: unpacking would
/// cost the emulated processor more than reading does.
fn pack(tools: &Tools, folder: &Path, archive: &Path) -> Result<()> {
    let output =
        File::create(archive).with_context(|| format!("cannot write {}", archive.display()))?;
    let mut find = std::process::Command::new("find")
        .arg(".")
        .current_dir(folder)
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start `find`")?;
    let names = find.stdout.take().context("`find` has no output")?;
    let packed = tools
        .cpio()
        .args(["--create", "--quiet", "--format=newc", "--owner=+0:+0"])
        .current_dir(folder)
        .stdin(names)
        .stdout(output)
        .status()
        .context("cannot start `cpio`")?;
    let listed = find.wait().context("cannot wait for `find`")?;
    if !packed.success() || !listed.success() {
        bail!("cannot pack {}", archive.display());
    }
    Ok(())
}
