//! How to load: bounds, requirements and additions.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// A three-part version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// Incompatible changes.
    pub major: u32,
    /// Additions.
    pub minor: u32,
    /// Corrections.
    pub patch: u32,
}

impl Version {
    /// Whether what needs `required` works with this version: same major, not older.
    #[must_use]
    pub fn satisfies(self, required: Self) -> bool {
        self.major == required.major && self >= required
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// The text is not a version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a version of the form \"x.y.z\"")]
pub struct InvalidVersion(pub String);

impl FromStr for Version {
    type Err = InvalidVersion;

    /// `x.y.z`; what follows the third number is not looked at.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidVersion(text.to_owned());
        let mut parts = text.splitn(3, '.').map(|part| {
            let end = part.find(|c: char| !c.is_ascii_digit());
            (
                part.get(..end.unwrap_or(part.len())).unwrap_or_default(),
                end.is_none(),
            )
        });
        let mut next = |last: bool| match parts.next() {
            Some((digits, complete)) if complete || last => digits.parse().map_err(|_| invalid()),
            _ => Err(invalid()),
        };
        Ok(Self {
            major: next(false)?,
            minor: next(false)?,
            patch: next(true)?,
        })
    }
}

/// The newest Falco engine whose rules load: files may require up to this version.
pub const ENGINE_VERSION: Version = Version {
    major: 0,
    minor: 63,
    patch: 0,
};

/// Bounds on the input. Going over one is an error of the set, never a panic or unbounded memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one file.
    pub file_bytes: usize,
    /// YAML nodes of one file, aliases counted as what they stand for.
    pub yaml_nodes: usize,
    /// Nesting of YAML collections.
    pub yaml_depth: usize,
    /// Items of one list after other lists are put in.
    pub list_items: usize,
    /// Bytes of one condition after lists and exceptions are put in.
    pub condition_bytes: usize,
    /// Nesting of one condition as it is written, counted as Falco does: five for a pair of parentheses,
    /// less for one right after `not`, `and` or `or`, and some for the test within.
    pub condition_depth: usize,
    /// Nesting of `and`, `or` and `not` in one condition, also with macros put in. The default costs
    /// under 512 KiB of stack even in a debug build (a test measures it), so whoever walks the tree may
    /// recurse; 1000 levels would take most of a thread's stack.
    pub tree_depth: usize,
    /// Tests in one condition after macros are put in.
    pub condition_tests: usize,
    /// Literals in one condition after macros are put in.
    pub condition_literals: usize,
    /// Literals and tests of all conditions together.
    pub set_size: usize,
    /// Bytes of one output template.
    pub output_bytes: usize,
    /// Lists, macros and rules of a set, each.
    pub items: usize,
    /// Diagnostics; further ones are dropped.
    pub diagnostics: usize,
    /// Whether whoever meets a bound can raise it.
    pub origin: LimitsOrigin,
}

/// Where bounds come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LimitsOrigin {
    /// The configuration: a finding about a bound names the setting.
    #[default]
    Configuration,
    /// The program, which has no setting for them.
    Program,
}

impl Limits {
    /// What to do where the bound of this name is in the way.
    pub(crate) fn remedy(&self, name: &str) -> Option<String> {
        (self.origin == LimitsOrigin::Configuration)
            .then(|| format!("if this is meant, raise 'limits.{name}' in the configuration"))
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 8 << 20,
            yaml_nodes: 1_000_000,
            yaml_depth: 32,
            list_items: 100_000,
            condition_bytes: 4 << 20,
            condition_depth: 1000,
            tree_depth: 250,
            condition_tests: 100_000,
            condition_literals: 500_000,
            set_size: 5_000_000,
            output_bytes: 64 << 10,
            items: 50_000,
            diagnostics: 1000,
            origin: LimitsOrigin::Configuration,
        }
    }
}

/// How many errors to look for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ErrorReporting {
    /// All that can be told apart.
    #[default]
    All,
    /// Stop at the first, as Falco does.
    First,
}

/// A plugin, or what takes its place, with its version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginVersion {
    /// Name as rules files require it.
    pub name: Arc<str>,
    /// Its version.
    pub version: Version,
}

/// What a rules file requires: one of these plugins in at least this version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginRequirement {
    /// The required plugin and its alternatives; never empty.
    pub alternatives: Vec<PluginVersion>,
}

impl PluginRequirement {
    /// Whether one of the plugins satisfies it.
    #[must_use]
    pub fn is_met(&self, plugins: &[PluginVersion]) -> bool {
        self.alternatives.iter().any(|required| {
            plugins.iter().any(|plugin| {
                plugin.name == required.name && plugin.version.satisfies(required.version)
            })
        })
    }
}

/// Text added to the output of rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AppendOutput {
    /// Only rules of this source.
    pub source: Option<Arc<str>>,
    /// Only rules with all of these tags.
    pub tags: Vec<Arc<str>>,
    /// Only this rule.
    pub rule: Option<Arc<str>>,
    /// The template text that is added after a blank.
    pub text: Arc<str>,
}

/// How to load.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadOptions {
    /// Bounds on the input.
    pub limits: Limits,
    /// How many errors to look for.
    pub errors: ErrorReporting,
    /// What `required_plugin_versions` is checked against; not at all if `None`.
    pub plugins: Option<Vec<PluginVersion>>,
    /// Text added to outputs, in order.
    pub append_output: Vec<AppendOutput>,
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn versions_are_three_numbers() {
        let version = |major, minor, patch| {
            Ok(Version {
                major,
                minor,
                patch,
            })
        };
        assert_eq!("0.62.0".parse(), version(0, 62, 0));
        assert_eq!("1.2.3-rc1+b".parse(), version(1, 2, 3));
        assert_eq!("1.2.3.4".parse(), version(1, 2, 3));
        for text in [
            "",
            "1",
            "1.2",
            "1..3",
            "1.2x.3",
            "1.2.x",
            "+1.2.3",
            "a.b.c",
            "99999999999.0.0",
        ] {
            assert!(text.parse::<Version>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_version_satisfies_older_ones_of_its_major() {
        let version = |text: &str| text.parse::<Version>().unwrap();
        assert!(version("0.63.0").satisfies(version("0.62.5")));
        assert!(!version("0.62.0").satisfies(version("0.63.0")));
        assert!(!version("1.0.0").satisfies(version("0.63.0")));
    }
}
