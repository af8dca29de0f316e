//! Capabilities by the names that specifications have for them.

use saker_kube_metadata::ContainerSecurity;

/// Capabilities, one bit for each as the kernel numbers them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CapabilitySet(pub u64);

/// In the order of their numbers.
#[rustfmt::skip]
const NAMES: [&str; 41] = [
    "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID",
    "SETPCAP", "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW",
    "IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT",
    "SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD",
    "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG",
    "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF", "CHECKPOINT_RESTORE",
];

/// What containerd and Docker give to a container that says nothing. CRI-O gives some of these.
#[rustfmt::skip]
const USUAL: [&str; 14] = [
    "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
    "NET_BIND_SERVICE", "NET_RAW", "SYS_CHROOT", "MKNOD", "AUDIT_WRITE", "SETFCAP",
];

impl CapabilitySet {
    /// All that there can be.
    pub const ALL: Self = Self(u64::MAX);

    /// The set with one capability, by its name with or without `CAP_`, in any case; empty for a name that
    /// is not known.
    #[must_use]
    pub fn named(name: &str) -> Self {
        let upper = name.to_ascii_uppercase();
        let name = upper.strip_prefix("CAP_").unwrap_or(&upper);
        let number = NAMES.iter().zip(0u32..).find(|(known, _)| **known == name);
        let bit = number.and_then(|(_, number)| 1u64.checked_shl(number));
        Self(bit.unwrap_or(0))
    }

    /// Those that are in either.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those that are not in the other.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether it has none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The capabilities that a container with this specification can have at most. What it both adds and
    /// drops it may have: runtimes do not agree about that.
    #[must_use]
    pub fn of_container(container: &ContainerSecurity) -> Self {
        if container.privileged == Some(true) {
            return Self::ALL;
        }
        let Some(changes) = &container.capabilities else {
            return Self::of_names(USUAL);
        };
        let is_all = |name: &str| name.eq_ignore_ascii_case("ALL");
        if changes.add.iter().any(|name| is_all(name)) {
            return Self::ALL;
        }
        let kept = match changes.drop.iter().any(|name| is_all(name)) {
            true => Self::default(),
            false => {
                let dropped = names_of(&changes.drop);
                Self::of_names(USUAL).without(dropped)
            }
        };
        kept.with(names_of(&changes.add))
    }

    fn of_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let sets = names.into_iter().map(Self::named);
        sets.fold(Self::default(), Self::with)
    }
}

fn names_of(names: &[std::sync::Arc<str>]) -> CapabilitySet {
    CapabilitySet::of_names(names.iter().map(|name| &**name))
}
