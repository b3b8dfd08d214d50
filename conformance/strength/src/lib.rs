//! How much the suite detects. It is run against a catalogue of defects, each injected between it
//! and the reference server. It is also run against a catalogue of legal variations, which must
//! pass.

mod broken;
mod catalogue;
pub mod deviation;
pub mod faulty_proxy;
mod grouping;
pub mod reference;
mod replica;
mod tape;
mod variations;
mod wire;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use chrono::Utc;
use registries_server::{EmbeddedOptions, ManualClock, RateLimit};
use tokio::{runtime::Builder, sync::mpsc};

use self::{
    broken::Broken,
    deviation::lock,
    faulty_proxy::{Answering, Behaviour, FaultyProxy, Incoming, Upstream},
    grouping::Evidence,
    tape::{Player, Tape},
};
pub use self::{
    catalogue::deviations,
    deviation::{Class, Deviation},
    reference::{Reference, ReferenceError},
    variations::variations,
};
use registries_conformance::{
    Options, Profile, Report, Status,
    internals::{new_tag, run_as},
    level::Level,
    report::CaseReport,
    run,
    strength::{Measured, Strength},
};

/// What exploration takes its random numbers from, so that a measurement can be repeated.
const SEED: u64 = 0;

/// How many runs share a processor: each also waits, for the network and for times to pass.
const PER_PROCESSOR: usize = 4;

/// Runs a profile of the suite against every deviation and variation whose name is `wanted`,
/// several at a time. `progress` is called with how many are done, of how many.
pub async fn measure(
    profile: Profile,
    wanted: impl Fn(&str) -> bool,
    progress: impl Fn(usize, usize),
) -> Result<Strength, ReferenceError> {
    // Each is good for one run, and some take two.
    let wanted = || {
        let is_wanted = |it: &Deviation| wanted(&it.name);
        let wrong = deviations().into_iter().filter(is_wanted).map(|it| (true, it));
        let right = variations().into_iter().filter(is_wanted).map(|it| (false, it));
        wrong.chain(right).collect::<Vec<_>>()
    };
    let all: Vec<_> = wanted().into_iter().zip(wanted().into_iter().map(|(_, it)| it)).collect();
    let total = all.len();
    let recorded = Arc::new(Recorded::of(profile).await?);
    let (finished, mut runs) = mpsc::unbounded_channel();
    let left = Arc::new(Mutex::new(all.into_iter().enumerate()));
    // A runtime of its own for each: a run is a long chain of short tasks, which only cost time when
    // one thread hands them to another.
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    for _ in 0..PER_PROCESSOR * processors {
        let (left, recorded, finished) =
            (Arc::clone(&left), Arc::clone(&recorded), finished.clone());
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| ReferenceError::new(error.to_string()))?;
        let next = move || lock(&left).next();
        std::thread::spawn(move || {
            runtime.block_on(async {
                while let Some((index, ((is_wrong, deviation), again))) = next() {
                    let measured = match recorded.measured(profile, &deviation).await {
                        Some(measured) => Ok(measured),
                        None => measured(profile, again).await,
                    };
                    // The receiver is gone if the measurement was given up.
                    if finished.send((index, is_wrong, measured)).is_err() {
                        break;
                    }
                }
            });
        });
    }
    drop(finished);
    let mut done: Vec<(usize, bool, Run)> = Vec::with_capacity(total);
    while let Some((index, is_wrong, measured)) = runs.recv().await {
        done.push((index, is_wrong, measured?));
        progress(done.len(), total);
    }
    if done.len() < total {
        return Err(ReferenceError::new("a run ended unexpectedly".into()));
    }
    done.sort_by_key(|(index, ..)| *index);
    let (wrong, right): (Vec<_>, Vec<_>) = done.into_iter().partition(|(_, is_wrong, _)| *is_wrong);
    let (wrong, evidence): (Vec<_>, Vec<_>) =
        wrong.into_iter().map(|(.., run)| (run.measured, run.evidence)).unzip();
    let evidence: Vec<Evidence> = evidence.into_iter().flatten().collect();
    let right = right.into_iter().map(|(.., run)| run.measured).collect();
    Ok(Strength::of(profile, wrong, right, grouping::pairs(&evidence)))
}

/// Measures `core`, and then `deep`, which has all of `core` and takes longer, on the variations
/// and on what `core` missed. The second one has all that `deep` detects; its false alarms are
/// those of both, and its pairs those of `core`.
pub async fn measure_both(
    wanted: impl Fn(&str) -> bool,
    progress: impl Fn(usize, usize),
) -> Result<[Strength; 2], ReferenceError> {
    let core = measure(Profile::Core, &wanted, &progress).await?;
    let caught = |name: &str| core.deviations.iter().find(|it| it.name == name && it.caught);
    let is_left = |name: &str| wanted(name) && caught(name).is_none();
    let mut deep = measure(Profile::Deep, is_left, progress).await?;
    let mut left: BTreeMap<String, Measured> =
        deep.deviations.into_iter().map(|it| (it.name.clone(), it)).collect();
    let of_both = core.deviations.iter().filter_map(|it| match caught(&it.name) {
        Some(caught) => Some(caught.clone()),
        None => left.remove(&it.name),
    });
    let pairs = core.grouping.pairs;
    deep = Strength::of(Profile::Deep, of_both.collect(), deep.variations, pairs);
    for (variation, in_core) in deep.variations.iter_mut().zip(&core.variations) {
        if in_core.is_false_alarm() && !variation.is_false_alarm() {
            variation.clone_from(in_core);
        }
    }
    Ok([core, deep])
}

