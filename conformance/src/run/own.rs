//! Cases that a project adds to those of the suite.

use std::{
    collections::BTreeSet,
    fmt,
    future::{Future, pending},
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use futures_util::FutureExt;
use serde_json::Value;

use super::{Permission, Progress, Runner};
use crate::{
    areas,
    case::Case,
    contract::{Kind, Problem},
    exchange::{Exchange, Purpose, Request},
    level::{Citation, Level},
    observed::{NotJudged, Stop, why_not_judged},
    outcome::{Found, OwnOutcome},
    plan,
    profile::Profile,
    tag,
};

/// How long a case may take where nothing else is said: it may have to wait for the rate limit.
const MAX_TIME: Duration = Duration::from_mins(10);

/// A case of one's own, for [`Options::own`](crate::Options). It is run after those of the suite,
/// and is in every report as they are.
///
/// It sends its requests through the [`Session`]. So they keep the run's pace and are recorded. What
/// they create under a [name of the session](Session::name) is removed. It may also look at the
/// answers to other requests. It returns its findings, an empty list when the requirement holds, and
/// [`NotJudged::Skip`] when nothing shows that. A case that looked at no response is skipped.
///
/// ```
/// use registries_conformance::{
///     Options, OwnCase, Verdict, cases::Found,
///     level::{Citation, Grade},
/// };
/// use registries_strength::reference::Reference;
/// use serde_json::json;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // What is documented must hold, what a client was seen to rely on should.
/// let citation = Citation { grade: Grade::Documented, cite: "our handbook, names".into() };
/// let umlauts = OwnCase::new(
///     "umlauts-are-kept",
///     "A description may have umlauts.",
///     citation,
///     |session| Box::pin(async move {
///         let body = json!({
///             "name": session.name("umlauts"), "ecosystem": "ruby", "description": "Überblick",
///         });
///         let request = session.request("create_registry", None, Some(&body))?;
///         let created = session.send(request).await?;
///         let returned = created.answer.json.as_ref().map(|it| &it["description"]);
///         let found = (returned != Some(&json!("Überblick"))).then(|| {
///             session.found(&created, Some("/description"), "\"Überblick\"", &created.answer.text)
///         });
///         Ok(found.into_iter().collect())
///     }),
/// );
///
/// let server = Reference::start().await?; // Your own server is a `Deployment` of its base URL.
/// let options = Options { own: vec![umlauts], ..Options::default() };
/// let report = registries_conformance::run(server.deployment.clone(), options).await?;
/// assert_eq!(report.verdict, Verdict::Conforms);
/// assert_eq!(report.cases.last().unwrap().name, "umlauts-are-kept");
/// # Ok(())
/// # }
/// ```
pub struct OwnCase {
    name: String,
    requirement: String,
    citation: Citation,
    profile: Profile,
    check: Box<dyn for<'a> Fn(&'a mut Session<'_>) -> Checking<'a> + Send + Sync>,
}

/// What a case of one's own comes to: what it found, or why it could not be looked at.
pub type Checking<'a> = Pin<Box<dyn Future<Output = Result<Vec<Found>, NotJudged>> + Send + 'a>>;

impl OwnCase {
    /// A case with a name that no other has, in lower-case letters, digits and hyphens; what is
    /// required, in a sentence; where that comes from, which says how binding it is; and the check.
    pub fn new(
        name: impl Into<String>,
        requirement: impl Into<String>,
        citation: Citation,
        check: impl for<'a> Fn(&'a mut Session<'_>) -> Checking<'a> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            requirement: requirement.into(),
            citation,
            profile: Profile::default(),
            check: Box::new(check),
        }
    }

    /// The case as part of this profile and of those that have more; without it, of `core`.
    #[must_use]
    pub fn part_of(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its level.
    #[must_use]
    pub fn level(&self) -> Level {
        self.citation.grade.level()
    }

    /// Why the case cannot have its name, beside `others`, if it cannot.
    fn misnamed(&self, others: &BTreeSet<&str>) -> Option<NotJudged> {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let why = if self.name.is_empty() || !self.name.chars().all(fits) {
            "the name of a case has lower-case letters, digits and hyphens"
        } else if others.contains(self.name.as_str()) {
            "another case has this name; give it one of its own"
        } else {
            return None;
        };
        Some(NotJudged::Error(why.into()))
    }
}

impl fmt::Debug for OwnCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnCase").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The run, for a case of one's own.
pub struct Session<'r> {
    runner: &'r mut Runner,
    case: &'r OwnCase,
    operations: Vec<String>,
    requests: usize,
    /// Whether the case has looked at a response that shows something.
    has_looked: AtomicBool,
    /// What is sent and has no response yet.
    under_way: Option<Request>,
}

