//! Values that many objects have in common, kept once.

use foldhash::{HashSet, HashSetExt};
use std::borrow::Borrow;
use std::hash::Hash;
use std::sync::Arc;

/// Each different value once, as long as somebody holds it.
pub(crate) struct Pool<T: ?Sized> {
    values: HashSet<Arc<T>>,
}

impl<T: ?Sized + Eq + Hash> Pool<T> {
    pub(crate) fn new() -> Self {
        Self {
            values: HashSet::new(),
        }
    }

    /// The kept value that is equal to this one, or this one, kept from now on.
    pub(crate) fn share(&mut self, value: &mut Arc<T>) {
        let borrowed: &T = (*value).borrow();
        if let Some(kept) = self.values.get(borrowed) {
            *value = Arc::clone(kept);
        } else {
            self.values.insert(Arc::clone(value));
        }
    }

    /// Forgets values that nobody holds any more.
    pub(crate) fn sweep(&mut self) {
        self.values.retain(|value| Arc::strong_count(value) > 1);
        self.values.shrink_to(self.values.len().saturating_mul(2));
    }

    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }
}

#[cfg(test)]
mod tests {
    use super::Pool;
    use std::sync::Arc;

    #[test]
    fn equal_values_become_one_and_go_with_their_last_holder() {
        let mut pool = Pool::<str>::new();
        let mut first: Arc<str> = "shop".into();
        let mut second: Arc<str> = "shop".into();
        pool.share(&mut first);
        pool.share(&mut second);
        assert!(Arc::ptr_eq(&first, &second));
        drop(first);
        pool.sweep();
        assert_eq!(pool.len(), 1);
        drop(second);
        pool.sweep();
        assert_eq!(pool.len(), 0);
    }
}
