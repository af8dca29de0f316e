//! What keeps a sink from being built.

/// A sink cannot be built from its settings.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A setting makes no sense.
    #[error("{key}: {problem}")]
    Setting {
        /// Its key.
        key: &'static str,
        /// What is wrong, and what would be right.
        problem: String,
    },
}
