//! The suite and Schemathesis, pointed at the same deployments.

use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use registries_conformance::{Options, Profile, run};
use registries_strength::{
    self as strength, Deviation,
    faulty_proxy::{Answering, Behaviour, FaultyProxy, Incoming, Upstream},
    reference::Reference,
};
use tokio::{sync::Semaphore, task::JoinSet};

use super::{
    float, median, progress,
    report::{Bound, Compared, Figure, Found},
    saved::{Cache, Run},
    schemathesis::{Failure, Findings, Schemathesis, Target},
};

/// The seeds of its runs against the reference server, of which the first is that of the runs
/// against deviations too.
const SEEDS: std::ops::Range<u64> = 0..5;

/// What is the same for every run.
pub(super) struct Setting {
    pub(super) tool: Schemathesis,
    /// The contract's file.
    pub(super) contract: PathBuf,
    /// How long Schemathesis may take for a deployment.
    pub(super) limit: Duration,
}

/// The two against the reference server itself, in turns: how many exchanges each checks in a
/// second. Also everything that Schemathesis says of the reference server. Each of its runs knows
/// what the ones before said, as a user would who has read it: otherwise the first failure ends the
/// tests of an operation, and what is wrong beside it is not found.
pub(super) async fn pace(setting: &Setting) -> Result<(Figure, BTreeSet<Failure>)> {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let mut known = BTreeSet::new();
    for seed in SEEDS {
        progress(&format!("deep and Schemathesis against the reference server, seed {seed}"));
        let (requests, seconds) = deep(seed).await?;
        ours.push(float(requests) / seconds);
        let (requests, findings) =
            theirs_against(setting, Arc::new(Faithful), seed, &known).await?;
        let findings = findings.context("Schemathesis does not end within the time limit")?;
        theirs.push(float(requests) / findings.seconds);
        progress(&format!("{} failures known, {} before", findings.failures.len(), known.len()));
        known.extend(findings.failures);
    }
    let (ours, theirs) = (median(&mut ours), median(&mut theirs));
    let figure = Figure {
        name: "deep, to Schemathesis, in exchanges a second",
        value: ours / theirs,
        target: Bound::AtLeast(20.0),
        made_of: format!("{ours:.0} to {theirs:.1}, medians of {} runs", SEEDS.end),
    };
    Ok((figure, known))
}

/// How many requests a run of `deep` sends to the reference server, and how many seconds it takes.
async fn deep(seed: u64) -> Result<(usize, f64)> {
    let reference = Reference::start().await?;
    let counted = Arc::new(Counted::new(Arc::new(Faithful)));
    let proxy = FaultyProxy::start(reference.server.base_url(), counted.clone()).await?;
    let options = Options { profile: Profile::Deep, seed: Some(seed), ..Options::default() };
    let started = Instant::now();
    run(reference.at(&proxy.base_url), options).await?;
    Ok((counted.requests(), started.elapsed().as_secs_f64()))
}

/// Both against the deviations, Schemathesis as often at once as there are cores. It finds one when
/// it says something that it does not say of the reference server.
pub(super) async fn find(
    setting: &Arc<Setting>,
    deviations: Vec<Deviation>,
    known: &Arc<BTreeSet<Failure>>,
    kept: &mut Cache,
) -> Result<Vec<Compared>> {
    progress(&format!("core against {} deviations", deviations.len()));
    let names: BTreeSet<String> = deviations.iter().map(|it| it.name.clone()).collect();
    let core = strength::measure(Profile::Core, |name| names.contains(name), |_, _| {}).await?;
    let left: Vec<Deviation> =
        deviations.into_iter().filter(|it| kept.run(&it.name).is_none()).collect();
    let total = left.len();
    let at_once = std::thread::available_parallelism().map_or(1, usize::from);
    let permits = Arc::new(Semaphore::new(at_once));
    let mut runs = JoinSet::new();
    for Deviation { name, behaviour, .. } in left {
        let permits = Arc::clone(&permits);
        let (setting, known) = (Arc::clone(setting), Arc::clone(known));
        runs.spawn(async move {
            let _permit = permits.acquire().await;
            let outcome = theirs_against(&setting, behaviour, SEEDS.start, &known).await;
            outcome.with_context(|| format!("against {name}")).map(|(requests, findings)| Run {
                name,
                requests,
                findings,
            })
        });
    }
    let started = Instant::now();
    let mut done = 0_u32;
    while let Some(ended) = runs.join_next().await {
        let run = ended.context("a run ended unexpectedly")??;
        done += 1;
        let left = (started.elapsed() / done).as_secs() * (total as u64 - u64::from(done)) / 60;
        progress(&format!("{done} of {total}: {}; about {left} min left", run.outline(known)));
        kept.add(run)?;
    }
    core.deviations.into_iter().map(|core| compared(core, kept, known)).collect()
}

fn compared(
    core: registries_conformance::strength::Measured,
    kept: &Cache,
    known: &BTreeSet<Failure>,
) -> Result<Compared> {
    let theirs = kept.run(&core.name).context("a deviation was left out")?;
    Ok(Compared {
        core: Found { found: core.caught, requests: core.requests },
        schemathesis: Found { found: theirs.finds(known), requests: theirs.requests },
        timed_out: theirs.findings.is_none(),
        failures: theirs.beyond(known).cloned().collect(),
        name: core.name,
        class: core.class,
    })
}

/// How many requests Schemathesis sends to the reference server behind `behaviour`, and what it
/// reports; `None` when it does not end in time.
async fn theirs_against(
    setting: &Setting,
    behaviour: Arc<dyn Behaviour>,
    seed: u64,
    known: &BTreeSet<Failure>,
) -> Result<(usize, Option<Findings>)> {
    let reference = Reference::start().await?;
    let counted = Arc::new(Counted::new(behaviour));
    let proxy = FaultyProxy::start(reference.server.base_url(), counted.clone()).await?;
    let [token, _, revocable_token] = &reference.secrets;
    // Some deviations take the first token that they see for the one that may do everything.
    let client = reqwest::Client::builder().no_proxy().build()?;
    let url = format!("{}/access-token", proxy.base_url);
    client.get(url).bearer_auth(token).send().await?;
    // Without a registry it would see an empty list until it has created one.
    let organization = &reference.deployment.organization;
    let url = format!("{}/packages/organizations/{organization}/registries", proxy.base_url);
    let first = r#"{"name": "first", "ecosystem": "ruby"}"#;
    let create = client.post(url).header("content-type", "application/json").body(first);
    create.bearer_auth(token).send().await?;
    let target = Target { base_url: &proxy.base_url, organization, token, revocable_token };
    let findings = setting.tool.run(&setting.contract, &target, seed, known, setting.limit).await?;
    Ok((counted.requests() - 2, findings))
}

/// Does what another behaviour does, and counts.
struct Counted {
    behaviour: Arc<dyn Behaviour>,
    requests: AtomicUsize,
}

impl Counted {
    fn new(behaviour: Arc<dyn Behaviour>) -> Self {
        Self { behaviour, requests: AtomicUsize::new(0) }
    }

    fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }
}

impl Behaviour for Counted {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.behaviour.answer(request, upstream)
    }
}

/// Changes nothing.
struct Faithful;

impl Behaviour for Faithful {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move { upstream.send(&request).await })
    }
}
