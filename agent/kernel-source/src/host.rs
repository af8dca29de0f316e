//! What this host lets the agent do.

use saker_event_schema::cgroup_key;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Major and minor number of the running kernel's release; zeros if it has an unknown form.
#[must_use]
pub fn kernel_release() -> (u32, u32) {
    let release = rustix::system::uname()
        .release()
        .to_string_lossy()
        .into_owned();
    parse_release(&release)
}

fn parse_release(release: &str) -> (u32, u32) {
    let mut numbers = release.split(|character: char| !character.is_ascii_digit());
    let mut next = || {
        numbers
            .next()
            .and_then(|number| number.parse().ok())
            .unwrap_or(0)
    };
    (next(), next())
}

/// The lockdown mode in force (`none`, `integrity`, `confidentiality`), where the kernel says.
#[must_use]
pub fn lockdown() -> Option<String> {
    let modes = fs::read_to_string("/sys/kernel/security/lockdown").ok()?;
    let (_, rest) = modes.split_once('[')?;
    rest.split_once(']').map(|(mode, _)| mode.to_owned())
}

/// Capabilities that the agent holds, as the bits of `CapEff`.
#[must_use]
pub fn effective_capabilities() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    line.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok())
        .unwrap_or(0)
}

/// Whether the agent may load and attach programs.
#[must_use]
pub fn may_load_programs() -> bool {
    const CAP_SYS_ADMIN: u32 = 21;
    const CAP_PERFMON: u32 = 38;
    const CAP_BPF: u32 = 39;
    let held = effective_capabilities();
    let has = |capability: u32| held & (1 << capability) != 0;
    has(CAP_SYS_ADMIN) || (has(CAP_BPF) && has(CAP_PERFMON))
}

/// Whether the agent sees the pids that the kernel's records have.
#[must_use]
pub fn in_initial_pid_namespace() -> bool {
    // PROC_PID_INIT_INO: the first pid namespace has the same number on every kernel.
    fs::read_link("/proc/self/ns/pid").is_ok_and(|link| link == Path::new("pid:[4026531836]"))
}

/// Where a file system of a type is mounted first.
#[must_use]
pub fn mount_of(kind: &str) -> Option<PathBuf> {
    let mounts = fs::read_to_string("/proc/self/mounts").ok()?;
    mounts.lines().find_map(|line| {
        let mut fields = line.split(' ');
        let (_, place, found) = (fields.next()?, fields.next()?, fields.next()?);
        (found == kind).then(|| PathBuf::from(place))
    })
}

/// Whether a controller of cgroups is in a hierarchy of cgroup v1.
#[must_use]
pub fn has_cgroup_v1(controller: &str) -> bool {
    let controllers = fs::read_to_string("/proc/cgroups").unwrap_or_default();
    is_in_v1(&controllers, controller)
}

/// `/proc/cgroups`: `name hierarchy cgroups enabled` a line; hierarchy 0 is cgroup v2, or none.
fn is_in_v1(controllers: &str, controller: &str) -> bool {
    controllers.lines().any(|line| {
        let mut columns = line.split_whitespace();
        let (name, hierarchy) = (columns.next(), columns.next());
        name == Some(controller) && hierarchy.is_some_and(|number| number != "0")
    })
}

/// Where the hierarchies of cgroups are mounted that records name ([`cgroup_key`]): the bits that
/// stand for the hierarchy, and the mount.
#[must_use]
pub fn cgroup_mounts() -> Vec<(u64, PathBuf)> {
    cgroup_mounts_in(&fs::read_to_string("/proc/self/mounts").unwrap_or_default())
}

/// Where the root of cgroup v2 is mounted, whatever part of it the agent's own cgroup namespace shows: with the
/// host's pids, process 1 shows the host's mounts.
#[must_use]
pub fn cgroup_v2_root() -> Option<PathBuf> {
    ["/proc/self", "/proc/1"].into_iter().find_map(|process| {
        let mounts = fs::read_to_string(format!("{process}/mountinfo")).ok()?;
        let places = cgroup_v2_mounts(&mounts);
        let root = Path::new(process).join("root");
        places
            .into_iter()
            .map(|place| root.join(place.strip_prefix("/").unwrap_or(&place)))
            .find(|place| is_cgroup_root(place))
    })
}

/// Where `/proc/PID/mountinfo` says that cgroup v2 is mounted.
fn cgroup_v2_mounts(mounts: &str) -> Vec<PathBuf> {
    let mounts = mounts.lines().filter_map(|line| {
        let (mount, kind) = line.split_once(" - ")?;
        let place = mount.split(' ').nth(4)?;
        (kind.split(' ').next() == Some("cgroup2")).then(|| PathBuf::from(place))
    });
    mounts.collect()
}

