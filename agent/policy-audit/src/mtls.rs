//! Whether a connection to a workload has to be mutual TLS.

use std::sync::Arc;

/// What the policies say (`mtls.mode`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum MtlsMode {
    /// Only mutual TLS is accepted.
    Strict,
    /// Mutual TLS and plaintext are accepted.
    Permissive,
    /// Mutual TLS is not used.
    Disable,
    /// No policy says anything.
    #[default]
    Unset,
}

impl MtlsMode {
    /// The value of `mtls.mode`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Permissive => "permissive",
            Self::Disable => "disable",
            Self::Unset => "unset",
        }
    }
}

/// What is demanded of connections to one port of one workload.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MtlsIntent {
    /// What the policies say.
    pub mode: MtlsMode,
    /// The object that decides, as `PeerAuthentication/namespace/name` (`mtls.policy`).
    pub policy: Option<Arc<str>>,
}

impl MtlsIntent {
    /// Whether mutual TLS is required (`mtls.required`).
    #[must_use]
    pub const fn is_required(&self) -> bool {
        matches!(self.mode, MtlsMode::Strict)
    }
}
