//! Why an alert is refused.

/// An alert that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedAlert {
    /// Its place in the batch, from 0.
    pub index: u32,
    /// Why.
    pub refusal: Refusal,
}

/// Why an alert is refused; it would be if it were sent again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is larger than the configuration allows.
    #[error("the alert has {bytes} bytes, and {max} are allowed")]
    TooLarge {
        /// How large it is.
        bytes: usize,
        /// How large it may be.
        max: usize,
    },
    /// It is no message.
    #[error("the alert is malformed: {0}")]
    Malformed(#[from] prost::DecodeError),
    /// Its id is none.
    #[error("the alert's id has {0} bytes, and an id has 16")]
    InvalidId(usize),
    /// It names no rule.
    #[error("the alert names no rule")]
    NoRule,
    /// It tells of another node than the one that its sender proved to be.
    #[error("the alert is of the node '{claimed}', and the client's certificate is of '{proven}'")]
    ForeignNode {
        /// The node that the alert names, shortened where it is long.
        claimed: String,
        /// The node that the certificate names.
        proven: String,
    },
}

impl Refusal {
    /// All names that [`name`](Self::name) gives.
    pub const NAMES: [&str; 5] = [
        "too_large",
        "malformed",
        "invalid_id",
        "no_rule",
        "foreign_node",
    ];

    /// A word for metrics.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "too_large",
            Self::Malformed(_) => "malformed",
            Self::InvalidId(_) => "invalid_id",
            Self::NoRule => "no_rule",
            Self::ForeignNode { .. } => "foreign_node",
        }
    }
}
