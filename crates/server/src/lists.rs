//! Lists that were answered, for as long as they are right.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::body::Bytes;
use uuid::Uuid;

/// The lists of some organizations, each with the version of the database from before it was read.
/// Who asks for one says which version the database has now, and so gets none that anybody's write has
/// made wrong.
#[derive(Debug, Default)]
pub(crate) struct Lists(Mutex<HashMap<Uuid, (u32, Bytes)>>);

impl Lists {
    /// How many are kept, and how long one may be: together they are some megabytes.
    const MOST: usize = 32;
    const LONGEST: usize = 256 * 1024;

    /// The list of an organization as it is in this version.
    pub(crate) fn get(&self, organization: Uuid, version: u32) -> Option<Bytes> {
        let lists = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (of, list) = lists.get(&organization)?;
        (*of == version).then(|| list.clone())
    }

    /// Keeps a list that was read after the database had this version.
    pub(crate) fn keep(&self, organization: Uuid, version: u32, list: &Bytes) {
        let mut lists = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lists.len() >= Self::MOST && !lists.contains_key(&organization) {
            lists.retain(|_, (of, _)| *of == version);
            if lists.len() >= Self::MOST {
                return;
            }
        }
        if list.len() <= Self::LONGEST {
            lists.insert(organization, (version, list.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_for_its_version_and_organization() {
        let (lists, one, other) = (Lists::default(), Uuid::now_v7(), Uuid::now_v7());
        let list = Bytes::from_static(b"[]");
        lists.keep(one, 7, &list);
        assert_eq!(lists.get(one, 7), Some(list));
        assert_eq!(lists.get(one, 8), None);
        assert_eq!(lists.get(other, 7), None);
    }

    #[test]
    fn what_is_kept_is_bounded_and_gives_way_to_a_later_version() {
        let lists = Lists::default();
        lists.keep(Uuid::now_v7(), 7, &Bytes::from(vec![b' '; Lists::LONGEST + 1]));
        assert_eq!(lists.0.lock().unwrap().len(), 0);
        for version in [7, 8] {
            for _ in 0..2 * Lists::MOST {
                lists.keep(Uuid::now_v7(), version, &Bytes::from_static(b"[]"));
            }
            let kept = lists.0.lock().unwrap();
            assert_eq!(kept.len(), Lists::MOST);
            assert!(kept.values().all(|(of, _)| *of == version));
        }
    }
}
