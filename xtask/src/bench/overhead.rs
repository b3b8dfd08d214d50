//! What a run of `core` takes, against its bare requests.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use registries_conformance::{
    Options, Verdict,
    har::{HarRequest, Recorder},
    run,
};
use reqwest::{Client, Method};

use super::{
    median, progress,
    report::{Bound, Figure},
    server::{Reached, Server},
};

const TARGET: Bound = Bound::AtMost(1.3);

/// How often each is measured.
const REPETITIONS: usize = 25;

/// A request of the run, and what it was answered.
struct Sent {
    method: Method,
    path: String,
    headers: Vec<(String, String)>,
    body: Option<String>,
    status: u16,
}

/// Runs `core` and sends its requests again without it, in turns, each time to a fresh server in
/// another process. Both times have everything in them from making the HTTP client to the last
/// answer; the run's has its report as well.
pub(super) async fn measure() -> Result<Figure> {
    progress("core against its bare requests");
    let requests = recorded().await?;
    let (mut runs, mut bare) = (Vec::new(), Vec::new());
    // The first of each is not counted: it warms up what a process does once.
    for repetition in 0..=REPETITIONS {
        let server = Server::start().await?;
        let started = Instant::now();
        let report = run(server.deployment()?, Options::default()).await?;
        let took_run = started.elapsed();
        ensure!(report.requests == requests.len(), "two runs of core sent different requests");
        let server = Server::start().await?;
        let started = Instant::now();
        send_all(&requests, &server.reached).await?;
        let took_bare = started.elapsed();
        if repetition > 0 {
            runs.push(took_run.as_secs_f64());
            bare.push(took_bare.as_secs_f64());
        }
    }
    let (run, bare) = (median(&mut runs) * 1e3, median(&mut bare) * 1e3);
    Ok(Figure {
        name: "core, to its requests sent bare",
        ratio: run / bare,
        target: TARGET,
        made_of: format!(
            "{run:.1} ms to {bare:.1} ms for {} requests, medians of {REPETITIONS}",
            requests.len()
        ),
    })
}

/// The requests of a run of `core`.
async fn recorded() -> Result<Vec<Sent>> {
    let server = Server::start().await?;
    let recorder = Recorder::default();
    let options = Options { recorder: Some(recorder.clone()), ..Options::default() };
    let report = run(server.deployment()?, options).await?;
    ensure!(report.verdict == Verdict::Conforms, "the reference server does not conform");
    let base_url = &server.reached.base_url;
    let entries = recorder.har().log.entries.into_iter();
    entries.map(|entry| sent(entry.request, entry.response.status, base_url)).collect()
}

fn sent(request: HarRequest, status: u16, base_url: &str) -> Result<Sent> {
    let path = request.url.strip_prefix(base_url).context("a request went to another server")?;
    Ok(Sent {
        method: request.method.parse()?,
        path: path.to_owned(),
        headers: request.headers.into_iter().map(|it| (it.name, it.value)).collect(),
        body: request.post_data.and_then(|it| it.text),
        status,
    })
}

/// Sends the requests one after the other and reads every body.
async fn send_all(requests: &[Sent], reached: &Reached) -> Result<()> {
    let client = Client::builder().no_proxy().build()?;
    for request in requests {
        let url = format!("{}{}", reached.base_url, request.path);
        let mut builder = client.request(request.method.clone(), url);
        for (name, value) in &request.headers {
            builder = builder.header(name, with_secrets(value, reached));
        }
        if let Some(body) = &request.body {
            builder = builder.body(body.clone());
        }
        let response = builder.send().await?;
        let status = response.status().as_u16();
        response.bytes().await?;
        let Sent { method, path, status: expected, .. } = request;
        ensure!(status == *expected, "{method} {path} was answered {expected}, and {status} again");
    }
    Ok(())
}

/// A header as it was sent: a recording has names in place of the tokens.
fn with_secrets(value: &str, reached: &Reached) -> String {
    let names = ["$REGISTRIES_TOKEN", "$REGISTRIES_LIMITED_TOKEN", "$REGISTRIES_REVOCABLE_TOKEN"];
    let named = names.iter().zip(&reached.secrets);
    named.fold(value.to_owned(), |value, (name, secret)| value.replace(name, secret))
}
