//! Cases that are treated otherwise on purpose, each with the reason. A listed case that passes fails
//! the test.

/// File, source of the case, reason.
pub(crate) const DECLINED: &[(&str, &str, &str)] = &[];
