//! Whom a field has to ask.

use saker_kube_metadata::Scope;

/// Whom a field asks, beside the event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    asks_runtime: bool,
    scope: Scope,
}

impl Needs {
    /// Nobody: the event says it.
    pub const NOTHING: Self = Self {
        asks_runtime: false,
        scope: Scope::NOTHING,
    };

    /// The container's runtime.
    pub const CONTAINER: Self = Self {
        asks_runtime: true,
        scope: Scope::NOTHING,
    };

    /// The cluster.
    #[must_use]
    pub const fn cluster(scope: Scope) -> Self {
        Self {
            asks_runtime: false,
            scope,
        }
    }

    /// Both together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self {
            asks_runtime: self.asks_runtime || other.asks_runtime,
            scope: self.scope.with(other.scope),
        }
    }

    /// Whether the container's runtime is asked.
    #[must_use]
    pub const fn asks_runtime(self) -> bool {
        self.asks_runtime
    }

    /// What the cluster is asked for.
    #[must_use]
    pub const fn scope(self) -> Scope {
        self.scope
    }

    /// Who is asked, as documentation says it; `None` where nobody is.
    #[must_use]
    pub const fn teller(self) -> Option<&'static str> {
        match (self.asks_runtime, self.scope.is_empty()) {
            (false, true) => None,
            (true, true) => Some("the container's runtime"),
            (false, false) => Some("the API of Kubernetes"),
            (true, false) => Some("the container's runtime or the API of Kubernetes"),
        }
    }

    /// Whether nobody is asked.
    #[must_use]
    pub const fn is_nothing(self) -> bool {
        !self.asks_runtime && self.scope.is_empty()
    }
}
