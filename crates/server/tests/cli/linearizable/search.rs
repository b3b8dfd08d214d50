//! Whether the responses to callers could have come from one registry of slugs, asked by one
//! after the other. The order must keep to the times of requests and responses. A write without a
//! response may have been carried out at any time after the request, or never.
//!
//! The search of Wing and Gong, with Lowe's memory of where it has been. The one of `stateright`
//! has no memory, which a history of so many callers takes for ever.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashSet, VecDeque};
use std::time::Instant;

/// How many slugs belong together.
pub(crate) const SLUGS: usize = 3;

/// Requests and their responses. Registries are known by their ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Call {
    /// The registry that was created; nothing when the slug was taken.
    Create {
        slug: usize,
        created: Option<String>,
    },
    Get {
        slug: usize,
        found: Option<String>,
    },
    List {
        found: [Option<String>; SLUGS],
    },
    Rename {
        from: usize,
        to: usize,
        renamed: Renamed,
    },
    Delete {
        slug: usize,
        deleted: bool,
    },
    /// Its outcome is unknown.
    Unanswered(Write),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Write {
    Create { slug: usize },
    Rename { from: usize, to: usize },
    Delete { slug: usize },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Renamed {
    To(String),
    Taken,
    NotFound,
}

/// A call, and when its caller asked and went on.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) call: Call,
    pub(crate) asked: Instant,
    pub(crate) went_on: Instant,
}

impl Event {
    /// When its caller received the response.
    fn answered(&self) -> Option<Instant> {
        (!matches!(self.call, Call::Unanswered(_))).then_some(self.went_on)
    }
}

/// The registry that has each slug.
type State = [Option<String>; SLUGS];

impl Call {
    /// The ids of the registries in its response.
    fn ids(&self) -> Vec<&String> {
        match self {
            Self::Create { created: id, .. } | Self::Get { found: id, .. } => id.iter().collect(),
            Self::List { found } => found.iter().flatten().collect(),
            Self::Rename { renamed: Renamed::To(id), .. } => vec![id],
            Self::Rename { .. } | Self::Delete { .. } | Self::Unanswered(_) => Vec::new(),
        }
    }
}

/// What a call leaves behind, if it can have had this response.
fn after(state: &State, call: &Call) -> Option<State> {
    let mut next = state.clone();
    let is_possible = match call {
        Call::Create { slug, created: Some(id) } => next[*slug].replace(id.clone()).is_none(),
        Call::Create { slug, created: None } => state[*slug].is_some(),
        Call::Get { slug, found } => state[*slug] == *found,
        Call::List { found } => state == found,
        Call::Rename { from, to, renamed: Renamed::To(id) } => {
            let was = next[*from].take();
            was.as_ref() == Some(id) && next[*to].replace(id.clone()).is_none()
        }
        Call::Rename { from, to, renamed: Renamed::Taken } => {
            from != to && state[*from].is_some() && state[*to].is_some()
        }
        Call::Rename { from, renamed: Renamed::NotFound, .. } => state[*from].is_none(),
        Call::Delete { slug, deleted: true } => next[*slug].take().is_some(),
        Call::Delete { slug, deleted: false } => state[*slug].is_none(),
        // It has no place of its own, see `Unanswered`.
        Call::Unanswered(_) => false,
    };
    is_possible.then_some(next)
}

/// What a write leaves behind that is carried out, if it changes anything. What it creates has this id.
fn after_unanswered(state: &State, write: &Write, id: &str) -> Option<State> {
    let mut next = state.clone();
    match write {
        Write::Create { slug } if next[*slug].is_none() => next[*slug] = Some(id.to_owned()),
        Write::Rename { from, to } if next[*to].is_none() => {
            next[*to] = Some(next[*from].take()?);
        }
        Write::Delete { slug } if next[*slug].is_some() => next[*slug] = None,
        Write::Create { .. } | Write::Rename { .. } | Write::Delete { .. } => return None,
    }
    Some(next)
}

/// A point of the search: which of the calls have been put in order, and what that leaves.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
struct Point {
    /// All calls before this one have been put.
    first: usize,
    /// Which of those from there on.
    put: VecDeque<bool>,
    /// Which of those without a response have been carried out.
    carried_out: BTreeSet<usize>,
    /// The ids that those got which create.
    made: BTreeSet<String>,
    state: State,
}

impl Point {
    fn is_put(&self, index: usize) -> bool {
        index < self.first || self.put.get(index - self.first).is_some_and(|put| *put)
    }

    fn put(&mut self, index: usize) {
        let place = index - self.first;
        self.put.resize(self.put.len().max(place + 1), false);
        self.put[place] = true;
        while self.put.front() == Some(&true) {
            self.put.pop_front();
            self.first += 1;
        }
    }

