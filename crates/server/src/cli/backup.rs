//! `registries-server backup` and `registries-server restore`.

use std::path::PathBuf;

use clap::Args;

use super::database::DatabaseOption;
use super::{Failure, print};
use crate::storage::DatabaseUrl;
use crate::storage::sqlite::{backup, restore};

#[derive(Debug, Args)]
#[command(after_help = BACKUP)]
pub(super) struct Backup {
    #[command(flatten)]
    database: DatabaseOption,
    /// Where the copy is to be
    file: PathBuf,
    /// Replace the file if it is there already
    #[arg(long)]
    force: bool,
}

const BACKUP: &str = "\
Example:
  registries-server backup --database sqlite://registries.db registries-2026-01-31.db

Works while servers run, and holds nobody up. The copy is that of one moment, was looked through, and
is there as a whole or not at all. It is a database of its own: keep it as secret as the database.";

#[derive(Debug, Args)]
#[command(after_help = RESTORE)]
pub(super) struct Restore {
    #[command(flatten)]
    database: DatabaseOption,
    /// A copy that `registries-server backup` made
    file: PathBuf,
    /// Replace the database if there is one already
    #[arg(long)]
    force: bool,
}

const RESTORE: &str = "\
Example:
  registries-server restore --database sqlite://registries.db --force registries-2026-01-31.db

Stop the server first: a database in use is not replaced. The copy is looked through before, and the
present database stays as it is when anything fails.";

impl Backup {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let database = file(&self.database)?;
        backup(&database, &self.file, self.force).await?;
        print(&format!("copied the database to {}", self.file.display()))
    }
}

impl Restore {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let database = file(&self.database)?;
        restore(&self.file, &database, self.force).await?;
        print(&format!("restored the database from {}", self.file.display()))
    }
}

/// The file that the database is.
fn file(database: &DatabaseOption) -> Result<PathBuf, Failure> {
    match database.url(&database.file()?) {
        DatabaseUrl::Sqlite(path) => Ok(path),
        DatabaseUrl::Postgres(_) => Err(Failure::Invalid(
            "the database is in PostgreSQL, whose own pg_dump and pg_restore do this".to_owned(),
        )),
    }
}