impl Session<'_> {
    /// A name for a registry. By such names the run, or a sweep after it, finds what is to be removed.
    #[must_use]
    pub fn name(&self, word: &str) -> String {
        self.runner.observed().name(&format!("{}{word}", tag::OWN))
    }

    /// The slug of the organization.
    #[must_use]
    pub fn organization(&self) -> &str {
        &self.runner.observed().organization
    }

    /// A request to an operation of the contract, with the token of the run, to be sent as it is or
    /// changed before. The body of a create that says nothing of teams gets the run's, if it has one.
    pub fn request(
        &self,
        operation: &'static str,
        slug: Option<&str>,
        body: Option<&Value>,
    ) -> Result<Request, NotJudged> {
        let body = body.map(Value::to_string);
        self.runner.request_to(operation, crate::Credential::Main, slug, body)
    }

    /// Sends a request. It may be one that the contract does not know; the run does not know what
    /// such a request creates, and does not remove it.
    pub async fn send(&mut self, request: Request) -> Result<Exchange, NotJudged> {
        if self.runner.is_interrupted() {
            return Err(NotJudged::Error(Stop::Interrupted.reason().into()));
        }
        self.runner.has_credential(request.credential)?;
        if !self.operations.iter().any(|known| known == request.operation) {
            self.operations.push(request.operation.to_owned());
        }
        let before = self.runner.requests();
        self.under_way = Some(request.clone());
        let purpose = Purpose::Own(self.case.name.clone());
        let outcome = self.runner.send(&purpose, request, Permission::Anything).await;
        self.under_way = None;
        self.requests += self.runner.requests() - before;
        let exchange = outcome?;
        if let Some(why) = why_not_judged(exchange.answer.status) {
            return Err(NotJudged::Error(why));
        }
        self.looks();
        Ok(exchange)
    }

    /// Every exchange of the run until now. A case about some of them that finds none has seen nothing
    /// of what it is about: it returns [`NotJudged::Skip`] with that reason.
    pub fn exchanges(&self) -> impl Iterator<Item = &Exchange> {
        let exchanges = self.runner.observed().every();
        exchanges.inspect(|exchange| {
            if why_not_judged(exchange.answer.status).is_none() {
                self.looks();
            }
        })
    }

    fn looks(&self) {
        self.has_looked.store(true, Ordering::Relaxed);
    }

    /// An exchange of the suite by its name, as `conformance/snapshots/` has it; the reason why it
    /// cannot be judged, if it did not take place or not with the right token.
    pub fn exchange(&self, name: &str) -> Result<&Exchange, NotJudged> {
        let step = areas::steps().iter().find(|step| step.definition().name == name);
        let step = step.ok_or_else(|| NotJudged::Error(format!("no exchange is called {name}")))?;
        let exchange = self.runner.observed().exchange(*step)?;
        self.looks();
        Ok(exchange)
    }

    /// What an exchange shows to be otherwise, to be returned; its place is a JSON pointer into the
    /// body, or the name of a header.
    #[must_use]
    pub fn found(
        &self,
        exchange: &Exchange,
        place: Option<&str>,
        expected: impl Into<String>,
        received: impl Into<String>,
    ) -> Found {
        let problem = Problem {
            kind: Kind::Behaviour,
            level: self.case.level(),
            citation: self.case.citation.clone(),
            place: place.map(str::to_owned),
            schema_path: None,
            expected: expected.into(),
            received: received.into(),
        };
        Found::in_exchange(self.runner.observed().shared(exchange), problem)
    }
}

