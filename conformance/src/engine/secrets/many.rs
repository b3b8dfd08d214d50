//! A search for many secrets at once.

use std::collections::BTreeSet;

use aho_corasick::{AhoCorasick, MatchKind};

use super::forms::{Needle, may_be_escaped, unescaped};

/// How many secrets are each looked for by itself.
pub(super) const FEW: usize = 16;

/// Finds which of many secrets a text may have.
#[derive(Clone)]
pub(super) struct Many {
    /// Finds their forms, in lower case.
    forms: AhoCorasick,
    /// Whose each form is.
    numbers: Vec<usize>,
    /// The number of the last of them.
    last: usize,
}

impl Many {
    /// A search for these secrets, whose numbers grow as they are learned.
    pub(super) fn of<'a>(
        secrets: impl Iterator<Item = (&'a Needle, usize)> + Clone,
    ) -> Option<Self> {
        let forms = secrets.clone().flat_map(|(secret, _)| &secret.forms);
        let forms = AhoCorasick::builder().match_kind(MatchKind::Standard).build(forms).ok()?;
        let numbers = secrets.clone();
        let numbers = numbers.flat_map(|(secret, number)| secret.forms.iter().map(move |_| number));
        let last = secrets.map(|(_, number)| number).max()?;
        Some(Self { forms, numbers: numbers.collect(), last })
    }

    /// Whether it looks for the secret of this number.
    pub(super) fn has(many: Option<&Self>, number: usize) -> bool {
        many.is_some_and(|many| number <= many.last)
    }

    /// The numbers of those that may stand in a text, as they are or escaped. `lower` is the text in
    /// lower case.
    pub(super) fn numbers_in(&self, text: &str, lower: &str) -> BTreeSet<usize> {
        let plain = may_be_escaped(text).then(|| unescaped(text).to_ascii_lowercase());
        let texts = std::iter::once(lower).chain(plain.as_deref());
        let found = texts.flat_map(|text| self.forms.find_overlapping_iter(text));
        found.map(|found| self.numbers[found.pattern().as_usize()]).collect()
    }
}
