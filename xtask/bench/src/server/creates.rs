//! Durable creates a second, against a plain loop of durable transactions of one row.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use hyper::{
    Request,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use rusqlite::Connection;

use super::{deployment::Database, load::Load, registries};
use crate::{
    float, median, progress,
    report::{Bound, Figure},
};

const CLIENTS: usize = 64;

/// How often each is measured, and for how long each time.
const ROUNDS: usize = 7;
const TIME: Duration = Duration::from_secs(2);

pub(super) async fn measure() -> Result<Figure> {
    progress("durable creates, to a plain loop");
    let (database, plain) = (Database::create(0).await?, Database::create(0).await?);
    let server = database.serve().await?;
    let authorization = database.authorization.clone();
    let load = Load::new(server.address, CLIENTS, move |number| {
        let request = Request::post(registries::PATH)
            .header(AUTHORIZATION, &authorization)
            .header(CONTENT_TYPE, "application/json");
        Ok(request.body(registries::body(number).into())?)
    });
    let (mut creates, mut loops) = (Vec::new(), Vec::new());
    let mut stored = 0;
    for round in 0..=ROUNDS {
        let create = load.run(TIME).await?;
        let path = plain.path();
        let (count, seconds) =
            tokio::task::spawn_blocking(move || plain_loop(&path, stored)).await??;
        stored += count;
        // The first round is for both to get ready.
        if round > 0 {
            creates.push(create.per_second);
            loops.push(float(count) / seconds);
        }
    }
    let (create, plain) = (median(&mut creates), median(&mut loops));
    Ok(Figure {
        name: "durable creates, to a plain loop",
        value: create / plain,
        target: Bound::AtLeast(3.0),
        made_of: format!(
            "{create:.0} to {plain:.0} a second, {CLIENTS} clients, medians of {ROUNDS}"
        ),
    })
}

/// Stores one registry after the other, each in a transaction of its own that is as durable as the
/// server's, and in the same table. Returns how many, and in how many seconds.
fn plain_loop(database: &Path, stored: usize) -> Result<(usize, f64)> {
    let connection = Connection::open(database).context("opening the database of the loop")?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    let organization = registries::organization(&connection)?;
    let mut insert = registries::insert(&connection)?;
    let started = Instant::now();
    let mut count = 0;
    while started.elapsed() < TIME {
        registries::store(&mut insert, &organization, stored + count)?;
        count += 1;
    }
    Ok((count, started.elapsed().as_secs_f64()))
}
