//! What the reports for people say in the same words.

use std::fmt;

use super::{
    CaseReport, Excuse, Finding, Report, RequirementStatus, Seen, Status, Verdict,
    known::{KnownReport, KnownState},
};
use crate::{contract::Kind, plan, profile::Profile};

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Warn => "warn",
            Self::Skip => "skip",
            Self::Error => "error",
        })
    }
}

impl Report {
    /// What the run comes to, as the end of a sentence about the deployment. It does not claim more than
    /// was checked.
    #[must_use]
    pub fn conclusion(&self) -> String {
        let mut text = match self.verdict {
            Verdict::Conforms => self.passed(),
            Verdict::Deviates => "deviates from the contract".to_owned(),
            Verdict::Incomplete => "could not be judged".to_owned(),
        };
        if self.verdict == Verdict::Conforms {
            let skipped = match self.count(Status::Skip) {
                0 => None,
                1 => Some("1 case skipped".to_owned()),
                count => Some(format!("{count} cases skipped")),
            };
            let known = self.cases.iter().any(CaseReport::is_excused);
            let known = known.then(|| "expected failures apart".to_owned());
            for apart in skipped.into_iter().chain(known) {
                text = format!("{text}, {apart}");
            }
        }
        match &self.stopped {
            Some(reason) => text = format!("{text}: {reason}"),
            None if self.verdict == Verdict::Incomplete => {
                let first = self.cases.iter().find(|case| case.counts_as() == Status::Error);
                let why = first.and_then(|case| case.reason.as_deref());
                let why = why.unwrap_or("no case was judged; --verbose prints why");
                text = format!("{text}: {why}");
            }
            None => {}
        }
        text
    }

    /// What a deployment has passed that failed nothing.
    fn passed(&self) -> String {
        let run = self.cases.iter().filter(|case| !case.own).count();
        let all = plan::selected(&[], self.profile, None).len();
        let (profile, s) = (self.profile, if run == 1 { "" } else { "s" });
        match self.group {
            _ if !self.filters.is_empty() => {
                format!("passed {run} chosen case{s} of {all} in {profile}")
            }
            Some(group) => format!("passed the {run} {profile} cases about {group}, of {all}"),
            None if profile == Profile::Smoke => {
                format!("passed the smoke test: {run} cases, which only read")
            }
            None if run < all => format!("passed {run} cases of {all} in {profile}"),
            None => format!("conforms to the contract as far as {profile} checks it"),
        }
    }

    /// Whether the run was stopped before anything could be judged: there is nothing to say but why.
    pub(super) fn is_void(&self) -> bool {
        self.stopped.is_some() && self.cases.iter().all(|case| case.reason == self.stopped)
    }

    /// How many cases there are of each status, as a list.
    #[must_use]
    pub fn tally(&self) -> String {
        let counts = COUNTED.into_iter().map(|(status, word)| (self.count(status), word));
        let counts = counts.filter(|(count, _)| *count > 0);
        let counts: Vec<String> = counts.map(|(count, word)| format!("{count} {word}")).collect();
        let known = match self.cases.iter().filter(|case| case.is_excused()).count() {
            0 => String::new(),
            count => format!(" ({count} expected)"),
        };
        let (profile, cases) = (self.profile, self.cases.len());
        let s = if cases == 1 { "" } else { "s" };
        format!("{profile}, {cases} case{s}: {}{known}", counts.join(", "))
    }

    /// How long the run took.
    #[must_use]
    pub fn duration(&self) -> String {
        format!("{}.{} s", self.duration_ms / 1000, self.duration_ms % 1000 / 100)
    }
}

impl fmt::Display for RequirementStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Verified => "verified",
            Self::Failed => "failed",
            Self::NotCovered => "not covered",
        })
    }
}

impl CaseReport {
    /// What there is to say beside a case: why it was not judged, or how much was found.
    #[must_use]
    pub fn note(&self) -> String {
        let note = match (&self.reason, self.findings.len()) {
            (Some(reason), _) => return reason.clone(),
            (None, 0) => return String::new(),
            (None, 1) => "1 finding".to_owned(),
            (None, count) => format!("{count} findings"),
        };
        match self.findings.iter().filter(|finding| finding.is_excused()).count() {
            0 => note,
            all if all == self.findings.len() => format!("{note}, expected"),
            some => format!("{note}, {some} of them expected"),
        }
    }
}

impl Finding {
    /// The operation, the exchange and the place.
    #[must_use]
    pub fn whereabouts(&self) -> String {
        let Self { operation, exchange, .. } = self;
        match self.place.as_deref() {
            Some("") | None => format!("{operation}, {exchange}"),
            Some(place) => format!("{operation}, {exchange} at {place}"),
        }
    }

    /// Whether it is the status that is not as expected.
    #[must_use]
    pub fn is_about_status(&self) -> bool {
        self.kind == Kind::Status || (self.place.is_none() && self.expected.starts_with("status "))
    }

    /// Whether it is the header of this name that is not as expected.
    #[must_use]
    pub fn is_about_header(&self, name: &str) -> bool {
        match self.place.as_deref() {
            Some(place) => place.eq_ignore_ascii_case(name),
            None => self.kind == Kind::ContentType && name.eq_ignore_ascii_case("content-type"),
        }
    }
}

impl KnownReport {
    /// Its result.
    #[must_use]
    pub fn outcome(&self) -> &'static str {
        match self.state {
            KnownState::Occurs => "occurs",
            KnownState::Expired => "still occurs, and its time is over",
            KnownState::Gone => "no longer occurs; its entry can go",
            KnownState::NotJudged => "its case was not judged",
        }
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { operation, responses, of } = self;
        match of {
            Some(all) => write!(f, "{operation} ({responses} of {all})"),
            None if *responses == 1 => write!(f, "{operation}"),
            None => write!(f, "{operation} ({responses} times)"),
        }
    }
}

impl fmt::Display for Excuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { reason, until, expired } = self;
        let was = if *expired { "was expected" } else { "expected" };
        write!(f, "{was} until {until}: {reason}")
    }
}

/// The statuses with the words in which their cases are counted.
pub(super) const COUNTED: [(Status, &str); 5] = [
    (Status::Pass, "passed"),
    (Status::Fail, "failed"),
    (Status::Warn, "warned"),
    (Status::Skip, "skipped"),
    (Status::Error, "not judged"),
];
