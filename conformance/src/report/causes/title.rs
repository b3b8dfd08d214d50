//! What is wrong, in a line.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    super::{CaseReport, Finding},
    Cause,
    facet::{BROAD, Facet, Fault, absent_or_extra, is_write, reason, required},
};

impl<'a> Cause<'a> {
    /// What is wrong, in one line.
    #[must_use]
    pub fn title(&self) -> String {
        let Finding { expected, received, .. } = self.finding();
        let operation = self.operations();
        let place = self.place().map(|place| format!(" at {place}")).unwrap_or_default();
        match self.lead().fault {
            Fault::Accepted => {
                let reason = reason(self.finding());
                format!("{operation}: accepts a request that must be rejected: {reason}")
            }
            Fault::Undocumented => {
                format!("{operation}: undocumented status {received}")
            }
            Fault::NotJson if expected.starts_with("application/json") => {
                format!("{operation}: the Content-Type is wrong ({received})")
            }
            Fault::NotJson => format!("{operation}: invalid JSON{place}"),
            Fault::AnotherBody => {
                let missing = self.missing();
                let schema = self.finding().schema().unwrap_or("documented body");
                format!(
                    "{operation}: the body does not fit {schema}{place}, {} properties are missing",
                    missing.len()
                )
            }
            Fault::Shape if expected.starts_with("the property") => {
                format!("{operation}: the property {} is missing", self.place().unwrap_or_default())
            }
            Fault::Header if self.lead().is_missing() => match self.missing().len() {
                0 | 1 => format!("{operation}: the header {} is missing", self.header()),
                count => {
                    let (header, others) = (self.header(), count - 1);
                    format!("{operation}: the header {header} and {others} more are missing")
                }
            },
            Fault::Header => format!("{operation}: the header {} has a wrong value", self.header()),
            Fault::Shape => format!("{operation}: wrong value{place}"),
            Fault::Status => {
                let status = received.split(' ').next().unwrap_or_default();
                let required = required(self.finding());
                let required = required.strip_prefix("status ").unwrap_or(required);
                format!("{operation}: status {status} instead of {required}")
            }
            Fault::Key | Fault::Value => {
                format!("{operation}: unexpected value{place}{}", self.after())
            }
            Fault::Effect => {
                format!("{operation}: expected {}{}", abridged(expected), self.after())
            }
            Fault::Extra => format!("{operation}: undocumented property{place}"),
        }
    }

    /// The write whose outcome is not as expected, or the read that it is compared with, where another
    /// operation shows that: most of the cases look at it.
    fn origin(&self) -> Option<&'a str> {
        let lead = self.lead();
        if !matches!(lead.fault, Fault::Key | Fault::Status | Fault::Value | Fault::Effect) {
            return None;
        }
        let cases: BTreeMap<&str, &'a CaseReport> =
            self.facets.iter().map(|it| (it.case.name.as_str(), it.case)).collect();
        let narrow: Vec<&CaseReport> =
            cases.into_values().filter(|case| case.operations.len() < BROAD).collect();
        let is_common = |operation: &str| {
            let cases =
                narrow.iter().filter(|case| case.operations.iter().any(|it| it == operation));
            10 * cases.count() >= 6 * narrow.len()
        };
        // What comes behind the one that shows it cannot be behind it.
        let before = narrow.iter().flat_map(|case| {
            let all = &case.operations;
            let end = all.iter().position(|it| *it == lead.finding.operation);
            all[..end.unwrap_or(all.len())].iter().rev()
        });
        let common: Vec<&str> = before.map(String::as_str).filter(|it| is_common(it)).collect();
        let is_compared = matches!(lead.fault, Fault::Key | Fault::Value);
        let read = common.first().filter(|_| is_compared);
        common.iter().find(|it| is_write(it)).or(read).copied()
    }

    /// The same as the end of a title.
    fn after(&self) -> String {
        match self.origin() {
            Some(operation) if is_write(operation) => format!(", after {operation}"),
            Some(operation) => format!(", compared with {operation}"),
            None => String::new(),
        }
    }

    /// The operation that shows it best, and how many others show it as well.
    fn operations(&self) -> String {
        let operation = &self.finding().operation;
        match self.seen().len() {
            0 | 1 => operation.clone(),
            2 => format!("{operation} and 1 more operation"),
            count => format!("{operation} and {} more operations", count - 1),
        }
    }

    /// Whether the title says what was expected and received.
    pub(super) fn is_in_title(&self) -> bool {
        match self.lead().fault {
            Fault::Shape | Fault::Header => self.lead().is_missing(),
            Fault::AnotherBody | Fault::Extra => true,
            _ => false,
        }
    }

    /// The names of the properties that are missing in a body that is another thing, or of the headers
    /// that are.
    pub(super) fn missing(&self) -> BTreeSet<&'a str> {
        if !self.lists_what_is_missing() {
            return BTreeSet::new();
        }
        let name = |it: &Facet<'a>| match it.fault {
            Fault::Header => it.finding.place.as_deref(),
            _ => absent_or_extra(it.finding),
        };
        let of_cause = self.facets.iter().filter(|it| it.fault == self.lead().fault);
        of_cause.filter_map(name).collect()
    }

    pub(super) fn lists_what_is_missing(&self) -> bool {
        match self.lead().fault {
            Fault::Header => self.lead().is_missing(),
            fault => fault == Fault::AnotherBody,
        }
    }

    fn header(&self) -> &'a str {
        self.finding().place.as_deref().unwrap_or_default()
    }
}

/// As much of an expectation as a title takes.
fn abridged(expected: &str) -> String {
    const LIMIT: usize = 80;
    match expected.char_indices().nth(LIMIT) {
        Some((cut, _)) => format!("{}…", &expected[..cut]),
        None => expected.to_owned(),
    }
}
