//! Versions of the standards: those of Kubernetes.

use std::fmt;
use std::str::FromStr;

/// The version of Kubernetes whose controls are meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// 1.x.
    Minor(u16),
    /// The newest that is known.
    #[default]
    Latest,
}

/// It is no version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownVersion;

impl Version {
    /// Whether controls of version 1.`minor` are among its own.
    #[must_use]
    pub const fn has(self, minor: u16) -> bool {
        match self {
            Self::Minor(own) => own >= minor,
            Self::Latest => true,
        }
    }
}

impl fmt::Display for UnknownVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no version of Pod Security: `latest`, or one such as `v1.30`")
    }
}

impl std::error::Error for UnknownVersion {}

impl FromStr for Version {
    type Err = UnknownVersion;

    fn from_str(text: &str) -> Result<Self, UnknownVersion> {
        if text == "latest" {
            return Ok(Self::Latest);
        }
        let digits = text.strip_prefix("v1.").ok_or(UnknownVersion)?;
        let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
        let is_plain = digits == "0" || !digits.starts_with('0');
        if !is_number || !is_plain {
            return Err(UnknownVersion);
        }
        digits.parse().map(Self::Minor).map_err(|_| UnknownVersion)
    }
}

/// As labels of namespaces write it.
impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Minor(minor) => write!(f, "v1.{minor}"),
            Self::Latest => f.write_str("latest"),
        }
    }
}
