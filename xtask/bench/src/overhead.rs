//! What a run of `core` takes, against its bare requests.

use std::{env, process::Stdio, time::Instant};

use anyhow::{Context, Result, ensure};
use registries_conformance::{
    Options, Verdict,
    har::{Entry, HarRequest, HarResponse, Recorder},
    run,
};
use reqwest::Client;
use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, stdin},
    process::Command,
};

use super::{
    median, progress,
    reference::{Reached, Server},
    report::{Bound, Figure},
};

const TARGET: Bound = Bound::AtMost(1.3);

/// How often each is measured.
const REPETITIONS: usize = 25;

/// A request of the run, and what it was answered.
#[derive(Clone, Deserialize, Serialize)]
struct Sent {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Option<String>,
    status: u16,
    /// The id of the registry token that was created, which is another one on another server.
    created: Option<String>,
}

/// What a process of this program is to do once.
#[derive(Deserialize, Serialize)]
struct Job {
    reached: Reached,
    /// What it is to send; without it, it is to run `core`.
    bare: Option<Vec<Sent>>,
}

/// Runs `core` and sends its requests again without it, in turns, each in a process of its own and to
/// a fresh server in another. Both have everything in them from making the HTTP client to the last
/// answer; the run also has reading the contract, and its report.
pub(super) async fn measure() -> Result<Figure> {
    progress("core against its bare requests");
    let server = Server::start().await?;
    let requests = recorded(&server.reached).await?;
    let (mut runs, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..REPETITIONS {
        runs.push(in_another_process(None).await?);
        bare.push(in_another_process(Some(requests.clone())).await?);
    }
    let (run, bare) = (median(&mut runs) * 1e3, median(&mut bare) * 1e3);
    Ok(Figure {
        name: "core, to its requests sent bare",
        value: run / bare,
        target: TARGET,
        made_of: format!(
            "{run:.1} ms to {bare:.1} ms for {} requests, medians of {REPETITIONS}",
            requests.len()
        ),
    })
}

/// How many seconds it takes to run `core`, or to send requests bare.
async fn in_another_process(bare: Option<Vec<Sent>>) -> Result<f64> {
    let server = Server::start().await?;
    let mut process = Command::new(env::current_exe().context("finding this program")?)
        .arg("once")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("starting a process to measure")?;
    let job = serde_json::to_vec(&Job { reached: server.reached.clone(), bare })?;
    let mut stdin = process.stdin.take().context("the process has no input")?;
    stdin.write_all(&job).await?;
    drop(stdin);
    let output = process.wait_with_output().await?;
    ensure!(output.status.success(), "the process that was measured failed");
    serde_json::from_slice(&output.stdout).context("reading how long it took")
}

/// What the process of [`in_another_process`] does: the job on its standard input.
pub(super) async fn once() -> Result<()> {
    let mut job = Vec::new();
    stdin().read_to_end(&mut job).await?;
    let Job { reached, bare } = serde_json::from_slice(&job).context("reading what to do")?;
    let deployment = reached.deployment()?;
    let started = Instant::now();
    match bare {
        Some(requests) => send_all(&requests, &reached).await?,
        None => drop(run(deployment, Options::default()).await?),
    }
    crate::print(&format!("{}\n", started.elapsed().as_secs_f64()))?;
    Ok(())
}

/// The requests of a run of `core`.
async fn recorded(reached: &Reached) -> Result<Vec<Sent>> {
    let recorder = Recorder::default();
    let options = Options { recorder: Some(recorder.clone()), ..Options::default() };
    let report = run(reached.deployment()?, options).await?;
    ensure!(report.verdict == Verdict::Conforms, "the reference server does not conform");
    let base_url = &reached.base_url;
    let entries = recorder.har().log.entries.into_iter();
    entries.map(|Entry { request, response, .. }| sent(request, &response, base_url)).collect()
}

fn sent(request: HarRequest, response: &HarResponse, base_url: &str) -> Result<Sent> {
    let path = request.url.strip_prefix(base_url).context("a request went to another server")?;
    let text = response.content.text.as_deref().unwrap_or_default();
    Ok(Sent {
        created: created(&request.method, path, response.status, text.as_bytes()),
        method: request.method,
        path: path.to_owned(),
        headers: request.headers.into_iter().map(|it| (it.name, it.value)).collect(),
        body: request.post_data.and_then(|it| it.text),
        status: response.status,
    })
}

/// The id of the registry token that a request has created, if it has.
fn created(method: &str, path: &str, status: u16, body: &[u8]) -> Option<String> {
    if method != "POST" || !path.ends_with("/tokens") || status != 200 {
        return None;
    }
    let token: serde_json::Value = serde_json::from_slice(body).ok()?;
    token["id"].as_str().map(str::to_owned)
}

/// Sends the requests one after the other and reads every body.
async fn send_all(requests: &[Sent], reached: &Reached) -> Result<()> {
    let client = Client::builder().no_proxy().build()?;
    let mut ids: Vec<(&str, String)> = Vec::new();
    for request in requests {
        let recorded = format!("{}{}", reached.base_url, request.path);
        let url = ids.iter().fold(recorded, |url, (then, now)| url.replace(then, now));
        let mut builder = client.request(request.method.parse()?, url);
        for (name, value) in &request.headers {
            builder = builder.header(name, with_secrets(value, reached));
        }
        if let Some(body) = &request.body {
            builder = builder.body(body.clone());
        }
        let response = builder.send().await?;
        let status = response.status().as_u16();
        let body = response.bytes().await?;
        let Sent { method, path, status: expected, created: then, .. } = request;
        if let Some(then) = then {
            let now = created(method, path, status, &body);
            ids.push((then, now.context("a registry token was not created again")?));
        }
        ensure!(
            status == *expected,
            "{method} {path} returned {expected}, and {status} the second time"
        );
    }
    Ok(())
}

/// A header as it was sent: a recording has names in place of the tokens.
fn with_secrets(value: &str, reached: &Reached) -> String {
    let names = ["$REGISTRIES_TOKEN", "$REGISTRIES_LIMITED_TOKEN", "$REGISTRIES_REVOCABLE_TOKEN"];
    let both = names.iter().zip(&reached.secrets);
    both.fold(value.to_owned(), |value, (name, secret)| value.replace(name, secret))
}

#[cfg(test)]
mod tests {
    use registries_strength::reference::Reference;

    use super::*;

    #[tokio::test]
    async fn the_requests_of_a_run_are_answered_alike_by_another_server() {
        let [one, other] = [Reference::start().await.unwrap(), Reference::start().await.unwrap()];
        let reached = |it: &Reference| Reached::new(&it.deployment, it.secrets.clone());
        let requests = recorded(&reached(&one)).await.unwrap();
        assert!(requests.len() > 60);
        send_all(&requests, &reached(&other)).await.unwrap();
    }
}