async fn measured(profile: Profile, deviation: Deviation) -> Result<Run, ReferenceError> {
    let Deviation {
        name,
        class,
        level,
        user_rate_limit,
        has_team,
        public_url,
        consistency_wait,
        behaviour,
    } = deviation;
    let failed = |error: &dyn std::error::Error| ReferenceError::new(format!("{name}: {error}"));
    let public_url = public_url.map(str::to_owned);
    let mut options = EmbeddedOptions { user_rate_limit, public_url, ..EmbeddedOptions::default() };
    if user_rate_limit != RateLimit::Off {
        options.clock = Arc::new(ManualClock::at(Utc::now()));
        options.organization_rate_limit = RateLimit::PerMinute(10_000);
    }
    let mut reference = Reference::start_with(options).await?;
    if has_team {
        reference.give_team().await?;
    }
    let proxy = FaultyProxy::start(reference.server.base_url(), behaviour).await;
    let proxy = proxy.map_err(|error| failed(&error))?;
    let options = Options { consistency_wait, ..options_of(profile) };
    let report = run(reference.at(&proxy.base_url), options).await;
    let report = report.map_err(|error| failed(&error))?;
    reference.server.shutdown().await;
    Ok(measured_by(&report, proxy.changes().all(), name, class, level))
}

fn options_of(profile: Profile) -> Options {
    Options { profile, seed: Some(SEED), exhaust_user_limit: true, ..Options::default() }
}

/// A run against the reference server itself, and its responses.
struct Recorded {
    reference: Reference,
    tag: String,
    tape: Arc<Tape>,
}

impl Recorded {
    async fn of(profile: Profile) -> Result<Self, ReferenceError> {
        let failed = |error: &dyn std::error::Error| ReferenceError::new(error.to_string());
        let reference = Reference::start().await?;
        let (tag, tape) = (new_tag(), Arc::new(Tape::default()));
        let upstream = Upstream::recorded(reference.server.base_url(), Some(Arc::clone(&tape)));
        let upstream = upstream.map_err(|error| failed(&error))?;
        let proxy = FaultyProxy::over(upstream, Arc::new(AsItIs)).await;
        let proxy = proxy.map_err(|error| failed(&error))?;
        let deployment = reference.at(&proxy.base_url);
        let run = run_as(deployment, options_of(profile), tag.clone());
        run.await.map_err(|error| failed(&error))?;
        Ok(Self { reference, tag, tape })
    }

    /// What became of a deviation in front of what was recorded; `None` when its run asks for anything
    /// else, or it needs another server.
    async fn measured(&self, profile: Profile, deviation: &Deviation) -> Option<Run> {
        if !deviation.shows_by_default() || deviation.public_url.is_some() {
            return None;
        }
        let player = Arc::new(Player::of(&self.tape));
        let mut diverged = player.has_diverged();
        let upstream = Upstream::played(player);
        let proxy = FaultyProxy::over(upstream, Arc::clone(&deviation.behaviour)).await.ok()?;
        let deployment = self.reference.at(&proxy.base_url);
        let consistency_wait = deviation.consistency_wait;
        let options = Options { consistency_wait, ..options_of(profile) };
        let run = run_as(deployment, options, self.tag.clone());
        let has_diverged = diverged.clone();
        let report = tokio::select! {
            report = run => report.ok().filter(|_| !*has_diverged.borrow())?,
            _ = diverged.wait_for(|it| *it) => return None,
        };
        let Deviation { name, class, level, .. } = deviation;
        Some(measured_by(&report, proxy.changes().all(), name.clone(), *class, *level))
    }
}

/// A run against a deviation or a variation.
struct Run {
    measured: Measured,
    /// What it has found, if that was caught.
    evidence: Option<Evidence>,
}

/// What became of a run against a deviation or a variation.
fn measured_by(
    report: &Report,
    broken: BTreeSet<Broken>,
    name: String,
    class: Class,
    level: Level,
) -> Run {
    let by = caught_by(report, level);
    let evidence = (!by.is_empty()).then(|| Evidence::new(&report.cases, broken, level));
    let measured = Measured {
        caught: !by.is_empty(),
        by: by.into_iter().map(str::to_owned).collect(),
        verdict: report.verdict,
        requests: report.requests,
        grouped: evidence.as_ref().map(Evidence::grouped),
        name,
        class,
        level,
    };
    Run { measured, evidence }
}

/// Passes everything on as it is.
struct AsItIs;

impl Behaviour for AsItIs {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move { upstream.send(&request).await })
    }
}

/// The cases that say that something is wrong, as strongly as the level asks.
fn caught_by(report: &Report, level: Level) -> BTreeSet<&str> {
    let says_so = |case: &&CaseReport| match level {
        Level::Must => case.status == Status::Fail,
        Level::Should => matches!(case.status, Status::Fail | Status::Warn),
        Level::May => !case.findings.is_empty(),
    };
    report.cases.iter().filter(says_so).map(|case| case.name.as_str()).collect()
}
