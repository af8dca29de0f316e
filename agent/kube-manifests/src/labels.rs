//! Labels and annotations.

use saker_kube_metadata::Labels;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Those that are there.
pub(crate) fn labels_of(labels: Option<BTreeMap<String, String>>) -> Arc<Labels> {
    Labels::from_iter(labels.unwrap_or_default()).into()
}
