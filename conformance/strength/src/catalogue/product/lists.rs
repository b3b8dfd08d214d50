//! Lists that are longer than a handful, and what is wrong at the end of a page.

use serde_json::Value;

use super::super::Which;
use crate::{
    deviation::{Class, Deviation, answer},
    faulty_proxy::{Behaviour, Incoming},
};

/// How many entries a list is cut to.
const BOUNDS: [usize; 4] = [5, 10, 25, 30];

type Way = fn(Vec<Value>, usize) -> Vec<Value>;

/// What is wrong where a page of this length ends.
const WAYS: [(&str, Way); 5] = [
    ("is-cut-to", |list, page| list.into_iter().take(page).collect()),
    ("has-only-the-last", |list, page| {
        let skipped = list.len().saturating_sub(page);
        list.into_iter().skip(skipped).collect()
    }),
    ("has-the-last-twice-after-every", |list, page| {
        let mut all = Vec::new();
        for page in list.chunks(page) {
            all.extend_from_slice(page);
            all.extend(page.last().cloned());
        }
        // A page that is not full has no end.
        if !list.len().is_multiple_of(page) {
            all.pop();
        }
        all
    }),
    ("lacks-the-last-of-every", |list, page| {
        let kept = list.into_iter().enumerate().filter(|(index, _)| (index + 1) % page != 0);
        kept.map(|(_, entry)| entry).collect()
    }),
    ("begins-anew-after", |mut list, page| {
        let first = list.first().cloned();
        if let (Some(first), true) = (first, list.len() > page) {
            list[page] = first;
        }
        list
    }),
];

pub(super) fn deviations() -> Vec<Deviation> {
    let lists: [(&str, Which, Class); 2] = [
        ("list", Incoming::is_list, Class::List),
        ("registry-token-list", |request| request.is("GET", "/tokens"), Class::RegistryToken),
    ];
    let mut all = Vec::new();
    for (list, of_interest, class) in lists {
        for (way, change) in WAYS {
            for bound in BOUNDS {
                let name = format!("{list}-{way}-{bound}");
                all.push(Deviation::new(class, name, paged(of_interest, change, bound)));
            }
        }
    }
    all
}

fn paged(of_interest: Which, change: Way, bound: usize) -> impl Behaviour {
    answer(move |request, outgoing| {
        if let Some(Value::Array(list)) = outgoing.json()
            && of_interest(request)
            && outgoing.status.is_success()
        {
            outgoing.set_json(&Value::Array(change(list, bound)));
        }
    })
}