/// Whether a directory is the root of a hierarchy of cgroups: the kernel numbers it 1.
fn is_cgroup_root(directory: &Path) -> bool {
    fs::metadata(directory).is_ok_and(|metadata| metadata.ino() == cgroup_key::ROOT)
}

fn cgroup_mounts_in(mounts: &str) -> Vec<(u64, PathBuf)> {
    let mut found: Vec<(u64, PathBuf)> = Vec::new();
    for line in mounts.lines() {
        let fields: Vec<&str> = line.split(' ').collect();
        let [_, place, kind, options, ..] = fields[..] else {
            continue;
        };
        let has = |controller: &str| options.split(',').any(|option| option == controller);
        let hierarchy = match kind {
            "cgroup2" => cgroup_key::UNIFIED,
            "cgroup" if has("pids") => cgroup_key::PIDS,
            "cgroup" if has("memory") => cgroup_key::MEMORY,
            _ => continue,
        };
        if found.iter().all(|(known, _)| *known != hierarchy) {
            found.push((hierarchy, PathBuf::from(place)));
        }
    }
    found
}

/// Whether processes may use io_uring; `None` where the kernel has no such switch (before 6.6).
#[must_use]
pub fn io_uring_enabled() -> Option<bool> {
    let disabled = fs::read_to_string("/proc/sys/kernel/io_uring_disabled").ok()?;
    Some(disabled.trim() != "2")
}

/// Whether the kernel has 32-bit system calls.
#[must_use]
pub fn has_compat_entry() -> bool {
    let symbols = fs::read_to_string("/proc/kallsyms").unwrap_or_default();
    symbols
        .lines()
        .any(|line| line.ends_with(" do_int80_emulation") || line.ends_with(" do_int80_syscall_32"))
}

/// Gives memory that was freed back to the kernel, as far as the C library's allocator can; it takes some
/// milliseconds.
///
/// By itself glibc keeps every page of the most that was ever needed, but for the end of the heap: a wave of
/// containers or processes would be paid for until the agent ends. Other C libraries give back as they go.
pub fn give_back_memory() {
    #[cfg(target_env = "gnu")]
    {
        // SAFETY: no pointer goes in or comes out, and the function may be called at any time from any thread.
        let gave_back = unsafe { libc::malloc_trim(0) };
        tracing::trace!(gave_back, "gave freed memory back");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_hierarchy_has_its_first_mount() {
        let mounts = "proc /proc proc rw 0 0\n\
            cgroup /sys/fs/cgroup/memory cgroup rw,relatime,memory 0 0\n\
            cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,cpu,cpuacct 0 0\n\
            cgroup2 /sys/fs/cgroup/unified cgroup2 rw,relatime 0 0\n\
            cgroup /sys/fs/cgroup/pids cgroup rw,pids 0 0\n\
            cgroup2 /elsewhere cgroup2 rw 0 0\nbroken\n";
        let expected = [
            (cgroup_key::MEMORY, "/sys/fs/cgroup/memory"),
            (cgroup_key::UNIFIED, "/sys/fs/cgroup/unified"),
            (cgroup_key::PIDS, "/sys/fs/cgroup/pids"),
        ];
        assert_eq!(
            cgroup_mounts_in(mounts),
            expected.map(|(hierarchy, place)| (hierarchy, PathBuf::from(place)))
        );
    }

    #[test]
    fn mounts_of_cgroup_v2() {
        let mounts = "25 30 0:22 / /proc rw - proc proc rw\n\
            31 30 0:26 /kubepods/pod1 /sys/fs/cgroup ro,nosuid shared:9 master:1 - cgroup2 cgroup rw\n\
            33 32 0:28 / /sys/fs/cgroup/pids rw shared:11 - cgroup cgroup rw,pids\n\
            34 32 0:26 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\nbroken\n- cgroup2\n";
        let expected = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].map(PathBuf::from);
        assert_eq!(cgroup_v2_mounts(mounts), expected);
        assert!(!is_cgroup_root(Path::new("/nonexistent")));
    }

    #[test]
    fn a_controller_of_v1_has_a_hierarchy() {
        let controllers = "#subsys_name\thierarchy\tnum_cgroups\tenabled\n\
            cpuset\t3\t1\t1\nmemory\t0\t63\t1\npids\t8\t1\t1\n";
        assert!(is_in_v1(controllers, "pids"));
        assert!(!is_in_v1(controllers, "memory"));
        assert!(!is_in_v1(controllers, "absent"));
    }

    #[test]
    fn releases() {
        assert_eq!(parse_release("6.18.44-fc"), (6, 18));
        assert_eq!(parse_release("5.10.0-46-cloud-amd64"), (5, 10));
        assert_eq!(parse_release("7.2+deb"), (7, 2));
        assert_eq!(parse_release("weird"), (0, 0));
    }
}