/// Whether a case is part of a run: by a part of its name, and by its profile.
fn is_selected(case: &OwnCase, filters: &[String], profile: Profile) -> bool {
    let is_meant = |filter: &String| case.name.contains(filter.as_str());
    case.profile <= profile && (filters.is_empty() || filters.iter().any(is_meant))
}

/// Runs the cases that were added, one after another.
pub(crate) async fn run(runner: &mut Runner) -> Vec<OwnOutcome> {
    let own = std::mem::take(&mut runner.options.own);
    let mut names: BTreeSet<&str> = plan::all().map(|case: &Case| case.name).collect();
    let mut outcomes = Vec::new();
    for (done, case) in own.iter().enumerate() {
        let misnamed = case.misnamed(&names);
        names.insert(&case.name);
        if !is_selected(case, &runner.options.filters, runner.options.profile) {
            continue;
        }
        runner.report_progress(Progress::Sending { step: &case.name, done, total: own.len() });
        let mut session = Session {
            runner,
            case,
            operations: Vec::new(),
            requests: 0,
            has_looked: AtomicBool::new(false),
            under_way: None,
        };
        let begun = Instant::now();
        let outcome = match misnamed {
            Some(not_judged) => Err(not_judged),
            None => session.check().await,
        };
        let Session { operations, requests, has_looked, .. } = session;
        let outcome = outcome.and_then(|found| {
            if found.is_empty() && !has_looked.into_inner() {
                return Err(NotJudged::Skip("the case looked at no response".into()));
            }
            Ok(found)
        });
        outcomes.push(OwnOutcome {
            name: case.name.clone(),
            requirement: case.requirement.clone(),
            citation: case.citation.clone(),
            operations,
            requests,
            took: begun.elapsed(),
            outcome,
        });
    }
    outcomes
}

impl Session<'_> {
    /// Looks at the case. One that panics, or comes to no end, is over; what it created is removed all
    /// the same.
    async fn check(&mut self) -> Result<Vec<Found>, NotJudged> {
        if let Some(stop) = &self.runner.observed().stopped {
            return Err(NotJudged::Error(stop.reason().into()));
        }
        let case = self.case;
        let limit = self.runner.time_left().unwrap_or(MAX_TIME);
        let max_time = self.runner.options.max_time.unwrap_or(MAX_TIME);
        let interrupted = self.interrupted();
        let given_up = tokio::select! {
            outcome = AssertUnwindSafe((case.check)(self)).catch_unwind() => Ok(outcome),
            () = interrupted => Err(Stop::Interrupted.reason().to_owned()),
            () = tokio::time::sleep(limit) => Err(format!(
                "the case took longer than {max_time:?}; give the run more time (max_time), or the case an \
                 end"
            )),
        };
        let outcome = match given_up {
            Ok(outcome) => outcome,
            Err(why) => {
                if let Some(request) = self.under_way.take() {
                    self.runner.gave_up(&request);
                }
                return Err(NotJudged::Error(why));
            }
        };
        outcome.unwrap_or_else(|panic| {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or_default();
            Err(NotJudged::Error(format!("the case panicked: {text}")))
        })
    }

    /// Ends when the run is interrupted.
    fn interrupted(&self) -> impl Future<Output = ()> + use<> {
        let interrupt = self.runner.options.interrupt.clone();
        async move {
            if let Some(mut interrupt) = interrupt
                && interrupt.wait_for(|stop| *stop).await.is_ok()
            {
                return;
            }
            pending::<()>().await;
        }
    }
}