    fn count(&self) -> usize {
        self.first + self.put.iter().filter(|put| **put).count()
    }
}

/// Whether there is such an order for calls that began without any registry; if there is none, how many
/// of those with a response can be put in order at most.
pub(crate) fn search(history: &[Event]) -> Result<(), usize> {
    let mut events = history.to_vec();
    events.sort_by_key(|event| event.asked);
    let unanswered = Unanswered::of(&events);
    events.retain(|event| event.answered().is_some());
    let mut been = HashSet::new();
    let mut most = 0;
    let mut open = vec![Point::default()];
    while let Some(mut point) = open.pop() {
        let writes = put_reads(&mut point, &events);
        most = most.max(point.count());
        if most == events.len() {
            return Ok(());
        }
        if !been.insert(point.clone()) {
            continue;
        }
        // They are looked at when it does not work without them.
        let before = writes.iter().filter_map(|index| events[*index].answered()).min();
        unanswered.carry_out(&point, before, &mut open);
        for index in writes {
            if let Some(state) = after(&point.state, &events[index].call) {
                let mut next = Point { state, ..point.clone() };
                next.put(index);
                open.push(next);
            }
        }
    }
    Err(most)
}

/// The writes without a response.
struct Unanswered {
    writes: Vec<(Instant, Write)>,
    /// What was seen and is in no response to a create: one of these writes did.
    ids: Vec<String>,
}

impl Unanswered {
    fn of(events: &[Event]) -> Self {
        let created = |event: &Event| match &event.call {
            Call::Create { created, .. } => created.clone(),
            _ => None,
        };
        let created: HashSet<String> = events.iter().filter_map(created).collect();
        let seen: BTreeSet<&String> = events.iter().flat_map(|event| event.call.ids()).collect();
        let ids = seen.into_iter().filter(|id| !created.contains(*id)).cloned().collect();
        let write = |event: &Event| match &event.call {
            Call::Unanswered(write) => Some((event.asked, write.clone())),
            _ => None,
        };
        Self { writes: events.iter().filter_map(write).collect(), ids }
    }

    /// Adds the points to which one of the writes leads that was asked for before this moment.
    fn carry_out(&self, point: &Point, before: Option<Instant>, open: &mut Vec<Point>) {
        let is_left = |index: usize| !point.carried_out.contains(&index);
        for (index, (asked, write)) in self.writes.iter().enumerate() {
            let is_early = before.is_none_or(|before| *asked <= before);
            // Of equal ones the first is as good as the others.
            let mut earlier = self.writes[..index].iter().enumerate();
            let is_first = !earlier.any(|(other, (_, it))| it == write && is_left(other));
            if !is_early || !is_first || !is_left(index) {
                continue;
            }
            let nobodys = format!("seen by nobody, {index}");
            let left = self.ids.iter().filter(|id| !point.made.contains(*id)).chain([&nobodys]);
            let is_create = matches!(write, Write::Create { .. });
            for id in left.take(if is_create { usize::MAX } else { 1 }) {
                let Some(state) = after_unanswered(&point.state, write, id) else { continue };
                let mut next = Point { state, ..point.clone() };
                next.carried_out.insert(index);
                if is_create {
                    next.made.insert(id.clone());
                }
                open.push(next);
            }
        }
    }
}

/// Puts what may come next and changes nothing: it is as well now as later. Returns what else may come
/// next, the one whose response came first at the end.
fn put_reads(point: &mut Point, events: &[Event]) -> Vec<usize> {
    loop {
        let mut next = may_come_next(point, events);
        let is_read = |index: &&usize| {
            after(&point.state, &events[**index].call).is_some_and(|state| state == point.state)
        };
        let reads: Vec<usize> = next.iter().filter(is_read).copied().collect();
        if reads.is_empty() {
            next.sort_by_key(|index| Reverse(events[*index].went_on));
            leave_first_deletes(&mut next, events);
            return next;
        }
        for index in reads {
            point.put(index);
        }
    }
}

/// Of deletes of the same slug, the one whose response came first is as good as the others: where
/// another one could be put now, they can change places.
fn leave_first_deletes(next: &mut Vec<usize>, events: &[Event]) {
    let is_delete = |index: usize, of: usize| matches!(events[index].call, Call::Delete { slug, deleted: true } if slug == of);
    for slug in 0..SLUGS {
        let first = next.iter().copied().rfind(|index| is_delete(*index, slug));
        next.retain(|index| Some(*index) == first || !is_delete(*index, slug));
    }
}

