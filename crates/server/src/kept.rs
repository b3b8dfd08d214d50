//! What was read from the database, for as long as it is right.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

/// What is another one after any process has written anything to the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Version(pub(crate) [u8; Self::SIZE]);

impl Version {
    pub(crate) const SIZE: usize = 48;
}

/// Values, each with the version of the database from before it was read. Who asks for one says which
/// version the database has now, and so gets none that anybody's write has made wrong.
#[derive(Debug)]
pub(crate) struct Kept<K, V> {
    most: usize,
    values: Mutex<Values<K, V>>,
}

#[derive(Debug)]
struct Values<K, V> {
    by_key: HashMap<K, (Version, V)>,
    /// The version in which there was no more room: nothing gives way in it.
    full_in: Option<Version>,
}

impl<K: Eq + Hash, V: Clone> Kept<K, V> {
    /// Keeps no more values than this.
    pub(crate) fn at_most(most: usize) -> Self {
        Self { most, values: Mutex::new(Values { by_key: HashMap::new(), full_in: None }) }
    }

    /// The value as it is in this version.
    pub(crate) fn get(&self, key: &K, version: Version) -> Option<V> {
        let values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        let (of, value) = values.by_key.get(key)?;
        (*of == version).then(|| value.clone())
    }

    /// Keeps a value that was read after the database had this version, if there is room.
    pub(crate) fn keep(&self, key: K, version: Version, value: V) {
        let mut values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        if values.by_key.len() >= self.most && !values.by_key.contains_key(&key) {
            if values.full_in != Some(version) {
                values.by_key.retain(|_, (of, _)| *of == version);
            }
            if values.by_key.len() >= self.most {
                values.full_in = Some(version);
                return;
            }
        }
        values.by_key.insert(key, (version, value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn versions() -> [Version; 2] {
        [Version([7; Version::SIZE]), Version([8; Version::SIZE])]
    }

    #[test]
    fn a_value_is_for_its_version_and_key() {
        let (kept, [seven, eight]) = (Kept::at_most(2), versions());
        kept.keep("one", seven, "value");
        assert_eq!(kept.get(&"one", seven), Some("value"));
        assert_eq!(kept.get(&"one", eight), None);
        assert_eq!(kept.get(&"other", seven), None);
        kept.keep("one", eight, "later");
        assert_eq!((kept.get(&"one", seven), kept.get(&"one", eight)), (None, Some("later")));
    }

    #[test]
    fn what_is_kept_is_bounded_and_gives_way_to_a_later_version() {
        let kept = Kept::at_most(4);
        for (number, version) in versions().into_iter().enumerate() {
            for key in 0..8 {
                kept.keep((number, key), version, ());
            }
            assert_eq!(kept.values.lock().unwrap().by_key.len(), 4);
            assert_eq!(kept.get(&(number, 3), version), Some(()));
            assert_eq!(kept.get(&(number, 4), version), None);
        }
    }
}
