//! What 1,000,000 registries in an organization cost, against 1,000.

use std::time::Duration;

use anyhow::{Result, ensure};
use hyper::{Request, header::AUTHORIZATION};

use super::{
    deployment::Database,
    load::{self, Load},
    process, registries,
};
use crate::{
    median, progress,
    report::{Bound, Figure},
};

const MANY: usize = 1_000_000;
const FEW: usize = 1_000;

/// Few, so that what is measured is the server and not the queue before it.
const CONNECTIONS: usize = 4;

/// How often each is measured, and for how long each time.
const ROUNDS: usize = 9;
const TIME: Duration = Duration::from_secs(2);

pub(super) async fn measure() -> Result<Vec<Figure>> {
    progress("storing 1,000,000 registries");
    let (many, few) = (Database::create(MANY).await?, Database::create(FEW).await?);
    let mut figures = latencies(&many, &few).await?;
    figures.push(listing(&many).await?);
    Ok(figures)
}

async fn latencies(many: &Database, few: &Database) -> Result<Vec<Figure>> {
    progress("GET with 1,000,000 registries, to 1,000");
    let (of_many, of_few) = (many.serve().await?, few.serve().await?);
    let load = |address, database: &Database, count: usize| {
        let authorization = database.authorization.clone();
        Load::new(address, CONNECTIONS, move |number| {
            let path = registries::path(scattered(number) % count);
            Ok(Request::get(path)
                .header(AUTHORIZATION, &authorization)
                .body(load::Body::default())?)
        })
    };
    let loads = [load(of_many.address, many, MANY), load(of_few.address, few, FEW)];
    let (mut medians, mut tails) = ([vec![], vec![]], [vec![], vec![]]);
    for round in 0..=ROUNDS {
        for (index, load) in loads.iter().enumerate() {
            let outcome = load.run(TIME).await?;
            // The first round is for both to get ready.
            if round > 0 {
                medians[index].push(outcome.microseconds(500));
                tails[index].push(outcome.microseconds(990));
            }
        }
    }
    let figure = |name, mut of: [Vec<f64>; 2]| {
        let [many, few] = of.each_mut().map(|values| median(values));
        Figure {
            name,
            value: many / few,
            target: Bound::AtMost(1.5),
            made_of: format!(
                "{many:.0} µs to {few:.0} µs, {CONNECTIONS} connections, medians of {ROUNDS}"
            ),
        }
    };
    Ok(vec![
        figure("median GET of 1,000,000, to 1,000", medians),
        figure("99th percentile of that", tails),
    ])
}

/// The memory that a list of all takes, in a server that has done nothing else but answer one
/// request.
async fn listing(database: &Database) -> Result<Figure> {
    progress("listing 1,000,000 registries");
    let server = database.serve().await?;
    server.answer(&registries::path(0)).await?;
    let before = process::resident(&server.process, "VmRSS")?;
    let (mut bytes, mut listed) = (0, 0);
    load::send(server.address, server.get(registries::PATH)?, |part| {
        bytes += part.len();
        // No text in a registry has a brace in it.
        listed += part.split(|byte| *byte == b'{').count() - 1;
    })
    .await?;
    ensure!(listed == MANY, "the list has {listed} registries");
    let most = process::resident(&server.process, "VmHWM")?;
    Ok(Figure {
        name: "memory that a list of 1,000,000 adds, in MiB",
        value: most - before,
        target: Bound::AtMost(32.0),
        made_of: format!(
            "{before:.1} MiB before, at most {most:.1}; {} MB listed",
            bytes / 1_000_000
        ),
    })
}

/// Another number for each, without an order that a cache could make use of.
fn scattered(number: usize) -> usize {
    number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 16
}