/// The calls that were not put yet, and before which none of the others had a response.
fn may_come_next(point: &Point, events: &[Event]) -> Vec<usize> {
    let mut next = Vec::new();
    let mut first_answer: Option<Instant> = None;
    for index in (point.first..events.len()).filter(|index| !point.is_put(*index)) {
        let event = &events[index];
        if first_answer.is_some_and(|answer| answer < event.asked) {
            break;
        }
        first_answer = Some(first_answer.map_or(event.went_on, |it| it.min(event.went_on)));
        next.push(index);
    }
    next
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Calls with the moments of their requests and responses.
    fn history(calls: &[(u64, u64, Call)]) -> Vec<Event> {
        let start = Instant::now();
        let at = |moment: u64| start + Duration::from_secs(moment);
        let event = |(asked, answered, call): &(u64, u64, Call)| Event {
            call: call.clone(),
            asked: at(*asked),
            went_on: at(*answered),
        };
        calls.iter().map(event).collect()
    }

    fn create(slug: usize, created: &str) -> Call {
        Call::Create { slug, created: id(created) }
    }

    fn get(slug: usize, found: &str) -> Call {
        Call::Get { slug, found: id(found) }
    }

    fn rename(from: usize, to: usize, renamed: Renamed) -> Call {
        Call::Rename { from, to, renamed }
    }

    fn delete(slug: usize, deleted: bool) -> Call {
        Call::Delete { slug, deleted }
    }

    fn unanswered_create(slug: usize) -> Call {
        Call::Unanswered(Write::Create { slug })
    }

    fn unanswered_rename(from: usize, to: usize) -> Call {
        Call::Unanswered(Write::Rename { from, to })
    }

    fn unanswered_delete(slug: usize) -> Call {
        Call::Unanswered(Write::Delete { slug })
    }

    fn id(id: &str) -> Option<String> {
        (!id.is_empty()).then(|| id.to_owned())
    }

    #[test]
    fn an_order_is_found_where_there_is_one() {
        let moved = Renamed::To("a".to_owned());
        for calls in [
            vec![],
            // One after the other.
            vec![(0, 1, create(0, "a")), (2, 3, get(0, "a")), (4, 5, delete(0, true))],
            // At once, and only in the reverse order of their answers.
            vec![(0, 9, create(0, "a")), (1, 2, get(0, "a")), (3, 4, delete(0, true))],
            vec![(0, 9, create(0, "b")), (0, 9, create(0, "a")), (1, 8, delete(0, true))],
            // Both slugs of a rename change at once.
            vec![
                (0, 1, create(0, "a")),
                (2, 9, rename(0, 1, moved.clone())),
                (3, 4, get(0, "a")),
                (5, 6, get(1, "a")),
                (7, 8, create(0, "b")),
            ],
            vec![
                (0, 1, create(0, "a")),
                (2, 9, rename(0, 1, moved)),
                (2, 9, Call::List { found: [None, id("a"), None] }),
                (2, 9, Call::List { found: [id("a"), None, None] }),
            ],
        ] {
            assert_eq!(search(&history(&calls)), Ok(()), "{calls:?}");
        }
    }

    #[test]
    fn a_contradiction_is_found() {
        let moved = || Renamed::To("a".to_owned());
        for calls in [
            // Both got the slug.
            vec![(0, 9, create(0, "a")), (0, 9, create(0, "b"))],
            // Both deleted the same.
            vec![(0, 1, create(0, "a")), (2, 9, delete(0, true)), (2, 9, delete(0, true))],
            // It was free.
            vec![(0, 9, create(0, ""))],
            vec![(0, 1, create(0, "a")), (2, 9, rename(0, 1, Renamed::Taken))],
            vec![(0, 1, create(0, "a")), (2, 9, rename(0, 1, Renamed::NotFound))],
            // A write that got a response is not there, or one that was deleted is.
            vec![(0, 1, create(0, "a")), (2, 3, get(0, ""))],
            vec![(0, 1, create(0, "a")), (2, 3, delete(0, true)), (4, 5, get(0, "a"))],
            // One reader saw it, and a later one did not.
            vec![(0, 9, create(0, "a")), (1, 2, get(0, "a")), (3, 4, get(0, ""))],
            // A rename is seen by halves.
            vec![
                (0, 1, create(0, "a")),
                (2, 9, rename(0, 1, moved())),
                (3, 4, get(1, "a")),
                (5, 6, get(0, "a")),
            ],
            vec![
                (0, 1, create(0, "a")),
                (2, 9, rename(0, 1, moved())),
                (2, 9, Call::List { found: [id("a"), id("a"), None] }),
            ],
            vec![
                (0, 1, create(0, "a")),
                (2, 9, rename(0, 1, moved())),
                (2, 9, Call::List { found: [None, None, None] }),
            ],
            // It went over one that was there.
            vec![(0, 1, create(0, "a")), (0, 1, create(1, "b")), (2, 3, rename(0, 1, moved()))],
        ] {
            assert!(search(&history(&calls)).is_err(), "{calls:?}");
        }
    }

    #[test]
    fn a_write_without_a_response_may_be_done_at_any_later_time_or_never() {
        for calls in [
            // Never.
            vec![(0, 1, unanswered_create(0)), (2, 3, get(0, "")), (4, 5, create(0, "a"))],
            vec![(0, 1, create(0, "a")), (2, 3, unanswered_delete(0)), (4, 5, get(0, "a"))],
            vec![(0, 1, create(0, "a")), (2, 3, unanswered_rename(0, 1)), (4, 5, get(0, "a"))],
            // At once.
            vec![(0, 1, unanswered_create(0)), (2, 3, get(0, "x")), (4, 5, delete(0, true))],
            vec![(0, 1, create(0, "a")), (2, 3, unanswered_delete(0)), (4, 5, create(0, "b"))],
            // Long after its caller went on.
            vec![(0, 1, unanswered_create(0)), (2, 3, get(0, "")), (4, 5, get(0, "x"))],
            vec![
                (0, 1, create(0, "a")),
                (2, 3, unanswered_rename(0, 1)),
                (4, 5, get(0, "a")),
                (6, 7, get(1, "a")),
                (8, 9, get(0, "")),
            ],
            vec![
                (0, 1, create(0, "a")),
                (2, 3, unanswered_delete(0)),
                (4, 5, get(0, "a")),
                (6, 7, get(0, "")),
            ],
            // It created what no read saw, which was in the way.
            vec![(0, 1, unanswered_create(0)), (2, 3, create(0, "")), (4, 5, delete(0, true))],
            // Each created one of what was seen.
            vec![
                (0, 1, unanswered_create(0)),
                (0, 1, unanswered_create(1)),
                (2, 3, Call::List { found: [id("x"), id("y"), None] }),
            ],
            // One of two is enough.
            vec![
                (0, 1, create(0, "a")),
                (2, 3, unanswered_delete(0)),
                (2, 3, unanswered_delete(0)),
                (4, 5, create(0, "b")),
                (6, 7, get(0, "b")),
            ],
            vec![
                (0, 1, unanswered_create(0)),
                (2, 3, unanswered_rename(0, 1)),
                (4, 5, Call::List { found: [None, id("x"), None] }),
            ],
        ] {
            assert_eq!(search(&history(&calls)), Ok(()), "{calls:?}");
        }
    }

    #[test]
    fn a_write_without_a_response_does_not_explain_everything() {
        for calls in [
            // It was not asked for yet.
            vec![(0, 1, get(0, "x")), (2, 3, unanswered_create(0))],
            vec![(0, 1, create(0, "a")), (2, 3, get(0, "")), (4, 5, unanswered_delete(0))],
            vec![(0, 1, create(0, "a")), (2, 3, get(1, "a")), (4, 5, unanswered_rename(0, 1))],
            // It was about another slug.
            vec![(0, 1, unanswered_create(0)), (2, 3, get(1, "x"))],
            vec![(0, 1, create(0, "a")), (2, 3, unanswered_rename(0, 1)), (4, 5, get(2, "a"))],
            // It was done twice.
            vec![
                (0, 1, unanswered_create(0)),
                (2, 3, get(0, "x")),
                (4, 5, delete(0, true)),
                (6, 7, get(0, "y")),
            ],
            vec![
                (0, 1, create(0, "a")),
                (2, 3, unanswered_delete(0)),
                (4, 5, create(0, "b")),
                (6, 7, create(0, "c")),
            ],
            // Two created the same, or one what is in the response to another.
            vec![
                (0, 1, unanswered_create(0)),
                (0, 1, unanswered_create(1)),
                (2, 3, Call::List { found: [id("x"), id("x"), None] }),
            ],
            vec![
                (0, 1, create(0, "a")),
                (0, 1, unanswered_create(1)),
                (2, 3, Call::List { found: [id("a"), id("a"), None] }),
            ],
            // It went over one that was there, or is seen by halves.
            vec![(0, 1, create(0, "a")), (2, 3, unanswered_create(0)), (4, 5, get(0, "x"))],
            vec![
                (0, 1, create(0, "a")),
                (0, 1, create(1, "b")),
                (2, 3, unanswered_rename(0, 1)),
                (4, 5, get(1, "a")),
            ],
            vec![
                (0, 1, create(0, "a")),
                (2, 3, unanswered_rename(0, 1)),
                (4, 5, get(1, "a")),
                (6, 7, get(0, "a")),
            ],
            // What was undone is not done again.
            vec![
                (0, 1, create(0, "a")),
                (2, 3, unanswered_delete(0)),
                (4, 5, get(0, "")),
                (6, 7, get(0, "a")),
            ],
        ] {
            assert!(search(&history(&calls)).is_err(), "{calls:?}");
        }
    }
}
