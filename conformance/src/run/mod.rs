//! A run: sends the steps that the cases need, removes what they created, and reports.

mod again;
mod clean_up;
mod first;
mod late;
mod own;
mod request;

use std::{collections::BTreeSet, num::NonZeroU32, time::Duration};

use chrono::{DateTime, Utc};
use tokio::{sync::watch, time::Instant};

use self::late::Lateness;
pub use self::own::{Checking, OwnCase, Session};
pub(crate) use self::{
    late::{Again, Asking},
    request::{Limits, Permission},
};
use crate::{
    areas,
    case::Case,
    contract::Contract,
    engine::deployment::{Deployment, DeploymentError, Live},
    engine::har::{self, Recorder, Recording},
    engine::pace::Pace,
    engine::transport::Transport,
    exchange::{Credential, Exchange, Purpose, Request},
    explore::{exhaust, explore},
    group::Group,
    ledger::Ledger,
    observed::{NotJudged, Observed, Stop},
    outcome::Exploration,
    plan,
    profile::Profile,
    report::{self, Report},
    requirements,
    steps::Step,
    tag, transcript,
};

/// What a run is to do, beside the deployment that it looks at.
pub struct Options {
    /// Only the cases whose name contains one of these; all when empty.
    pub filters: Vec<String>,
    /// How much to look at.
    pub profile: Profile,
    /// Only this part of the API; all of it when there is none.
    pub group: Option<Group>,
    /// How many requests to send in a minute at most; without it only the deployment's own limits
    /// are heeded.
    pub pace: Option<NonZeroU32>,
    /// How many requests a run sends at most, exploration included. The steps, the requests of cases
    /// that were added, and those that remove what was created, are always sent.
    pub max_requests: usize,
    /// How long the run may take, waits included. What it created is removed all the same, which
    /// takes five minutes more at most. What it saw is judged, which takes as long again, or half a
    /// minute. Without it, only a case that was added has a limit, of ten minutes.
    pub max_time: Option<Duration>,
    /// How long a read is repeated that does not show the last write: no source promises that it does
    /// at once. What shows late is a warning.
    pub consistency_wait: Duration,
    /// What exploration takes its random numbers from.
    pub seed: Option<u64>,
    /// Whether `deep` may use up the user's rate limit, so that for up to a minute all other
    /// requests of the user are rejected.
    pub exhaust_user_limit: bool,
    /// Whether the deployment is the embedded reference server; said in the report.
    pub embedded: bool,
    /// Becomes true when the run is to stop: it then removes what it created, and reports.
    pub interrupt: Option<watch::Receiver<bool>>,
    /// Called with the progress of the run.
    pub progress: Option<Listener>,
    /// Records every exchange.
    pub recorder: Option<Recorder>,
    /// Cases beside those of the suite.
    pub own: Vec<OwnCase>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            filters: Vec::new(),
            profile: Profile::default(),
            group: None,
            pace: None,
            max_requests: 1000,
            max_time: None,
            consistency_wait: Duration::from_secs(5),
            seed: None,
            exhaust_user_limit: false,
            embedded: false,
            interrupt: None,
            progress: None,
            recorder: None,
            own: Vec::new(),
        }
    }
}

/// Called with the progress of a run.
pub type Listener = Box<dyn Fn(Progress<'_>) + Send + Sync>;

/// What happens during a run.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Progress<'a> {
    /// A request is about to be sent.
    Sending {
        /// Its name.
        step: &'a str,
        /// How many steps have been dealt with.
        done: usize,
        /// Their number.
        total: usize,
    },
    /// A request beyond the steps is about to be sent, or several at once.
    Exploring {
        /// How many requests the run has sent.
        sent: usize,
        /// How many it may send.
        limit: usize,
    },
    /// The rate limit has to be waited for.
    Waiting {
        /// How long.
        wait: Duration,
    },
    /// What the run created is being removed.
    CleaningUp,
}

/// Runs the cases against a deployment. Whatever becomes of them, it removes what it created.
///
/// The report's verdict is `incomplete` when the deployment could not be reached or refused the
/// token; an error is returned only when nothing could be tried at all.
pub async fn run(deployment: Deployment, options: Options) -> Result<Report, DeploymentError> {
    // This is done while the HTTP client is made and the deployment answers; without a thread for it,
    // when it is needed.
    let prepare = || (Contract::built_in().compile(), requirements::all());
    let _ = std::thread::Builder::new().spawn(prepare);
    Ok(judged(Runner::new(deployment, options)?).await)
}

/// The same, with a tag that is given: a run that is repeated sends the same.
pub async fn run_as(
    deployment: Deployment,
    options: Options,
    tag: String,
) -> Result<Report, DeploymentError> {
    let live = Live::new(deployment)?;
    Ok(judged(Runner::with(Transport::Live { live, recorder: None }, tag, options)).await)
}

