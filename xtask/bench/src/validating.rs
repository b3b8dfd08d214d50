//! What validating a response costs, against parsing its body.

use std::{collections::BTreeMap, hint::black_box, time::Instant};

use anyhow::{Result, ensure};
use registries_conformance::{Answer, contract::Contract};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

use super::{
    float, median, progress,
    reference::Server,
    report::{Bound, Figure},
};

const TARGET: Bound = Bound::AtMost(2.0);

/// How many registries the list has.
const REGISTRIES: usize = 100;

/// How often each is measured, and how many times it is done each time.
const REPETITIONS: usize = 101;
const TIMES: usize = 20;

/// Validates the response to `list_registries`, whose body is parsed already: status, headers and body. In turns with that, parses the body into a [`Value`]; dropping it is not
/// counted.
pub(super) async fn measure() -> Result<Figure> {
    progress("validating a list");
    let contract = Contract::built_in();
    let answer = list().await?;
    let problems = contract.validate("list_registries", &answer);
    ensure!(problems.is_empty(), "the reference server breaks the contract: {problems:?}");
    let (mut validated, mut parsed) = (Vec::new(), Vec::new());
    for _ in 0..REPETITIONS {
        validated.push(microseconds(|| contract.validate("list_registries", black_box(&answer))));
        parsed.push(microseconds(|| serde_json::from_str::<Value>(black_box(&answer.text))));
    }
    let (validated, parsed) = (median(&mut validated), median(&mut parsed));
    Ok(Figure {
        name: "validating a list, to parsing it",
        value: validated / parsed,
        target: TARGET,
        made_of: format!(
            "{validated:.0} µs to {parsed:.0} µs for {REGISTRIES} registries in {} bytes, medians of \
             {REPETITIONS}",
            answer.text.len()
        ),
    })
}

/// How long something takes once. What it makes is dropped later.
fn microseconds<T>(mut make: impl FnMut() -> T) -> f64 {
    let mut results = Vec::with_capacity(TIMES);
    let started = Instant::now();
    for _ in 0..TIMES {
        results.push(make());
    }
    let took = started.elapsed();
    drop(black_box(results));
    took.as_secs_f64() * 1e6 / float(TIMES)
}

/// The response of the reference server that lists as many registries.
async fn list() -> Result<Answer> {
    let server = Server::start().await?;
    let reached = &server.reached;
    let url =
        format!("{}/packages/organizations/{}/registries", reached.base_url, reached.organization);
    let client = Client::builder().no_proxy().build()?;
    for number in 0..REGISTRIES {
        let body = json!({
            "name": format!("registry number {number}"),
            "ecosystem": (["ruby", "python", "java", "container"][number % 4]),
            "description": (number % 2 == 0).then_some("Packages of one team, and of nobody else"),
            "emoji": (number % 3 == 0).then_some(":sunflower:"),
            "color": (number % 3 == 0).then_some("#f0ccff"),
        });
        let request = client.post(&url).header("content-type", "application/json");
        answer(request.body(body.to_string()), &reached.secrets[0]).await?;
    }
    let answer = answer(client.get(&url), &reached.secrets[0]).await?;
    let listed = answer.json.as_ref().and_then(Value::as_array).map(Vec::len);
    ensure!(listed == Some(REGISTRIES), "the list has {listed:?} registries");
    Ok(answer)
}

async fn answer(request: RequestBuilder, token: &str) -> Result<Answer> {
    let response = request.bearer_auth(token).send().await?.error_for_status()?;
    let status = response.status().as_u16();
    let headers: BTreeMap<String, String> = response
        .headers()
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into()))
        .collect();
    let text = response.text().await?;
    Ok(Answer {
        status,
        headers,
        json: serde_json::from_str(&text).ok(),
        text,
        leaked_secret: false,
        bytes: None,
        unrecorded: registries_conformance::Unrecorded::default(),
    })
}
