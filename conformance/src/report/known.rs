//! Expected failures: they are reported, and do not fail a deployment until they expire.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml::{Table, Value, value::Datetime};

use super::{CaseReport, Finding, Report, Status};
use crate::plan;

/// The keys of an entry.
const KEYS: [&str; 5] = ["case", "place", "expected", "reason", "until"];

/// An expected failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The case.
    pub case: String,
    /// The place of its findings, any when there is none. `*` stands for one segment.
    pub place: Option<String>,
    /// What they expected, anything when there is none.
    pub expected: Option<String>,
    /// The reason.
    pub reason: String,
    /// The last day on which it does not fail the deployment.
    pub until: NaiveDate,
}

/// The entry of the list of expected failures that a finding matches.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct Excuse {
    /// The reason.
    pub reason: String,
    /// The last day on which it counts.
    pub until: String,
    /// Whether that day is over, so that the entry does not count any more.
    pub expired: bool,
}

/// An expected failure, and its result.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct KnownReport {
    /// The case.
    pub case: String,
    /// The place, if only one is meant.
    pub place: Option<String>,
    /// What was expected, if only that is meant.
    pub expected: Option<String>,
    /// The reason.
    pub reason: String,
    /// The last day on which it does not fail the deployment.
    pub until: String,
    /// Its result.
    pub state: KnownState,
}

/// The result of an expected failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum KnownState {
    /// It occurred, and did not fail the deployment.
    Occurs,
    /// It occurred after its expiry date.
    Expired,
    /// It did not occur.
    Gone,
    /// Its case was not judged in this run.
    NotJudged,
}

impl KnownReport {
    /// What became of it, in words; `None` when there is nothing to do about it.
    #[must_use]
    pub fn news(&self) -> Option<&'static str> {
        matches!(self.state, KnownState::Expired | KnownState::Gone).then(|| self.outcome())
    }
}

/// Why a file of expected failures cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum KnownError {
    /// It is no TOML.
    #[error("{0}")]
    NotToml(String),
    /// It has a key, or a value, that it must not have.
    #[error("{0}")]
    NotKnown(String),
}

/// Reads the entries `[[known]]` of a file, which are of cases of the suite or of those that were
/// added to it, by their names.
pub fn read(text: &str, own: &[&str]) -> Result<Vec<Known>, KnownError> {
    let document: Table = text.parse().map_err(|error: toml::de::Error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let message = error.message().trim_end().replace('\n', ", ");
        KnownError::NotToml(format!("line {line} is not valid TOML: {message}"))
    })?;
    if let Some(key) = document.keys().find(|key| *key != "known") {
        return Err(KnownError::NotKnown(format!(
            "{key:?} has no meaning here: an expected failure begins with [[known]]"
        )));
    }
    let Some(entries) = document.get("known") else { return Ok(Vec::new()) };
    let entries = entries.as_array().ok_or_else(|| {
        KnownError::NotKnown("an expected failure begins with [[known]], in two brackets".into())
    })?;
    let names: Vec<&str> = plan::all().map(|case| case.name).chain(own.iter().copied()).collect();
    let numbered = entries.iter().zip(1..);
    numbered
        .map(|(entry, number)| {
            entry_of(entry, &names)
                .map_err(|why| KnownError::NotKnown(format!("entry {number}: {why}")))
        })
        .collect()
}

fn entry_of(entry: &Value, names: &[&str]) -> Result<Known, String> {
    let table = entry.as_table().ok_or("it is not a table")?;
    if let Some(key) = table.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(format!("there is no key {key:?}{}", suggestion(key, KEYS)));
    }
    let text = |key: &str| match table.get(key) {
        Some(Value::String(text)) if !text.trim().is_empty() => Ok(Some(text.clone())),
        Some(_) => Err(format!("{key} has to be text, and not empty")),
        None => Ok(None),
    };
    let required = |key: &str| text(key)?.ok_or_else(|| format!("it lacks the key {key:?}"));
    let case = required("case")?;
    if !names.contains(&case.as_str()) {
        let suggestion = suggestion(&case, names.iter().copied());
        return Err(format!("no case is called {case:?}{suggestion}; `conformance list` has all"));
    }
    let place = match table.get("place") {
        // The whole body has the empty pointer.
        Some(Value::String(place)) if place.is_empty() => Some(String::new()),
        _ => text("place")?,
    };
    let until = table.get("until").ok_or("it lacks the key \"until\"")?;
    let until = match until {
        Value::Datetime(Datetime { date: Some(date), time: None, offset: None }) => {
            NaiveDate::from_ymd_opt(date.year.into(), date.month.into(), date.day.into())
        }
        _ => None,
    };
    Ok(Known {
        case,
        place,
        expected: text("expected")?,
        reason: required("reason")?,
        until: until.ok_or("until has to be a day, as 2027-01-31, without quotation marks")?,
    })
}

