//! `cargo xtask bench client`: what the client adds to the HTTP library that it stands on.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};
use registries_client::{Client, Token, types::Registry};
use reqwest::header::{ACCEPT, AUTHORIZATION};

use super::{
    command_line, downstream, float, median, progress,
    report::{Bound, Figure, Measurement},
    server::{bare::Bare, process},
};

pub(super) const AFTER_HELP: &str = "Examples:
  cargo xtask bench client
  cargo xtask bench client --only call --json client.json

It builds the command line with optimizations. A handler in another process returns the same registry to the client and to reqwest with serde_json. \
Their calls take turns, over loopback. Allocations are those of the thread that calls. `apply` and a \
bare loop create registries on servers of their own, without limits. A crate outside of the workspace is \
built without a cache, once in each way.";

#[derive(Args)]
pub(crate) struct ClientArgs {
    /// Only this; repeat it, or separate by commas
    #[arg(long, value_enum, value_name = "WHAT", value_delimiter = ',')]
    pub(super) only: Vec<Part>,
    #[command(flatten)]
    pub(super) json: crate::JsonReport,
    /// Rewrite the table of the client in this page, such as docs/speed.md
    #[arg(long, value_name = "FILE.md")]
    pub(super) page: Option<PathBuf>,
}

/// What can be measured.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Part {
    /// A call of the client, against bare requests
    Call,
    /// `registries --help`, against a program with one command
    Start,
    /// `registries apply`, against a bare loop
    Apply,
    /// A crate that uses the client, built from nothing in each way
    Build,
}

/// How many calls are measured, and how many come before them.
const CALLS: usize = 4000;
const WARM_UP: usize = 200;

/// How many calls allocations are counted of.
const COUNTED: usize = 100;

/// The token that is sent, which nothing reads.
const TOKEN: &str = "a-token-of-the-usual-length-of-forty-eight-chars";

/// What is returned: a registry with every property.
const REGISTRY: &str = r##"{
    "id": "0191df84-85e4-77aa-83ba-6579084728eb",
    "graphql_id": "UmVnaXN0cnktLS0wMTkxZGY4NC04NWU0LTc3YWEtODNiYS02NTc5MDg0NzI4ZWI=",
    "slug": "my-registry",
    "url": "https://api.buildkite.com/v2/packages/organizations/my-org/registries/my-registry",
    "web_url": "https://buildkite.com/organizations/my-org/packages/registries/my-registry",
    "name": "my registry",
    "ecosystem": "ruby",
    "description": "registry containing ruby gems",
    "emoji": ":gem:",
    "color": "#f0ccff",
    "public": false,
    "type": "source",
    "oidc_policy": null
}"##;

pub(super) async fn measure(only: Vec<Part>, root: &Path) -> Result<Measurement> {
    let wanted = |part| only.is_empty() || only.contains(&part);
    let mut figures = Vec::new();
    if wanted(Part::Call) {
        figures.extend(beside_reqwest().await?);
    }
    if wanted(Part::Start) || wanted(Part::Apply) {
        process::build(root, &command_line::PROGRAMS).await?;
    }
    if wanted(Part::Start) {
        figures.push(command_line::start().await?);
    }
    if wanted(Part::Apply) {
        figures.push(command_line::apply().await?);
    }
    if wanted(Part::Build) {
        figures.extend(downstream::measure(root).await?);
    }
    Ok(Measurement::new(figures))
}

async fn beside_reqwest() -> Result<Vec<Figure>> {
    progress("a call of the client, to reqwest with serde_json");
    let bare = Bare::start(REGISTRY).await?;
    let base_url = format!("http://{}/v2", bare.address);
    // On a thread of its own, so that what is counted there is of the calls alone.
    let measuring = std::thread::spawn(move || calls(&base_url));
    let measured = tokio::task::spawn_blocking(|| measuring.join()).await?;
    measured.map_err(|_| anyhow::anyhow!("the measurement panicked"))?
}

/// Both ways to get a registry.
struct Ways {
    client: Client,
    reqwest: reqwest::Client,
    url: String,
    authorization: String,
}

impl Ways {
    fn new(base_url: &str) -> Result<Self> {
        Ok(Self {
            client: Client::builder().base_url(base_url).token(Token::new(TOKEN)?).build()?,
            reqwest: reqwest::Client::builder().build()?,
            url: format!("{base_url}/packages/organizations/my-org/registries/my-registry"),
            authorization: format!("Bearer {TOKEN}"),
        })
    }

    async fn by_client(&self) -> Result<Registry> {
        Ok(self.client.organization("my-org").registry("my-registry").get().await?)
    }

    async fn by_reqwest(&self) -> Result<Registry> {
        let request = self.reqwest.get(&self.url);
        let request = request.header(ACCEPT, "application/json");
        let request = request.header(AUTHORIZATION, &self.authorization);
        let response = request.timeout(Duration::from_secs(30)).send().await?.error_for_status()?;
        Ok(serde_json::from_slice(&response.bytes().await?)?)
    }
}

fn calls(base_url: &str) -> Result<Vec<Figure>> {
    let ways = Ways::new(base_url)?;
    let single = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (mut clients, mut bares) = single.block_on(async {
        ensure!(
            ways.by_client().await? == ways.by_reqwest().await?,
            "they return different things"
        );
        let (mut clients, mut bares) = (Vec::new(), Vec::new());
        for number in 0..WARM_UP + CALLS {
            let begun = Instant::now();
            ways.by_client().await?;
            let client = begun.elapsed();
            let begun = Instant::now();
            ways.by_reqwest().await?;
            let bare = begun.elapsed();
            if number >= WARM_UP {
                clients.push(client.as_secs_f64() * 1e6);
                bares.push(bare.as_secs_f64() * 1e6);
            }
        }
        anyhow::Ok((clients, bares))
    })?;
    let of_client = counted(|| single.block_on(ways.by_client()).map(drop))?;
    let of_bare = counted(|| single.block_on(ways.by_reqwest()).map(drop))?;
    let (client, bare) = (median(&mut clients), median(&mut bares));
    Ok(vec![
        Figure {
            name: "a call, to reqwest with serde_json",
            value: client / bare,
            target: Bound::AtMost(1.05),
            made_of: format!("{client:.0} to {bare:.0} microseconds, medians of {CALLS}"),
        },
        Figure {
            name: "allocations of a call, to those of reqwest",
            value: of_client / of_bare,
            target: Bound::AtMost(2.0),
            made_of: format!("{of_client:.0} to {of_bare:.0}, means of {COUNTED}"),
        },
    ])
}

/// How often a call allocates, on average.
fn counted(mut call: impl FnMut() -> Result<()>) -> Result<f64> {
    let mut outcome = Ok(());
    let info = allocation_counter::measure(|| {
        outcome = (0..COUNTED).try_for_each(|_| call());
    });
    outcome?;
    let all = usize::try_from(info.count_total).context("more allocations than can be counted")?;
    Ok(float(all) / float(COUNTED))
}
