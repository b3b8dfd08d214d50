//! `registries-server backup` and `registries-server restore`.

use std::path::PathBuf;

use clap::Args;

use super::database::DatabaseOption;
use super::{Failure, print};
use crate::storage::DatabaseUrl;
use crate::storage::sqlite::{backup, restore};

#[derive(Debug, Args)]
#[command(after_long_help = BACKUP)]
pub(super) struct Backup {
    #[command(flatten)]
    database: DatabaseOption,
    /// File to write
    file: PathBuf,
    /// Replace the file if it exists
    #[arg(long)]
    force: bool,
}

const BACKUP: &str = "\
Example:
  registries-server backup --database sqlite://registries.db backup.db

The copy has the state of one moment, and is checked. A backup that fails writes
no file. Keep the copy as secret as the database.";

#[derive(Debug, Args)]
#[command(after_long_help = RESTORE)]
pub(super) struct Restore {
    #[command(flatten)]
    database: DatabaseOption,
    /// File that `backup` wrote
    file: PathBuf,
    /// Replace the database if it exists
    #[arg(long)]
    force: bool,
}

const RESTORE: &str = "\
Example:
  registries-server restore --database sqlite://registries.db --force backup.db

Stop the server first: a database in use is not replaced. The backup is checked
before, and if anything fails, the database stays unchanged.";

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
        DatabaseUrl::Postgres(_) => {
            Err(Failure::usage("the database is in PostgreSQL; use pg_dump and pg_restore"))
        }
    }
}