/// Runs the cases against the recording of a run. Nothing is sent; a case whose exchanges the
/// recording lacks cannot be judged. The report says of the recorded deployment what the run said then,
/// or what this version of the suite says instead.
pub async fn replay(recording: Recording, options: Options) -> Report {
    let embedded = recording.facts().embedded;
    let seed = options.seed.or(recording.facts().seed);
    let exhaust_user_limit = options.exhaust_user_limit || recording.facts().exhaust_user_limit;
    let options = Options {
        embedded,
        seed,
        exhaust_user_limit,
        recorder: None,
        pace: None,
        max_time: None,
        ..options
    };
    let tag = recording.facts().run_tag.clone();
    judged(Runner::with(Transport::Recorded(recording), tag, options)).await
}

async fn judged(mut runner: Runner) -> Report {
    let started = std::time::Instant::now();
    let started_at = runner.transport.begun().unwrap_or_else(Utc::now);
    runner.deadline = runner.options.max_time.and_then(|time| Instant::now().checked_add(time));
    let (cases, explorations) = (runner.cases(), runner.explorations());
    let steps = plan::steps_of(&cases, runner.options.profile, runner.options.group);
    runner.send_steps(&steps).await;
    let is_stopped = runner.observed.stopped.is_some();
    if !is_stopped && explorations.iter().any(|it| *it != Exploration::Limits) {
        runner.observed.explored = Some(explore(&mut runner, &explorations).await);
        runner.note_interruption();
    }
    runner.observed.own = own::run(&mut runner).await;
    if runner.transport.recording().is_none() {
        runner.clean_up().await;
    }
    if runner.observed.stopped.is_none() && explorations.contains(&Exploration::Limits) {
        exhaust(&mut runner).await;
        runner.note_interruption();
    }
    let max_time = runner.options.max_time.map(|time| (time, JUDGING.max(time)));
    let judged_until = max_time.map(|(time, judging)| {
        let time = humantime::format_duration(time);
        let why = format!("the time was used up (--max-time {time}) before all was judged");
        (std::time::Instant::now() + judging, why)
    });
    let facts = report::Facts {
        deployment: runner.transport.deployment(),
        embedded: runner.options.embedded,
        started_at,
        duration: started.elapsed(),
        requests: runner.requests,
        group: runner.options.group,
        filters: runner.options.filters.clone(),
        left_behind: match runner.transport {
            Transport::Live { .. } => runner.ledger.into_left(),
            Transport::Recorded(_) => (Vec::new(), false),
        },
        judged_until,
    };
    report::build(&cases, &runner.observed, facts)
}

/// The normalised transcripts of a full run, each with the name of its exchange: what the project's
/// snapshots hold.
pub async fn transcripts(
    deployment: Deployment,
) -> Result<Vec<(&'static str, String)>, DeploymentError> {
    let options = Options { profile: Profile::Deep, ..Options::default() };
    let mut runner = Runner::new(deployment, options)?;
    runner.send_steps(areas::steps()).await;
    runner.clean_up().await;
    let transcripts = transcript::transcripts(&runner.observed);
    Ok(transcripts.into_iter().map(|(step, text)| (step.definition().name, text)).collect())
}

/// How long a run with a limit of time may judge what it has seen, at least.
const JUDGING: Duration = Duration::from_secs(30);

pub(crate) struct Runner {
    transport: Transport,
    pub(crate) options: Options,
    observed: Observed,
    ledger: Ledger,
    pace: Pace,
    requests: usize,
    cleaning_up: bool,
    /// Until when something may be sent.
    deadline: Option<Instant>,
    lateness: Lateness,
    /// When the newest request was sent.
    begun: Option<DateTime<Utc>>,
    /// When the newest write was sent that succeeded.
    last_write: Option<DateTime<Utc>>,
    /// Whether the last response was longer than what can be looked at.
    was_too_large: bool,
    /// Whether any response was usable.
    was_answered: bool,
    /// How many requests in a row the rate limit refused to the end.
    refused_in_a_row: RefusedInARow,
    /// How long the rate limit refuses everything, if that is longer than what is waited for.
    refused_for: Option<Duration>,
    /// How many requests in a row got no usable response.
    lost_in_a_row: usize,
    /// How many requests were sent because others were lost.
    repeated: usize,
}

/// How many requests in a row the rate limit refused to the end, by what they are counted for.
#[derive(Default)]
struct RefusedInARow {
    with_token: usize,
    without_token: usize,
}

impl RefusedInARow {
    fn of(&mut self, credential: Credential) -> &mut usize {
        if credential.is_known() { &mut self.with_token } else { &mut self.without_token }
    }
}

