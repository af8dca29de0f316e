//! Labels, in little memory.

use std::sync::Arc;

/// Most labels that are kept of one object. The API server sets no bound of its own but an object's
/// size; what is beyond is cut, in the order of keys.
pub const LABELS_MAX: usize = 512;

/// Labels in the order of their keys, each key once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Labels(pub(crate) Box<[(Arc<str>, Arc<str>)]>);

impl Labels {
    /// The value of a label.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        let found = self.0.binary_search_by(|(known, _)| (**known).cmp(key));
        found.ok().and_then(|at| self.0.get(at)).map(|(_, v)| &**v)
    }

    /// Keys and values in the order of the keys.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (&**key, &**value))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<K: Into<Arc<str>>, V: Into<Arc<str>>> FromIterator<(K, V)> for Labels {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(labels: I) -> Self {
        let mut labels: Vec<(Arc<str>, Arc<str>)> = labels
            .into_iter()
            .map(|(key, value)| (key.into(), value.into()))
            .collect();
        labels.sort();
        labels.dedup_by(|(later, _), (earlier, _)| later == earlier);
        labels.truncate(LABELS_MAX);
        Self(labels.into())
    }
}

#[cfg(test)]
mod tests {
    use super::{LABELS_MAX, Labels};

    #[test]
    fn a_label_is_found_by_its_key() {
        let labels: Labels = [("tier", "web"), ("app.kubernetes.io/name", "shop")]
            .into_iter()
            .collect();
        assert_eq!(labels.get("tier"), Some("web"));
        assert_eq!(labels.get("app.kubernetes.io/name"), Some("shop"));
        assert_eq!(labels.get("app"), None);
        let keys: Vec<&str> = labels.iter().map(|(key, _)| key).collect();
        assert_eq!(keys, ["app.kubernetes.io/name", "tier"]);
    }

    #[test]
    fn no_key_is_kept_twice_and_no_more_than_the_bound() {
        let twice: Labels = [("a", "1"), ("a", "2")].into_iter().collect();
        assert_eq!(twice.len(), 1);
        let many: Labels = (0..LABELS_MAX * 2)
            .map(|n| (format!("key-{n:05}"), "v"))
            .collect();
        assert_eq!(many.len(), LABELS_MAX);
        assert_eq!(many.get("key-00000"), Some("v"));
    }
}
