//! What the labels of a namespace demand.

use super::level::Level;
use super::version::Version;
use saker_kube_metadata::Labels;

/// What happens to a pod that violates a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// It is refused.
    Enforce,
    /// The audit log says so.
    Audit,
    /// Who made it is told so.
    Warn,
}

impl Mode {
    /// Every mode.
    pub const ALL: [Self; 3] = [Self::Enforce, Self::Audit, Self::Warn];

    /// As labels of namespaces write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::Audit => "audit",
            Self::Warn => "warn",
        }
    }

    /// The labels that say its level and version.
    const fn labels(self) -> (&'static str, &'static str) {
        match self {
            Self::Enforce => (
                "pod-security.kubernetes.io/enforce",
                "pod-security.kubernetes.io/enforce-version",
            ),
            Self::Audit => (
                "pod-security.kubernetes.io/audit",
                "pod-security.kubernetes.io/audit-version",
            ),
            Self::Warn => (
                "pod-security.kubernetes.io/warn",
                "pod-security.kubernetes.io/warn-version",
            ),
        }
    }
}

/// A level of a version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Demand {
    /// Level.
    pub level: Level,
    /// Version.
    pub version: Version,
}

/// What a namespace demands of its pods, in each mode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Demands {
    enforce: Demand,
    audit: Demand,
    warn: Demand,
}

impl Demands {
    /// What these labels of a namespace demand, as admission reads them: a level to be enforced that is
    /// none counts as `restricted`, one of another mode as `privileged`, a version that is none as `latest`.
    /// Who is not warned otherwise is warned of what is enforced.
    #[must_use]
    pub fn of_labels(labels: &Labels) -> Self {
        let read = |mode: Mode, otherwise| {
            let (level, version) = mode.labels();
            let level = labels.get(level).map(|text| text.parse());
            let version = labels.get(version).map(|text| text.parse());
            let demand = Demand {
                level: level.as_ref().map_or(Level::Privileged, |level| {
                    level.clone().unwrap_or(otherwise)
                }),
                version: version.clone().and_then(Result::ok).unwrap_or_default(),
            };
            (demand, level, version)
        };
        let (enforce, level, _) = read(Mode::Enforce, Level::Restricted);
        let (audit, _, _) = read(Mode::Audit, Level::Privileged);
        let (mut warn, warn_level, warn_version) = read(Mode::Warn, Level::Privileged);
        if let (Some(Ok(level)), None) = (level, warn_level)
            && level > warn.level
        {
            warn.level = level;
            if warn_version.is_none() {
                warn.version = enforce.version;
            }
        }
        Self {
            enforce,
            audit,
            warn,
        }
    }

    /// What is demanded in a mode.
    #[must_use]
    pub const fn of(&self, mode: Mode) -> Demand {
        match mode {
            Mode::Enforce => self.enforce,
            Mode::Audit => self.audit,
            Mode::Warn => self.warn,
        }
    }

    /// The strictest level, and in which mode it is demanded: in the gravest of those that demand it.
    #[must_use]
    pub fn strictest(&self) -> (Mode, Demand) {
        let mut strictest = (Mode::Enforce, self.enforce);
        for mode in [Mode::Audit, Mode::Warn] {
            if self.of(mode).level > strictest.1.level {
                strictest = (mode, self.of(mode));
            }
        }
        strictest
    }
}