impl Runner {
    pub(crate) fn new(deployment: Deployment, options: Options) -> Result<Self, DeploymentError> {
        let recorder = options.recorder.clone();
        let live = Live::new(deployment)?;
        Ok(Self::with(Transport::Live { live, recorder }, tag::new(), options))
    }

    fn with(transport: Transport, tag: String, mut options: Options) -> Self {
        let contract = Contract::built_in();
        let deployment = transport.deployment();
        if let Some(recorder) = &options.recorder {
            let seed = *options.seed.get_or_insert_with(rand::random);
            recorder.begin(&har::Facts {
                deployment,
                embedded: options.embedded,
                tag: &tag,
                seed,
                exhaust_user_limit: options.exhaust_user_limit,
                contract_version: contract.version(),
            });
        }
        let ledger = Ledger::new(&tag);
        let observed = Observed::new(contract, options.profile, deployment, tag);
        Self {
            transport,
            ledger,
            observed,
            pace: Pace::new(options.pace),
            options,
            requests: 0,
            cleaning_up: false,
            deadline: None,
            lateness: Lateness::default(),
            begun: None,
            last_write: None,
            was_too_large: false,
            was_answered: false,
            refused_in_a_row: RefusedInARow::default(),
            refused_for: None,
            lost_in_a_row: 0,
            repeated: 0,
        }
    }

    /// The cases that are chosen.
    fn cases(&self) -> Vec<&'static Case> {
        let Options { filters, profile, group, .. } = &self.options;
        plan::selected(filters, *profile, *group)
    }

    /// What is to be explored for them.
    fn explorations(&self) -> BTreeSet<Exploration> {
        self.cases().into_iter().filter_map(Case::exploration).collect()
    }

    async fn send_steps(&mut self, steps: &[Step]) {
        for (done, step) in steps.iter().copied().enumerate() {
            if self.is_interrupted() {
                self.observed.stopped = Some(Stop::Interrupted);
                self.note_interruption();
            } else if let Some(time) = self.options.max_time.filter(|_| self.is_late()) {
                let time = humantime::format_duration(time);
                let reason = format!("the time was used up (--max-time {time})");
                self.observed.stopped = Some(Stop::GaveUp(reason));
            }
            if self.observed.stopped.is_some() {
                return;
            }
            // What the beginning of a run had to try is not sent once more.
            if self.observed.has(step) {
                continue;
            }
            let name = step.definition().name;
            self.report_progress(Progress::Sending { step: name, done, total: steps.len() });
            let begun = Instant::now();
            let outcome = self.step(step).await;
            self.observed.record(step, outcome);
            self.repeat_while_late(step).await;
            self.observed.took.insert(step, begun.elapsed());
            let stop = self.stop_after(step, steps).await;
            self.observed.stopped = self.observed.stopped.take().or(stop);
        }
    }

    async fn step(&mut self, step: Step) -> Result<Exchange, NotJudged> {
        let request = self.request(step)?;
        let purpose = Purpose::Step(step.definition().name);
        let exchange =
            self.send(&purpose, request, Permission::OwnOnly).await.map_err(|not_judged| {
                match not_judged {
                    NotJudged::Error(reason) if self.observed.stopped.is_none() => {
                        NotJudged::Error(format!("{}: {reason}", step.definition().name))
                    }
                    other => other,
                }
            })?;
        if step == Step::ListBefore {
            self.ledger.there_before(&exchange.answer);
        } else if step == Step::ListAfter {
            self.ledger.settle(&exchange.answer);
        }
        Ok(exchange)
    }

    pub(crate) fn observed(&self) -> &Observed {
        &self.observed
    }

    pub(crate) fn observed_mut(&mut self) -> &mut Observed {
        &mut self.observed
    }

    /// Whether everything is removed that the run created. A replay removes nothing.
    pub(crate) fn has_cleaned_up(&self) -> bool {
        self.transport.recording().is_some() || self.ledger.is_clean()
    }

    /// Whether the time is used up.
    pub(crate) fn is_late(&self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }

    /// How much of the time is left, if there is a limit.
    pub(crate) fn time_left(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    pub(crate) fn requests(&self) -> usize {
        self.requests
    }

    /// Takes note of a request whose answer is no longer waited for.
    pub(crate) fn gave_up(&mut self, request: &Request) {
        self.ledger.unanswered(request);
    }

    fn note_interruption(&self) {
        if let Some(recorder) = self.options.recorder.as_ref().filter(|_| self.is_interrupted()) {
            recorder.interrupted();
        }
    }

    pub(crate) fn is_interrupted(&self) -> bool {
        self.options.interrupt.as_ref().is_some_and(|interrupt| *interrupt.borrow())
    }

    pub(crate) fn report_progress(&self, progress: Progress<'_>) {
        if let Some(listener) = &self.options.progress {
            listener(progress);
        }
    }
}
