//! What a client waits while another one lists 50,000 registry tokens, against without it.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use hyper::{Request, header::AUTHORIZATION};
use serde::de::IgnoredAny;

use super::{
    deployment::{Database, Server},
    load::{self, Load},
    registries,
};
use crate::{
    median, progress,
    report::{Bound, Figure},
};

const TOKENS: usize = 50_000;

/// How often each is measured, and for how long each time.
const ROUNDS: usize = 7;
const TIME: Duration = Duration::from_secs(2);

pub(super) async fn measure() -> Result<Vec<Figure>> {
    progress("GET beside a list of 50,000 registry tokens");
    let database = Database::create(1).await?;
    let path = database.path();
    tokio::task::spawn_blocking(move || registries::seed_tokens(&path, TOKENS)).await??;
    let server = database.serve().await?;
    let tokens = format!("{}/tokens", registries::path(0));
    let listed: Vec<IgnoredAny> = serde_json::from_slice(&server.answer(&tokens).await?)?;
    ensure!(listed.len() == TOKENS, "the list has {} tokens", listed.len());
    let authorization = database.authorization.clone();
    // One client, so that its time is the server's.
    let load = Load::new(server.address, 1, move |_| {
        let request = Request::get(registries::path(0)).header(AUTHORIZATION, &authorization);
        Ok(request.body(load::Body::default())?)
    });
    let (mut alone, mut beside) = ([vec![], vec![]], [vec![], vec![]]);
    let mut lists = 0;
    for round in 0..=ROUNDS {
        let without = load.run(TIME).await?;
        let until = Instant::now() + TIME;
        let (with, listed) = tokio::join!(load.run(TIME), list(&server, &tokens, until));
        let (with, listed) = (with?, listed?);
        // The first round is for both to get ready.
        if round > 0 {
            lists += listed;
            for (outcome, of) in [(without, &mut alone), (with, &mut beside)] {
                of[0].push(outcome.microseconds(500));
                of[1].push(outcome.per_second);
            }
        }
    }
    let [alone_median, alone_pace] = alone.each_mut().map(|values| median(values));
    let [beside_median, beside_pace] = beside.each_mut().map(|values| median(values));
    let made_of = |beside: f64, alone: f64, unit: &str| {
        format!("{beside:.0} to {alone:.0} {unit}, {lists} lists, medians of {ROUNDS}")
    };
    Ok(vec![
        Figure {
            name: "median GET beside a list of 50,000 tokens, to alone",
            value: beside_median / alone_median,
            target: Bound::AtMost(3.0),
            made_of: made_of(beside_median, alone_median, "µs"),
        },
        // A client that is held up for long sends few, of which most may be fast.
        Figure {
            name: "GETs a second of that",
            value: beside_pace / alone_pace,
            target: Bound::AtLeast(0.3),
            made_of: made_of(beside_pace, alone_pace, "a second"),
        },
    ])
}

/// Lists all tokens, again and again, and returns how often. The last list ends after `until`.
async fn list(server: &Server, path: &str, until: Instant) -> Result<usize> {
    let mut lists = 0;
    while Instant::now() < until {
        load::send(server.address, server.get(path)?, |_| ()).await?;
        lists += 1;
    }
    Ok(lists)
}
