//! What the server takes before it does anything: memory, and time to the first response.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use rusqlite::Connection;

use super::{deployment::Database, process, registries};
use crate::{
    median, progress,
    report::{Bound, Figure},
};

/// How often a start is measured.
const REPETITIONS: usize = 31;

/// How many registries there are meanwhile.
const REGISTRIES: usize = 1000;

/// The resident memory of a server that has answered one request and waits for the next.
pub(super) async fn idle() -> Result<Figure> {
    progress("idle memory");
    let database = Database::create(REGISTRIES).await?;
    let server = database.serve().await?;
    server.answer(&registries::path(0)).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let now = process::resident(&server.process, "VmRSS")?;
    let most = process::resident(&server.process, "VmHWM")?;
    Ok(Figure {
        name: "idle resident memory, in MiB",
        value: now,
        target: Bound::AtMost(32.0),
        made_of: format!("one second after the first answer; at most {most:.1} before"),
    })
}

/// From the start of the process to the last byte of the first response. The runs take turns with a
/// process that opens the database, reads its schema, and ends.
pub(super) async fn measure() -> Result<Figure> {
    progress("start to first answer, to opening the database");
    let database = Database::create(REGISTRIES).await?;
    let path = database.path();
    let path = path.to_str().context("the path of this program is no text")?;
    let (mut answers, mut opens) = (Vec::new(), Vec::new());
    for _ in 0..REPETITIONS {
        let started = Instant::now();
        let server = database.serve().await?;
        server.answer(&registries::path(0)).await?;
        answers.push(started.elapsed().as_secs_f64() * 1e3);
        drop(server);
        let started = Instant::now();
        let (mut process, _) = process::own(&["open", path])?;
        let status = process.wait().await?;
        opens.push(started.elapsed().as_secs_f64() * 1e3);
        ensure!(status.success(), "the database could not be opened");
    }
    let (answer, open) = (median(&mut answers), median(&mut opens));
    Ok(Figure {
        name: "start to first answer, to opening the database",
        value: answer / open,
        target: Bound::AtMost(10.0),
        made_of: format!("{answer:.1} ms to {open:.1} ms, medians of {REPETITIONS}"),
    })
}

/// What the process that only opens the database does.
pub(crate) fn open(database: &Path) -> Result<()> {
    let connection = Connection::open(database)?;
    let sql = "SELECT count(*) FROM sqlite_schema";
    let tables: i64 = connection.query_row(sql, [], |row| row.get(0))?;
    ensure!(tables > 0, "there is nothing in the database");
    Ok(())
}