/// A hint at what was perhaps meant.
fn suggestion<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let likeness = |name: &&str| strsim::jaro_winkler(word, name);
    let nearest = known.into_iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    nearest
        .filter(|name| likeness(name) > 0.7)
        .map(|name| format!("; perhaps {name:?} is meant"))
        .unwrap_or_default()
}

impl Known {
    fn is(&self, finding: &Finding) -> bool {
        let place = match (&self.place, &finding.place) {
            (None, _) => true,
            (Some(known), place) => is_place(known, place.as_deref().unwrap_or_default()),
        };
        let expected = self.expected.as_ref().is_none_or(|known| *known == finding.expected);
        self.case == finding.case && place && expected
    }

    fn state(&self, today: NaiveDate, cases: &[CaseReport]) -> KnownState {
        let case = cases.iter().find(|case| case.name == self.case);
        match case {
            Some(case) if case.findings.iter().any(|finding| self.is(finding)) => {
                if self.until < today { KnownState::Expired } else { KnownState::Occurs }
            }
            Some(case) if !matches!(case.status, Status::Skip | Status::Error) => KnownState::Gone,
            _ => KnownState::NotJudged,
        }
    }
}

/// Whether a place is the known one, in which `*` stands for any segment.
fn is_place(known: &str, place: &str) -> bool {
    if !known.starts_with('/') {
        return known.eq_ignore_ascii_case(place);
    }
    let (mut known, mut place) = (known.split('/'), place.split('/'));
    loop {
        match (known.next(), place.next()) {
            (None, None) => return true,
            (Some(known), Some(place)) if known == "*" || known == place => {}
            _ => return false,
        }
    }
}

impl Report {
    /// The report with the failures that were expected: such findings are marked, and do not fail
    /// the deployment through the day that is their last.
    #[must_use]
    pub fn knowing(mut self, known: &[Known], today: NaiveDate) -> Self {
        let states = known.iter().map(|known| known.state(today, &self.cases));
        self.known = known.iter().zip(states).map(|(known, state)| known.report(state)).collect();
        for finding in self.cases.iter_mut().flat_map(|case| &mut case.findings) {
            let excuse = known.iter().filter(|known| known.is(finding)).max_by_key(|it| it.until);
            finding.known = excuse.map(|known| Excuse {
                reason: known.reason.clone(),
                until: known.until.to_string(),
                expired: known.until < today,
            });
        }
        self.judged()
    }
}

impl Known {
    fn report(&self, state: KnownState) -> KnownReport {
        let Self { case, place, expected, reason, until } = self.clone();
        KnownReport { case, place, expected, reason, until: until.to_string(), state }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_read() {
        let text = "[[known]]\ncase = \"create-succeeds\"\nplace = \"/*/public\"\n\
                    reason = \"the next release\"\nuntil = 2027-01-31\n";
        let known = read(text, &[]).unwrap();
        assert_eq!(known[0].until, NaiveDate::from_ymd_opt(2027, 1, 31).unwrap());
        assert_eq!((known[0].place.as_deref(), &known[0].expected), (Some("/*/public"), &None));
        assert_eq!(read("", &[]).unwrap(), []);
    }

    #[test]
    fn a_mistake_is_reported_with_what_was_perhaps_meant() {
        let entry = "[[known]]\nreason = \"r\"\nuntil = 2027-01-31\n";
        let attempts = [
            ("known = [".to_owned(), "line 1"),
            ("[[knwon]]\n".to_owned(), "[[known]]"),
            ("[known]\n".to_owned(), "two brackets"),
            (entry.to_owned(), "entry 1: it lacks the key \"case\""),
            (format!("{entry}case = \"create-suceeds\""), "perhaps \"create-succeeds\" is meant"),
            (format!("{entry}plase = \"/a\""), "perhaps \"place\" is meant"),
            (format!("{entry}case = 7"), "case has to be text"),
            (entry.replace("2027-01-31", "\"2027-01-31\"") + "case = \"create-succeeds\"", "a day"),
            (entry.replace("until = 2027-01-31", "case = \"create-succeeds\""), "until"),
        ];
        for (text, said) in attempts {
            let error = read(&text, &[]).unwrap_err().to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
    }

    #[test]
    fn a_star_stands_for_one_segment() {
        for (known, place, expected) in [
            ("/*/public", "/3/public", true),
            ("/*/public", "/public", false),
            ("/*", "/3/public", false),
            ("/public", "/public", true),
            ("", "", true),
            ("", "/public", false),
            ("RateLimit-Limit", "ratelimit-limit", true),
        ] {
            assert_eq!(is_place(known, place), expected, "{known} {place}");
        }
    }
}
