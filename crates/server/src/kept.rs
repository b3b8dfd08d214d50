//! What was read from the database, for as long as it is right.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

/// Values, each with the version of the database from before it was read. Who asks for one says which
/// version the database has now, and so gets none that anybody's write has made wrong.
#[derive(Debug)]
pub(crate) struct Kept<K, V> {
    most: usize,
    values: Mutex<HashMap<K, (u32, V)>>,
}

impl<K: Eq + Hash, V: Clone> Kept<K, V> {
    /// Keeps no more values than this.
    pub(crate) fn at_most(most: usize) -> Self {
        Self { most, values: Mutex::default() }
    }

    /// The value as it is in this version.
    pub(crate) fn get(&self, key: &K, version: u32) -> Option<V> {
        let values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        let (of, value) = values.get(key)?;
        (*of == version).then(|| value.clone())
    }

    /// Keeps a value that was read after the database had this version, if there is room.
    pub(crate) fn keep(&self, key: K, version: u32, value: V) {
        let mut values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        if values.len() >= self.most {
            values.retain(|_, (of, _)| *of == version);
        }
        if values.len() < self.most || values.contains_key(&key) {
            values.insert(key, (version, value));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_for_its_version_and_key() {
        let kept = Kept::at_most(2);
        kept.keep("one", 7, "value");
        assert_eq!(kept.get(&"one", 7), Some("value"));
        assert_eq!(kept.get(&"one", 8), None);
        assert_eq!(kept.get(&"other", 7), None);
        kept.keep("one", 8, "later");
        assert_eq!((kept.get(&"one", 7), kept.get(&"one", 8)), (None, Some("later")));
    }

    #[test]
    fn what_is_kept_is_bounded_and_gives_way_to_a_later_version() {
        let kept = Kept::at_most(4);
        for version in [7, 8] {
            for key in 0..8 {
                kept.keep((version, key), version, ());
            }
            assert_eq!(kept.values.lock().unwrap().len(), 4);
            assert_eq!(kept.get(&(version, 3), version), Some(()));
            assert_eq!(kept.get(&(version, 4), version), None);
        }
    }
}
