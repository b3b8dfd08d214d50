//! Requests a second, against a bare handler that answers the same bytes.

use std::time::Duration;

use anyhow::{Context, Result};
use hyper::{Request, header::AUTHORIZATION};

use super::{
    bare::Bare,
    deployment::Database,
    load::{self, Load},
    registries,
};
use crate::{
    median, progress,
    report::{Bound, Figure},
};

const CONNECTIONS: usize = 32;

/// How often each is measured, and for how long each time.
const ROUNDS: usize = 7;
const TIME: Duration = Duration::from_secs(2);

/// How many registries there are to get, of which each is asked for in turn.
const REGISTRIES: usize = 1000;

pub(super) async fn get() -> Result<Figure> {
    let name = "GET of a registry, to a bare handler";
    compare(name, REGISTRIES, Bound::AtLeast(0.35), |number| registries::path(number % REGISTRIES))
        .await
}

pub(super) async fn list() -> Result<Figure> {
    let name = "list of 100 registries, to a bare handler";
    compare(name, 100, Bound::AtLeast(0.08), |_| registries::PATH.to_owned()).await
}

async fn compare(
    name: &'static str,
    registries: usize,
    target: Bound,
    path: fn(usize) -> String,
) -> Result<Figure> {
    progress(name);
    let database = Database::create(registries).await?;
    let server = database.serve().await?;
    let body = server.answer(&path(0)).await?;
    let bare = Bare::start(str::from_utf8(&body).context("the answer is no text")?).await?;
    let loaded = |address| {
        let authorization = database.authorization.clone();
        Load::new(address, CONNECTIONS, move |number| {
            let request = Request::get(path(number)).header(AUTHORIZATION, &authorization);
            Ok(request.body(load::Body::default())?)
        })
    };
    let (of_server, of_bare) = (loaded(server.address), loaded(bare.address));
    let (mut servers, mut bares) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let (server, bare) = (of_server.run(TIME).await?, of_bare.run(TIME).await?);
        // The first round is for both to get ready.
        if round > 0 {
            servers.push(server.per_second);
            bares.push(bare.per_second);
        }
    }
    let (server, bare) = (median(&mut servers), median(&mut bares));
    Ok(Figure {
        name,
        value: server / bare,
        target,
        made_of: format!(
            "{server:.0} to {bare:.0} a second, {} bytes, {CONNECTIONS} connections, medians of {ROUNDS}",
            body.len()
        ),
    })
}
